"""solve: patients of a System through a Schedule, to Trajectories and Records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reseed.base.ports import find_port
from reseed.engine.check import check
from reseed.engine.ensemble import solve_compiled
from reseed.engine.reference import solve_by_reference
from reseed.engine.solver import REFERENCE, Solver
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
    InvalidInput with every fault of the five: a name that the system does not have, shapes that
    do not fit, a time or a setting that is no such thing. A patient whose parameters are not
    numbers is coded like any other failure.
    """
    solver = solver or Solver()
    check(system, cohort, schedule, probe, key, solver)
    question = (system, cohort, schedule, probe, key, solver)
    if solver.method in REFERENCE:
        told, values = solve_by_reference(*question, range(len(cohort.ids)))
    else:
        values = np.empty((len(cohort.ids), len(probe.variables), len(probe.times)))
        told = join(solve_compiled(*question, lambda rows, told, part: told, values))
    return _trajectories(system, cohort, probe, told, values), records(cohort.ids, told)


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
