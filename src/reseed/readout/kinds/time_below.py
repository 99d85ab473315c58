"""How long a count was low."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import (
    Cases,
    Verdicts,
    in_window,
    level_in,
    measured,
    setting,
    whole_window,
)


def time_below(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The number of days in the window on which the observed count of `port` was `below`.

    The length of neutropenia as trials report it: a sum of days, in one piece or several. A
    patient without any visit in the window has no value, nor has one whom the planned end or a
    drop-out takes out of it; one who died within it has the days until then.
    """
    port = setting(endpoint, "port")
    values = cases.observations.of(port)
    level = level_in(endpoint, "below", cases.observations.unit(port))
    visited = in_window(endpoint, cases.visits) & ~np.isnan(values)
    days = np.sum(visited & (values < level), axis=1, dtype=np.float64)
    known = whole_window(cases, endpoint) & visited.any(axis=1)
    return measured(np.where(known, days, np.nan), ("day",) * cases.count)
