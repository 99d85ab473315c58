"""A change, or a level, that a second visit confirms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.endpoint import Endpoint, Steps
from reseed.readout.cases import (
    TOLERANCE,
    Cases,
    Verdicts,
    in_window,
    level_in,
    names_in,
    setting,
    time_to_event,
    undefined_where,
)
from reseed.readout.kinds.first import first_of


def confirmed(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The first visit in the window at which `port` has changed, if a later one confirms it.

    Progression, improvement or a milestone of disability, as trials define them. Changed is, for
    `rise` and `fall`, to lie at least so much above or below the baseline as the last step says
    whose level the baseline reaches; for `at_least`, to be at that level. The baseline is the
    last visit on or before `baseline_day` (0 if not given). Confirmed it is if all visits agree
    from then until one at least `confirm` days later. Visits with a record of `without` on the
    day or in the `without_days` before are passed over. The event has the day of the first of
    these visits; it happened after the visit before.

    A record with one of the names in `records` (death) is an event too, on its own day. A change
    that was not confirmed before follow-up was cut off is no event: such a patient is censored
    at the last visit before it, all others at their last visit. Who has no baseline, or one from
    which no change is defined, or is at the level already, has no outcome.
    """
    baseline = float(setting(endpoint, "baseline_day", 0.0))
    visits = _visits(cases, endpoint, baseline)
    changed, defined = _changed(cases, endpoint, visits)
    found = runs(changed, visits, float(setting(endpoint, "confirm")))
    whole = found.confirmed & in_window(endpoint, visits.days)
    day, before = first_day(whole, visits.days), first_day(whole, found.before)
    names = names_in(endpoint, "records", ())
    other, after = first_of(cases, endpoint, names)
    after = np.where(other < day, np.minimum(after, other), np.minimum(before, other))
    known = np.where(cases.cut, np.minimum(found.known, cases.known_until(names)), cases.end)
    verdicts = time_to_event(cases, endpoint, np.minimum(day, other), known=known, after=after)
    return undefined_where(~defined, replace(verdicts, begun=found.begun))


@dataclass(frozen=True, slots=True)
class Visits:
    """Days and values (patient, visit) of visits after the baseline; which of them count."""

    days: NDArray[np.int64]
    values: NDArray[np.float64]
    counted: NDArray[np.bool_]
    start: NDArray[np.float64]  # day and value of the baseline, (patient,), NaN without one
    baseline: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Runs:
    """Visits with which a confirmed run begins, (patient, visit), and the visit before each.

    Per patient: `known` is the last visit up to which all is known, `begun` the day on which
    an unconfirmed run began that was still going on at the last visit.
    """

    confirmed: NDArray[np.bool_]
    before: NDArray[np.float64]
    known: NDArray[np.float64]
    begun: NDArray[np.float64]


def _visits(cases: Cases, endpoint: Endpoint, baseline_day: float) -> Visits:
    values = cases.observations.of(setting(endpoint, "port"))
    days = np.broadcast_to(cases.visits, values.shape)
    there = ~np.isnan(values)
    early = there & (days <= baseline_day + TOLERANCE)
    none = ~early.any(axis=1)
    place = values.shape[1] - 1 - np.argmax(early[:, ::-1], axis=1)
    patients = np.arange(cases.count)
    start = np.where(none, np.nan, days[patients, place])
    baseline = np.where(none, np.nan, values[patients, place])
    counted = there & (days > baseline_day + TOLERANCE) & ~_passed_over(cases, endpoint, days)
    return Visits(days, values, counted, start, baseline)


def _passed_over(cases: Cases, endpoint: Endpoint, days: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Visits too close after a record named in `without`, (patient, visit)."""
    close = np.zeros(days.shape, dtype=bool)
    if not setting(endpoint, "without", ""):
        return close
    reach = float(setting(endpoint, "without_days", 0))
    rows = cases.seen(names_in(endpoint, "without"))
    for patient, day in zip(rows.patient, rows.day, strict=True):
        close[patient] |= (days[patient] >= np.floor(day)) & (days[patient] <= day + reach)
    return close


def _changed(
    cases: Cases, endpoint: Endpoint, visits: Visits
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which visits show the change, and of which patients it can be told."""
    given = dict(endpoint.settings)
    chosen = [name for name in ("rise", "fall", "at_least") if name in given]
    if len(chosen) != 1:
        raise ValueError(f"{' and '.join(chosen) or 'none'} of rise, fall and at_least is given")
    baseline = visits.baseline
    if "at_least" in given:
        level = level_in(endpoint, "at_least", cases.observations.unit(setting(endpoint, "port")))
        with np.errstate(invalid="ignore"):
            return visits.values >= level - TOLERANCE, baseline < level - TOLERANCE
    step = _step(given.get("rise") or given.get("fall"), baseline)
    gain = (visits.values - baseline[:, None]) * (1.0 if "rise" in given else -1.0)
    with np.errstate(invalid="ignore"):
        return gain >= step[:, None] - TOLERANCE, ~np.isnan(step)


def _step(steps: Any, baseline: NDArray[np.float64]) -> NDArray[np.float64]:
    """The change that each baseline asks for, NaN below the first level."""
    pairs: Steps = tuple(steps)
    size = np.full(baseline.shape, np.nan)
    for level, change in pairs:
        with np.errstate(invalid="ignore"):
            size = np.where(baseline >= level - TOLERANCE, change, size)
    return size


def runs(changed: NDArray[np.bool_], visits: Visits, confirm: float) -> Runs:
    patients, number = changed.shape
    before = np.empty((patients, number))
    seen = visits.start.copy()
    for visit in range(number):
        before[:, visit] = seen
        seen = np.where(visits.counted[:, visit], visits.days[:, visit], seen)
    holds = np.zeros((patients, number), dtype=bool)
    last, ended = seen.copy(), np.full(patients, np.nan)  # of the run that goes on, backwards
    tail = np.ones(patients, dtype=bool)  # no visit without the change has been met yet
    known, begun = seen.copy(), np.full(patients, np.inf)
    for visit in range(number - 1, -1, -1):
        day, counted = visits.days[:, visit], visits.counted[:, visit]
        on, off = counted & changed[:, visit], counted & ~changed[:, visit]
        ended = np.where(on & np.isnan(ended), day, np.where(off, np.nan, ended))
        holds[:, visit] = on & (ended - day >= confirm - TOLERANCE)
        tail &= ~off
        open_run = on & tail & ~holds[:, visit]
        begun = np.where(open_run, day, np.where(on & tail, np.inf, begun))
        known = np.where(open_run, before[:, visit], np.where(on & tail, last, known))
    return Runs(holds, before, known, begun)


def first_day(chosen: NDArray[np.bool_], days: NDArray) -> NDArray[np.float64]:
    """The value of each patient's first chosen visit, infinite where there is none."""
    return np.where(chosen, days, np.inf).min(axis=1, initial=np.inf)
