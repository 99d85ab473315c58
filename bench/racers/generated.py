"""The right-hand side and its Jacobian as Python source that we print, for numba and for JAX.

Rules are put into the rates, common terms are shared, and the Jacobian is symbolic, so that
whoever calls these functions is as fast as its method allows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import symengine

from reseed.model import load_sbml
from reseed.nouns.expression import Expression
from reseed.nouns.system import System


@lru_cache(maxsize=4)
def read(sbml_text: str) -> System:
    """The mathematics of the model."""
    return load_sbml(sbml_text, "benchmark")


def compiled(system: System, observables: tuple[str, ...]) -> tuple[Callable, Callable, list[int]]:
    """numba's `rates(t, y, p, out)`, `jacobian(t, y, p, out)`; the observables as state indices.

    `out` is filled; the Jacobian's must come as zeros, since only what is not zero is written.
    """
    import numba

    rates, jacobian = _symbolic(system)
    lines = {f"out[{row}]": rate for row, rate in enumerate(rates)}
    entries = {f"out[{row}, {column}]": entry for (row, column), entry in jacobian.items()}
    functions = []
    for name, outputs in (("rates", lines), ("jacobian", entries)):
        made = _define(name, "t, y, p, out", _body(system, outputs), "from math import exp, log")
        functions.append(numba.njit(error_model="numpy")(made))
    return functions[0], functions[1], indices(system, observables)


def pattern(system: System) -> list[tuple[int, int]]:
    """Where the Jacobian is not zero for ever."""
    return sorted(_symbolic(system)[1])


def traced(system: System) -> Callable:
    """`rates(t, y, p)` for JAX, which answers the vector of rates."""
    rates, _ = _symbolic(system)
    names = {f"out_{row}": rate for row, rate in enumerate(rates)}
    body = [*_body(system, names), f"return stack([{', '.join(names)}])"]
    return _define("rates", "t, y, p", body, "from jax.numpy import exp, log, stack")


def indices(system: System, names: tuple[str, ...]) -> list[int]:
    """Where these states stand."""
    return [system.states.index(name) for name in names]


def _symbolic(system: System) -> tuple[list[Any], dict[tuple[int, int], Any]]:
    names: dict[str, Any] = {n: symengine.Symbol(n) for n in (*system.states, *system.parameters)}
    for rule, formula in system.rules:
        names[rule] = _convert(formula, names)
    rates = [_convert(rate, names) for rate in system.rates]
    symbols = [names[state] for state in system.states]
    jacobian = {}
    for row, rate in enumerate(rates):
        used = rate.free_symbols
        for column, symbol in enumerate(symbols):
            if symbol in used and (entry := rate.diff(symbol)) != 0:
                jacobian[row, column] = entry
    return rates, jacobian


def _convert(expression: Expression, names: dict[str, Any]) -> Any:
    """An Expression for symengine; only the operators that the benchmark's model has."""
    if isinstance(expression, str):
        return names[expression]
    if isinstance(expression, float):
        whole = expression.is_integer()  # so that x^2 stays a product
        return symengine.Integer(int(expression)) if whole else symengine.RealDouble(expression)
    operator, *parts = expression
    first, *others = (_convert(part, names) for part in parts)
    if operator == "neg":
        return -first
    for other in others:
        if operator == "+":
            first = first + other
        elif operator == "*":
            first = first * other
        elif operator == "-":
            first = first - other
        elif operator == "/":
            first = first / other
        elif operator == "^":
            first = first**other
        else:
            raise NotImplementedError(operator)
    return first


def _body(system: System, outputs: dict[str, Any]) -> list[str]:
    """Statements that read y and p, share common terms, and assign the outputs."""
    shared, reduced = symengine.cse(list(outputs.values()))
    used = set().union(*(e.free_symbols for e in [*reduced, *(term for _, term in shared)]))
    wanted = {str(symbol) for symbol in used}
    lines = [f"{s} = y[{i}]" for i, s in enumerate(system.states) if s in wanted]
    lines += [f"{s} = p[{i}]" for i, s in enumerate(system.parameters) if s in wanted]
    lines += [f"{name} = {term}" for name, term in shared]
    return lines + [f"{out} = {term}" for out, term in zip(outputs, reduced, strict=True)]


def _define(name: str, arguments: str, body: list[str], imports: str) -> Callable:
    """A function from source that was printed here and nowhere else."""
    text = "\n    ".join([f"{imports}\ndef {name}({arguments}):", *body])
    space: dict[str, Any] = {}
    exec(compile(text, f"<generated {name}>", "exec"), space)
    return space[name]
