"""Truth values where numbers belong, and numbers where truth values belong.

SBML L3V2 lets them stand for each other: a condition counts 1 where it holds and 0 where it does
not, and a number is true unless it is 0.
"""

from __future__ import annotations

import dataclasses

from reseed.nouns.expression import Expression
from reseed.nouns.system import System

TRUTHS = ("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not")


def sorted_out(system: System) -> System:
    """The same System, in which conditions stand where conditions belong, and numbers elsewhere."""
    return dataclasses.replace(
        system,
        initial=tuple(map(number, system.initial)),
        rates=tuple(map(number, system.rates)),
        rules=tuple((name, number(formula)) for name, formula in system.rules),
        events=tuple(
            dataclasses.replace(
                event,
                trigger=condition(event.trigger),
                assignments=tuple((name, number(f)) for name, f in event.assignments),
                delay=None if event.delay is None else number(event.delay),
                priority=None if event.priority is None else number(event.priority),
            )
            for event in system.events
        ),
        hazards=tuple(dataclasses.replace(h, rate=number(h.rate)) for h in system.hazards),
        algebraic=tuple((name, number(formula)) for name, formula in system.algebraic),
        channels=tuple(dataclasses.replace(c, rate=number(c.rate)) for c in system.channels),
    )


def number(expression: Expression) -> Expression:
    """The expression as a number."""
    if not isinstance(expression, tuple):
        return expression
    operator, *parts = expression
    if operator in TRUTHS:
        return ("piecewise", 1.0, condition(expression), 0.0)
    if operator == "piecewise":
        odd = range(1, len(parts), 2)
        return (operator, *(condition(p) if i in odd else number(p) for i, p in enumerate(parts)))
    return (operator, *map(number, parts))


def condition(expression: Expression) -> Expression:
    """The expression as a truth value."""
    operator, *parts = expression if isinstance(expression, tuple) else ("",)
    if operator in ("and", "or", "not"):
        return (operator, *map(condition, parts))
    if operator in TRUTHS:
        return (operator, *map(number, parts))
    return ("ne", number(expression), 0.0)
