"""Live: people lead their lives with the disease until a visit finds them fit for the study."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.ports import find_port
from reseed.base.time import DAYS_PER_YEAR
from reseed.base.units import factor
from reseed.cohort.draw import draw_cohort
from reseed.cohort.units import in_units_of
from reseed.engine import Solver, solve
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.cohort_design import CohortDesign
from reseed.nouns.history import Criterion, History
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System
from reseed.nouns.trajectories import Trajectories

Vector = NDArray[np.float64]
LIVES = 60  # how many are drawn for one place in the study before it stays empty
APART = 10**12  # between the numbers that address the luck of one place's lives
DURATION, TOLD, AGE = "disease_duration", "years_told", "age"
DRAWN = "lives_drawn"


@dataclass(frozen=True, slots=True)
class Entry:
    """Who enters: their luck, the days that they have lived with the disease, what was seen."""

    luck: NDArray[np.int64]
    lived: Vector
    seen: dict[str, Vector]


def live(
    system: System, design: CohortDesign, ids: NDArray[np.int64], key: Key, solver: Solver
) -> tuple[Cohort, Vector]:
    """The people who enter a study, as they are then, and the first day of each: (patient,).

    Each place in the study is offered to one drawn person after the other, each with a luck of
    its own, who lives in `system`, untreated, from the onset of the disease on day 0. The first
    visit at which all criteria of the design's history hold is the entry; day 0 is then that
    visit, and the first day lies before it. Age is that at entry; `disease_duration`, `years_told`
    (which models of the life before read), `lives_drawn` (for the place) and what the criteria
    name become covariates. Parameters are those of the arm to come, and not drawn here.
    InvalidInput if 60 lives do not fill a place.
    """
    history = design.history
    assert history is not None
    entry = _enter(system, design, history, ids, key, solver)
    drawn = draw_cohort(design, {}, {}, entry.luck, key)
    return at_entry(drawn, ids, entry), -entry.lived


def at_entry(drawn: Cohort, ids: NDArray[np.int64], entry: Entry) -> Cohort:
    """People drawn at onset, as they are on the day of their entry."""
    years = entry.lived / DAYS_PER_YEAR
    covariates = dict(drawn.covariates)
    units = {column.name: column.unit for column in drawn.columns}
    if AGE in covariates:
        covariates[AGE] = covariates[AGE] + years * factor("year", units[AGE])
    added = dict.fromkeys((DURATION, TOLD), ("year", years))
    added[DRAWN] = ("", (1 + (entry.luck - ids) // APART).astype(np.float64))
    added |= {name: ("", seen) for name, seen in entry.seen.items()}
    columns = [*drawn.columns, *(Covariate(name, unit) for name, (unit, _) in added.items())]
    covariates |= {name: values for name, (_, values) in added.items()}
    return dataclasses.replace(
        drawn, ids=ids, luck=entry.luck, columns=tuple(columns), covariates=covariates
    )


def _enter(
    system: System, design: CohortDesign, history: History, ids: NDArray[np.int64], key: Key,
    solver: Solver,
) -> Entry:  # fmt: skip
    names = [one.covariate for one in history.criteria if one.covariate]
    entry = Entry(
        luck=np.zeros(len(ids), dtype=np.int64),
        lived=np.full(len(ids), np.nan),
        seen={name: np.full(len(ids), np.nan) for name in names},
    )
    empty = np.arange(len(ids))
    for turn in range(LIVES):
        luck = ids[empty] + turn * APART
        lived, seen = _lives(system, design, history, luck, key, solver)
        fit = ~np.isnan(lived)
        filled = empty[fit]
        entry.luck[filled], entry.lived[filled] = luck[fit], lived[fit]
        for name in names:
            entry.seen[name][filled] = seen[name][fit]
        empty = empty[~fit]
        if not len(empty):
            return entry
    found = f"{len(empty)} of {len(ids)} places empty after {LIVES} lives each"
    raise InvalidInput([Fault(f"cohort {design.name}", "history", found, "criteria that are met")])


def _lives(
    system: System, design: CohortDesign, history: History, luck: NDArray[np.int64], key: Key,
    solver: Solver,
) -> tuple[Vector, dict[str, Vector]]:  # fmt: skip
    """Days until entry (NaN: never), and what the criteria saw then, of these lives."""
    defaults = dict(zip(system.parameters, system.defaults, strict=True))
    people = in_units_of(draw_cohort(design, dict(system.variability), defaults, luck, key), system)
    visits: Vector = np.arange(1.0, int(history.longest / history.visit) + 1.0) * history.visit
    nothing = np.zeros((len(luck), 0))
    untreated = Schedule(nothing, nothing, (), (), (), np.zeros(len(luck)), float(visits[-1]))
    ports = tuple(dict.fromkeys(one.name for one in history.criteria if one.kind == "port"))
    course, records = solve(system, people, untreated, Probe(ports, visits), key=key, solver=solver)
    there = (visits[None, :] <= course.end_time[:, None]) & (course.status == 0)[:, None]
    shown = {}
    for one in history.criteria:
        values = _values(one, people, course, records, visits, system)
        there &= (values >= one.low) & (values <= one.high)
        if one.covariate:
            shown[one.covariate] = values
    first = np.argmax(there, axis=1)
    fit = there.any(axis=1)
    rows = np.arange(len(luck))
    return np.where(fit, visits[first], np.nan), {
        name: values[rows, first] for name, values in shown.items()
    }


def _values(
    one: Criterion, people: Cohort, course: Trajectories, records: Records, visits: Vector,
    system: System,
) -> Vector:  # fmt: skip
    """What a criterion looks at: (patient, visit)."""
    if one.kind == "port":
        scale = factor(find_port(system, one.name).unit, one.unit)
        return course.values[:, course.variables.index(one.name)] * scale
    if one.kind == "record":
        return _counts(one, course.ids, records, visits)
    unit = next(column.unit for column in people.columns if column.name == one.name)
    values = np.repeat(people.covariates[one.name][:, None], len(visits), axis=1)
    if one.name == AGE:
        values = values + visits[None, :] / DAYS_PER_YEAR * factor("year", unit)
    return values * factor(unit, one.unit or unit)


def _counts(one: Criterion, ids: NDArray[np.int64], records: Records, visits: Vector) -> Vector:
    """How often a record was seen in the time before each visit: (patient, visit)."""
    chosen = np.array([name == one.name for name in records.name], dtype=bool)
    place = {int(patient): row for row, patient in enumerate(ids)}
    rows = np.array([place[int(patient)] for patient in records.patient[chosen]], dtype=np.int64)
    times = records.time[chosen]
    counts = np.zeros((len(ids), len(visits)))
    for row in np.unique(rows):
        own = np.sort(times[rows == row])
        until, before = (
            np.searchsorted(own, days, side="right") for days in (visits, visits - one.within)
        )
        counts[row] = until - before
    return counts
