"""What a document says of its quantities: which rules, reactions and events change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reseed.base.expressions import names_in
from reseed.model.formula import Formulas
from reseed.model.quantities import Quantity, each, name_of, quantities, sides
from reseed.nouns.expression import Expression


@dataclass(frozen=True, slots=True)
class Facts:
    """Quantities by name, and formulas, as they stand in the document, by what they determine.

    `struck` are assigned by events, `moved` are species that reactions change; `residuals` are the
    formulas that algebraic rules hold at 0, `read` the names that any formula uses.
    """

    quantities: Mapping[str, Quantity]
    assigned: Mapping[str, Expression]
    rated: Mapping[str, Expression]
    initial: Mapping[str, Expression]
    residuals: tuple[Expression, ...]
    struck: frozenset[str]
    moved: frozenset[str]


def facts(model: Any, formulas: Formulas) -> Facts:
    """Everything but reactions and events themselves; UnsupportedModel names what is refused."""
    known = quantities(model)
    assigned, rated, residuals = {}, {}, []
    for rule in each(model.getListOfRules()):
        if not rule.isSetMath():
            continue  # as if the rule were not there, says SBML
        if rule.isAlgebraic():
            residuals.append(formulas.read(rule.getMath(), "an algebraic rule"))
            continue
        name = name_of(rule.getVariable())
        if rule.isRate():
            rated[name] = formulas.read(rule.getMath(), f"rate of {name}")
        else:
            assigned[name] = formulas.read(rule.getMath(), name)
    initial = {
        name_of(one.getSymbol()): formulas.read(
            one.getMath(), f"initial value of {one.getSymbol()}", chance=True
        )
        for one in each(model.getListOfInitialAssignments())
        if one.isSetMath()
    }
    struck = {
        name_of(one.getVariable())
        for event in each(model.getListOfEvents())
        for one in each(event.getListOfEventAssignments())
        if one.isSetMath()
    }
    moved = {
        name_of(side.getSpecies())
        for reaction in each(model.getListOfReactions())
        for side, _ in sides(reaction)
    }
    fixed = {name for name, one in known.items() if one.boundary or one.constant}
    return Facts(
        quantities=known,
        assigned=assigned,
        rated=rated,
        initial={name: formula for name, formula in initial.items() if name not in assigned},
        residuals=tuple(residuals),
        struck=frozenset(struck),
        moved=frozenset((moved & known.keys()) - fixed - assigned.keys() - rated.keys()),
    )


def free(known: Facts) -> list[str]:
    """Quantities that nothing but an algebraic rule can determine, those without a value first."""
    found = [
        name
        for name, one in known.quantities.items()
        if not one.constant
        and name not in known.assigned
        and name not in known.rated
        and name not in known.moved
    ]
    return sorted(
        found,
        key=lambda name: (
            name in known.struck,
            known.quantities[name].value is not None or name in known.initial,
        ),
    )


def unknowns(known: Facts) -> dict[str, Expression]:
    """For each algebraic rule a quantity of its own that it determines, with the rule's formula.

    The matching of variables and equations that SBML asks of a model that is not overdetermined
    (Level 3 Version 2, section 4.9.5). KeyError with a sentence where there is none.
    """
    candidates = free(known)
    taken: dict[str, int] = {}

    def find(number: int, tried: set[str]) -> bool:
        inside = names_in(known.residuals[number])
        for name in candidates:
            if name in inside and name not in tried:
                tried.add(name)
                if name not in taken or find(taken[name], tried):
                    taken[name] = number
                    return True
        return False

    for number in range(len(known.residuals)):
        if not find(number, set()):
            raise KeyError("an algebraic rule that has no quantity of its own to determine")
    return {name: known.residuals[number] for name, number in sorted(taken.items())}
