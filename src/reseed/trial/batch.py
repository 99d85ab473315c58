"""One batch of patients of one arm: draw, plan, solve, read out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.cohort import draw_cohort, in_units_of, live
from reseed.course import plan
from reseed.engine import Solver, solve
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.outcomes import Outcomes
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.system import System
from reseed.nouns.trajectories import Trajectories
from reseed.readout import read_out
from reseed.trial.setup import Setup, ids_start


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch of patients produced, in the order of their ids."""

    cohort: Cohort
    trajectories: Trajectories
    records: Records
    outcomes: Outcomes


def run_batch(setup: Setup, arm: int, start: int, stop: int, solver: Solver | None = None) -> Batch:
    """Patients `start` to `stop` (exclusive, counted within the arm) of one arm.

    The solver is the compiled one at the scenario's tolerance, unless another is to be compared.
    """
    scenario, system = setup.scenario, setup.systems[arm]
    key = Key(scenario.seed)
    ids = ids_start(scenario, arm) + np.arange(start, stop, dtype=np.int64)
    solver = solver or Solver(rtol=scenario.rtol)
    drawn, first_days = _people(setup, system, ids, key, solver)
    cohort = in_units_of(drawn, system)
    schedule = plan(
        scenario.arms[arm].course,
        cohort,
        system,
        infusion_day=scenario.infusion_day,
        end=setup.end,
    )
    if first_days is not None:
        schedule = dataclasses.replace(schedule, start=first_days)
    there = {port.name for port in system.ports}
    probe = Probe(tuple(v for v in setup.probe.variables if v in there), setup.probe.times)
    solved, records = solve(system, cohort, schedule, probe, key=key, solver=solver)
    trajectories = with_missing(solved, setup)
    outcomes = read_out(
        trajectories,
        records,
        scenario.endpoints,
        key=key,
        count_cv=scenario.count_cv,
        dropout_per_year=scenario.dropout_per_year,
        origin=schedule.origin,
        assessments=scenario.assessments,
        infusion_day=scenario.infusion_day,
    )
    return Batch(drawn, trajectories, records, outcomes)


def _people(
    setup: Setup, system: System, ids: NDArray[np.int64], key: Key, solver: Solver
) -> tuple[Cohort, NDArray[np.float64] | None]:
    """Patients as they enter, and the first days of those whose life before is told."""
    design = setup.scenario.cohort
    entered, first_days, luck = None, None, ids
    if setup.natural is not None:
        entered, first_days = live(setup.natural, design, ids, key, solver)
        luck = entered.draws()
    defaults = dict(zip(system.parameters, system.defaults, strict=True))
    drawn = draw_cohort(design, dict(system.variability), defaults, luck, key)
    if entered is None:
        return drawn, None
    return dataclasses.replace(entered, parameters=drawn.parameters), first_days


def with_missing(solved: Trajectories, setup: Setup) -> Trajectories:
    """All variables of the trial in its order, missing where this arm's system has none."""
    wanted = setup.probe.variables
    if solved.variables == wanted:
        return solved
    values = np.full((len(solved.ids), len(wanted), len(solved.times)), np.nan)
    for index, name in enumerate(solved.variables):
        values[:, wanted.index(name)] = solved.values[:, index]
    return dataclasses.replace(solved, variables=wanted, units=setup.units, values=values)
