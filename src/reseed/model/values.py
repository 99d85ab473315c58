"""Values of `parameters.tsv` into the assembled model, each converted to the text's own unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reseed.base.errors import Fault
from reseed.base.units import convert, factor
from reseed.model.compose import Assembly, flat_id
from reseed.model.unit_text import unit_text
from reseed.nouns.course import Quantity
from reseed.nouns.distribution import Distribution
from reseed.nouns.module import Module, Parameter


@dataclass(frozen=True, slots=True)
class Valued:
    """A parameter with its value and laws in the unit that it has inside the system."""

    id: str
    value: float
    unit: str
    variability: Distribution | None
    uncertainty: Distribution | None


def set_values(
    document: Any, assembly: Assembly, overrides: Mapping[str, Quantity]
) -> tuple[list[Valued], list[Fault]]:
    """Set every parameter's value in the document; return them, and what is wrong with them."""
    model = document.getModel()
    valued: list[Valued] = []
    faults: list[Fault] = []
    known = set()
    for module in assembly.modules:
        for row in module.parameters:
            name = flat_id(module, row.id)
            known.add(name)
            one, more = _value(model, module, row, name, overrides.get(name))
            faults += more
            if one is not None:
                valued.append(one)
    for name in sorted(set(overrides) - known):
        faults.append(Fault("overrides", name, "no such parameter", "an id `module__name`"))
    return valued, faults + _missing(model, assembly)


def _value(
    model: Any, module: Module, row: Parameter, name: str, override: Quantity | None
) -> tuple[Valued | None, list[Fault]]:
    place = f"{module.folder}/parameters.tsv"
    if not module.text:  # a procedure's parameter is in no formula and keeps its unit
        unit = row.unit
    else:
        parameter = model.getParameter(name)
        if parameter is None or model.getRule(name) is not None:
            expected = "a constant of model.ant (declared with `has UNIT`, no rule)"
            return None, [Fault(place, row.id, "no such constant in the text", expected)]
        unit = unit_text(model, parameter.getUnits())
    given = override or Quantity(row.value, row.unit)
    try:
        value, scale = convert(given.value, given.unit, unit), factor(row.unit, unit)
    except ValueError as error:
        return None, [Fault(place, row.id, str(error), f"a unit convertible to {unit or '1'}")]
    if module.text:
        model.getParameter(name).setValue(value)
    variability = _centred(row.variability, scale, value)
    return Valued(name, value, unit, variability, _centred(row.uncertainty, scale, value)), []


def _centred(law: Distribution | None, scale: float, value: float) -> Distribution | None:
    """The law in the system's unit, about the value in force."""
    return None if law is None else law.centred(value, scale)


def _missing(model: Any, assembly: Assembly) -> list[Fault]:
    inputs = {
        flat_id(module, port.symbol)
        for module in assembly.modules
        for port in module.ports
        if port.direction == "in" and port.name in assembly.covariates
    }
    faults = []
    for index in range(model.getNumParameters()):
        parameter = model.getParameter(index)
        name = parameter.getId()
        ruled = model.getRule(name) is not None or model.getInitialAssignment(name) is not None
        if parameter.isSetValue() or ruled or name in inputs:
            continue
        expected = "a row of parameters.tsv, a rule or a value"
        faults.append(Fault("model text", name, "a parameter without a value", expected))
    return faults
