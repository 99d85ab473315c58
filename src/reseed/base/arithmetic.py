"""Expressions of plain numbers, worked out at once: for constants, not for what is solved."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from reseed.nouns.expression import Expression

_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "*": operator.mul, "-": operator.sub, "/": np.divide, "^": np.power,
    "max": np.maximum, "min": np.minimum, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal, "and": np.logical_and,
    "or": np.logical_or,
}  # fmt: skip
_ONE: dict[str, Callable[[Any], Any]] = {
    "neg": np.negative, "exp": np.exp, "ln": np.log, "log10": np.log10, "sqrt": np.sqrt,
    "abs": np.abs, "floor": np.floor, "ceil": np.ceil, "sin": np.sin, "cos": np.cos,
    "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh,
    "cosh": np.cosh, "tanh": np.tanh, "not": np.logical_not,
}  # fmt: skip


def worked_out(expression: Expression, names: Mapping[str, Any]) -> Any:
    """The value of an expression, given numbers or arrays that broadcast by their names.

    KeyError for a name that is not given. What is undefined is NaN or infinite.
    """
    if isinstance(expression, str):
        return names[expression]
    if not isinstance(expression, tuple):
        return expression
    what, *parts = expression
    with np.errstate(all="ignore"):
        values = [worked_out(part, names) for part in parts]
        if what == "piecewise":
            found = values[-1]
            for value, condition in reversed(list(zip(values[:-1:2], values[1:-1:2], strict=True))):
                found = np.where(np.asarray(condition) != 0, value, found)
            return found
        if what in _ONE:
            return _ONE[what](values[0])
        return reduce(_TWO[what], values)
