"""What patients received: each drug's doses and days, as courses, switches and stops left them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.report.data import ArmData
from reseed.report.yearly import Followed

_SAME = 1e-6  # days; a dose and what stops the drug on the same day and hour

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Received:
    """One order of a course in one arm, on the study clock: (patient,), in the order of `people`.

    `start` is when its day 0 begins, infinite for whom it never does; `stop` is when it was
    stopped or follow-up ended. `times` are those of giving, after `start`; a steady drug has its
    first and last time alone. `chosen`, (patient, time), are the times at which each patient was
    given what waits for a low count; None for all others.
    """

    what: str
    tag: str
    steady: bool
    endless: bool
    times: Vector
    start: Vector
    stop: Vector
    at_stop: NDArray[np.bool_]  # what is due when it is stopped is still given
    chosen: NDArray[np.bool_] | None = None

    @property
    def got(self) -> NDArray[np.bool_]:
        """At which times each patient was given it, (patient, time); none for a steady drug."""
        if self.chosen is not None:
            return self.chosen
        if self.steady:
            return np.zeros((len(self.start), len(self.times)), dtype=bool)
        room = np.where(np.isfinite(self.start), self.stop - self.start, -np.inf)
        room = room + np.where(self.at_stop, _SAME, -_SAME)
        doses = np.searchsorted(self.times, room, side="right")
        return np.arange(len(self.times))[None, :] < doses[:, None]

    @property
    def doses(self) -> NDArray[np.int64]:
        """How often each patient was given it; 0 for a steady drug."""
        return self.got.sum(axis=1).astype(np.int64)

    @property
    def begun(self) -> Vector:
        """When each patient was first given it, infinite where that never came."""
        if self.chosen is not None:
            due = self.start[:, None] + self.times[None, :]
            return np.where(self.chosen, due, np.inf).min(axis=1)
        first = self.start + self.times[0]
        return np.where(first < self.stop - _SAME, first, np.inf)


def received(arm: ArmData, people: Followed, origin: float) -> tuple[Received, ...]:
    """Every order of the arm's course; `origin` is the study day of the infusion."""
    return tuple(
        _received(arm, people, origin, entry)
        for entry in arm.info.get("given", ())
        if entry.get("days")
    )


def _received(arm: ArmData, people: Followed, origin: float, entry: Mapping[str, Any]) -> Received:
    never = np.full(len(people.ids), np.inf)
    start, always = np.full(len(people.ids), origin), np.full(len(people.ids), -np.inf)
    if entry.get("begins"):
        start = _first(arm, people, "switch", entry["begins"], always)
    if entry.get("among"):
        start = np.where(_inside(arm, people, entry["among"]), start, np.inf)
    times = np.sort(np.asarray(entry["days"], dtype=float))
    since = start if entry.get("begins") else always  # a course may be stopped before its day 0
    cancelled = _first(arm, people, "stop", str(entry.get("tag", "")), since)
    recovered = never
    if entry.get("stops"):
        recovered = _first(arm, people, "give", entry["stops"], start + np.floor(times[0]))
    stop = np.minimum(np.minimum(people.last, cancelled), recovered)
    return Received(
        what=str(entry["what"]),
        tag=str(entry.get("tag", "")),
        steady=bool(entry.get("steady")),
        endless=bool(entry.get("endless")),
        times=times,
        start=start,
        stop=stop,
        at_stop=cancelled <= np.minimum(people.last, recovered),
        chosen=_chosen(arm, people, entry["gives"], start, times) if entry.get("gives") else None,
    )


def _inside(arm: ArmData, people: Followed, band: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Who is in the band that is given it, (patient,)."""
    values = arm.patients.set_index("patient")[band["covariate"]].reindex(people.ids)
    low, below = band["at_least"], band["below"]
    inside = np.ones(len(values), dtype=bool) if low is None else values.to_numpy() >= low
    return inside if below is None else inside & (values.to_numpy() < below)


def _chosen(
    arm: ArmData, people: Followed, name: str, start: Vector, times: Vector
) -> NDArray[np.bool_]:
    """Which of the times of giving each patient has a record of, (patient, time)."""
    found = np.zeros((len(people.ids), len(times)), dtype=bool)
    place = {int(patient): row for row, patient in enumerate(people.ids)}
    rows = arm.rows("give", name)
    for patient, time in zip(rows["patient"], rows["time"], strict=True):
        if (row := place.get(int(patient))) is not None:
            found[row] |= np.abs(start[row] + times - time) < _SAME
    return found


def _first(arm: ArmData, people: Followed, source: str, name: str, after: Vector) -> Vector:
    """When each patient first left a record, not before `after`; infinite where none is."""
    rows = arm.rows(source, name) if name else arm.records.iloc[:0]
    patients, time = rows["patient"].to_numpy(np.int64), rows["time"].to_numpy(float)
    place = np.searchsorted(people.ids, patients)
    place = np.minimum(place, max(len(people.ids) - 1, 0))
    known = people.ids[place] == patients if len(people.ids) else np.zeros(len(rows), dtype=bool)
    known &= time >= after[place] if len(people.ids) else known
    first = np.full(len(people.ids), np.inf)
    np.minimum.at(first, place[known], time[known])
    return first


def doses_of(orders: Sequence[Received], drug: str) -> Vector:
    """All doses of a drug that each patient was given."""
    own = [order.doses for order in orders if order.what == drug]
    return np.sum(own, axis=0, dtype=float) if own else np.zeros(0)


def days_of(orders: Sequence[Received], drug: str) -> Vector:
    """Days on a drug that is given without end, from its first dose until it was stopped.

    Orders of one stage are one treatment.
    """
    own = [order for order in orders if order.what == drug]
    total = np.zeros(len(own[0].start)) if own else np.zeros(0)
    for label in dict.fromkeys(order.tag for order in own if order.endless):
        stage = [order for order in own if order.tag == label]
        begun = np.min([order.begun for order in stage], axis=0)
        stop = np.max([order.stop for order in stage], axis=0)
        total += np.where(np.isfinite(begun), np.maximum(stop - begun, 0.0), 0.0)
    return total
