"""The difference between two arms of different people, with its 95 % interval.

Values with asymmetric intervals (risks, medians) are compared by Newcombe's hybrid method, means
by Welch's. All intervals are closed forms: the same numbers give the same bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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


def mean(values: ArrayLike, weights: ArrayLike | None = None) -> Bounded:
    """The mean with Student's interval, which is NaN where no two values differ.

    `weights` are one over the probability of being known, see `censoring_weights`. The interval
    then takes them for given, which makes it rather too wide than too narrow.
    """
    known = _Sample.of(values, weights)
    if not known.size:
        return Bounded(math.nan, math.nan, math.nan)
    return _around(known.middle, math.sqrt(known.variance), known.size - 1.0)


def proportion(hits: ArrayLike, weights: ArrayLike | None = None) -> Bounded:
    """The share of `hits` (1 or 0, NaN where unknown) with its exact interval, within 0 to 1.

    Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404. With `weights`, as in `mean`, of as
    many people as equal weights would need for the same variance.
    """
    from scipy.special import betaincinv

    known = _Sample.of(hits, weights)
    if not known.size:
        return Bounded(math.nan, math.nan, math.nan)
    share = min(max(known.middle, 0.0), 1.0)
    people = float(known.size)
    if known.variance > 0 and weights is not None:
        people = min(people, 1 + share * (1 - share) / known.variance)
    yes, no = share * people, (1 - share) * people
    return Bounded(
        share,
        float(betaincinv(yes, no + 1, TAIL)) if yes > 0 else 0.0,
        float(betaincinv(yes + 1, no, 1 - TAIL)) if no > 0 else 1.0,
    )


def welch(
    first: ArrayLike,
    other: ArrayLike,
    weights: tuple[ArrayLike | None, ArrayLike | None] = (None, None),
) -> Bounded:
    """Mean of `other` minus that of `first`, without assuming equal spread.

    Welch 1947, doi:10.1093/biomet/34.1-2.28. The interval is NaN where no two values of an arm
    differ: there it says nothing. `weights` as in `mean`.
    """
    one, two = _Sample.of(first, weights[0]), _Sample.of(other, weights[1])
    if not one.size or not two.size:
        return Bounded(math.nan, math.nan, math.nan)
    gap, parts = two.middle - one.middle, (one.variance, two.variance)
    if sum(parts) <= 0:
        return Bounded(gap, math.nan, math.nan)
    shares = (parts[0] ** 2 / max(one.size - 1, 1), parts[1] ** 2 / max(two.size - 1, 1))
    return _around(gap, math.sqrt(sum(parts)), sum(parts) ** 2 / sum(shares))


@dataclass(frozen=True, slots=True)
class _Sample:
    """How many values are known, their mean and its variance (0 where all are the same)."""

    size: int
    middle: float
    variance: float

    @classmethod
    def of(cls, values: ArrayLike, weights: ArrayLike | None) -> _Sample:
        given = np.asarray(values, dtype=np.float64)
        heavy = np.ones(given.shape) if weights is None else np.asarray(weights, np.float64)
        there = np.isfinite(given) & (heavy > 0)
        known, heavy = given[there], heavy[there]
        if not known.size:
            return cls(0, math.nan, 0.0)
        share = heavy / heavy.sum()
        equal = heavy.min() == heavy.max()
        middle = float(known.mean() if equal else (share * known).sum())
        if known.size < 2 or known.min() == known.max():
            return cls(int(known.size), middle, 0.0)
        if equal:
            return cls(int(known.size), middle, float(known.var(ddof=1)) / known.size)
        spread = float(np.sum((share * (known - middle)) ** 2))
        return cls(int(known.size), middle, spread * known.size / (known.size - 1))


def _around(middle: float, error: float, freedom: float) -> Bounded:
    from scipy.special import stdtrit

    if error <= 0:
        return Bounded(middle, math.nan, math.nan)
    reach = float(stdtrit(freedom, 1 - TAIL)) * error
    return Bounded(middle, middle - reach, middle + reach)
