"""solve: patients of a System through a Schedule, to Trajectories and Records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.ports import find_port
from reseed.engine.ensemble import solve_compiled
from reseed.engine.reference import solve_by_reference
from reseed.engine.solver import COMPILED, REFERENCE, Solver
from reseed.engine.told import Told, join
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
    result does not depend on who else is in the cohort, nor on threads or lane width. Raises
    InvalidInput where the probe, the schedule or the cohort names what the system does not have.
    """
    solver = solver or Solver()
    check(system, cohort, schedule, probe, solver)
    question = (system, cohort, schedule, probe, key, solver)
    if solver.method in REFERENCE:
        told, values = solve_by_reference(*question, range(len(cohort.ids)))
    else:
        values = np.empty((len(cohort.ids), len(probe.variables), len(probe.times)))
        told = join(solve_compiled(*question, lambda rows, told, part: told, values))
    return _trajectories(system, cohort, probe, told, values), records(cohort.ids, told)


def check(system: System, cohort: Cohort, schedule: Schedule, probe: Probe, solver: Solver) -> None:
    """Raises InvalidInput with all that does not fit together."""
    faults = []
    if solver.method not in (*COMPILED, *REFERENCE):
        expected = f"one of {', '.join((*COMPILED, *REFERENCE))}"
        faults.append(Fault("solver", "method", solver.method, expected))
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
    system: System, cohort: Cohort, probe: Probe, told: Told, values: NDArray[np.float64]
) -> Trajectories:
    return Trajectories(
        ids=cohort.ids,
        variables=probe.variables,
        units=tuple(find_port(system, name).unit for name in probe.variables),
        times=probe.times,
        values=values,
        end_time=told.end_time,
        end_reason=tuple(told.end_reason),
        status=told.status,
        status_time=told.status_time,
        status_state=tuple(told.status_state),
        rung=told.rung,
        steps=told.steps,
    )


def records(ids: NDArray[np.int64], told: Told) -> Records:
    """What was recorded of these patients."""
    rows = [
        (int(patient), time, entry)
        for patient, found in zip(ids, told.records, strict=True)
        for time, entry in found
    ]
    return Records(
        patient=np.array([patient for patient, _, _ in rows], dtype=np.int64),
        time=np.array([time for _, time, _ in rows], dtype=np.float64),
        source=tuple(entry.source for _, _, entry in rows),
        name=tuple(entry.name for _, _, entry in rows),
        value=np.array([entry.value for _, _, entry in rows], dtype=np.float64),
        unit=tuple(entry.unit for _, _, entry in rows),
    )
