"""Cumulative incidence with competing events, by Aalen and Johansen; never 1 - Kaplan-Meier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.stats.curve import (
    Curve,
    beyond,
    checked,
    interval,
    numbers_at_risk,
    numbers_known,
    on_grid,
    time_reached,
)


def cumulative_incidence(
    time: ArrayLike,
    status: ArrayLike,
    at: ArrayLike,
    *,
    cause: int = 1,
    shares: Sequence[float] = (0.25, 0.5, 0.75),
) -> Curve:
    """The share of people with the event of `cause` by each of the times `at`.

    `status` is 0 (censored) or the number of the event that came first, at `time` (days). The
    curve is that of statsmodels (CumIncidenceRight; ties stay ties, and those censored at a
    time are at risk at it). Its intervals are log(-log) on our own standard error: statsmodels
    gives none for the last time if all who are left have an event there. ValueError if the
    columns do not fit.
    """
    times, states, grid = checked(time, status, at)
    knots, incidence = _curve(times, states, cause)
    known = numbers_known(times, states, knots)
    low, high = interval(incidence, standard_error(times, states, cause), known)
    start = interval(np.zeros(1), np.zeros(1), np.array([len(times)]))[1][0]
    hidden = beyond(
        times, grid, survivors=bool(times.size and (states[times == times.max()] == 0).any())
    )
    columns, before = (incidence, low, high), (0.0, 0.0, float(start))
    shown = on_grid(knots, columns, before, grid, hidden)
    return Curve(
        times=grid,
        estimate=shown[0],
        low=shown[1],
        high=shown[2],
        at_risk=numbers_at_risk(times, grid),
        reached=time_reached(knots, incidence, shares),
    )


def _curve(
    time: NDArray[np.float64], status: NDArray[np.int64], cause: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distinct times and the incidence at each."""
    knots, place = np.unique(time, return_inverse=True)
    if not (status == cause).any():  # statsmodels makes no curve for a cause that never came
        return knots, np.zeros(knots.shape)
    from statsmodels.duration.survfunc import CumIncidenceRight

    # only the order of times matters, and statsmodels refuses those below 0; it divides by
    # zero on the way to a standard error that is not used
    with np.errstate(divide="ignore", invalid="ignore"):
        found = CumIncidenceRight(place, status)
    return knots, np.minimum(found.cinc[cause - 1], 1.0)


def standard_error(
    time: NDArray[np.float64], status: NDArray[np.int64], cause: int
) -> NDArray[np.float64]:
    """Standard error of the incidence at each distinct time, by the delta method.

    Marubini and Valsecchi 1995, Analysing Survival Data from Clinical Trials and Observational
    Studies, section 10.2.4; without competing events it is Greenwood's.
    """
    knots, place = np.unique(time, return_inverse=True)
    at_risk = numbers_at_risk(time, knots).astype(np.float64)
    events = np.bincount(place, weights=status > 0, minlength=knots.size)
    own = np.bincount(place, weights=status == cause, minlength=knots.size)
    left = at_risk - events
    survival = np.concatenate([[1.0], np.cumprod(left / at_risk)[:-1]])
    incidence = np.cumsum(survival * own / at_risk)
    # the term of the last time is multiplied by a difference of 0 wherever `left` is 0
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.where(left > 0, events / (at_risk * left), 0.0)
    direct = survival**2 * (at_risk - own) * own / at_risk**3
    mixed = survival * own / at_risk**2
    variance = (
        incidence**2 * np.cumsum(greenwood)
        - 2 * incidence * np.cumsum(incidence * greenwood)
        + np.cumsum(incidence**2 * greenwood)
        + np.cumsum(direct)
        - 2 * incidence * np.cumsum(mixed)
        + 2 * np.cumsum(incidence * mixed)
    )
    return np.sqrt(np.maximum(variance, 0.0))
