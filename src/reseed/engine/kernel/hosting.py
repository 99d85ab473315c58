"""Which systems' events the kernel carries out alone, and which it leaves to its host.

Events without delays that never meet mean the same in any order: the kernel fires one after the
other, the moment it comes true. Where one has a delay, or two may come true at one moment and one
of them changes what the other reads or assigns, SBML's rules of their order count (Level 3
Version 2, section 4.11): values of the moment they came true, priorities, chance, second looks.
Then the kernel only finds the moments, and `reseed.engine.events` does the rest. So it is where
an event assigns what chance decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from reseed.base.expressions import names_in
from reseed.engine.kernel.truths import condition
from reseed.nouns.expression import Expression
from reseed.nouns.system import StateEvent, System


def hosted(system: System) -> bool:
    """Whether the events of a System are carried out by the host."""
    if any(event.delay is not None for event in system.events):
        return True
    if any(draw.event for draw in system.draws):
        return True
    return any(
        not _exclude(one.trigger, other.trigger)
        and (_felt(system, one, other) or _felt(system, other, one))
        for one, other in combinations(system.events, 2)
    )


def _felt(system: System, one: StateEvent, other: StateEvent) -> bool:
    """Whether `other` reads or assigns something that `one` assigns."""
    formulas = [other.trigger, *(formula for _, formula in other.assignments)]
    formulas += [] if other.priority is None else [other.priority]
    read = set().union(*map(names_in, formulas))
    for name, formula in reversed(system.rules):
        if name in read:
            read |= names_in(formula)
    solved = {name for name, _ in system.algebraic}
    changed = {name for name, _ in one.assignments}
    if read & solved:  # what is solved for may depend on anything
        return bool(changed)
    return bool(changed & (read | {name for name, _ in other.assignments}))


def _exclude(one: Expression, other: Expression) -> bool:
    """Whether the forms alone show that two conditions never hold together."""
    return any(_contrary(a, b) for a in _parts(one) for b in _parts(other))


def _parts(trigger: Expression) -> Iterator[tuple]:
    """The comparisons that must all hold, as (lt | le | eq, smaller, larger)."""
    formula = condition(trigger)
    assert isinstance(formula, tuple)
    operator, *arguments = formula
    if operator == "and":
        for argument in arguments:
            yield from _parts(argument)
    elif operator in ("gt", "ge"):
        yield ("lt" if operator == "gt" else "le", arguments[1], arguments[0])
    elif operator in ("lt", "le", "eq"):
        yield (operator, *arguments)


def _contrary(a: tuple, b: tuple) -> bool:
    """a < b against b < a, or x < 1 against 2 < x."""
    if "eq" in (a[0], b[0]):
        return False
    (how, low, high), (how_other, low_other, high_other) = a, b
    strict = "lt" in (how, how_other)
    if low == high_other:
        return _apart(high, low_other, strict)
    return high == low_other and _apart(high_other, low, strict)


def _apart(upper: Expression, lower: Expression, strict: bool) -> bool:
    """Whether nothing lies below `upper` and above `lower`."""
    if upper == lower:
        return strict
    if isinstance(upper, int | float) and isinstance(lower, int | float):
        return upper < lower
    return False
