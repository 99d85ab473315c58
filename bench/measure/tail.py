"""One patient who oscillates for fifteen years among others: what that costs, and whom."""

from __future__ import annotations

import dataclasses
import statistics
from typing import Any

import numpy as np

from bench.measure.race import Racer, race
from bench.population import population
from bench.racers import reseed_racer
from reseed.engine import Solver, solve
from reseed.model import load_sbml
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe

EXPONENT = 10.0  # of the demand for G-CSF; 1.2 in the others. About 20,000 steps


def tail(text: str, patients: int, rounds: int) -> dict[str, Any]:
    """`tail_cost` is what the patient adds to a batch over what it costs to solve it alone."""
    people = population(patients, 0)
    system = load_sbml(text, "benchmark")
    probe = Probe(people.observables, people.saves)

    def run(rows: Any, sick: bool) -> Any:
        rows = np.asarray(rows)
        cohort = reseed_racer.cohort(people, rows)
        exponents = np.full(len(rows), system.defaults[system.parameters.index("n_gp")])
        exponents[0] = EXPONENT if sick else exponents[0]
        cohort = dataclasses.replace(cohort, parameters={**cohort.parameters, "n_gp": exponents})
        schedule = reseed_racer.schedule(people, rows)
        return solve(system, cohort, schedule, probe, key=Key(1), solver=Solver())[0]

    everyone = np.arange(patients)
    batches = {
        "alone": (everyone[:1], True),
        "without": (everyone[1:], False),
        "with": (everyone, True),
    }
    taken = race(
        [
            Racer(name, lambda _, given=given: run(*given), range(1))
            for name, given in batches.items()
        ],
        rounds,
    )
    seconds = {name: statistics.median(times) for name, times in taken.items()}
    mixed, others = run(everyone, True), run(everyone[1:], False)
    return {
        "steps": int(mixed.steps[0]),
        "others": patients - 1,
        "alone_s": seconds["alone"],
        "without_s": seconds["without"],
        "with_s": seconds["with"],
        "tail_cost": (seconds["with"] - seconds["without"]) / seconds["alone"],
        "neighbours_identical": bool(np.array_equal(mixed.values[1:], others.values)),
    }
