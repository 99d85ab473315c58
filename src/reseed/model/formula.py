"""MathML, as libSBML parses it, to Expressions; whatever is not known here is refused by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reseed.base.errors import UnsupportedModel
from reseed.base.expressions import names_in
from reseed.engine.laws import NUMBERS, fits
from reseed.model.uncommon import UNCOMMON
from reseed.nouns.expression import Expression

_NAMES = {
    "AST_PLUS": "+",
    "AST_TIMES": "*",
    "AST_MINUS": "-",
    "AST_DIVIDE": "/",
    "AST_POWER": "^",
    "AST_FUNCTION_POWER": "^",
    "AST_FUNCTION_EXP": "exp",
    "AST_FUNCTION_LN": "ln",
    "AST_FUNCTION_ABS": "abs",
    "AST_FUNCTION_FLOOR": "floor",
    "AST_FUNCTION_CEILING": "ceil",
    "AST_FUNCTION_MAX": "max",
    "AST_FUNCTION_MIN": "min",
    "AST_FUNCTION_SIN": "sin",
    "AST_FUNCTION_COS": "cos",
    "AST_FUNCTION_TAN": "tan",
    "AST_FUNCTION_ARCSIN": "asin",
    "AST_FUNCTION_ARCCOS": "acos",
    "AST_FUNCTION_ARCTAN": "atan",
    "AST_FUNCTION_SINH": "sinh",
    "AST_FUNCTION_COSH": "cosh",
    "AST_FUNCTION_TANH": "tanh",
    "AST_FUNCTION_PIECEWISE": "piecewise",
    "AST_RELATIONAL_LT": "lt",
    "AST_RELATIONAL_LEQ": "le",
    "AST_RELATIONAL_GT": "gt",
    "AST_RELATIONAL_GEQ": "ge",
    "AST_RELATIONAL_EQ": "eq",
    "AST_RELATIONAL_NEQ": "ne",
    "AST_LOGICAL_AND": "and",
    "AST_LOGICAL_OR": "or",
    "AST_LOGICAL_NOT": "not",
}
_CONSTANTS = {
    "AST_CONSTANT_PI": math.pi,
    "AST_CONSTANT_E": math.e,
    "AST_NAME_AVOGADRO": 6.02214179e23,  # as SBML Level 3 fixes it
}
_TRUTH = {"AST_CONSTANT_TRUE": ("le", 0.0, 1.0), "AST_CONSTANT_FALSE": ("lt", 1.0, 0.0)}
LAW = "AST_DISTRIB_FUNCTION_"
_CHAINS = {"lt", "le", "gt", "ge", "eq", "ne"}

MOST_PARTS = 5_000
"""Operators, names and numbers of one formula; what is longer has been made to do harm."""
MOST_IN_ALL = 300_000
"""The same of all formulas of a model, the functions in them written out."""
MOST_DEEP = 100
"""Operators within operators."""
LONG_CHAIN = 40
"""So many sums, or products, within each other are read as one."""
DRAW = "draw "
"""What the name of something begins with that chance decides."""
RATE_OF = "rate of "
"""What the name of a rate begins with: `rateOf` of a quantity."""
TIME_ID = "id time"
"""A quantity whose id is `time`: as a name in a formula that is the clock."""

__all__ = ["Formulas", "names_in", "substitute"]


@dataclass(slots=True)
class Formulas:
    """Reads formulas of one document; `functions` are its own, by id, as libSBML has them.

    A function is written out where it is called. What has been written so far is counted, since a
    few functions that call each other twice write more than any memory holds.
    """

    functions: Mapping[str, Any] = field(default_factory=dict)
    written: int = 0
    parts: int = 0
    drawn: list[tuple[str, str, tuple[Expression, ...]]] = field(default_factory=list)
    chance: bool = False
    sizes: dict[str, int] = field(default_factory=dict)

    def read(self, node: Any, where: str, chance: bool = False) -> Expression:
        """The Expression of a libSBML syntax tree; UnsupportedModel names what is refused.

        Where `chance` is allowed, a law of chance becomes a name, kept in `drawn` with the law's
        name and numbers.
        """
        self.parts, self.chance = 0, chance
        return self._read(node, where, {}, ())

    def _read(
        self,
        node: Any,
        where: str,
        given: Mapping[str, Expression],
        within: tuple[str, ...],
        depth: int = 0,
    ) -> Expression:
        import libsbml

        if depth > MOST_DEEP:
            raise UnsupportedModel(f"{where}: more than {MOST_DEEP} operators within each other")
        self.parts += not within
        if self.parts > MOST_PARTS:
            raise UnsupportedModel(f"{where}: a formula of more than {MOST_PARTS} parts")
        self._grow(1, where)
        kind = _kinds(libsbml).get(node.getType(), "")
        if node.isNumber():
            return float(node.getValue())
        if node.getType() == libsbml.AST_NAME:
            own = _named(str(node.getName()), given)
            return self._counted(own, where) if within else own
        if node.getType() == libsbml.AST_NAME_TIME:
            return "time"
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind in _TRUTH:
            return _TRUTH[kind]
        if node.getType() == libsbml.AST_FUNCTION_RATE_OF:
            return f"{RATE_OF}{_target(node, where, given)}"
        children = [self._read(child, where, given, within, depth + 1) for child in _children(node)]
        if node.getType() == libsbml.AST_FUNCTION and node.getName() in self.functions:
            return self._call(str(node.getName()), children, where, within, depth)
        if kind.startswith(LAW):
            return self._draw(kind.removeprefix(LAW).lower(), children, where)
        if kind in UNCOMMON:
            try:
                return self._counted(UNCOMMON[kind](children, where), where)
            except (ValueError, IndexError):
                found = f"{len(children)} arguments"
                raise UnsupportedModel(f"{where}: `{node.getName()}` with {found}") from None
        if node.getType() == libsbml.AST_FUNCTION_DELAY:
            raise UnsupportedModel(f"{where}: `delay` is not supported")
        if kind not in _NAMES:
            found = node.getName() or kind.removeprefix("AST_").lower() or "this construct"
            raise UnsupportedModel(f"{where}: `{found}` is not supported")
        return _operation(_NAMES[kind], children)

    def _counted(self, expression: Expression, where: str) -> Expression:
        """The expression, its parts added to what has been written."""
        self._grow(_size(expression, MOST_IN_ALL), where)
        return expression

    def _grow(self, parts: int, where: str) -> None:
        """So many parts more have been written."""
        self._fit(parts, where)
        self.written += parts

    def _fit(self, parts: int, where: str) -> None:
        """UnsupportedModel where so many parts more are too many, before they are written."""
        if self.written + parts > MOST_IN_ALL:
            raise UnsupportedModel(f"{where}: formulas of more than {MOST_IN_ALL} parts in all")

    def _size_of(self, name: str, where: str, within: tuple[str, ...] = ()) -> int:
        """Parts of a function at least, with those that it calls; it must not call itself."""
        if name in within:
            raise UnsupportedModel(f"{where}: the function {name} calls itself")
        if len(within) > MOST_DEEP:
            raise UnsupportedModel(f"{where}: more than {MOST_DEEP} functions within each other")
        if name not in self.sizes:
            size, waiting = 0, [self.functions[name].getBody()]
            while waiting:
                node = waiting.pop()
                size += 1
                if node is None:
                    continue
                if node.isFunction() and node.getName() in self.functions:
                    size += self._size_of(str(node.getName()), where, (*within, name))
                waiting += [node.getChild(i) for i in range(node.getNumChildren())]
            self.sizes[name] = size
        return self.sizes[name]

    def _draw(self, law: str, numbers: list[Expression], where: str) -> Expression:
        """The name of what chance decides by a law."""
        if not self.chance:
            raise UnsupportedModel(
                f"{where}: `{law}`, a law of chance where a formula is computed at all times"
            )
        if not fits(law, len(numbers)):
            raise UnsupportedModel(f"{where}: the law `{law}` with {len(numbers)} numbers")
        name = f"{DRAW}{len(self.drawn) + 1}"
        self.drawn.append((name, law, tuple(numbers)))
        return name

    def _call(
        self,
        name: str,
        children: list[Expression],
        where: str,
        within: tuple[str, ...],
        depth: int,
    ) -> Expression:
        """The body of a function of the document, with what it was called with."""
        function = self.functions[name]
        self._fit(self._size_of(name, where), where)
        count = function.getNumArguments()
        if count != len(children):
            found = f"{len(children)} arguments where it takes {count}"
            raise UnsupportedModel(f"{where}: the function {name} has {found}")
        if function.getBody() is None:
            raise UnsupportedModel(f"{where}: the function {name} has no formula")
        given = {str(function.getArgument(i).getName()): child for i, child in enumerate(children)}
        return self._read(function.getBody(), where, given, (*within, name), depth + 1)


def _children(node: Any) -> list[Any]:
    """What an operator is applied to.

    libSBML reads a sum of many as sums of two within each other, a thousand deep if need be: a long
    one is taken apart here, since nothing below should go so deep.
    """
    import libsbml

    spine = [node]
    if node.getType() in (libsbml.AST_PLUS, libsbml.AST_TIMES):
        while (first := spine[-1].getChild(0)) is not None and first.getType() == node.getType():
            spine.append(first)
    if len(spine) <= LONG_CHAIN:
        return [node.getChild(i) for i in range(node.getNumChildren())]
    children = [spine[-1].getChild(i) for i in range(spine[-1].getNumChildren())]
    for inner in reversed(spine[:-1]):
        children += [inner.getChild(i) for i in range(1, inner.getNumChildren())]
    return children


def _size(expression: Expression, most: int) -> int:
    """Parts of an expression, up to a bound: a long argument is copied where it is used."""
    count, waiting = 0, [expression]
    while waiting and count <= most:
        part = waiting.pop()
        count += 1
        if isinstance(part, tuple):
            waiting += part[1:]
    return count


def _named(name: str, given: Mapping[str, Expression]) -> Expression:
    if name in given:
        return given[name]
    return TIME_ID if name == "time" else name


def _target(node: Any, where: str, given: Mapping[str, Expression]) -> str:
    """Of what a rate is asked: one name."""
    child = node.getChild(0)
    found = _named(str(child.getName()), given) if child is not None and child.isName() else None
    if not isinstance(found, str):
        raise UnsupportedModel(f"{where}: `rateOf` of something that is no name")
    return found


def _operation(operator: str, children: list[Expression]) -> Expression:
    if operator == "-" and len(children) == 1:
        return ("neg", children[0])
    if operator in ("+", "*") and len(children) < 2:
        return children[0] if children else (0.0 if operator == "+" else 1.0)
    if operator in ("and", "or") and len(children) < 2:
        empty = _TRUTH["AST_CONSTANT_TRUE" if operator == "and" else "AST_CONSTANT_FALSE"]
        return children[0] if children else empty
    if operator == "piecewise" and len(children) % 2 == 0:
        return (operator, *children, float("nan"))  # no case applies: undefined, as SBML says
    if operator == "piecewise" and len(children) == 1:
        return children[0]
    if operator in ("max", "min") and len(children) == 1:
        return children[0]
    if operator in _CHAINS and len(children) > 2:  # a < b < c: each with the next
        return (
            "and",
            *((operator, a, b) for a, b in zip(children, children[1:], strict=False)),
        )
    return (operator, *children)


def _kinds(libsbml: Any) -> dict[int, str]:
    laws = [f"{LAW}{law.upper()}" for law in NUMBERS]
    wanted = [*_NAMES, *_CONSTANTS, *_TRUTH, *UNCOMMON, *laws]
    return {getattr(libsbml, name): name for name in wanted}


def substitute(expression: Expression, names: Mapping[str, Expression]) -> Expression:
    """The expression with names replaced."""
    if isinstance(expression, str):
        return names.get(expression, expression)
    if isinstance(expression, float):
        return expression
    return (expression[0], *(substitute(part, names) for part in expression[1:]))
