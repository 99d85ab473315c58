"""Events of a document, in symbols of the System."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reseed.model.facts import Facts
from reseed.model.formula import Formulas
from reseed.model.quantities import each, name_of
from reseed.model.roles import STATE, Roles, concentration
from reseed.nouns.expression import Expression
from reseed.nouns.system import Draw, StateEvent

HELD = "held "
"""What the name of a parameter begins with that keeps what an event is to set."""
CARRIED_OUT = ", carried out"
"""What the name of an event ends with that sets what another has held."""


def read_events(
    model: Any, known: Facts, found: Roles, formulas: Formulas
) -> tuple[list[StateEvent], list[Draw]]:
    """All events, and what chance decides: at the start, or when an event is looked at.

    Parts without a formula are as if they were not there, as SBML says.

    One without an id is called by its place in the document, as `event 2`.
    """
    events: list[StateEvent] = []
    draws = [_drawn(one, found, "") for one in formulas.drawn]
    for number, event in enumerate(each(model.getListOfEvents()), 1):
        name = event.getId() or f"event {number}"
        where = f"event {event.getId() or number}"
        trigger = event.getTrigger()
        if trigger is None or not trigger.isSetMath():
            continue  # it never fires
        new = {
            name_of(one.getVariable()): found.inside(
                formulas.read(one.getMath(), where, chance=True)
            )
            for one in each(event.getListOfEventAssignments())
            if one.isSetMath()
        }
        draws += [_drawn(one, found, name) for one in formulas.drawn[len(draws) :]]
        one = StateEvent(
            name=name,
            trigger=found.inside(formulas.read(trigger.getMath(), where)),
            assignments=tuple(_assigned(new, known, found)),
            initial=bool(trigger.getInitialValue()) if trigger.isSetInitialValue() else True,
            delay=_part(event.getDelay(), where, found, formulas),
            priority=_part(event.getPriority(), where, found, formulas),
            persistent=bool(trigger.getPersistent()) if trigger.isSetPersistent() else True,
            at_trigger=event.getUseValuesFromTriggerTime(),
        )
        waits = one.at_trigger and (one.delay is not None or model.getNumEvents() > 1)
        resized = waits and _resized(new, known, found)
        events += _in_two(one, new, known, found) if resized else [one]
    return events, draws


def _resized(new: Mapping[str, Expression], known: Facts, found: Roles) -> bool:
    """Whether what is set depends on the size that a compartment has when it is carried out."""
    changing = {*known.assigned, *known.struck}
    changing |= {name for name, role in found.by_name.items() if role.part == STATE}
    homes = {known.quantities[name].compartment for name in new if found.by_name[name].shared}
    dense = any(_dense(name, known, found, new) for name in known.quantities)
    return bool(homes & changing) or dense


def _in_two(
    event: StateEvent, new: Mapping[str, Expression], known: Facts, found: Roles
) -> list[StateEvent]:
    """An event that holds what is to be set from its trigger on, and one that sets it.

    A concentration is that of the moment of the trigger, the size of its compartment is of the
    moment when it is carried out (SBML Level 3 Version 2, section 4.12.5). The first event has the
    delay and the priority and changes nothing that a formula reads; the second follows it before
    any other.
    """
    due = f"{HELD}{event.name}"
    held: dict[str, Expression] = {name: f"{due}: {name}" for name in new}
    keeping = tuple((str(held[name]), value) for name, value in new.items())
    carried = StateEvent(
        name=f"{event.name}{CARRIED_OUT}",
        trigger=("gt", due, 0.0),
        assignments=((due, 0.0), *_assigned(held, known, found)),
        priority=math.inf,
        at_trigger=False,
    )
    return [replace(event, assignments=((due, 1.0), *keeping)), carried]


def _drawn(one: tuple[str, str, tuple[Expression, ...]], found: Roles, event: str) -> Draw:
    symbol, law, numbers = one
    return Draw(symbol, law, tuple(found.inside(number) for number in numbers), event)


def _assigned(
    new: Mapping[str, Expression], known: Facts, found: Roles
) -> list[tuple[str, Expression]]:
    """What is set, in symbols.

    A concentration that is set means an amount in the compartment as it was before the event, also
    where the event sets its size, too; and amounts stay where a size is set.
    """
    assignments = []
    for name, value in new.items():
        symbol, carried = found.carried(name, value, known)
        if not _dense(name, known, found, new):
            assignments.append((symbol, carried))
    for name, one in known.quantities.items():
        if _dense(name, known, found, new):
            symbol, old = found.by_name[name].symbol, found.inside(one.compartment)
            amount = ("*", new.get(name, symbol), old)
            assignments.append((symbol, ("/", amount, new[one.compartment])))
    return assignments


def _dense(name: str, known: Facts, found: Roles, new: Mapping[str, Expression]) -> bool:
    """Whether it is carried as its concentration, and the size of its compartment is set."""
    one, role = known.quantities[name], found.by_name[name]
    return one.compartment in new and role.part == STATE and role.symbol == concentration(name)


def _part(part: Any, where: str, found: Roles, formulas: Formulas) -> Expression | None:
    if part is None or not part.isSetMath():
        return None
    return found.inside(formulas.read(part.getMath(), where))
