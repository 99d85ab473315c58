"""One batch of patients of one arm: draw, plan, solve, read out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from reseed.base.units import convert
from reseed.cohort import draw_cohort
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
    drawn = draw_cohort(
        scenario.cohort,
        dict(system.variability),
        dict(zip(system.parameters, system.defaults, strict=True)),
        ids,
        key,
    )
    cohort = in_units_of(drawn, system)
    schedule = plan(
        scenario.arms[arm].course,
        cohort,
        system,
        infusion_day=scenario.infusion_day,
        end=setup.end,
    )
    solver = solver or Solver(rtol=scenario.rtol)
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
    )
    return Batch(drawn, trajectories, records, outcomes)


def with_missing(solved: Trajectories, setup: Setup) -> Trajectories:
    """All variables of the trial in its order, missing where this arm's system has none."""
    wanted = setup.probe.variables
    if solved.variables == wanted:
        return solved
    values = np.full((len(solved.ids), len(wanted), len(solved.times)), np.nan)
    for index, name in enumerate(solved.variables):
        values[:, wanted.index(name)] = solved.values[:, index]
    return dataclasses.replace(solved, variables=wanted, units=setup.units, values=values)


def in_units_of(cohort: Cohort, system: System) -> Cohort:
    """The cohort with every covariate that the system reads in the system's own unit."""
    units = {port.name: port.unit for port in system.ports if port.direction == "in"}
    columns, values = [], dict(cohort.covariates)
    for column in cohort.columns:
        unit = units.get(column.name, column.unit)
        if unit != column.unit:
            values[column.name] = values[column.name] * convert(1.0, column.unit, unit)
        columns.append(dataclasses.replace(column, unit=unit))
    return dataclasses.replace(cohort, columns=tuple(columns), covariates=values)
