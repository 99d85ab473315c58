"""SUNDIALS CVODE through scikit-sundae, with right-hand side and Jacobian compiled by numba."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.population import Population
from bench.racers.generated import compiled, read
from bench.racers.stretches import add, start, stretches


def prepare(
    sbml_text: str, people: Population, rtol: float = 1e-6, atol: float = 1e-9
) -> Callable[[Sequence[int]], NDArray[np.float64]]:
    """Compile the functions; the answer solves patients, a restart for each stretch."""
    from sksundae.cvode import CVODE

    system = read(sbml_text)
    rates, jacobian, shown = compiled(system, people.observables)

    def slopes(t: float, y: NDArray, out: NDArray, patient: tuple) -> None:
        rates(t, y, *patient, out)

    def slopes_by_state(t: float, y: NDArray, _: NDArray, out: NDArray, patient: tuple) -> None:
        jacobian(t, y, *patient, out)

    def one(patient: int) -> NDArray[np.float64]:
        state, parameters = start(system, people, patient)
        solver = CVODE(
            slopes, jacfn=slopes_by_state, userdata=(parameters,), rtol=rtol, atol=atol,
            max_num_steps=1_000_000,
        )  # fmt: skip
        values = np.empty((len(shown), len(people.saves)))
        values[:, 0] = state[shown]
        for stretch in stretches(people, patient):
            # a span of two points would return every internal step
            span = np.array([stretch.start, *stretch.saves, stretch.stop])
            if len(stretch.saves) == 0:
                span = np.array([stretch.start, (stretch.start + stretch.stop) / 2, stretch.stop])
            elif stretch.saves[-1] == stretch.stop:
                span = span[:-1]
            solved = solver.solve(span, state)
            values[:, stretch.first : stretch.last] = solved.y[1 : 1 + len(stretch.saves), shown].T
            state = solved.y[-1].copy()
            add(system, state, parameters, stretch.target, stretch.amount)
        return values

    return lambda patients: np.array([one(patient) for patient in patients])
