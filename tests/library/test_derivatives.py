"""The derivatives that the kernel writes equal complex-step derivatives of the formulas themselves.

The formulas are evaluated here as they stand in the System, in complex numbers: a step of 1e-30
along the imaginary axis gives a derivative without cancellation. The kernel's side is its machine
code: `slopes`, with all that is hoisted out of it. Every model that the sweep of the library
solves is looked at in random states of random patients.
"""

from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Callable, Mapping
from functools import cache, reduce
from pathlib import Path

import numpy as np
import pytest
from kernels import aligned, machine_of, pointers
from numpy.typing import NDArray

from bench.population import SIGMA, VARYING, centres, sbml_text
from bench.sweep_cases import case_of, names_of_cases, people_of
from reseed.base.keys import normals
from reseed.engine.kernel.formulas import Writer
from reseed.engine.kernel.ir import LONG, PTR, Function
from reseed.engine.kernel.layout import lay_out
from reseed.engine.kernel.program import write_program
from reseed.model import load_sbml
from reseed.nouns.expression import Expression
from reseed.nouns.key import Key
from reseed.nouns.system import Channel, Hazard, System, SystemPort

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
WIDTH = 8  # LLVM splits vectors that the processor does not have
STEP = 1e-30
STATES = 24  # random states of each model, a multiple of the width


# --- the formulas, as they stand -----------------------------------------------------------------


def truth(a: Complex) -> NDArray[np.bool_]:
    """Conditions look at real parts."""
    return np.real(a).astype(bool)


def power(base: Complex, exponent: Complex) -> Complex:
    """Also of negative bases, to whole exponents."""
    below = np.real(base) < 0
    odd = np.real(exponent) % 2 == 1
    value = np.exp(exponent * np.log(np.where(below, -base, base)))
    return np.where(below & odd, -value, value)


def pieces(*parts: Complex) -> Complex:
    """(value, condition, value, condition, ..., otherwise)."""
    made = parts[-1]
    for place in range(len(parts) - 3, -1, -2):
        made = np.where(truth(parts[place + 1]), parts[place], made)
    return made


def compared(how: Callable) -> Callable:
    return lambda a, b: how(np.real(a), np.real(b)) + 0j


MEANING: dict[str, Callable] = {
    "+": lambda *parts: sum(parts[1:], start=parts[0]),
    "*": lambda *parts: reduce(np.multiply, parts),
    "-": np.subtract,
    "/": np.divide,
    "^": power,
    "neg": np.negative,
    "max": lambda *parts: reduce(lambda a, b: np.where(np.real(a) >= np.real(b), a, b), parts),
    "min": lambda *parts: reduce(lambda a, b: np.where(np.real(a) <= np.real(b), a, b), parts),
    "and": lambda *parts: np.logical_and.reduce([truth(part) for part in parts]) + 0j,
    "or": lambda *parts: np.logical_or.reduce([truth(part) for part in parts]) + 0j,
    "not": lambda a: ~truth(a) + 0j,
    "lt": compared(np.less),
    "le": compared(np.less_equal),
    "gt": compared(np.greater),
    "ge": compared(np.greater_equal),
    "eq": compared(np.equal),
    "ne": compared(np.not_equal),
    "exp": np.exp,
    "ln": np.log,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "abs": lambda a: np.where(np.real(a) < 0, -a, a),
    "floor": lambda a: np.floor(np.real(a)) + 0j,
    "ceil": lambda a: np.ceil(np.real(a)) + 0j,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "piecewise": pieces,
}


def value(expression: Expression, names: Mapping[str, Complex]) -> Complex:
    """An Expression, read as the noun says."""
    if isinstance(expression, str):
        return names[expression]
    if isinstance(expression, tuple):
        operator, *parts = expression
        return MEANING[operator](*(value(part, names) for part in parts))
    return np.asarray(complex(expression))


def rates(
    system: System, states: Complex, parameters: Array, time: Complex | Array, leaping: float
) -> Complex:
    """What is integrated: states, hazards, channels; a row each, a column for each patient.

    While channels leap, their mean effect is part of the rates.
    """
    names = dict(zip(system.states, states, strict=True))
    names |= dict(zip(system.parameters, parameters.astype(complex), strict=True))
    names["time"] = np.asarray(time, dtype=complex)
    for name, formula in system.rules:
        names[name] = value(formula, names)
    formulas = [*system.rates, *(hazard.rate for hazard in system.hazards)]
    formulas += [channel.rate for channel in system.channels]
    shape = states.shape[1:]
    made = np.array([np.broadcast_to(value(formula, names), shape) for formula in formulas])
    for number, channel in enumerate(system.channels):
        for state, amount in channel.changes:
            own = made[len(system.states) + len(system.hazards) + number]
            made[system.states.index(state)] += leaping * amount * own
    return made


