"""What had been reached, and is lost again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import (
    TOLERANCE,
    Cases,
    Verdicts,
    in_window,
    level_in,
    setting,
    time_to_event,
    undefined_where,
)
from reseed.readout.kinds.confirmed import Visits, first_day, runs


def lost(cases: Cases, endpoint: Endpoint, others: Mapping[str, Verdicts]) -> Verdicts:
    """The first visit after the endpoint `endpoint` with which `port` is `below` for `days`.

    Secondary graft failure is to have engrafted and to fall below the level again, for so many
    days in a row: all visits from the first of them to one at least `days` - 1 later agree. Later
    visits may be weeks apart; two in a row are then enough. Who has not had the other endpoint
    has no outcome. A run that goes on when follow-up is cut off, and is too short, is no event:
    such a patient is censored at the last visit before it.
    """
    other = others[setting(endpoint, "endpoint")]
    reached = other.status == 1
    port = setting(endpoint, "port")
    values = cases.observations.of(port)
    level = level_in(endpoint, "below", cases.observations.unit(port))
    days = np.broadcast_to(cases.visits, values.shape)
    start = np.where(reached, other.time, np.nan)
    with np.errstate(invalid="ignore"):
        counted = ~np.isnan(values) & (days > start[:, None] + TOLERANCE)
        low = values < level
    found = runs(low, Visits(days, values, counted, start, start), setting(endpoint, "days") - 1.0)
    whole = found.confirmed & in_window(endpoint, days)
    known = np.where(cases.cut, found.known, cases.end)
    day, before = first_day(whole, days), first_day(whole, found.before)
    verdicts = time_to_event(cases, endpoint, day, known=known, after=before)
    return undefined_where(~reached, replace(verdicts, begun=found.begun))
