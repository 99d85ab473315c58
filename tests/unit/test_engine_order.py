"""The Rosenbrock tables against what their methods promise, by a few lines of numpy."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial

import numpy as np
import pytest
from numpy.typing import NDArray

from reseed.engine.kernel.tableau import RODAS4, RODAS5P, Tableau

Array = NDArray[np.float64]
BOTH = pytest.mark.parametrize("table", [RODAS5P, RODAS4], ids=lambda table: table.name)
ORDERS = {"Rodas5P": 5, "Rodas4": 4}  # of the solution; estimate and interpolant have one less


class Problem:
    """y' = f(t, y), nonlinear and not autonomous, with the solution (1/(1+t^2), exp(sin t)).

    The second equation is coupled to the first by a term that vanishes on the solution only.
    """

    def exact(self, t: float) -> Array:
        return np.array([1.0 / (1.0 + t * t), np.exp(np.sin(t))])

    def rate(self, t: float, y: Array) -> Array:
        gap = (1.0 + t * t) * y[0] - 1.0
        return np.array([-2.0 * t * y[0] ** 2, np.cos(t) * y[1] + gap * y[1] ** 2])

    def slope(self, t: float, y: Array) -> Array:
        gap, wide = (1.0 + t * t) * y[0] - 1.0, 1.0 + t * t
        return np.array([[-4.0 * t * y[0], 0.0], [wide * y[1] ** 2, np.cos(t) + 2.0 * gap * y[1]]])

    def tilt(self, t: float, y: Array) -> Array:
        return np.array([-2.0 * y[0] ** 2, -np.sin(t) * y[1] + 2.0 * t * y[0] * y[1] ** 2])


class Autonomous(Problem):
    """The same with time as a third state: nothing depends on time but through it."""

    def exact(self, t: float) -> Array:
        return np.append(super().exact(t), t)

    def rate(self, t: float, y: Array) -> Array:
        return np.append(super().rate(y[2], y[:2]), 1.0)

    def slope(self, t: float, y: Array) -> Array:
        made = np.zeros((3, 3))
        made[:2, :2], made[:2, 2] = super().slope(y[2], y[:2]), super().tilt(y[2], y[:2])
        return made

    def tilt(self, t: float, y: Array) -> Array:
        return np.zeros(3)


class Relaxation(Problem):
    """y' = -stiff (y - cos t) - sin t, which follows cos t (Prothero & Robinson 1974)."""

    def __init__(self, stiff: float) -> None:
        self.stiff = stiff

    def exact(self, t: float) -> Array:
        return np.array([np.cos(t)])

    def rate(self, t: float, y: Array) -> Array:
        return -self.stiff * (y - np.cos(t)) - np.sin(t)

    def slope(self, t: float, y: Array) -> Array:
        return np.array([[-self.stiff]])

    def tilt(self, t: float, y: Array) -> Array:
        return np.array([-self.stiff * np.sin(t) - np.cos(t)])


def stages(table: Tableau, problem: Problem, t: float, y: Array, h: float) -> list[Array]:
    """The stages of one step, as the head of `tableau.py` defines them."""
    matrix = np.eye(len(y)) / (h * table.gamma) - problem.slope(t, y)
    found: list[Array] = []
    for i, (a, c) in enumerate(zip(table.a, table.c, strict=True)):
        inner = y + sum((weight * k for weight, k in zip(a, found, strict=True)), np.zeros(len(y)))
        pull = sum((weight * k for weight, k in zip(c, found, strict=True)), np.zeros(len(y)))
        right = problem.rate(t + table.nodes[i] * h, inner) + pull / h
        if i < len(table.in_time):
            right = right + h * table.in_time[i] * problem.tilt(t, y)
        found.append(np.linalg.solve(matrix, right))
    return found


def step(table: Tableau, problem: Problem, t: float, y: Array, h: float) -> tuple[Array, Array]:
    """The new state and the estimate of its error."""
    found = stages(table, problem, t, y, h)
    weights = (*table.a[-1], 1.0)
    return y + sum(w * k for w, k in zip(weights, found, strict=True)), found[-1]


def inside(table: Tableau, y: Array, new: Array, found: list[Array], s: float) -> Array:
    """The solution at the part s of a step."""
    inner = np.zeros(len(y))
    for weights in reversed(table.dense):
        power = sum((w * k for w, k in zip(weights, found, strict=False)), np.zeros(len(y)))
        inner = power + s * inner
    return (1.0 - s) * y + s * (new + (1.0 - s) * inner)


def measured_order(error: Callable[[float], float], lengths: Array) -> float:
    """The slope of log error over log step length."""
    errors = np.array([error(h) for h in lengths])
    return float(np.polyfit(np.log(lengths), np.log(errors), 1)[0])


def at_the_end(table: Tableau, problem: Problem, steps: int) -> Array:
    """From day 0 to 2 in equal steps."""
    y, h = problem.exact(0.0), 2.0 / steps
    for number in range(steps):
        y, _ = step(table, problem, number * h, y, h)
    return y


@BOTH
def test_the_solution_has_its_order(table: Tableau) -> None:
    """The error over two days falls with the fifth (fourth) power of the step length, or more."""
    problem = Problem()

    def error(h: float) -> float:
        steps = round(2.0 / h)
        return float(np.linalg.norm(at_the_end(table, problem, steps) - problem.exact(2.0)))

    order = measured_order(error, 2.0 / np.array([32, 48, 64, 96, 128]))
    assert order > ORDERS[table.name] - 0.3


