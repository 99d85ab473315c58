"""An assembly of library modules, flattened to SBML, to a System."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reseed.base.errors import Fault, InvalidInput, UnsupportedModel
from reseed.base.expressions import names_in
from reseed.model.channels import with_channels
from reseed.model.compose import Assembly, flat_id
from reseed.model.quantities import each
from reseed.model.reading import read_model
from reseed.model.values import Valued
from reseed.nouns.expression import Expression
from reseed.nouns.system import Hazard, System, SystemPort
from reseed.spec.module import default_of


def read_sbml(document: Any, name: str, assembly: Assembly, valued: Sequence[Valued]) -> System:
    """The System of a flat SBML document whose parameters have their values.

    Ports of species are amounts, so those that are concentrations are refused by name.
    """
    for species in each(document.getModel().getListOfSpecies()):
        if not species.getHasOnlySubstanceUnits():
            raise UnsupportedModel(f"species {species.getId()}: declare it `substanceOnly`")
    system = read_model(
        document,
        name,
        _covariate_names(assembly),
        _hazards(assembly),
        _ports(assembly),
        valued,
        assembly.unheard,
    )
    _nothing_reads(system, assembly.unheard)
    return with_channels(system, assembly)


def _nothing_reads(system: System, unheard: frozenset[str]) -> None:
    formulas = [*system.rates, *system.initial, *(formula for _, formula in system.rules)]
    formulas += [event.trigger for event in system.events]
    formulas += [formula for event in system.events for _, formula in event.assignments]
    read = {name for formula in formulas for name in names_in(formula)} & unheard
    if read:
        faults = [
            Fault("ports.tsv", f"port {name}", "optional, but read by a formula", "shares alone")
            for name in sorted(read)
        ]
        raise InvalidInput(faults)


def _covariate_names(assembly: Assembly) -> dict[str, Expression]:
    return {
        flat_id(module, port.symbol): port.name
        for module in assembly.modules
        for port in module.ports
        if port.direction == "in" and port.name in assembly.covariates
    }


def _hazards(assembly: Assembly) -> list[Hazard]:
    symbols = {port.name: port.symbol for port in _ports(assembly)}
    return [
        Hazard(
            row.name,
            flat_id(module, row.symbol),
            row.recurrent,
            row.ends,
            tuple((symbols.get(t, flat_id(module, t)), amount) for t, amount in row.adds),
        )
        for module in assembly.modules
        for row in module.hazards
    ]


def _ports(assembly: Assembly) -> list[SystemPort]:
    found = {}
    for module in assembly.modules:
        for port in module.ports:
            symbol = flat_id(module, port.symbol) if module.text else port.symbol
            if port.direction in ("out", "owns", "dose"):
                found[port.name] = SystemPort(
                    port.name, symbol, port.quantity, port.unit, port.direction
                )
    for name, port in assembly.covariates.items():
        default = float(text) if (text := default_of(port.note)) else None
        found[name] = SystemPort(name, name, port.quantity, port.unit, "in", default)
    return list(found.values())
