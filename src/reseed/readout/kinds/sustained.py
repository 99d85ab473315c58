"""Recovery of a count, sustained over days in a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import (
    TOLERANCE,
    Cases,
    Verdicts,
    in_window,
    level_in,
    names_in,
    setting,
    time_to_event,
)

NADIR_BY = 14.0
"""Days after the origin by which counts that will fall have fallen; assumed."""


def sustained(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The first of `days` consecutive daily counts of `port` at or above `at_least`.

    As registries define engraftment (CIBMTR and EBMT: neutrophils of at least 0.5e9/L on three
    consecutive days; platelets of at least 20e9/L, none transfused in the seven days before).
    Counts that have not fallen yet are no recovery: the run starts after the first count below
    the level that is seen in the endpoint's window. A patient who is never seen below it has
    the event at the first such run, as registries code "never below", if followed at least to
    day `nadir_by` (14 if not given): one who dies or leaves before has not recovered.

    With `without`, no record of that name may lie in the `without_days` calendar days before
    the first day of the run, or on it. Every day of the run must have been observed, the first
    one within the window. A run that was still going on when follow-up ended is `begun`.
    """
    port, length = setting(endpoint, "port"), int(setting(endpoint, "days"))
    day0 = cases.visits.min() if cases.visits.size else 0
    counts = _by_day(cases, cases.observations.of(port), day0, length - 1)
    level = level_in(endpoint, "at_least", cases.observations.unit(port))
    days = day0 + np.arange(counts.shape[1])
    window = in_window(endpoint, days)[None, :]
    with np.errstate(invalid="ignore"):  # a count that was not seen is neither below nor above
        above, below = counts >= level, (counts < level) & window
    fallen = np.logical_or.accumulate(below, axis=1)
    never = ~below.any(axis=1, keepdims=True)
    nadir_by = float(setting(endpoint, "nadir_by", NADIR_BY))
    judged = cases.end[:, None] >= nadir_by - TOLERANCE
    allowed = above & window & ~_supported(cases, endpoint, days)
    whole = _starts(above, length)
    unseen = np.isnan(counts) & (days > cases.end[:, None] - 1.0)
    going_on = _starts(above | unseen, length) & ~whole
    event = _first(whole & allowed & (fallen | (never & judged)), days)
    begun = _first(going_on & allowed & (fallen | never), days)
    return replace(time_to_event(cases, endpoint, event), begun=begun)


def _by_day(cases: Cases, values: NDArray[np.float64], day0: int, more: int) -> NDArray[np.float64]:
    """Values (patient, day after the origin, from `day0`), NaN where there was no visit.

    There are `more` days than visits need.
    """
    visits = cases.visits
    length = int(visits.max() - day0 + 1 + more) if visits.size else 0
    table = np.full((cases.count, length), np.nan)
    np.put_along_axis(table, visits - day0, values, axis=1)
    return table


def _starts(above: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Where a run of `length` days begins, (patient, day)."""
    starts = above.copy()
    for shift in range(1, length):
        starts[:, :-shift] &= above[:, shift:]
        starts[:, -shift:] = False
    return starts


def _first(chosen: NDArray[np.bool_], days: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each patient's first chosen day, infinite where there is none, (patient,)."""
    return np.where(chosen, days, np.inf).min(axis=1, initial=np.inf)


def _supported(cases: Cases, endpoint: Endpoint, days: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Days that are too close after a record named in `without`, (patient, day)."""
    supported = np.zeros((cases.count, days.size), dtype=bool)
    if not setting(endpoint, "without", ""):
        return supported
    rows = cases.seen(names_in(endpoint, "without"))
    for patient, day in zip(rows.patient, np.floor(rows.day), strict=True):
        last = day + float(setting(endpoint, "without_days", 0))
        supported[patient] |= (days >= day) & (days <= last)
    return supported
