"""The quantities of a document: compartments, species, parameters, stoichiometries, by id."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reseed.model.formula import TIME_ID
from reseed.model.unit_text import unit_text

COMPARTMENT, SPECIES, PARAMETER, STOICHIOMETRY = (
    "compartment", "species", "parameter", "stoichiometry",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantity:
    """One id with a value, as the document declares it.

    `value` is what is given before any assignment, None where nothing is; of a species it is an
    amount, or a concentration where `by_concentration`. Formulas mean by a `dense` species its
    concentration, by any other its amount. `boundary` species are not changed by reactions.
    """

    id: str
    kind: str
    unit: str
    constant: bool
    value: float | None
    compartment: str = ""
    dense: bool = False
    by_concentration: bool = False
    boundary: bool = False
    factor: str = ""


def quantities(model: Any) -> dict[str, Quantity]:
    """All of them by the names that formulas use, in the order of the document."""
    found = [*_compartments(model), *_species(model), *_parameters(model), *_stoichiometries(model)]
    return {quantity.id: quantity for quantity in found}


def _compartments(model: Any) -> Iterator[Quantity]:
    for one in each(model.getListOfCompartments()):
        built_in = model.getVolumeUnits() or _built_in(model, "volume")
        solid = not one.isSetSpatialDimensions() or one.getSpatialDimensions() == 3
        unit = unit_text(model, one.getUnits() or (built_in if solid else ""))
        value = _number(one.isSetSize(), one.getSize())
        yield Quantity(name_of(one.getId()), COMPARTMENT, unit, one.getConstant(), value)


def _built_in(model: Any, unit: str) -> str:
    """The unit that level 2 takes where none is said, if the document has its own of that name."""
    return unit if model.getLevel() < 3 and model.getUnitDefinition(unit) is not None else ""


def _species(model: Any) -> Iterator[Quantity]:
    for one in each(model.getListOfSpecies()):
        home = model.getCompartment(one.getCompartment())
        pointlike = home is not None and home.getSpatialDimensions() == 0 and not home.isSetSize()
        by_concentration = one.isSetInitialConcentration()
        amount = _number(one.isSetInitialAmount(), one.getInitialAmount())
        dense = not one.getHasOnlySubstanceUnits() and not pointlike
        yield Quantity(
            id=name_of(one.getId()),
            kind=SPECIES,
            unit=unit_text(
                model,
                one.getSubstanceUnits()
                or model.getSubstanceUnits()
                or _built_in(model, "substance"),
            ),
            constant=one.getConstant(),
            value=float(one.getInitialConcentration()) if by_concentration else amount,
            compartment=name_of(one.getCompartment()),
            dense=dense,
            by_concentration=by_concentration,
            boundary=one.getBoundaryCondition(),
            factor=name_of(one.getConversionFactor() or model.getConversionFactor()),
        )


def _parameters(model: Any) -> Iterator[Quantity]:
    for one in each(model.getListOfParameters()):
        unit = unit_text(model, one.getUnits())
        value = _number(one.isSetValue(), one.getValue())
        yield Quantity(name_of(one.getId()), PARAMETER, unit, one.getConstant(), value)


def _stoichiometries(model: Any) -> Iterator[Quantity]:
    """Those with an id of their own: formulas, rules and events may name them."""
    for reaction in each(model.getListOfReactions()):
        for side, _ in sides(reaction):
            if side.getId():
                constant = side.getConstant() if side.isSetConstant() else False
                value = stoichiometry(side)
                yield Quantity(name_of(side.getId()), STOICHIOMETRY, "", constant, value)


def stoichiometry(side: Any) -> float | None:
    """The number that a species reference gives, 1 if a document of level 1 or 2 gives none."""
    if not side.isSetStoichiometry() and side.getLevel() > 2:
        return None
    value = float(side.getStoichiometry()) / (side.getDenominator() or 1)
    return None if math.isnan(value) else value


def _number(given: bool, value: float) -> float | None:
    """NaN is how a document says that it does not know."""
    return float(value) if given and not math.isnan(value) else None


def name_of(sid: str) -> str:
    """How formulas call the quantity with that id."""
    return TIME_ID if sid == "time" else sid


def each(found: Any) -> list[Any]:
    """The members of a libSBML list."""
    return [found.get(index) for index in range(found.size())]


def sides(reaction: Any) -> list[tuple[Any, float]]:
    """The species references of a reaction, each with its sign."""
    return [
        *((side, -1.0) for side in each(reaction.getListOfReactants())),
        *((side, 1.0) for side in each(reaction.getListOfProducts())),
    ]
