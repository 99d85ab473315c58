"""The difference between two arms of different people, with its 95 % interval.

Values with asymmetric intervals (risks, medians) are compared by Newcombe's hybrid method, means
by Welch's. All intervals are closed forms: the same numbers give the same bytes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from reseed.nouns.estimate import Estimate
from reseed.stats.bounded import Bounded
from reseed.stats.curve import TAIL


def hybrid(first: Bounded, other: Bounded) -> Bounded:
    """`other` minus `first`, from the interval of each (square-and-add).

    Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, method
    10, with the intervals at hand in place of Wilson's. It needs no symmetry, so it behaves
    where a risk is 0 or 1.
    """
    gap = other.value - first.value
    return Bounded(
        gap,
        gap - math.hypot(other.value - other.low, first.high - first.value),
        gap + math.hypot(other.high - other.value, first.value - first.low),
    )


def risk_at(estimate: Estimate, day: float) -> Bounded:
    """The curve at a day, NaN before its first time."""
    at = int(np.searchsorted(estimate.times, day + 1e-9, "right")) - 1
    if at < 0:
        return Bounded(math.nan, math.nan, math.nan)
    rows = (estimate.estimate, estimate.low, estimate.high)
    return Bounded(*(float(row[at]) for row in rows))


def median_day(estimate: Estimate) -> Bounded:
    """The median of a cumulative incidence, and the days at which its band crosses one half.

    Brookmeyer and Crowley 1982, doi:10.2307/2530286. A bound is NaN if its side of the band
    never crosses: then one half lies within the interval of the last day.
    """
    low, high = (_first(estimate, row >= 0.5) for row in (estimate.high, estimate.low))
    return Bounded(estimate.median, min(low, estimate.median), high)


def _first(estimate: Estimate, there: np.ndarray) -> float:
    places = np.flatnonzero(there)
    return float(estimate.times[places[0]]) if len(places) else math.nan


def mean(values: ArrayLike) -> Bounded:
    """The mean with Student's interval, which is NaN where no two values differ."""
    known = _known(values)
    if not known.size:
        return Bounded(math.nan, math.nan, math.nan)
    middle, error = float(known.mean()), math.sqrt(_variance(known))
    return _around(middle, error, known.size - 1.0)


def welch(first: ArrayLike, other: ArrayLike) -> Bounded:
    """Mean of `other` minus that of `first`, without assuming equal spread.

    Welch 1947, doi:10.1093/biomet/34.1-2.28. The interval is NaN where no two values of an arm
    differ: there it says nothing.
    """
    one, two = _known(first), _known(other)
    if not one.size or not two.size:
        return Bounded(math.nan, math.nan, math.nan)
    gap, parts = float(two.mean() - one.mean()), (_variance(one), _variance(two))
    if sum(parts) <= 0:
        return Bounded(gap, math.nan, math.nan)
    shares = (parts[0] ** 2 / max(one.size - 1, 1), parts[1] ** 2 / max(two.size - 1, 1))
    return _around(gap, math.sqrt(sum(parts)), sum(parts) ** 2 / sum(shares))


def _known(values: ArrayLike) -> np.ndarray:
    given = np.asarray(values, dtype=np.float64)
    return given[np.isfinite(given)]


def _variance(values: np.ndarray) -> float:
    """The variance of the mean; exactly 0 where all values are the same."""
    if values.size < 2 or values.min() == values.max():
        return 0.0
    return float(values.var(ddof=1)) / values.size


def _around(middle: float, error: float, freedom: float) -> Bounded:
    from scipy.special import stdtrit

    if error <= 0:
        return Bounded(middle, math.nan, math.nan)
    reach = float(stdtrit(freedom, 1 - TAIL)) * error
    return Bounded(middle, middle - reach, middle + reach)
