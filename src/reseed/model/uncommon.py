"""Functions of MathML that the engine does not have itself, written in those that it has.

Near points where a formula would lose digits (the inverse hyperbolic sine at 0) another form is
chosen that does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from reseed.nouns.expression import Expression

Writer = Callable[[Sequence[Expression], str], Expression]
HALF_PI = math.pi / 2
LARGEST_FACTORIAL = 170


def truth(condition: Expression) -> Expression:
    """1 where a condition holds, else 0: two of these can be compared."""
    return ("piecewise", 1.0, condition, 0.0)


def _root(children: Sequence[Expression], where: str) -> Expression:
    degree, radicand = children if len(children) == 2 else (2.0, children[0])
    return ("sqrt", radicand) if degree == 2.0 else ("^", radicand, ("/", 1.0, degree))


def _logarithm(children: Sequence[Expression], where: str) -> Expression:
    base, argument = children if len(children) == 2 else (10.0, children[0])
    return ("log10", argument) if base == 10.0 else ("/", ("ln", argument), ("ln", base))


def _exclusive(children: Sequence[Expression], where: str) -> Expression:
    """Whether an odd number of conditions holds; none of none."""
    if not children:
        return ("lt", 1.0, 0.0)
    made = children[0]
    for child in children[1:]:
        made = ("ne", truth(made), truth(child))
    return made


def _implies(children: Sequence[Expression], where: str) -> Expression:
    first, second = children
    return ("or", ("not", first), second)


def _factorial(children: Sequence[Expression], where: str) -> Expression:
    """From a table, of whole numbers; of all others it is undefined."""
    (value,) = children
    pairs = [
        part
        for number in range(LARGEST_FACTORIAL + 1)
        for part in (float(math.factorial(number)), ("eq", value, float(number)))
    ]
    return ("piecewise", *pairs, float("nan"))


def _quotient(children: Sequence[Expression], where: str) -> Expression:
    ratio = ("/", *children)
    return ("piecewise", ("floor", ratio), ("ge", ratio, 0.0), ("ceil", ratio))


def _remainder(children: Sequence[Expression], where: str) -> Expression:
    first, second = children
    return ("-", first, ("*", second, _quotient(children, where)))


def _over(function: Writer) -> Writer:
    """The same of one over the argument."""
    return lambda children, where: function([("/", 1.0, children[0])], where)


def _one_over(operator: str) -> Writer:
    return lambda children, where: ("/", 1.0, (operator, children[0]))


def _cotangent(operator: str, other: str) -> Writer:
    return lambda children, where: ("/", (operator, children[0]), (other, children[0]))


def _simple(operator: str) -> Writer:
    return lambda children, where: (operator, children[0])


def _hyperbolic_arc_sine(children: Sequence[Expression], where: str) -> Expression:
    """sign(x)*ln(|x| + sqrt(x^2 + 1)), which keeps its digits for negative x, too."""
    (x,) = children
    size = ("abs", x)
    found = ("ln", ("+", size, ("sqrt", ("+", ("*", x, x), 1.0))))
    small = ("*", x, ("-", 1.0, ("/", ("*", x, x), 6.0)))
    signed = ("piecewise", found, ("ge", x, 0.0), ("neg", found))
    return ("piecewise", small, ("lt", size, 1e-4), signed)


def _hyperbolic_arc_cosine(children: Sequence[Expression], where: str) -> Expression:
    (x,) = children
    return ("ln", ("+", x, ("*", ("sqrt", ("-", x, 1.0)), ("sqrt", ("+", x, 1.0)))))


def _hyperbolic_arc_tangent(children: Sequence[Expression], where: str) -> Expression:
    (x,) = children
    found = ("*", 0.5, ("ln", ("/", ("+", 1.0, x), ("-", 1.0, x))))
    small = ("*", x, ("+", 1.0, ("/", ("*", x, x), 3.0)))
    return ("piecewise", small, ("lt", ("abs", x), 1e-4), found)


def _arc_cotangent(children: Sequence[Expression], where: str) -> Expression:
    """Between -pi/2 and pi/2, as the arc tangent of one over it; pi/2 at 0."""
    (x,) = children
    return ("piecewise", HALF_PI, ("eq", x, 0.0), ("atan", ("/", 1.0, x)))


UNCOMMON: dict[str, Writer] = {
    "AST_FUNCTION_ROOT": _root,
    "AST_FUNCTION_LOG": _logarithm,
    "AST_LOGICAL_XOR": _exclusive,
    "AST_LOGICAL_IMPLIES": _implies,
    "AST_FUNCTION_FACTORIAL": _factorial,
    "AST_FUNCTION_QUOTIENT": _quotient,
    "AST_FUNCTION_REM": _remainder,
    "AST_FUNCTION_SEC": _one_over("cos"),
    "AST_FUNCTION_CSC": _one_over("sin"),
    "AST_FUNCTION_COT": _cotangent("cos", "sin"),
    "AST_FUNCTION_SECH": _one_over("cosh"),
    "AST_FUNCTION_CSCH": _one_over("sinh"),
    "AST_FUNCTION_COTH": _one_over("tanh"),
    "AST_FUNCTION_ARCSEC": _over(_simple("acos")),
    "AST_FUNCTION_ARCCSC": _over(_simple("asin")),
    "AST_FUNCTION_ARCCOT": _arc_cotangent,
    "AST_FUNCTION_ARCSINH": _hyperbolic_arc_sine,
    "AST_FUNCTION_ARCCOSH": _hyperbolic_arc_cosine,
    "AST_FUNCTION_ARCTANH": _hyperbolic_arc_tangent,
    "AST_FUNCTION_ARCSECH": _over(_hyperbolic_arc_cosine),
    "AST_FUNCTION_ARCCSCH": _over(_hyperbolic_arc_sine),
    "AST_FUNCTION_ARCCOTH": _over(_hyperbolic_arc_tangent),
}
"""libSBML's name of a function to what writes it."""
