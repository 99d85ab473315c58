"""MathML, as libSBML parses it, to Expressions; whatever is not known here is refused by name."""

from __future__ import annotations

from typing import Any

from reseed.base.errors import UnsupportedModel
from reseed.base.expressions import names_in
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
    "AST_LOGICAL_XOR": "xor",
}
_CONSTANTS = {"AST_CONSTANT_PI": 3.141592653589793, "AST_CONSTANT_E": 2.718281828459045}
_TRUTH = {"AST_CONSTANT_TRUE": ("le", 0.0, 1.0), "AST_CONSTANT_FALSE": ("lt", 1.0, 0.0)}


__all__ = ["names_in", "read_formula", "substitute"]


def read_formula(node: Any, where: str) -> Expression:
    """The Expression of a libSBML syntax tree; UnsupportedModel names what is refused."""
    import libsbml

    kinds = _kinds(libsbml)
    kind = kinds.get(node.getType(), "")
    children = [read_formula(node.getChild(i), where) for i in range(node.getNumChildren())]
    if node.isNumber():
        return float(node.getValue())
    if node.getType() == libsbml.AST_NAME:
        return str(node.getName())
    if node.getType() == libsbml.AST_NAME_TIME:
        return "time"
    if kind in _CONSTANTS:
        return _CONSTANTS[kind]
    if kind in _TRUTH:
        return _TRUTH[kind]
    if kind == "AST_FUNCTION_ROOT":
        degree, radicand = children if len(children) == 2 else (2.0, children[0])
        return ("sqrt", radicand) if degree == 2.0 else ("^", radicand, ("/", 1.0, degree))
    if kind == "AST_FUNCTION_LOG":
        base, argument = children if len(children) == 2 else (10.0, children[0])
        return ("log10", argument) if base == 10.0 else ("/", ("ln", argument), ("ln", base))
    if kind not in _NAMES:
        found = node.getName() or kind.removeprefix("AST_").lower() or "this construct"
        raise UnsupportedModel(f"{where}: `{found}` is not supported")
    return _operation(_NAMES[kind], children)


def _operation(operator: str, children: list[Expression]) -> Expression:
    if operator == "-" and len(children) == 1:
        return ("neg", children[0])
    if operator in ("+", "*") and len(children) < 2:
        return children[0] if children else (0.0 if operator == "+" else 1.0)
    if operator == "piecewise" and len(children) % 2 == 0:
        return (operator, *children, float("nan"))  # no case applies: undefined, as SBML says
    if operator == "xor":
        made = children[0]
        for child in children[1:]:
            made = ("ne", _truth(made), _truth(child))
        return made
    return (operator, *children)


def _truth(condition: Expression) -> Expression:
    """1 where a condition holds, else 0: two of these can be compared."""
    return ("piecewise", 1.0, condition, 0.0)


def _kinds(libsbml: Any) -> dict[int, str]:
    wanted = [*_NAMES, *_CONSTANTS, *_TRUTH, "AST_FUNCTION_ROOT", "AST_FUNCTION_LOG"]
    return {getattr(libsbml, name): name for name in wanted}


def substitute(expression: Expression, names: dict[str, Expression]) -> Expression:
    """The expression with names replaced."""
    if isinstance(expression, str):
        return names.get(expression, expression)
    if isinstance(expression, float):
        return expression
    return (expression[0], *(substitute(part, names) for part in expression[1:]))
