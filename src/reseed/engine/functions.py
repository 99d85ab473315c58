"""Functions generated from a System: symengine expressions compiled to machine code.

No text is evaluated: Expressions are plain tuples that are translated operator by operator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.expression import Expression
from reseed.nouns.system import System

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Functions:
    """Every function maps one vector (states, cumulative hazards, parameters, time) to numbers.

    rates     (state + hazard,)        time derivatives
    jacobian  (state + hazard, same)   d rates / d state
    in_time   (state + hazard,)        d rates / d time, or None where none depends on time
    triggers  (event,)                 > 0 where the trigger holds
    observe   (port,)                  all ports that are states, rules or parameters
    initial   (state,)                 from parameters alone
    assign    one function per event, to the values that it assigns
    """

    rates: Callable[[Vector], Vector]
    jacobian: Callable[[Vector], Vector]
    in_time: Callable[[Vector], Vector] | None
    triggers: Callable[[Vector], Vector]
    observe: Callable[[Vector], Vector]
    initial: Callable[[Vector], Vector]
    assign: tuple[Callable[[Vector], Vector], ...]
    observed: tuple[str, ...]


def generate(system: System) -> Functions:
    """Translate and compile; ValueError names an operator that is unknown."""
    import symengine

    cumulative = [f"hazard {hazard.name}" for hazard in system.hazards]
    names = [*system.states, *cumulative, *system.parameters, "time"]
    symbols = {name: symengine.Symbol(f"v{index}") for index, name in enumerate(names)}
    table: dict[str, Any] = dict(symbols)
    for rule, formula in system.rules:
        table[rule] = translate(formula, table)
    formulae = [*system.rates, *(hazard.rate for hazard in system.hazards)]
    rates = [symengine.sympify(translate(formula, table)) for formula in formulae]
    unknowns = [symbols[name] for name in [*system.states, *cumulative]]
    triggers = [translate(root_of(event.trigger), table) for event in system.events]
    observed = [port.name for port in system.ports if port.symbol in table]
    shown = [table[port.symbol] for port in system.ports if port.symbol in table]
    arguments = [symbols[name] for name in names]
    jacobian = [rate.diff(unknown) for rate in rates for unknown in unknowns]
    in_time = [rate.diff(symbols["time"]) for rate in rates]
    return Functions(
        rates=_compile(arguments, rates),
        jacobian=_compile(arguments, jacobian),
        in_time=_compile(arguments, in_time) if any(slope != 0 for slope in in_time) else None,
        triggers=_compile(arguments, triggers),
        observe=_compile(arguments, shown),
        initial=_compile(arguments, [translate(value, table) for value in system.initial]),
        assign=tuple(
            _compile(arguments, [translate(formula, table) for _, formula in event.assignments])
            for event in system.events
        ),
        observed=tuple(observed),
    )


def _compile(arguments: Sequence[Any], outputs: Sequence[Any]) -> Callable[[Vector], Vector]:
    import symengine
    from symengine.lib import symengine_wrapper

    if not outputs:
        return lambda vector: np.empty(0)
    backend = "llvm" if getattr(symengine_wrapper, "have_llvm", False) else "lambda"
    compiled = symengine.Lambdify(
        arguments, [symengine.sympify(output) for output in outputs], backend=backend, cse=True
    )
    size, width = len(outputs), len(arguments)
    fill = compiled.unsafe_real  # without the checks of shape and type, which are made here

    def call(vector: Vector) -> Vector:
        assert vector.shape == (width,)
        out = np.empty(size)
        fill(vector, out)
        return out

    return call


def root_of(condition: Expression) -> Expression:
    """A number that is positive where the condition holds and passes zero where it turns."""
    if not isinstance(condition, tuple):
        raise ValueError(f"a condition was expected, found {condition!r}")
    operator, *parts = condition
    if operator in ("lt", "le"):
        return ("-", parts[1], parts[0])
    if operator in ("gt", "ge"):
        return ("-", parts[0], parts[1])
    if operator in ("and", "or"):
        return ("min" if operator == "and" else "max", *(root_of(part) for part in parts))
    if operator == "not":
        return ("neg", root_of(parts[0]))
    raise ValueError(f"a trigger cannot use {operator!r}")


def translate(expression: Expression, table: dict[str, Any]) -> Any:
    """The symengine expression of an Expression; KeyError names a symbol that is not defined."""
    import symengine

    if isinstance(expression, str):
        return table[expression]
    if isinstance(expression, int | float):
        value = float(expression)
        return symengine.Integer(int(value)) if value.is_integer() else symengine.RealDouble(value)
    operator, *parts = expression
    if operator == "piecewise":
        return _piecewise(parts, table)
    return _operators()[operator](*(translate(part, table) for part in parts))


def _piecewise(parts: Sequence[Expression], table: dict[str, Any]) -> Any:
    import symengine

    cases = [
        (translate(parts[index], table), translate(parts[index + 1], table))
        for index in range(0, len(parts) - 1, 2)
    ]
    return symengine.Piecewise(*cases, (translate(parts[-1], table), True))


def _operators() -> dict[str, Callable[..., Any]]:
    import symengine as s

    def extreme(larger: bool) -> Callable[..., Any]:
        # symengine cannot differentiate Max and Min, but it can a Piecewise
        def choose(*values: Any) -> Any:
            best = values[0]
            for value in values[1:]:
                test = s.Gt(best, value) if larger else s.Lt(best, value)
                best = s.Piecewise((best, test), (value, True))
            return best

        return choose

    return {
        "+": lambda *values: s.Add(*values),
        "*": lambda *values: s.Mul(*values),
        "-": lambda a, b: a - b,
        "/": lambda a, b: a / b,
        "^": lambda a, b: a**b,
        "neg": lambda a: -a,
        "exp": s.exp,
        "ln": s.log,
        "log10": lambda a: s.log(a) / s.log(s.Integer(10)),
        "sqrt": s.sqrt,
        "abs": s.Abs,
        "floor": s.floor,
        "ceil": s.ceiling,
        "sin": s.sin,
        "cos": s.cos,
        "tan": s.tan,
        "tanh": s.tanh,
        "max": extreme(True),
        "min": extreme(False),
        "lt": s.Lt,
        "le": s.Le,
        "gt": s.Gt,
        "ge": s.Ge,
        "eq": s.Eq,
        "ne": s.Ne,
        "and": s.And,
        "or": s.Or,
        "not": s.Not,
    }
