"""An assembly of modules as an SBML document of its own, for other simulators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reseed.base.errors import Fault, InvalidInput
from reseed.base.words import one_of
from reseed.model.compile import compose
from reseed.model.compose import Assembly, flat_id
from reseed.model.quantities import each
from reseed.nouns.course import Quantity
from reseed.nouns.jump import Jump
from reseed.nouns.module import Module
from reseed.spec.module import default_of


def export_sbml(
    modules: Sequence[Module],
    name: str,
    overrides: Mapping[str, Quantity] | None = None,
    *,
    values: Mapping[str, float] | None = None,
    jumps: Sequence[Jump] = (),
) -> str:
    """The modules as one flat SBML document (Level 3 Version 2).

    `values` are one patient's covariates, by name, and parameters, by id `module__name`, in the
    units that they have in the System. `jumps` become events that add to a state or a parameter at
    a time. Channels become reactions of the same rate, which change amounts smoothly unless a
    simulator takes them one by one; hazards stay as the rates that they are, and end nobody. Raises
    InvalidInput as `compile_model` does, and for values and jumps of what is not there.
    """
    document, assembly, _ = compose(modules, name, overrides)
    model = document.getModel()
    model.setId(name if name.isidentifier() else "model")
    faults = _set_values(model, assembly, dict(values or {}))
    for species in assembly.unheard:  # that modules could change and nobody here owns or reads
        model.getSpecies(species).setInitialAmount(0.0)
    _add_channels(model, assembly)
    faults += _add_jumps(model, jumps)
    if faults:
        raise InvalidInput(faults)
    import libsbml

    return str(libsbml.writeSBMLToString(document))


def _set_values(model: Any, assembly: Assembly, values: dict[str, float]) -> list[Fault]:
    """Every number of the patient in its place: a covariate in each module that reads it."""
    faults = []
    given = {**_defaults(assembly), **values}
    for name in sorted(assembly.covariates.keys() - given.keys()):
        faults.append(Fault("values", name, "nothing", "the patient's value"))
    for module in (one for one in assembly.modules if one.text):
        for port in module.ports:
            if port.direction == "in" and port.name in assembly.covariates & given.keys():
                parameter = model.getParameter(flat_id(module, port.symbol))
                parameter.setValue(given[port.name])
                parameter.setConstant(True)
    known = {one.getId() for one in each(model.getListOfParameters())}
    for name in values.keys() - assembly.covariates.keys():
        if name in known:
            model.getParameter(name).setValue(values[name])
        else:
            expected = one_of(name, {*known, *assembly.covariates}, "a parameter or a covariate")
            faults.append(Fault("values", name, "no such number", expected))
    return faults


def _defaults(assembly: Assembly) -> dict[str, float]:
    """What covariates are that a patient does not bring."""
    found = {name: default_of(port.note) for name, port in assembly.covariates.items()}
    return {name: float(text) for name, text in found.items() if text}


def _add_channels(model: Any, assembly: Assembly) -> None:
    owned = {p.name: p.symbol for m in assembly.modules for p in m.ports if p.direction == "owns"}
    for module in assembly.modules:
        for row in module.channels:
            reaction = model.createReaction()
            reaction.setId(f"channel_{row.name}")
            reaction.setReversible(False)
            reaction.setFast(False)
            for target, amount in row.adds:
                side = reaction.createProduct() if amount > 0 else reaction.createReactant()
                side.setSpecies(owned.get(target, flat_id(module, target)))
                side.setStoichiometry(abs(amount))
                side.setConstant(True)
            reaction.createKineticLaw().setMath(_name(flat_id(module, row.symbol)))


def _add_jumps(model: Any, jumps: Sequence[Jump]) -> list[Fault]:
    """An event for each jump, in the order of their times."""
    faults = []
    for number, jump in enumerate(sorted(jumps, key=lambda one: one.time), 1):
        if model.getElementBySId(jump.target) is None:
            faults.append(Fault("jumps", jump.target, "no such state or parameter", "one"))
            continue
        if (parameter := model.getParameter(jump.target)) is not None:
            parameter.setConstant(False)
        event = model.createEvent()
        event.setId(f"jump_{number}")
        event.setName(jump.tag)
        event.setUseValuesFromTriggerTime(False)  # so that two of one time add up
        trigger = event.createTrigger()
        trigger.setInitialValue(False)
        trigger.setPersistent(True)
        trigger.setMath(_parsed(f"time >= {jump.time!r}"))
        assignment = event.createEventAssignment()
        assignment.setVariable(jump.target)
        assignment.setMath(_parsed(f"{jump.target} + ({jump.value!r})"))
    return faults


def _parsed(formula: str) -> Any:
    import libsbml

    return libsbml.parseL3Formula(formula)


def _name(name: str) -> Any:
    import libsbml

    node = libsbml.ASTNode(libsbml.AST_NAME)
    node.setName(name)
    return node