def by_complex_step(
    system: System, states: Array, parameters: Array, time: Array, leaping: float
) -> tuple[Array, Array, Array]:
    """Rates (row, patient), d rate / d state (row, column, patient), d rate / d time."""
    plain = rates(system, states.astype(complex), parameters, time, leaping)
    slopes = np.zeros((len(plain), len(plain), states.shape[1]))
    for column in range(len(states)):
        moved = states.astype(complex)
        moved[column] += 1j * STEP
        slopes[:, column] = np.imag(rates(system, moved, parameters, time, leaping)) / STEP
    tilts = (
        np.imag(
            rates(system, states.astype(complex), parameters, np.asarray(time + 1j * STEP), leaping)
        )
        / STEP
    )
    return np.real(plain), slopes, tilts


# --- the kernel ----------------------------------------------------------------------------------


class Slopes:
    """The kernel's `slopes` of one System, compiled alone.

    Every second parameter varies between patients; jumps may change those that take doses.
    """

    def __init__(self, system: System) -> None:
        self.system, self.program = system, write_program(system)
        program = self.program
        count = len(system.parameters)
        dosed = {port.symbol for port in system.ports if port.direction == "dose"}
        dynamic = {i for i, name in enumerate(system.parameters) if name in dosed}
        self.layout = lay_out(
            program,
            parameters=count,
            hazards=len(system.hazards),
            channels=len(system.channels),
            varying=set(range(0, count, 2)),
            dynamic=dynamic,
            wanted=[
                *program.rates, *program.jacobian.values(), *program.tilts.values(),
                *program.turns,
            ],
        )  # fmt: skip
        write = Writer(program, self.layout, WIDTH)
        self.places = {place: number for number, place in enumerate(program.pattern)}
        text = write.rates_and_slopes(self.places) + write.hoist() + write.hoist_uniform()
        text += write.values("turns", program.turns)
        self.machine = machine_of(text + self._door().text("dso_local"), "run")

    def _door(self) -> Function:
        """Function `run(x)` for one vector of patients; x lists where everything lies."""
        f = Function("run", [(PTR, "x")], "void", WIDTH)
        y, s, c, u, t, out, m, tilt, now = (
            f.load(f.at(f["x"], place, LONG), PTR) for place in range(9)
        )
        f.call("hoist_uniform", "void", u)
        f.call("hoist", "void", s, u, c)
        if self.layout.switches:  # what jumps with time stands in the parameters' rows
            f.call("turns", "void", y, s, c, u, f.row(t, 0), now)
            first = len(self.system.parameters) + self.layout.channels
            for number in range(self.layout.switches):
                row = self.layout.parameters + self.layout.parameter_rows[first + number]
                f.put_row(s, row, f.row(now, number))
        f.call("slopes", f.vector, y, s, c, u, f.row(t, 0), out, m, tilt)
        f.give()
        return f

    def __call__(
        self, states: Array, parameters: Array, time: Array, leaping: float
    ) -> tuple[Array, Array, Array]:
        """Rates, derivatives by states and by time, as `by_complex_step` gives them.

        Parameters without a row of their own are those of the first patient.
        """
        program, layout, patients = self.program, self.layout, states.shape[1]
        size = program.size
        slopes, found = np.zeros((size, size, patients)), np.zeros((size, patients))
        tilts = np.zeros((size, patients))
        turns = len(program.turns)
        blocks = [
            size,
            layout.slots,
            len(layout.hoisted),
            0,
            1,
            size,
            len(program.pattern),
            size,
            turns,
        ]
        y, s, c, _, t, out, m, tilt, now = (aligned(max(rows, 1) * WIDTH) for rows in blocks)
        u = np.zeros(parameters.shape[0] + len(layout.uniform) + 1)
        u[: len(parameters)] = parameters[:, 0]
        for start in range(0, patients, WIDTH):
            part = slice(start, start + WIDTH)
            _rows(y)[: len(states)] = states[:, part]
            for parameter, row in layout.parameter_rows.items():
                known = parameter < len(parameters)  # modes of channels are beyond
                own = parameters[parameter, part] if known else leaping
                _rows(s)[layout.parameters + row] = own
            t[:] = time[part]
            places = pointers(y, s, c, u, t, out, m, tilt, now)
            self.machine.function("run")(ctypes.c_void_p(places.ctypes.data))
            found[:, part] = _rows(out)
            tilts[:, part] = _rows(tilt) if program.tilts else 0.0
            for row, column in program.jacobian:
                slopes[row, column, part] = _rows(m)[self.places[row, column]]
        return found, slopes, tilts


def _rows(block: Array) -> Array:
    return block.reshape(-1, WIDTH)


