"""Prediction: what a study of a given size would find, drawn from the virtual patients at hand.

Each of many such studies takes its patients from those at hand, with replacement, by uniform
numbers that the caller draws by their address; so the same numbers give the same studies.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def chosen(uniform: Vector, size: int) -> NDArray[np.int64]:
    """Places of patients, from 0 to below `size`, for uniform numbers (study, patient)."""
    return np.minimum((uniform * size).astype(np.int64), size - 1)


def shares(
    time: Vector, status: NDArray[np.int64], uniform: Vector, day: float, survival: bool
) -> Vector:
    """What each study estimates for a day: cumulative incidence, or survival, (study,).

    `time` and `status` (0 censored, 1 the event, others competing) are those of all patients.
    """
    times, states = _studies(time, status, uniform)
    curve = _survival(states == 1) if survival else _incidence(states)
    before = np.count_nonzero(times <= day + 1e-9, axis=1)
    start = np.full((len(curve), 1), 1.0 if survival else 0.0)
    return np.take_along_axis(np.hstack([start, curve]), before[:, None], axis=1)[:, 0]


def median_times(
    time: Vector, status: NDArray[np.int64], uniform: Vector, survival: bool
) -> Vector:
    """The time by which half have had the event in each study, infinite where half never have."""
    times, states = _studies(time, status, uniform)
    had = 1.0 - _survival(states == 1) if survival else _incidence(states)
    reached = had >= 0.5 - 1e-12
    first = np.argmax(reached, axis=1)
    found = np.take_along_axis(times, first[:, None], axis=1)[:, 0]
    return np.where(reached.any(axis=1), found, np.inf)


def middles(values: Vector, weights: Vector, uniform: Vector, measure: str) -> Vector:
    """The `mean` or the `median` of a measured value in each study.

    Values are drawn by their weights, which say for how many patients each of them stands.
    """
    if weights.min() == weights.max():
        drawn = values[chosen(uniform, len(values))]
    else:
        ends = np.cumsum(weights)
        places = np.searchsorted(ends, uniform * ends[-1], side="right")
        drawn = values[np.minimum(places, len(values) - 1)]
    found: Vector = drawn.mean(axis=1) if measure == "mean" else np.median(drawn, axis=1)
    return found


def interval_of(found: Vector, level: float = 0.95) -> tuple[float, float]:
    """The middle part of what the studies found; an end that is never reached is infinite."""
    ordered = np.sort(found)
    tail = (1.0 - level) / 2
    places = np.array([tail, 1.0 - tail]) * (len(ordered) - 1)
    low, high = int(np.floor(places[0])), int(np.ceil(places[1]))
    return float(ordered[low]), float(ordered[high])


def _studies(
    time: Vector, status: NDArray[np.int64], uniform: Vector
) -> tuple[Vector, NDArray[np.int64]]:
    """Times and statuses (study, patient) in the order of time; of ties, events come first.

    Patients are numbered in that order, so that sorting numbers sorts each study.
    """
    rank = np.where(status == 0, np.iinfo(np.int64).max, status)
    order = np.lexsort((rank, time))
    places = np.sort(chosen(uniform, len(time)), axis=1)
    return time[order][places], status[order][places]


def _left(states: NDArray) -> Vector:
    """How many are still there at each place of a study: all, then one fewer, and so on."""
    size = states.shape[1]
    return size - np.arange(size, dtype=np.float64)


def _survival(event: NDArray[np.bool_]) -> Vector:
    """Kaplan and Meier, person by person: tied events one after the other give the same product."""
    return np.asarray(np.cumprod(1.0 - event / _left(event), axis=1), dtype=np.float64)


def _incidence(states: NDArray[np.int64]) -> Vector:
    """Aalen and Johansen for status 1, person by person."""
    left = _left(states)
    free = np.cumprod(1.0 - (states > 0) / left, axis=1)
    before = np.hstack([np.ones((len(states), 1)), free[:, :-1]])
    incidence: Vector = np.cumsum(before * (states == 1) / left, axis=1)
    return incidence
