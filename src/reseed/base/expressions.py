"""Reading Expressions: which names they use, and how they look to a person."""

from __future__ import annotations

from reseed.nouns.expression import Expression
from reseed.nouns.system import System

_BETWEEN = {
    "+": " + ", "-": " - ", "*": "*", "/": "/", "^": "^", "lt": " < ", "le": " <= ",
    "gt": " > ", "ge": " >= ", "eq": " == ", "ne": " != ", "and": " and ", "or": " or ",
}  # fmt: skip


def names_in(expression: Expression) -> set[str]:
    """Every name that an expression uses."""
    if isinstance(expression, str):
        return {expression}
    if isinstance(expression, tuple):
        return set().union(*(names_in(part) for part in expression[1:]))
    return set()


def written(expression: Expression) -> str:
    """The expression as people write it, with brackets wherever they may be needed."""
    if isinstance(expression, str):
        return expression
    if not isinstance(expression, tuple):
        return f"{expression:g}"
    operator, *parts = expression
    texts = [written(part) for part in parts]
    if operator in _BETWEEN:
        inner = (
            f"({text})" if isinstance(part, tuple) and part[0] in _BETWEEN else text
            for part, text in zip(parts, texts, strict=True)
        )  # fmt: skip
        return _BETWEEN[operator].join(inner)
    return f"-({texts[0]})" if operator == "neg" else f"{operator}({', '.join(texts)})"


def formulas(system: System) -> list[tuple[str, Expression]]:
    """(what it is, formula) for every formula of a System."""
    found = [
        (f"initial value of {name}", formula)
        for name, formula in zip(system.states, system.initial, strict=True)
    ]
    found += [
        (f"rate of {name}", formula)
        for name, formula in zip(system.states, system.rates, strict=True)
    ]
    found += [(f"rule {name}", formula) for name, formula in system.rules]
    found += [(f"algebraic rule of {name}", formula) for name, formula in system.algebraic]
    for event in system.events:
        found.append((f"trigger of {event.name}", event.trigger))
        found += [(f"event {event.name}", formula) for _, formula in event.assignments]
        more = (event.delay, event.priority)
        found += [(f"event {event.name}", formula) for formula in more if formula is not None]
    found += [(f"draw of {draw.law}", formula) for draw in system.draws for formula in draw.numbers]
    found += [(f"hazard {hazard.name}", hazard.rate) for hazard in system.hazards]
    return found + [(f"channel {channel.name}", channel.rate) for channel in system.channels]


def undefined(system: System) -> list[tuple[str, str]]:
    """(what it is, name) for every name in a formula that the System does not have."""
    known = {"time", *system.states, *system.parameters, *(name for name, _ in system.rules)}
    return [
        (place, name)
        for place, formula in formulas(system)
        for name in sorted(names_in(formula) - known)
    ]