def shared(parameters: Array) -> Array:
    """Parameters as `Slopes` takes them: every second one is the same for everybody.

    Those that take doses have a row of their own, but nobody needs them to differ.
    """
    made = parameters.copy()
    made[1::2] = parameters[1::2, :1]
    return made


def assert_derivatives(
    system: System, states: Array, parameters: Array, time: Array,
    kernel: System | None = None, leaping: float = 0.0,
) -> None:  # fmt: skip
    """Rates and all derivatives agree to nine digits; `kernel` is compiled, if not the system.

    A derivative that is the small difference of large parts is allowed 1e-12 of what the largest
    derivative of its row does to the rate.
    """
    parameters = shared(parameters)
    expected = by_complex_step(system, states, parameters, time, leaping)
    assert all(np.isfinite(part).all() for part in expected)
    found = Slopes(kernel or system)(states, parameters, time, leaping)
    size = np.abs(states) + 1e-3 * np.abs(states).max(axis=0)
    scale = np.abs(expected[0])
    scale = np.maximum(scale, np.max(np.abs(expected[1][:, : len(states)]) * size, axis=1))
    for name, ours, theirs, unit in (
        ("rates", found[0], expected[0], scale),
        ("by state", found[1][:, : len(states)], expected[1][:, : len(states)],
         scale[:, None] / size[None]),
        ("by time", found[2], expected[2], np.abs(expected[2])),
    ):  # fmt: skip
        # a derivative may be a small difference of large parts (irradiation at many Gy)
        allowed = 1e-9 * np.abs(theirs) + 1e-11 * unit
        wrong = np.argwhere(~(np.abs(ours - theirs) <= allowed))
        assert len(wrong) == 0, f"{name}: {len(wrong)} differ, first {wrong[0]}"
    # what is integrated depends on states alone, never on the integrals of hazards
    assert not found[1][:, len(states) :].any()


# --- models --------------------------------------------------------------------------------------


def random_states(system: System, parameters: Array, patients: int) -> Array:
    """Around the initial values and 1, over four decades; every fifth state near nothing."""
    names = dict(zip(system.parameters, parameters.astype(complex), strict=True))
    names |= {"time": np.zeros(patients, dtype=complex)}
    names |= dict.fromkeys(system.states, np.ones(patients, dtype=complex))
    for name, formula in system.rules:
        names[name] = value(formula, names)
    made = []
    for number, (state, start) in enumerate(zip(system.states, system.initial, strict=True)):
        first = np.broadcast_to(np.abs(np.real(value(start, names))), (patients,))
        spread = np.exp(2.0 * normals(Key(5, f"state/{state}"), np.arange(patients)))
        small = (np.arange(patients) + number) % 5 == 0
        made.append(np.where(small, 1e-6, 1.0) * np.maximum(first, 1.0) * spread)
    return np.array(made)


@pytest.mark.parametrize("name", names_of_cases())
def test_derivatives_of_every_model(name: str) -> None:
    """The Jacobian of every library model and of both arms, in states over many decades."""
    case = case_of(name)
    cohort, _ = people_of(case, np.arange(STATES, dtype=np.int64), 3)
    columns = {**cohort.covariates, **cohort.parameters}
    parameters = np.array(
        [
            columns.get(name, np.full(STATES, default))
            for name, default in zip(case.system.parameters, case.system.defaults, strict=True)
        ]
    )
    states = random_states(case.system, parameters, STATES)
    assert_derivatives(case.system, states, parameters, np.linspace(0.0, 100.0, STATES))


def test_derivatives_of_the_benchmark() -> None:
    """The same for the model of the benchmark, with its patients' parameters."""
    system = load_sbml(sbml_text(), "benchmark")
    draws = normals(Key(1, "parameters"), np.arange(STATES)[:, None], draw=np.arange(len(VARYING)))
    values = np.array([centres()[name] for name in VARYING]) * np.exp(SIGMA * draws)
    columns = dict(zip(VARYING, values.T, strict=True))
    parameters = np.array(
        [
            columns.get(name, np.full(STATES, default))
            for name, default in zip(system.parameters, system.defaults, strict=True)
        ]
    )
    states = random_states(system, parameters, STATES)
    assert_derivatives(system, states, parameters, np.zeros(STATES))


