"""SciPy's LSODA and Radau, with right-hand side and Jacobian compiled by numba."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.population import Population
from bench.racers.generated import compiled, read
from bench.racers.stretches import Stretch, add, start, stretches

METHODS = ("LSODA", "Radau")


def prepare(
    sbml_text: str, people: Population, method: str, rtol: float = 1e-6, atol: float = 1e-9
) -> Callable[[Sequence[int]], NDArray[np.float64]]:
    """Compile the functions; the answer solves patients, a restart for each stretch."""
    system = read(sbml_text)
    rates, jacobian, shown = compiled(system, people.observables)
    advance = _lsoda if method == "LSODA" else _radau

    def one(patient: int) -> NDArray[np.float64]:
        state, parameters = start(system, people, patient)
        matrix = np.zeros((len(state), len(state)))  # SciPy copies what it is given

        def slopes(t: float, y: NDArray) -> NDArray:
            out = np.empty_like(y)
            rates(t, y, parameters, out)
            return out

        def slopes_by_state(t: float, y: NDArray) -> NDArray:
            jacobian(t, y, parameters, matrix)
            return matrix

        values = np.empty((len(shown), len(people.saves)))
        values[:, 0] = state[shown]
        for stretch in stretches(people, patient):
            rows = advance(slopes, slopes_by_state, stretch, state, rtol, atol)
            values[:, stretch.first : stretch.last] = rows[: len(stretch.saves), shown].T
            state = rows[-1].copy()
            add(system, state, parameters, stretch.target, stretch.amount)
        return values

    return lambda patients: np.array([one(patient) for patient in patients])


def _lsoda(
    slopes: Callable, matrix: Callable, stretch: Stretch, state: NDArray, rtol: float, atol: float
) -> NDArray[np.float64]:
    """States (time, state) at the saves and at the stop; `odeint` costs less than `solve_ivp`."""
    from scipy.integrate import odeint

    times = [stretch.start, *stretch.saves, stretch.stop]
    return odeint(
        slopes, state, times, Dfun=matrix, rtol=rtol, atol=atol, mxstep=1_000_000, tfirst=True
    )[1:]


def _radau(
    slopes: Callable, matrix: Callable, stretch: Stretch, state: NDArray, rtol: float, atol: float
) -> NDArray[np.float64]:
    """States (time, state) at the saves and at the stop."""
    from scipy.integrate import solve_ivp

    solved = solve_ivp(
        slopes, (stretch.start, stretch.stop), state, method="Radau", jac=matrix,
        t_eval=np.unique([*stretch.saves, stretch.stop]), rtol=rtol, atol=atol,
    )  # fmt: skip
    if not solved.success:
        raise RuntimeError(solved.message)
    return solved.y.T
