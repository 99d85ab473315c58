"""One smooth stretch between discontinuities: step, sample, stop when something comes true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.engine.failure import SolveFailed
from reseed.engine.reference.functions import Functions
from reseed.engine.solver import Solver

Vector = NDArray[np.float64]
TIME_TOLERANCE = 1e-10  # days; of the time of an event


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
    longest: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a stretch ended: time, state, the watch that came due (or None), truths, steps."""

    time: float
    state: Vector
    due: int | None
    truths: NDArray[np.bool_]
    steps: int


def truths_at(problem: Problem, vector: Vector, time: float, state: Vector) -> NDArray[np.bool_]:
    """What is watched: whether each trigger holds, then whether each hazard's integral is full.

    `vector` is what the functions take (states, hazards, parameters, time); its state and time
    are overwritten.
    """
    size = len(state)
    vector[:size] = state
    vector[-1] = time
    cumulative = state[size - len(problem.thresholds) :]
    held = problem.functions.triggers(vector) > 0.5
    return np.concatenate([held, cumulative >= problem.thresholds])


def integrate(
    problem: Problem,
    parameters: Vector,
    start: float,
    state: Vector,
    stop: float,
    wanted: Vector,
    sample: Callable[[float, Vector], None],
    truths: NDArray[np.bool_],
    left: int,
) -> Stretch:
    """Integrate from `start` to `stop`, or until something watched comes true.

    At most `left` steps are taken. `sample` is called at every time of `wanted` that is reached;
    these lie in (start, stop]. `truths` are those at the start. A truth that comes and goes within
    a single step is not seen, but for one that turns with time: steps end where it does, and then
    their middles are looked at, too. Raises SolveFailed.
    """
    if not len(state):  # nothing moves
        for time in wanted:
            sample(time, state)
        return Stretch(stop, state, None, truths, 0)
    stepper = _stepper(problem, parameters, start, state, stop)
    vector = np.concatenate([state, parameters, [start]])
    position, steps = 0, 0
    timed = problem.functions.triggers.size > 0 and problem.functions.turns.size > 1
    while stepper.status == "running":
        if steps >= left:
            raise SolveFailed("step budget", stepper.t, _loudest(problem, stepper.y))
        stepper.step()
        steps += 1
        _check(problem, stepper)
        dense, until, due, low = None, stepper.t, None, stepper.t_old
        for time in (0.5 * (low + stepper.t), stepper.t) if timed else (stepper.t,):
            if time != stepper.t:
                dense = stepper.dense_output()
            reached = stepper.y if dense is None or time == stepper.t else dense(time)
            now = truths_at(problem, vector, time, reached)
            fresh = now & ~truths
            if fresh.any():
                dense = dense or stepper.dense_output()
                until, due = _first(problem, vector, (low, time), dense, fresh)
                break
            truths, low = now, time
        while position < len(wanted) and wanted[position] <= until:
            dense = dense or stepper.dense_output()
            time = wanted[position]
            sample(time, stepper.y if time == stepper.t else dense(time))
            position += 1
        if due is not None and dense is not None:
            reached = np.array(stepper.y) if until == stepper.t else dense(until)
            return Stretch(until, reached, due, truths, steps)
    return Stretch(stop, np.array(stepper.y), None, truths, steps)


def _first(
    problem: Problem, vector: Vector, within: tuple[float, float], dense: Any,
    fresh: NDArray[np.bool_],
) -> tuple[float, int]:  # fmt: skip
    """The earliest time of a stretch of the last step at which one of `fresh` is true, and which.

    By bisection on the truth itself, so that any condition will do, and to its true side, so
    that it holds at the time returned. At equal times the first in order.
    """
    low, high = within
    found = np.flatnonzero(fresh)
    while high - low > TIME_TOLERANCE:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        true = np.flatnonzero(truths_at(problem, vector, middle, dense(middle)) & fresh)
        if true.size:
            high, found = middle, true
        else:
            low = middle
    return high, int(found[0])


def _stepper(problem: Problem, parameters: Vector, start: float, state: Vector, stop: float) -> Any:
    from scipy.integrate import BDF, LSODA, Radau

    size = len(state)
    vector = np.concatenate([state, parameters, [start]])
    rates, jacobian = problem.functions.rates, problem.functions.jacobian

    def slope(t: float, y: Vector) -> Vector:
        vector[:size] = y
        vector[-1] = t
        return rates(vector)

    def matrix(t: float, y: Vector) -> Vector:
        vector[:size] = y
        vector[-1] = t
        return jacobian(vector).reshape(size, size)

    return {"LSODA": LSODA, "Radau": Radau, "BDF": BDF}[problem.solver.method](
        slope,
        start,
        state,
        stop,
        rtol=problem.rtol,
        atol=problem.atol,
        jac=matrix,
        max_step=problem.longest,
    )


def _check(problem: Problem, stepper: Any) -> None:
    if not np.isfinite(stepper.y).all():
        raise SolveFailed("not a number", stepper.t, _loudest(problem, stepper.y))
    if stepper.status == "failed":
        raise SolveFailed("step too small", stepper.t, _loudest(problem, stepper.y))


def _loudest(problem: Problem, state: Vector) -> str:
    """The quantity to blame: the first that is not finite, else the largest for its tolerance."""
    broken = np.flatnonzero(~np.isfinite(state))
    index = broken[0] if broken.size else np.argmax(np.abs(state) / problem.atol)
    return problem.names[int(index)]
