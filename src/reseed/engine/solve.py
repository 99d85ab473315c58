"""solve: patients of a System through a Schedule, to Trajectories and Records."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.ports import find_port
from reseed.engine.failure import SolveFailed
from reseed.engine.functions import Functions, generate
from reseed.engine.patient import Patient, Solved, Walker
from reseed.engine.solver import Solver
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System
from reseed.nouns.trajectories import Trajectories


def solve(
    system: System,
    cohort: Cohort,
    schedule: Schedule,
    probe: Probe,
    *,
    key: Key,
    solver: Solver | None = None,
) -> tuple[Trajectories, Records]:
    """Integrate every patient of a cohort; one that fails is coded and never stops the others.

    Returns Trajectories with values of shape (patient, variable, time), in the system's units,
    and the Records of events, hazards, procedures and ends. Each patient is solved alone, so the
    result does not depend on who else is in the cohort. Raises InvalidInput where the probe,
    the schedule or the cohort names what the system does not have.
    """
    solver = solver or Solver()
    _check(system, cohort, schedule, probe)
    functions = _functions(system)
    walker = Walker(system, functions, solver, key)
    shown = np.array([functions.observed.index(name) for name in probe.variables], dtype=int)
    results = []
    # overflow and the like are looked for in the state itself and become codes
    with np.errstate(all="ignore"):
        for row in range(len(cohort.ids)):
            patient = _patient(system, cohort, schedule, row)
            results.append(_climb(walker, patient, probe, shown, solver))
    return _trajectories(system, cohort, probe, results), _records(cohort, results)


@lru_cache(maxsize=16)
def _functions(system: System) -> Functions:
    return generate(system)


_Result = tuple[Solved, int, float, str, int]  # solved, status, when, which state, rung


def _climb(
    walker: Walker, patient: Patient, probe: Probe, shown: NDArray[np.int64], solver: Solver
) -> _Result:
    """The ladder: tighter tolerance and a longer budget, then a coded failure."""
    failed = SolveFailed("step budget", 0.0, "")
    for rung in range(solver.rungs + 1):
        try:
            return walker.solve(patient, probe.times, shown, rung), 0, np.nan, "", rung
        except SolveFailed as failure:
            failed = failure
    empty = np.full((len(probe.variables), len(probe.times)), np.nan)
    solved = Solved(empty, (), failed.time, "", 0)
    return solved, failed.code, failed.time, failed.state, solver.rungs


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
    return Patient(int(cohort.ids[row]), parameters, covariates, jumps, boundaries, schedule.end)


def _check(system: System, cohort: Cohort, schedule: Schedule, probe: Probe) -> None:
    faults = []
    observable = {*system.states, *system.parameters, *(rule for rule, _ in system.rules)}
    for name in probe.variables:
        try:
            symbol = find_port(system, name).symbol
        except KeyError as error:
            faults.append(Fault("probe", name, str(error.args[0]), "a port of the model"))
            continue
        if symbol not in observable:
            faults.append(Fault("probe", name, "an event", "a quantity with a value"))
    for target in sorted({*schedule.targets} - {*system.states, *system.parameters}):
        faults.append(Fault("schedule", target, "no such state", "a state or a parameter"))
    units = {column.name: column.unit for column in cohort.columns}
    for port in system.ports:
        if port.direction != "in":
            continue
        if port.name not in units:
            faults.append(Fault("cohort", port.name, "no such covariate", f"one in {port.unit}"))
        elif units[port.name] != port.unit:
            faults.append(Fault("cohort", port.name, units[port.name], port.unit))
    if len(probe.times) and (probe.times[0] < 0 or np.any(np.diff(probe.times) <= 0)):
        faults.append(Fault("probe", "times", "not increasing from 0", "increasing times >= 0"))
    if faults:
        raise InvalidInput(faults)


def _trajectories(
    system: System, cohort: Cohort, probe: Probe, results: list[_Result]
) -> Trajectories:
    shape = (len(results), len(probe.variables), len(probe.times))
    values = np.array([solved.values for solved, *_ in results]).reshape(shape)
    return Trajectories(
        ids=cohort.ids,
        variables=probe.variables,
        units=tuple(find_port(system, name).unit for name in probe.variables),
        times=probe.times,
        values=values,
        end_time=np.array([solved.end_time for solved, *_ in results]),
        end_reason=tuple(solved.end_reason for solved, *_ in results),
        status=np.array([status for _, status, *_ in results], dtype=np.int64),
        status_time=np.array([when for _, _, when, *_ in results]),
        status_state=tuple(state for *_, state, _ in results),
        rung=np.array([rung for *_, rung in results], dtype=np.int64),
        steps=np.array([solved.steps for solved, *_ in results], dtype=np.int64),
    )


def _records(cohort: Cohort, results: list[_Result]) -> Records:
    rows = [
        (int(patient), time, entry)
        for patient, (solved, *_) in zip(cohort.ids, results, strict=True)
        for time, entry in solved.records
    ]
    return Records(
        patient=np.array([patient for patient, _, _ in rows], dtype=np.int64),
        time=np.array([time for _, time, _ in rows], dtype=np.float64),
        source=tuple(entry.source for _, _, entry in rows),
        name=tuple(entry.name for _, _, entry in rows),
        value=np.array([entry.value for _, _, entry in rows], dtype=np.float64),
        unit=tuple(entry.unit for _, _, entry in rows),
    )
