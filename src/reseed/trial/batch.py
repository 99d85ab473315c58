"""One batch of patients of one arm: draw, plan, solve, read out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.cohort import draw_cohort, draw_parameters, in_units_of, live
from reseed.course import plan
from reseed.engine import Solver, solve
from reseed.nouns.cohort import Cohort
from reseed.nouns.follow_up import FollowUp
from reseed.nouns.key import Key
from reseed.nouns.outcomes import Outcomes
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System
from reseed.nouns.trajectories import Trajectories
from reseed.readout import follow_up, read_out
from reseed.trial.setup import Setup, gives_grafts, ids_start


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch of patients produced, in the order of their ids."""

    cohort: Cohort
    trajectories: Trajectories
    records: Records
    outcomes: Outcomes
    follow_up: FollowUp


Entered = tuple[Cohort, NDArray[np.float64]]  # patients as they enter, and their first days


def run_arms(setup: Setup, arms: Sequence[int], start: int, stop: int) -> list[Batch]:
    """`run_batch` for arms that have the same people: their lives before are told once."""
    entered = None
    if setup.natural is not None and len(arms) > 1:
        entered = _entered(setup, arms[0], start, stop, Solver(rtol=setup.scenario.rtol))
    return [run_batch(setup, arm, start, stop, entered=entered) for arm in arms]


def run_batch(
    setup: Setup, arm: int, start: int, stop: int, solver: Solver | None = None,
    entered: Entered | None = None,
) -> Batch:  # fmt: skip
    """Patients `start` to `stop` (exclusive, counted within the arm) of one arm.

    The solver is the compiled one at the scenario's tolerance, unless another is to be compared.
    `entered` spares telling the lives before again where they have been told.
    """
    scenario, system = setup.scenario, setup.systems[arm]
    key = Key(scenario.seed)
    solver = solver or Solver(rtol=scenario.rtol)
    drawn, schedule = people_planned(setup, arm, start, stop, solver, entered)
    cohort = in_units_of(drawn, system)
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
        first_days=schedule.start,
        cohort=drawn,
        grafts=gives_grafts(scenario),
    )
    seen = follow_up(trajectories, key, scenario.dropout_per_year)
    return Batch(drawn, trajectories, records, outcomes, seen)


def people_planned(
    setup: Setup, arm: int, start: int, stop: int, solver: Solver, entered: Entered | None = None
) -> tuple[Cohort, Schedule]:
    """The patients of a batch, in the cohort's own units, and what is planned for them."""
    scenario, system = setup.scenario, setup.systems[arm]
    ids = ids_start(scenario, arm) + np.arange(start, stop, dtype=np.int64)
    if setup.natural is not None and entered is None:
        entered = _entered(setup, arm, start, stop, solver)
    drawn, first_days = _people(setup, system, ids, Key(scenario.seed), entered)
    schedule = plan(
        scenario.arms[arm].course,
        in_units_of(drawn, system),
        system,
        infusion_day=scenario.infusion_day,
        end=setup.end,
    )
    if first_days is None:
        return drawn, schedule
    return drawn, dataclasses.replace(schedule, start=first_days)


def _entered(setup: Setup, arm: int, start: int, stop: int, solver: Solver) -> Entered:
    """Those who enter an arm, after their lives before."""
    scenario = setup.scenario
    assert setup.natural is not None
    ids = ids_start(scenario, arm) + np.arange(start, stop, dtype=np.int64)
    return live(setup.natural, scenario.cohort, ids, Key(scenario.seed), solver)


def _people(
    setup: Setup, system: System, ids: NDArray[np.int64], key: Key, entered: Entered | None
) -> tuple[Cohort, NDArray[np.float64] | None]:
    """Patients with their own numbers, and the first days of those whose life before is told."""
    luck = ids if entered is None else entered[0].draws()
    defaults = dict(zip(system.parameters, system.defaults, strict=True))
    laws = dict(system.variability)
    if entered is None:
        return draw_cohort(setup.scenario.cohort, laws, defaults, luck, key), None
    parameters = draw_parameters(laws, defaults, luck, key)
    return dataclasses.replace(entered[0], parameters=parameters), entered[1]


def with_missing(solved: Trajectories, setup: Setup) -> Trajectories:
    """All variables of the trial in its order, missing where this arm's system has none."""
    wanted = setup.probe.variables
    if solved.variables == wanted:
        return solved
    values = np.full((len(solved.ids), len(wanted), len(solved.times)), np.nan)
    for index, name in enumerate(solved.variables):
        values[:, wanted.index(name)] = solved.values[:, index]
    return dataclasses.replace(solved, variables=wanted, units=setup.units, values=values)
