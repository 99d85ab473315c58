"""solve_by_reference: the same question as `solve`, answered patient by patient in Python."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reseed.engine.failure import SolveFailed
from reseed.engine.reference.functions import Functions, generate
from reseed.engine.reference.patient import Patient, Solved, Walker
from reseed.engine.solver import Solver
from reseed.engine.told import Told, blank
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System

Vector = NDArray[np.float64]


def solve_by_reference(
    system: System, cohort: Cohort, schedule: Schedule, probe: Probe, key: Key, solver: Solver,
    rows: Iterable[int],
) -> tuple[Told, Vector]:  # fmt: skip
    """What became of these patients, and their samples of shape (patient, variable, time)."""
    functions = _functions(system)
    walker = Walker(system, functions, solver, key)
    shown = np.array([functions.observed.index(name) for name in probe.variables], dtype=int)
    rows = list(rows)
    told = blank(len(rows))
    values = np.full((len(rows), len(probe.variables), len(probe.times)), np.nan)
    # overflow and the like are looked for in the state itself and become codes
    with np.errstate(all="ignore"):
        for place, row in enumerate(rows):
            patient = _patient(system, cohort, schedule, row)
            solved = _climb(walker, patient, probe, shown, solver, told, place)
            if solved is not None:
                values[place] = solved.values
    return told, values


@lru_cache(maxsize=16)
def _functions(system: System) -> Functions:
    return generate(system)


def _climb(
    walker: Walker, patient: Patient, probe: Probe, shown: NDArray[np.int64], solver: Solver,
    told: Told, row: int,
) -> Solved | None:  # fmt: skip
    """The ladder: tighter tolerance and a longer budget, then a coded failure."""
    for rung in range(solver.rungs + 1):
        told.rung[row] = rung
        try:
            solved = walker.solve(patient, probe.times, shown, rung)
        except SolveFailed as failure:
            told.status[row], told.status_time[row] = failure.code, failure.time
            told.end_time[row], told.status_state[row] = failure.time, failure.state
        else:
            told.status[row], told.status_time[row], told.status_state[row] = 0, np.nan, ""
            told.end_time[row], told.end_reason[row] = solved.end_time, solved.end_reason
            told.steps[row], told.records[row] = solved.steps, list(solved.records)
            return solved
    return None


def _patient(system: System, cohort: Cohort, schedule: Schedule, row: int) -> Patient:
    parameters = np.array(system.defaults, dtype=np.float64)
    covariates = {name: float(column[row]) for name, column in cohort.covariates.items()}
    for index, name in enumerate(system.parameters):
        if name in cohort.parameters:
            parameters[index] = cohort.parameters[name][row]
        elif name in covariates:
            parameters[index] = covariates[name]
    jumps = tuple(
        (float(schedule.times[row, column]), target, float(schedule.values[row, column]), tag)
        for column, (target, tag) in enumerate(zip(schedule.targets, schedule.tags, strict=True))
        if not np.isnan(schedule.values[row, column])
    )
    boundaries = tuple(
        (float(boundary.times[row]), boundary.name, boundary.procedure, boundary.tag)
        for boundary in schedule.boundaries
    )
    start, luck = float(schedule.first_days()[row]), int(cohort.draws()[row])
    return Patient(luck, parameters, covariates, jumps, boundaries, start, schedule.end)
