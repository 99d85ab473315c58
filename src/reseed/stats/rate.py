"""Events per year over patients who were watched for different times."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from reseed.stats.bounded import Bounded
from reseed.stats.curve import TAIL


def event_rate(events: ArrayLike, years: ArrayLike) -> Bounded:
    """All events over all years, with an interval that allows for patients who differ.

    The interval is the exact one of a Poisson count (Garwood 1936, doi:10.1093/biomet/28.3-4.437)
    after events and years are divided by the dispersion, Pearson's chi-squared over its degrees
    of freedom, but at least 1 (McCullagh and Nelder 1989, Generalized Linear Models, section
    6.2). For equal times that is the variance of a negative binomial law. NaN without any time.
    """
    count, time = _known(events, years)
    total, whole = float(count.sum()), float(time.sum())
    if not whole > 0:
        return Bounded(math.nan, math.nan, math.nan)
    from scipy.special import gammaincinv

    spread = dispersion(count, time)
    seen, reach = total / spread, whole / spread
    low = float(gammaincinv(seen, TAIL)) / reach if total > 0 else 0.0
    return Bounded(total / whole, low, float(gammaincinv(seen + 1.0, 1.0 - TAIL)) / reach)


def dispersion(events: ArrayLike, years: ArrayLike) -> float:
    """How much wider than Poisson's the counts are spread, at least 1."""
    count, time = _known(events, years)
    if count.size < 2 or not count.sum() > 0:
        return 1.0
    expected = time * (count.sum() / time.sum())
    return max(1.0, float(np.sum((count - expected) ** 2 / expected)) / (count.size - 1))


def rate_ratio(first: Bounded, other: Bounded) -> Bounded:
    """`other` over `first`, from the interval of each; unbounded above where `first` may be 0.

    Newcombe's square-and-add on logarithms, see `hybrid`. NaN where the first rate is 0, or both.
    """
    if not (first.known and other.known and first.value > 0):
        return Bounded(math.nan, math.nan, math.nan)
    below = math.log(first.high / first.value)
    above = math.log(first.value / first.low) if first.low > 0 else math.inf
    if other.value <= 0:
        return Bounded(0.0, 0.0, other.high / first.low if first.low > 0 else math.inf)
    ratio = other.value / first.value
    down = math.log(other.value / other.low) if other.low > 0 else math.inf
    up = math.log(other.high / other.value)
    low = ratio * math.exp(-math.hypot(down, below))
    return Bounded(ratio, low, ratio * math.exp(math.hypot(up, above)))


def _known(events: ArrayLike, years: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    count, time = np.asarray(events, dtype=np.float64), np.asarray(years, dtype=np.float64)
    there = np.isfinite(count) & np.isfinite(time) & (time > 0)
    return count[there], time[there]
