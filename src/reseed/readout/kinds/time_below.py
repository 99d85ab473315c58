"""How long a count was low."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reseed.base.time import DAYS_PER_YEAR
from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import (
    TOLERANCE,
    Cases,
    Verdicts,
    in_window,
    level_in,
    setting,
    totalled,
)

DAYS_IN = {"day": 1.0, "month": DAYS_PER_YEAR / 12, "year": DAYS_PER_YEAR}
"""Units of the time that is told."""


def time_below(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The time in the window during which the observed count of `port` was `below`.

    The length of neutropenia as trials report it: a sum of days, in one piece or several. What a
    visit finds holds until the day of the next one. `unit` is `day` (if not given), `month` or
    `year`. A patient without any visit in the window has no value, nor has one whom the planned
    end or a drop-out takes out of it; one who died within it has the days until then.
    """
    port = setting(endpoint, "port")
    values = cases.observations.of(port)
    level = level_in(endpoint, "below", cases.observations.unit(port))
    return time_where(cases, endpoint, values, values < level)


def time_where(
    cases: Cases, endpoint: Endpoint, values: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> Verdicts:
    """The time in the window that begins at the chosen visits: both are (patient, visit)."""
    unit, visits = str(setting(endpoint, "unit", "day")), cases.visits
    visited = in_window(endpoint, visits) & ~np.isnan(values)
    following = np.full(visits.shape, np.inf)
    following[:, :-1] = visits[:, 1:]
    last = np.floor(np.minimum(cases.end, endpoint.to_day) + TOLERANCE)[:, None]
    held = np.clip(np.minimum(following, last + 1.0) - visits, 0.0, None)
    days = np.sum(np.where(visited & chosen, held, 0.0), axis=1)
    found = np.where(visited.any(axis=1), days / DAYS_IN[unit], np.nan)
    return totalled(cases, endpoint, found, unit)
