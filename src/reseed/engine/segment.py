"""One smooth stretch between discontinuities: step, sample, and stop at the first root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.engine.failure import SolveFailed
from reseed.engine.functions import Functions
from reseed.engine.solver import Solver

Vector = NDArray[np.float64]
ROOT_TOLERANCE = 1e-10  # days


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not change during one try for one patient.

    `names` are the integrated quantities: states, then cumulative hazards. `rtol` and `atol`
    are the tolerances of this try, `thresholds` the current targets of the cumulative hazards.
    """

    functions: Functions
    solver: Solver
    rtol: float
    atol: Vector
    names: tuple[str, ...]
    thresholds: Vector


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a stretch ended: time, state, the root that was met (or None), armed roots, steps."""

    time: float
    state: Vector
    root: int | None
    armed: NDArray[np.bool_]
    steps: int


def roots_at(problem: Problem, parameters: Vector, time: float, state: Vector) -> Vector:
    """Triggers, then cumulative hazards less their thresholds; one above zero is due."""
    triggers = problem.functions.triggers(np.concatenate([state, parameters, [time]]))
    cumulative = state[len(state) - len(problem.thresholds) :]
    return np.concatenate([triggers, cumulative - problem.thresholds])


def integrate(
    problem: Problem,
    parameters: Vector,
    start: float,
    state: Vector,
    stop: float,
    wanted: Vector,
    sample: Callable[[float, Vector], None],
    armed: NDArray[np.bool_],
    left: int,
) -> Stretch:
    """Integrate from `start` to `stop` or to the first armed root, in at most `left` steps.

    `sample` is called at every time of `wanted` that is reached; these lie in (start, stop].
    A root is armed once it has been below zero; one that rises above zero and falls back within
    a single step is not seen. Raises SolveFailed.
    """
    stepper = _stepper(problem, parameters, start, state, stop)
    position, steps = 0, 0
    while stepper.status == "running":
        if steps >= left:
            raise SolveFailed("step budget", stepper.t, _loudest(problem, stepper.y))
        stepper.step()
        steps += 1
        _check(problem, stepper)
        dense, until, root = None, stepper.t, None
        values = roots_at(problem, parameters, stepper.t, stepper.y)
        if np.any(armed & (values > 0)):
            dense = stepper.dense_output()
            until, root = _first(problem, parameters, stepper, dense, armed & (values > 0))
        else:
            armed = armed | (values < 0)
        while position < len(wanted) and wanted[position] <= until:
            dense = dense or stepper.dense_output()
            time = wanted[position]
            sample(time, stepper.y if time == stepper.t else dense(time))
            position += 1
        if root is not None and dense is not None:
            return Stretch(until, dense(until), root, armed, steps)
    return Stretch(stop, np.array(stepper.y), None, armed, steps)


def _first(
    problem: Problem, parameters: Vector, stepper: Any, dense: Any, due: NDArray[np.bool_]
) -> tuple[float, int]:
    """The earliest of the due roots within the last step; at equal times the first in order."""
    from scipy.optimize import brentq

    found: list[tuple[float, int]] = []
    for index in np.flatnonzero(due):

        def value(t: float, index: int = int(index)) -> float:
            return float(roots_at(problem, parameters, t, dense(t))[index])

        if value(stepper.t_old) > 0:
            found.append((stepper.t_old, int(index)))
        else:
            time = brentq(value, stepper.t_old, stepper.t, xtol=ROOT_TOLERANCE)
            found.append((float(time), int(index)))
    return min(found)


def _stepper(problem: Problem, parameters: Vector, start: float, state: Vector, stop: float) -> Any:
    from scipy.integrate import BDF, LSODA, Radau

    from reseed.engine.rodas import Rodas5P

    size = len(state)
    vector = np.concatenate([state, parameters, [start]])
    functions = problem.functions
    rates, jacobian, in_time = functions.rates, functions.jacobian, functions.in_time

    def slope(t: float, y: Vector) -> Vector:
        vector[:size] = y
        vector[-1] = t
        return rates(vector)

    def matrix(t: float, y: Vector) -> Vector:
        vector[:size] = y
        vector[-1] = t
        return jacobian(vector).reshape(size, size)

    def tilt(t: float, y: Vector) -> Vector:
        vector[:size] = y
        vector[-1] = t
        return in_time(vector) if in_time else np.zeros(size)

    extra = {"in_time": tilt} if in_time and problem.solver.method == "Rodas5P" else {}
    method = {"Rodas5P": Rodas5P, "LSODA": LSODA, "Radau": Radau, "BDF": BDF}[problem.solver.method]
    return method(
        slope,
        start,
        state,
        stop,
        rtol=problem.rtol,
        atol=problem.atol,
        jac=matrix,
        max_step=problem.solver.max_step,
        **extra,
    )


def _check(problem: Problem, stepper: Any) -> None:
    if not np.all(np.isfinite(stepper.y)):
        raise SolveFailed("not a number", stepper.t, _loudest(problem, stepper.y))
    if stepper.status == "failed":
        raise SolveFailed("step too small", stepper.t, _loudest(problem, stepper.y))


def _loudest(problem: Problem, state: Vector) -> str:
    """The quantity to blame: the first that is not finite, else the largest for its tolerance."""
    broken = np.flatnonzero(~np.isfinite(state))
    index = broken[0] if broken.size else np.argmax(np.abs(state) / problem.atol)
    return problem.names[int(index)]
