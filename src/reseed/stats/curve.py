"""A curve over time with its interval, and when it reaches a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

TAIL = 0.025
Z95 = 1.959963984540054
"""The 97.5th percentile of the standard normal law."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Fractions `estimate`, `low`, `high` and the number `at_risk` at `times` (days).

    A value at a time includes what happened at that time; at risk are those whose own time is
    not before it. NaN where the data say nothing. `reached` holds the times at which the share
    with the event reaches the asked shares, NaN where it does not.
    """

    times: NDArray[np.float64]
    estimate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    at_risk: NDArray[np.int64]
    reached: NDArray[np.float64]


def numbers_at_risk(time: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many times are not before each of `at`."""
    return len(time) - np.searchsorted(np.sort(time), at, side="left")


def step(
    knots: NDArray[np.float64],
    values: NDArray[np.float64],
    before: float,
    at: NDArray[np.float64],
) -> NDArray[np.float64]:
    """A right-continuous step function with `values` from `knots` on, and `before` the first."""
    return np.concatenate([[before], values])[np.searchsorted(knots, at, side="right")]


def time_reached(
    knots: NDArray[np.float64], share: NDArray[np.float64], levels: Sequence[float]
) -> NDArray[np.float64]:
    """The first knot at which a rising share is at least each level, NaN where it never is."""
    found = []
    for level in levels:
        reached = share >= level - 1e-12  # a sum of n times 1/n may round to just below
        found.append(knots[reached.argmax()] if reached.any() else np.nan)
    return np.array(found, dtype=np.float64)


def interval(
    estimate: NDArray[np.float64], error: NDArray[np.float64], known: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """95 % intervals of a fraction by the log(-log) transformation, within 0 to 1.

    Kalbfleisch and Prentice 2002, The Statistical Analysis of Failure Time Data, section 1.4.
    At 0 and 1 the transformation says nothing: there the interval is the exact binomial one
    (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404) of the `known` people, those not
    censored before.
    """
    estimate = np.where(np.abs(estimate - np.round(estimate)) < 1e-12, np.round(estimate), estimate)
    inside = (estimate > 0) & (estimate < 1)
    fraction = np.where(inside, estimate, 0.5)
    with np.errstate(over="ignore"):  # an exponent beyond range is a bound of 0
        width = Z95 * np.where(inside, error, 0.0) / (fraction * np.log(fraction))
        one, other = fraction ** np.exp(-width), fraction ** np.exp(width)
    certain = 1.0 - (TAIL ** (1.0 / np.maximum(known, 1)))  # none of n: the upper bound
    low = np.where(inside, np.minimum(one, other), np.where(estimate > 0, 1.0 - certain, 0.0))
    high = np.where(inside, np.maximum(one, other), np.where(estimate > 0, 1.0, certain))
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def numbers_known(
    time: NDArray[np.float64], status: NDArray[np.int64], at: NDArray[np.float64]
) -> NDArray[np.int64]:
    """How many were not censored before each of `at`."""
    censored = np.sort(time[status == 0])
    return len(time) - np.searchsorted(censored, at, side="left")


def checked(
    time: ArrayLike, status: ArrayLike, at: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """The three as arrays; ValueError if the first two differ in length or are not finite."""
    times = np.asarray(time, dtype=np.float64)
    states = np.asarray(status).astype(np.int64)
    if times.ndim != 1 or times.shape != states.shape:
        raise ValueError("time and status must be two columns of the same length")
    if not np.isfinite(times).all() or (states < 0).any():
        raise ValueError("times must be finite and statuses at least 0")
    return times, states, np.atleast_1d(np.asarray(at, dtype=np.float64))


def beyond(
    time: NDArray[np.float64], at: NDArray[np.float64], survivors: bool
) -> NDArray[np.bool_]:
    """Where the data say nothing: after the last time, if anyone was still free of all events."""
    if time.size == 0:
        return np.ones(at.shape, dtype=bool)
    return (at > time.max() + 1e-9) & survivors


def on_grid(
    knots: NDArray[np.float64],
    columns: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    before: tuple[float, float, float],
    at: NDArray[np.float64],
    hidden: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Estimate, low and high at the times `at`, from their steps; NaN where `hidden`.

    `before` holds the three before the first knot. At time 0 nothing can have happened, which is
    certain: there the interval is the estimate.
    """
    values, low, high = (step(knots, c, b, at) for c, b in zip(columns, before, strict=True))
    low, high = (np.where(at > 0, bound, values) for bound in (low, high))
    shown = tuple(np.where(hidden, np.nan, column) for column in (values, low, high))
    return shown[0], shown[1], shown[2]
