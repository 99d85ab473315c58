"""Survival by Kaplan and Meier, where nothing competes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

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


def kaplan_meier(
    time: ArrayLike, event: ArrayLike, at: ArrayLike, *, shares: Sequence[float] = (0.25, 0.5, 0.75)
) -> Curve:
    """The share of people still without the event at each of the times `at`.

    `event` is 1 or 0 (censored), at `time` (days). The curve and its log(-log) intervals are
    those of lifelines. `reached` are the times at which 1 - survival reaches `shares`.
    ValueError if the columns do not fit.
    """
    times, events, grid = checked(time, event, at)
    if times.size == 0:
        nothing = np.full(grid.shape, np.nan)
        none = np.zeros(grid.shape, dtype=np.int64)
        return Curve(grid, nothing, nothing, nothing, none, np.full(len(shares), np.nan))
    from lifelines import KaplanMeierFitter

    fitted = KaplanMeierFitter().fit(times, events > 0)
    knots = fitted.survival_function_.index.to_numpy(np.float64)
    survival = fitted.survival_function_.iloc[:, 0].to_numpy(np.float64)
    bounds = fitted.confidence_interval_.to_numpy(np.float64)
    # at 0 and 1 the transformation says nothing: there the interval is the exact binomial one
    edge = np.isnan(bounds).any(axis=1) | (survival >= 1) | (survival <= 0)
    exact = interval(np.round(survival), survival, numbers_known(times, events, knots))
    bounds = np.where(edge[:, None], np.column_stack(exact), bounds)
    hidden = beyond(times, grid, survivors=bool(survival[-1] > 0))
    bounds = np.clip(bounds, 0.0, 1.0)
    columns = (survival, bounds[:, 0], bounds[:, 1])
    shown = on_grid(knots, columns, (1.0, 1.0, 1.0), grid, hidden)
    return Curve(
        times=grid,
        estimate=shown[0],
        low=shown[1],
        high=shown[2],
        at_risk=numbers_at_risk(times, grid),
        reached=time_reached(knots, 1.0 - survival, shares),
    )
