"""reseed through its public door: one call of `solve` for all patients at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.population import Population
from reseed.engine import Solver, solve
from reseed.model import load_sbml
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.nouns.trajectories import Trajectories


def prepare(
    sbml_text: str, people: Population, solver: Solver | None = None
) -> Callable[[Sequence[int]], NDArray[np.float64]]:
    """Read the model; the answer solves patients, and its first call compiles.

    The absolute tolerance is what `Solver` makes of `rtol`: 1e-3 of it for states of order 1.
    """
    run = prepare_whole(sbml_text, people, solver)
    return lambda patients: run(patients).values


def prepare_whole(
    sbml_text: str, people: Population, solver: Solver | None = None
) -> Callable[[Sequence[int]], Trajectories]:
    """As `prepare`, but the answer gives steps and all."""
    system = load_sbml(sbml_text, "benchmark")
    probe = Probe(people.observables, people.saves)
    solver = solver or Solver()

    def run(patients: Sequence[int]) -> Trajectories:
        rows = np.asarray(patients)
        solved, _ = solve(
            system, cohort(people, rows), schedule(people, rows), probe, key=Key(1), solver=solver
        )
        if solved.status.any():
            raise RuntimeError(f"patients {rows[solved.status > 0].tolist()} failed")
        return solved

    return run


def cohort(people: Population, rows: NDArray[np.int64]) -> Cohort:
    """These patients as a Cohort; one who is asked for twice is solved twice."""
    parameters = dict(zip(people.names, people.values[rows].T, strict=True))
    return Cohort(rows.astype(np.int64), (), {}, parameters)


def schedule(people: Population, rows: NDArray[np.int64]) -> Schedule:
    """Their discontinuities as a Schedule."""
    return Schedule(
        people.times[rows],
        people.amounts[rows],
        people.targets,
        ("",) * len(people.targets),
        (),
        np.zeros(len(rows)),
        people.end,
    )
