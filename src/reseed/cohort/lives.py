"""Lives: people with the disease from its onset on, untreated, and when they first fit a study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.base.ports import find_port
from reseed.base.time import DAYS_PER_YEAR
from reseed.base.units import factor
from reseed.cohort.draw import draw_cohort
from reseed.cohort.units import in_units_of
from reseed.engine import Solver, solve
from reseed.nouns.cohort import Cohort
from reseed.nouns.cohort_design import CohortDesign
from reseed.nouns.history import Criterion, History
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System
from reseed.nouns.trajectories import Trajectories

Vector = NDArray[np.float64]
AGE = "age"


@dataclass(frozen=True, slots=True)
class Lives:
    """Told lives, in the order of their luck.

    `lived` is the days from onset to the first visit at which all criteria hold, NaN if there is
    none, (life,); `seen` what the criteria that become covariates saw then; `failed` which lives
    could not be solved, (life,), and fit nobody; `met` which criteria hold at some visit, all in
    the order of the history, (life, criterion).
    """

    lived: Vector
    seen: dict[str, Vector]
    failed: NDArray[np.bool_]
    met: NDArray[np.bool_]


def tell(
    system: System, design: CohortDesign, history: History, luck: NDArray[np.int64], key: Key,
    solver: Solver,
) -> Lives:  # fmt: skip
    """Lives with these numbers for their luck, in `system`, untreated, from onset on day 0."""
    defaults = dict(zip(system.parameters, system.defaults, strict=True))
    people = in_units_of(draw_cohort(design, dict(system.variability), defaults, luck, key), system)
    visits: Vector = np.arange(1.0, int(history.longest / history.visit) + 1.0) * history.visit
    nothing = np.zeros((len(luck), 0))
    untreated = Schedule(nothing, nothing, (), (), (), np.zeros(len(luck)), float(visits[-1]))
    ports = tuple(dict.fromkeys(one.name for one in history.criteria if one.kind == "port"))
    course, records = solve(system, people, untreated, Probe(ports, visits), key=key, solver=solver)
    failed = course.status != 0
    there = (visits[None, :] <= course.end_time[:, None]) & ~failed[:, None]
    shown, holding = {}, []
    for one in history.criteria:
        values = _values(one, people, course, records, visits, system)
        holding.append(there & (values >= one.low) & (values <= one.high))
        if one.covariate:
            shown[one.covariate] = values
    whole = np.logical_and.reduce([there, *holding])
    first, rows = np.argmax(whole, axis=1), np.arange(len(luck))
    return Lives(
        lived=np.where(whole.any(axis=1), visits[first], np.nan),
        seen={name: values[rows, first] for name, values in shown.items()},
        failed=failed,
        met=np.stack([one.any(axis=1) for one in holding], axis=1),
    )


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
