"""What happens again and again: events and time at risk, in years counted from study entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.data import ArmData, TrialData
from reseed.stats import Bounded, event_rate

BEFORE = 5  # years before entry that are shown
ENOUGH = 0.05  # of an arm's patients must be at risk through a year for it to be shown


@dataclass(frozen=True, slots=True)
class Followed:
    """The solved patients of an arm: first and last day of what is known of each, (patient,)."""

    ids: NDArray[np.int64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]

    def years(self, start: float, stop: float) -> NDArray[np.float64]:
        """Each patient's years of follow-up between two times in years after entry."""
        low = np.maximum(self.first, start * DAYS_PER_YEAR)
        high = np.minimum(self.last, stop * DAYS_PER_YEAR)
        return np.maximum(high - low, 0.0) / DAYS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Years:
    """Events of one kind in the years from `start` to `stop`: their number, time, rate a year."""

    start: float
    stop: float
    events: int
    at_risk: float
    rate: Bounded


def followed(arm: ArmData) -> Followed:
    """Everybody who was solved; a life that is not told begins with entry."""
    solved = arm.solutions[arm.solutions["status"] == 0].sort_values("patient")
    ids = solved["patient"].to_numpy(np.int64)
    first = np.zeros(len(ids))
    if "years_told" in arm.patients.columns:
        told = arm.patients.set_index("patient")["years_told"].reindex(ids).to_numpy(float)
        first = -DAYS_PER_YEAR * np.nan_to_num(told)
    return Followed(ids, first, solved["end_time"].to_numpy(float))


@dataclass(frozen=True, slots=True)
class Events:
    """When something happened: the place of the patient among those followed, years from entry."""

    people: Followed
    place: NDArray[np.int64]
    year: NDArray[np.float64]

    def counts(self, start: float, stop: float) -> NDArray[np.float64]:
        """How often it happened to each patient after `start` and up to `stop`."""
        inside = (self.year > start) & (self.year <= stop)
        return np.bincount(self.place[inside], minlength=len(self.people.ids)).astype(float)

    def between(self, start: float, stop: float) -> Years:
        """The rate between two times in years after entry."""
        events, at_risk = self.counts(start, stop), self.people.years(start, stop)
        total, whole = int(events.sum()), float(at_risk.sum())
        return Years(start, stop, total, whole, event_rate(events, at_risk))


def events_of(arm: ArmData, people: Followed, name: str) -> Events:
    """All times at which a hazard struck these patients."""
    rows = arm.rows("hazard", name)
    patients = rows["patient"].to_numpy(np.int64)
    place = np.searchsorted(people.ids, patients)
    known = np.isin(patients, people.ids)
    return Events(people, place[known], rows["time"].to_numpy(float)[known] / DAYS_PER_YEAR)


def recurrent(data: TrialData) -> tuple[str, ...]:
    """Hazards that struck somebody twice or more; those that an endpoint counts come first."""
    found: set[str] = set()
    for arm in data.arms:
        rows = arm.rows("hazard")
        sizes = rows.groupby(["name", "patient"]).size()
        found |= set(sizes[sizes > 1].index.get_level_values("name"))
    listed = [str(name) for e in data.endpoints for name in e.get("records") or ()]
    order = {name: place for place, name in reversed(list(enumerate(listed)))}
    return tuple(sorted(found, key=lambda name: (order.get(name, len(order)), name)))


def by_year(events: Events, last: float) -> tuple[Years, ...]:
    """Year by year, from five years before entry to `last`, where enough people are at risk."""
    least = max(ENOUGH * len(events.people.ids), 1.0)
    found = []
    for start in range(-BEFORE, int(np.ceil(last - 1e-6))):
        stop = min(start + 1.0, last)
        year = events.between(float(start), stop)
        if year.at_risk >= least * (stop - start):
            found.append(year)
    return tuple(found)


def spans(first: float, last: float) -> Sequence[tuple[float, float]]:
    """Stretches of years for a table: single years about entry, longer ones far from it."""
    marks = [-2.0, -1.0, 0.0, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0]
    inside = [mark for mark in marks if first < mark < last - 0.1]
    edges = [max(first, -float(BEFORE)), *inside, last]
    return list(zip(edges[:-1], edges[1:], strict=True))