@BOTH
def test_nodes_and_time_derivatives_follow_from_the_rest(table: Tableau) -> None:
    """Time as a state of its own gives the same steps to the last digits."""
    plain, own = at_the_end(table, Problem(), 8), at_the_end(table, Autonomous(), 8)
    np.testing.assert_allclose(own[:2], plain, rtol=1e-12)
    assert own[2] == pytest.approx(2.0, rel=1e-13)


def local_error(table: Tableau, of: str) -> Callable[[float], float]:
    """The error of one step from day 0.4: of the embedded solution, or inside the step."""
    problem, start = Problem(), 0.4
    y = problem.exact(start)

    def error(h: float) -> float:
        found = stages(table, problem, start, y, h)
        new, last = step(table, problem, start, y, h)
        if of == "embedded":
            return float(np.linalg.norm(new - last - problem.exact(start + h)))
        if of == "estimate":
            return float(np.linalg.norm(last))
        parts = np.linspace(0.1, 0.9, 9)
        return max(
            float(np.linalg.norm(inside(table, y, new, found, s) - problem.exact(start + s * h)))
            for s in parts
        )

    return error


@BOTH
@pytest.mark.parametrize("of", ["embedded", "estimate", "interpolant"])
def test_embedded_solution_and_interpolant_have_one_order_less(table: Tableau, of: str) -> None:
    """Of order p: their error in a single step falls with the power p + 1."""
    assert table.order == ORDERS[table.name] - 1
    order = measured_order(local_error(table, of), np.geomspace(0.005, 0.04, 6))
    assert order == pytest.approx(table.order + 1, abs=0.35)


@BOTH
def test_the_interpolant_meets_both_ends(table: Tableau) -> None:
    """It is the old state at 0 and the new one at 1."""
    problem = Problem()
    y, h = problem.exact(0.4), 0.3
    found = stages(table, problem, 0.4, y, h)
    new, _ = step(table, problem, 0.4, y, h)
    np.testing.assert_array_equal(inside(table, y, new, found, 0.0), y)
    np.testing.assert_array_equal(inside(table, y, new, found, 1.0), new)


def damping(table: Tableau, z: complex) -> tuple[complex, complex]:
    """R(z), by which a step of y' = z y multiplies y, and the same of the embedded solution."""
    found: list[complex] = []
    for a, c in zip(table.a, table.c, strict=True):
        inner = 1.0 + sum(weight * k for weight, k in zip(a, found, strict=True))
        pull = sum(weight * k for weight, k in zip(c, found, strict=True))
        found.append((z * inner + pull) / (1.0 / table.gamma - z))
    new = 1.0 + sum(weight * k for weight, k in zip((*table.a[-1], 1.0), found, strict=True))
    return new, new - found[-1]


@BOTH
def test_fast_decay_is_damped_completely(table: Tableau) -> None:
    """L-stability: R(z) goes to 0 as fast as 1/z, that of the embedded solution too."""
    for z in (-1e4, -1e6, -1e8, 1e6j, -1e6 + 1e6j):
        for factor in damping(table, z):
            assert abs(factor) < 50.0 / abs(z) + 1e-11  # 1e-11: rounding of the coefficients


@BOTH
def test_nothing_that_decays_is_amplified(table: Tableau) -> None:
    """A-stability: |R| <= 1 on the imaginary axis, and no pole to the left of it."""
    assert table.gamma > 0
    for y in np.geomspace(1e-3, 1e5, 400):
        assert abs(damping(table, 1j * y)[0]) <= 1.0 + 1e-12


@BOTH
def test_damping_approximates_decay(table: Tableau) -> None:
    """The series of R(z) is that of exp(z) up to the order, found on a circle around 0."""
    count = 64
    circle = 1.0 * np.exp(2j * np.pi * np.arange(count) / count)  # poles are at 1/gamma > 4
    series = np.fft.fft([damping(table, z) for z in circle], axis=0).real / count
    expected = [1.0 / factorial(power) for power in range(count // 2)]
    for column, order in ((0, ORDERS[table.name]), (1, table.order)):
        np.testing.assert_allclose(series[: order + 1, column], expected[: order + 1], atol=1e-12)


@BOTH
def test_stiff_accuracy(table: Tableau) -> None:
    """The last stages stand at the end of the step, so an infinitely fast state is exact there."""
    assert table.nodes[-2:] == (1.0, 1.0)
    assert table.a[-1] == (*table.a[-2], 1.0)
    errors = []
    for stiff in (1e4, 1e6, 1e8):
        problem = Relaxation(stiff)
        new, last = step(table, problem, 0.3, problem.exact(0.3), 0.5)
        errors.append(abs(new - problem.exact(0.8))[0])
        assert abs(last[0]) < 10.0 / stiff
    assert errors[0] < 1e-4 and errors[1] < errors[0] / 50 and errors[2] < errors[1] / 50


@BOTH
def test_the_tables_have_one_shape(table: Tableau) -> None:
    """Stage i has i coefficients; every power of the interpolant has at most one per stage."""
    count = len(table.a)
    for i in range(count):
        assert len(table.a[i]) == len(table.c[i]) == i
    assert len(table.nodes) == count and len(table.in_time) <= count
    assert len({len(weights) for weights in table.dense}) == 1
    assert len(table.dense[0]) <= count
