"""A rate taken apart into what goes forth and what goes back, where reactions go one by one."""

from __future__ import annotations

from collections.abc import Mapping

from reseed.base.errors import UnsupportedModel
from reseed.nouns.expression import Expression

MOST_TERMS = 200


def forth_and_back(
    rate: Expression, rules: Mapping[str, Expression], where: str
) -> tuple[Expression, Expression | None]:
    """The sum of a reversible rate's positive terms, and that of its negative ones (None: none).

    Products are multiplied out over sums and differences, rules that hold a difference are written
    out. UnsupportedModel where a difference stands within a power or another function: its sign
    cannot be told.
    """
    terms = _terms(rate, rules, where)
    if len(terms) > MOST_TERMS:
        raise UnsupportedModel(f"{where}: a reversible rate of more than {MOST_TERMS} terms")
    forth = [term for sign, term in terms if sign > 0]
    back = [term for sign, term in terms if sign < 0]
    return _sum(forth), _sum(back) if back else None


def _sum(terms: list[Expression]) -> Expression:
    if not terms:
        return 0.0
    return terms[0] if len(terms) == 1 else ("+", *terms)


def _terms(
    rate: Expression, rules: Mapping[str, Expression], where: str
) -> list[tuple[float, Expression]]:
    if isinstance(rate, float):
        return [(-1.0 if rate < 0 else 1.0, abs(rate))]
    if isinstance(rate, str):
        rule = rules.get(rate)
        return (
            _terms(rule, rules, where)
            if rule is not None and _differs(rule, rules)
            else [(1.0, rate)]
        )
    if not _differs(rate, rules):
        return [(1.0, rate)]
    operator, *parts = rate
    if operator == "neg":
        return [(-sign, term) for sign, term in _terms(parts[0], rules, where)]
    if operator == "+":
        return [pair for part in parts for pair in _terms(part, rules, where)]
    if operator == "-":
        first, other = (_terms(part, rules, where) for part in parts)
        return [*first, *((-sign, term) for sign, term in other)]
    if operator == "*":
        found: list[tuple[float, Expression]] = [(1.0, 1.0)]
        for part in parts:
            pairs = _terms(part, rules, where)
            found = [(a * b, ("*", x, y)) for a, x in found for b, y in pairs]
            if len(found) > MOST_TERMS:
                break
        return found
    if operator == "/" and not _differs(parts[1], rules):
        return [(sign, ("/", term, parts[1])) for sign, term in _terms(parts[0], rules, where)]
    raise UnsupportedModel(
        f"{where}: a reversible rate of which it cannot be told what goes forth and what back"
    )


def _differs(formula: Expression, rules: Mapping[str, Expression]) -> bool:
    """Whether a difference, or a negative number, stands anywhere in a formula."""
    if isinstance(formula, float):
        return formula < 0
    if isinstance(formula, str):
        return formula in rules and _differs(rules[formula], rules)
    return formula[0] in ("-", "neg") or any(_differs(part, rules) for part in formula[1:])
