"""Events per time at risk, for people of whom some have many events and some have none."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from reseed.stats.curve import TAIL, Z95
from reseed.stats.difference import Bounded


def rate(events: ArrayLike, time: ArrayLike) -> Bounded:
    """Events per unit of time at risk, one number of events and one time for each person.

    The ratio of the sums. Its 95 % interval is that of the logarithm of a ratio estimator
    (Cochran 1977, Sampling Techniques, section 6.3), so it allows for events that come in
    clusters in some people. Where nobody has an event the upper bound is the exact Poisson one.
    With one person the interval is NaN, without any time at risk all is.
    """
    count, at_risk = (np.asarray(column, dtype=np.float64) for column in (events, time))
    total, whole = float(count.sum()), float(at_risk.sum())
    if whole <= 0:
        return Bounded(math.nan, math.nan, math.nan)
    value, people = total / whole, int(np.count_nonzero(at_risk > 0))
    if total == 0:
        return Bounded(0.0, 0.0, -math.log(TAIL) / whole)
    if people < 2:
        return Bounded(value, math.nan, math.nan)
    left = count - value * at_risk
    variance = people / (people - 1) * float(left @ left) / total**2  # of the logarithm
    reach = math.exp(Z95 * math.sqrt(variance))
    return Bounded(value, value / reach, value * reach)
