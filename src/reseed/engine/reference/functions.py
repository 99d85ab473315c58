"""Functions generated from a System: symengine expressions compiled to machine code.

No text is evaluated: Expressions are plain tuples that are translated operator by operator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.engine.kernel.switches import hold
from reseed.engine.kernel.truths import sorted_out
from reseed.nouns.expression import Expression
from reseed.nouns.system import System

Vector = NDArray[np.float64]
_WHOLE = tuple(float(n) for n in range(-16, 17))


class Compiled:
    """Machine code for one vector of numbers to another.

    `fill(vector, out)` writes into `out` and checks nothing; a call checks and returns a new one.
    """

    __slots__ = ("_keep", "fill", "size", "width")

    def __init__(self, arguments: Sequence[Any], outputs: Sequence[Any]) -> None:
        import symengine
        from symengine.lib import symengine_wrapper

        self.width, self.size = len(arguments), len(outputs)
        backend = "llvm" if getattr(symengine_wrapper, "have_llvm", False) else "lambda"
        formulae = [symengine.sympify(output) for output in outputs]
        self._keep = symengine.Lambdify(arguments, formulae or [0], backend=backend, cse=True)
        self.fill = self._keep.unsafe_real

    def __call__(self, vector: Vector) -> Vector:
        if vector.shape != (self.width,):
            raise ValueError(f"{self.width} numbers were expected, not {vector.shape}")
        out = np.empty(max(self.size, 1))
        self.fill(vector, out)
        return out[: self.size]


@dataclass(frozen=True, slots=True)
class Functions:
    """Every function maps one vector to numbers: states, cumulative hazards, parameters, time.

    Behind the parameters stand the switches, which hold still what jumps with time.

    rates     (state + hazard,)        time derivatives
    jacobian  (state + hazard, same)   d rates / d state
    triggers  (event,)                 1 where the trigger holds, else 0
    turns     (switch + 1,)            switches just after the time, and when one turns next
    observe   (port,)                  all ports that are states, rules or parameters
    initial   (state,)                 from parameters alone
    assign    one function per event, to the values that it assigns
    """

    rates: Compiled
    jacobian: Compiled
    triggers: Compiled
    turns: Compiled
    observe: Compiled
    initial: Compiled
    assign: tuple[Compiled, ...]
    observed: tuple[str, ...]


def generate(system: System) -> Functions:
    """Translate and compile; ValueError names an operator that is unknown."""
    import symengine

    system = sorted_out(system)
    held = hold(system)
    cumulative = [f"hazard {hazard.name}" for hazard in system.hazards]
    names = [*system.states, *cumulative, *system.parameters, *held.switches, "time"]
    symbols = {name: symengine.Symbol(f"v{index}") for index, name in enumerate(names)}
    table: dict[str, Any] = dict(symbols)
    for rule, formula in system.rules:
        table[rule] = translate(formula, table)
    still, after = dict(symbols), {name: symbols[name] for name in names[: -1 - len(held.switches)]}
    for rule, formula in held.system.rules:
        still[rule] = translate(formula, still)
    after["time"] = symbols["time"]
    for name, formula in held.after:
        after[name] = translate(formula, after)
    turns = [*(after[name] for name in held.switches), translate(held.following, after)]
    formulae = [*held.system.rates, *(hazard.rate for hazard in held.system.hazards)]
    rates = [symengine.sympify(translate(formula, still)) for formula in formulae]
    unknowns = [symbols[name] for name in [*system.states, *cumulative]]
    triggers = [translate(truth(event.trigger), table) for event in system.events]
    observed = [port.name for port in system.ports if port.symbol in table]
    shown = [table[port.symbol] for port in system.ports if port.symbol in table]
    arguments = [symbols[name] for name in names]
    jacobian = [rate.diff(unknown) for rate in rates for unknown in unknowns]
    return Functions(
        rates=Compiled(arguments, rates),
        jacobian=Compiled(arguments, jacobian),
        triggers=Compiled(arguments, triggers),
        turns=Compiled(arguments, turns),
        observe=Compiled(arguments, shown),
        initial=Compiled(arguments, [translate(value, table) for value in system.initial]),
        assign=tuple(
            Compiled(arguments, [translate(formula, table) for _, formula in event.assignments])
            for event in system.events
        ),
        observed=tuple(observed),
    )


def truth(condition: Expression) -> Expression:
    """1 where a condition holds, else 0; so also where it is not a number."""
    return ("piecewise", 1.0, condition, 0.0)


def translate(expression: Expression, table: dict[str, Any]) -> Any:
    """The symengine expression of an Expression; KeyError names a symbol that is not defined."""
    import symengine

    if isinstance(expression, str):
        return table[expression]
    if isinstance(expression, int | float):
        return symengine.RealDouble(float(expression))
    operator, *parts = expression
    if operator == "piecewise":
        return _piecewise(parts, table)
    if operator == "^" and parts[1] in _WHOLE:
        # whole powers are products; whole numbers elsewhere would be computed exactly, at any size
        return translate(parts[0], table) ** symengine.Integer(int(parts[1]))
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
        "sinh": s.sinh,
        "cosh": s.cosh,
        "asin": s.asin,
        "acos": s.acos,
        "atan": s.atan,
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
