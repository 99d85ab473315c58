"""The tolerance at which a solver is as accurate as another, found on patients for tuning."""

from __future__ import annotations

import math
from collections.abc import Callable


def matched_tolerance(
    rms_at: Callable[[float], float], wanted: float, low: float, high: float, steps: int = 10
) -> float:
    """The relative tolerance between `low` and `high` whose rms error is nearest below `wanted`.

    Bisection of the logarithm, for an error that grows with the tolerance; `low` where even that
    is too coarse.
    """
    a, b = math.log(low), math.log(high)
    for _ in range(steps):
        middle = (a + b) / 2
        if rms_at(math.exp(middle)) <= wanted:
            a = middle
        else:
            b = middle
    return math.exp(a)