@cache
def everything() -> System:
    """A system that uses every operator on states, parameters and time at once."""
    x, y, z, t = "x", "y", "z", "time"
    formulas: list[Expression] = [
        ("*", ("sin", ("*", "a", t)), ("exp", ("neg", ("/", x, "b")))),
        ("/", ("^", x, "n"), ("+", ("^", "b", "n"), ("^", x, "n"))),
        ("-", ("ln", ("+", x, y)), ("log10", ("*", y, "a"))),
        ("*", ("cos", ("*", x, t)), ("tan", ("/", z, ("+", 4.0, z)))),
        ("+", ("tanh", ("-", x, y)), ("sqrt", ("*", x, y)), ("abs", ("-", z, x))),
        ("piecewise", ("*", x, x, t), ("and", ("lt", x, y), ("ge", z, 0.5)), ("^", y, 3.0),
         ("or", ("gt", y, "b"), ("not", ("le", x, z))), ("/", 1.0, ("+", x, z))),
        ("max", ("*", x, t), ("*", y, 2.0), ("^", z, 0.5)),
        ("min", ("*", x, "a"), ("-", y, t), ("^", z, -2.0)),
        ("*", ("floor", ("*", 3.0, x)), ("ceil", ("*", 2.0, t)), y),
        ("^", ("+", x, t), ("-", "n", ("*", 0.1, y))),
        ("^", ("-", x, y), 3.0),
        ("^", ("-", y, "c"), "whole"),
        ("^", t, 2.5),
        ("^", ("/", x, ("+", y, z)), ("neg", "n")),
        ("*", x, ("exp", ("neg", ("^", ("/", t, "b"), "n")))),
        ("*", ("piecewise", 2.0, ("gt", t, 1.5), 0.5), z),
        ("*", ("sinh", ("*", 0.3, x)), ("cosh", ("-", y, t)), ("atan", ("*", z, t))),
        ("+", ("asin", ("/", x, ("+", x, y))), ("*", t, ("acos", ("/", y, ("+", z, y))))),
    ]  # fmt: skip
    extra = tuple(f"w{number}" for number in range(len(formulas) - 3))
    states = (x, y, z, *extra)
    parameters = {"a": 1.3, "b": 0.8, "n": 2.3, "c": 1.1, "whole": 3.0}
    return System(
        name="everything",
        states=states,
        state_units=("",) * len(states),
        initial=(1.0,) * len(states),
        rates=tuple(formulas),
        parameters=tuple(parameters),
        parameter_units=("",) * len(parameters),
        defaults=tuple(parameters.values()),
        rules=(("double", ("*", 2.0, "x", "w0")),),
        events=(),
        hazards=(Hazard("risk", ("*", "a", ("^", "double", 1.5), t), False, "", ()),),
        ports=(SystemPort("dose", "c", "factor", "", "dose"),),
        variability=(),
        uncertainty=(),
        discrete=("w1",),
        channels=(Channel("grow", ("*", "b", "w1", ("cos", t)), (("w2", 1.0),)),),
    )


@pytest.mark.parametrize("leaping", [0.0, 1.0])
def test_derivatives_of_every_operator(leaping: float) -> None:
    """By states and by time, for all that an Expression may hold, with and without leaps."""
    system = everything()
    used: set[str] = set()

    def note(expression: Expression) -> None:
        if isinstance(expression, tuple):
            used.add(expression[0])
            for part in expression[1:]:
                note(part)

    for formula in system.rates:
        note(formula)
    assert used == MEANING.keys() - {"eq", "ne"}
    patients = np.arange(STATES)
    states = np.exp(
        0.7 * normals(Key(6, "x"), patients, draw=np.arange(len(system.states))[:, None])
    )
    parameters = np.array([np.full(STATES, default) for default in system.defaults])
    parameters[:4] *= np.exp(0.1 * normals(Key(6, "p"), patients, draw=np.arange(4)[:, None]))
    assert write_program(system).tilts
    times = np.linspace(0.1, 2.9, STATES)  # not where anything jumps
    assert_derivatives(system, states, parameters, times, leaping=leaping)


def test_a_wrong_derivative_is_seen() -> None:
    """A formula that is one part in a million steeper than the kernel's does not pass."""
    system = everything()
    steeper = ("*", ("piecewise", 2.0, ("gt", "time", 1.5), 0.5 * (1.0 + 1e-6)), "z")
    changed = dataclasses.replace(system, rates=(*system.rates[:-1], steeper))
    states = np.linspace(1.0, 2.0, len(system.states) * STATES).reshape(-1, STATES)
    parameters = np.tile(np.array(system.defaults)[:, None], STATES)
    times = np.linspace(0.1, 2.9, STATES)  # not where anything jumps
    assert_derivatives(system, states, parameters, times)
    with pytest.raises(AssertionError, match="differ"):
        assert_derivatives(system, states, parameters, times, kernel=changed)


def test_the_folder_of_models_is_swept(root: Path) -> None:
    """Every module of the library with equations has its derivatives looked at."""
    folders = {path.parent.name for path in (root / "library" / "models").glob("*/*.ant")}
    assert folders and folders <= set(names_of_cases())
