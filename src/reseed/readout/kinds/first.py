"""The first time that something happened."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import (
    TOLERANCE,
    Cases,
    Rows,
    Verdicts,
    in_window,
    names_in,
    time_to_event,
)


def first(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The first record with one of the names in `records`, from any source, within the window.

    The name may be that of a reason for which follow-up ends: `["death"]` is overall survival,
    `["infection", "death"]` the composite of both. What only a scan finds has the day of that
    scan; with `baseline_day` it counts if it is new against the last scan on or before that day.
    """
    names = names_in(endpoint, "records")
    event, after = first_of(cases, endpoint, names)
    return time_to_event(cases, endpoint, event, known=cases.known_until(names), after=after)


def first_of(
    cases: Cases, endpoint: Endpoint, names: Collection[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Day of the first of such records in the window, and the day after which it was made."""
    rows = cases.seen(names)
    counted = in_window(endpoint, rows.day) & _new(cases, endpoint, rows)
    event, after = np.full(cases.count, np.inf), np.full(cases.count, np.inf)
    np.minimum.at(event, rows.patient[counted], rows.day[counted])
    np.minimum.at(after, rows.patient[counted], rows.since[counted])
    return event, after


def _new(cases: Cases, endpoint: Endpoint, rows: Rows) -> NDArray[np.bool_]:
    """Which records are not older than the baseline scan, where there is one for them."""
    new = np.ones(rows.day.shape, dtype=bool)
    day = dict(endpoint.settings).get("baseline_day")
    if endpoint.kind != "first" or day is None:
        return new
    for name, scans in cases.observations.scans.items():
        own = rows.name == name
        study = float(day) + cases.day0[rows.patient[own]] + TOLERANCE  # type: ignore[arg-type]
        bounds = np.concatenate([[-np.inf], scans.astype(np.float64)])
        start = bounds[np.searchsorted(bounds, study, side="right") - 1]
        new[own] = rows.since[own] + cases.day0[rows.patient[own]] >= start - TOLERANCE
    return new
