"""diffrax's implicit methods on a CPU in double precision: batches of 16 patients by `vmap`.

A scan runs over the stretches before the last jump, which hold few saves each; the long rest is
one solve more. Both are compiled once per method, which `prepare` leaves to the first `run`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.population import Population
from bench.racers.generated import indices, read, traced
from bench.racers.stretches import add, start, stretches

METHODS = ("Kvaerno3", "Kvaerno5")
BATCH = 16


def prepare(
    sbml_text: str, people: Population, method: str, rtol: float = 1e-6, atol: float = 1e-9
) -> Callable[[Sequence[int]], NDArray[np.float64]]:
    """The answer solves patients, a multiple of 16 at best; its first call compiles."""
    import jax

    jax.config.update("jax_enable_x64", True)
    system = read(sbml_text)
    shown = np.array(indices(system, people.observables))
    solve = jax.jit(jax.vmap(_solver(traced(system), shown, method, rtol, atol)))
    plans = {}

    def batch(patients: list[int]) -> NDArray[np.float64]:
        for patient in patients:
            if patient not in plans:
                plans[patient] = _plan(system, people, patient)
        chosen = [plans[patient] for patient in patients]
        inputs = [np.stack(parts) for parts in zip(*(plan[0] for plan in chosen), strict=True)]
        early, late = (np.asarray(part) for part in solve(*inputs))
        values = np.empty((len(patients), len(shown), len(people.saves)))
        for row, (arguments, edges) in enumerate(chosen):
            values[row, :, 0] = arguments[0][shown]
            for number, (first, last) in enumerate(edges[:-1]):
                values[row, :, first:last] = early[row, number, : last - first].T
            first, last = edges[-1]
            values[row, :, first:last] = late[row, : last - first].T
        return values

    def run(patients: Sequence[int]) -> NDArray[np.float64]:
        padded = [*patients, *[patients[-1]] * (-len(patients) % BATCH)]
        parts = [batch(padded[i : i + BATCH]) for i in range(0, len(padded), BATCH)]
        return np.concatenate(parts)[: len(patients)]

    return run


def _plan(system: Any, people: Population, patient: int) -> tuple[tuple, list[tuple[int, int]]]:
    """A patient as arrays of fixed shape, and where the saves of each stretch belong."""
    state, parameters = start(system, people, patient)
    found = stretches(people, patient)
    room = 8, len(people.saves)  # saves in an early stretch and in the last one, at most
    bounds = np.array([(stretch.start, stretch.stop) for stretch in found])
    edges = [(stretch.first, stretch.last) for stretch in found]
    saves = [np.full(room[stretch is found[-1]], stretch.stop) for stretch in found]
    for row, stretch in zip(saves, found, strict=True):
        row[: len(stretch.saves)] = stretch.saves
    to_state = np.zeros((len(found) - 1, len(state)))
    to_parameters = np.zeros((len(found) - 1, len(parameters)))
    for number, stretch in enumerate(found[:-1]):
        add(system, to_state[number], to_parameters[number], stretch.target, stretch.amount)
    arguments = (
        state, parameters, bounds, np.array(saves[:-1]), saves[-1], to_state, to_parameters,
    )  # fmt: skip
    return arguments, edges


def _solver(
    rates: Callable, shown: NDArray[np.int64], method: str, rtol: float, atol: float
) -> Callable:
    import diffrax
    import jax

    term, solver = diffrax.ODETerm(rates), getattr(diffrax, method)()
    controller = diffrax.PIDController(rtol=rtol, atol=atol, pcoeff=0.3, icoeff=0.4)

    def stretch(state: Any, parameters: Any, bounds: Any, saves: Any) -> tuple[Any, Any]:
        wanted = diffrax.SubSaveAt(ts=saves, fn=lambda t, y, p: y[shown])
        solved = diffrax.diffeqsolve(
            term, solver, bounds[0], bounds[1], None, state, parameters,
            saveat=diffrax.SaveAt(subs=[wanted, diffrax.SubSaveAt(t1=True)]),
            stepsize_controller=controller, max_steps=None, adjoint=diffrax.ForwardMode(),
        )  # fmt: skip
        values, last = solved.ys
        return values, last[0]

    def patient(
        state: Any, parameters: Any, bounds: Any, early: Any, late: Any, to_state: Any,
        to_parameters: Any,
    ) -> tuple[Any, Any]:  # fmt: skip
        def step(carried: Any, given: Any) -> tuple[Any, Any]:
            state, parameters = carried
            edge, saves, to_state, to_parameters = given
            values, state = stretch(state, parameters, edge, saves)
            return (state + to_state, parameters + to_parameters), values

        inputs = bounds[:-1], early, to_state, to_parameters
        (state, parameters), values = jax.lax.scan(step, (state, parameters), inputs)
        rest, _ = stretch(state, parameters, bounds[-1], late)
        return values, rest

    return patient
