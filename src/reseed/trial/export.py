"""One patient of an arm as an SBML document, for other simulators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reseed.cohort import in_units_of
from reseed.engine import Solver
from reseed.model import export_sbml
from reseed.nouns.jump import Jump
from reseed.nouns.scenario import Scenario
from reseed.trial.arms import parts_of
from reseed.trial.batch import people_planned
from reseed.trial.setup import place_of, set_up


@dataclass(frozen=True, slots=True)
class Export:
    """The document's text, the time at which the patient's story begins, what it leaves out."""

    text: str
    start: float
    left_out: tuple[str, ...]


def export_patient(
    scenario: Scenario, arm: str, patient: int, *, seed: int | None = None
) -> Export:
    """An arm's mathematics with one patient's numbers, and the doses that are planned for them.

    Time is in days of the study, with entry at 0. What procedures decide as they go (harvests,
    grafts, doses until a count has recovered, switches) is no mathematics of the model: it is left
    out, and named. InvalidInput as in `replay`.
    """
    number, index = place_of(scenario, arm, patient)
    setup = set_up(scenario, None, None, seed, arms=[number])
    solver = Solver(rtol=setup.scenario.rtol)
    drawn, schedule = people_planned(setup, number, index, index + 1, solver)
    system = setup.systems[number]
    cohort = in_units_of(drawn, system)
    brought = {port.name for port in system.ports if port.direction == "in"}
    values = {n: float(c[0]) for n, c in cohort.covariates.items() if n in brought}
    modules, overrides = parts_of(setup.scenario, setup.scenario.arms[number])
    written = {module.name for module in modules if module.text}
    values |= {
        name: float(column[0])
        for name, column in cohort.parameters.items()
        if name.partition("__")[0] in written  # those of procedures are in no formula
    }
    planned = zip(
        schedule.times[0], schedule.values[0], schedule.targets, schedule.tags, strict=True
    )
    jumps = [
        Jump(float(time), target, float(value), tag)
        for time, value, target, tag in planned
        if np.isfinite(value) and time <= schedule.end
    ]
    name = f"{scenario.name}_{arm}".replace("-", "_")
    text = export_sbml(modules, name, overrides, values=values, jumps=jumps)
    left_out = tuple(dict.fromkeys(boundary.name for boundary in schedule.boundaries))
    return Export(text, float(schedule.first_days()[0]), left_out)
