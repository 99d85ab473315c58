"""compile_model: modules of the library to one System."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reseed.base.errors import Fault, InvalidInput
from reseed.model.antimony_text import antimony_to_sbml
from reseed.model.compose import assemble
from reseed.model.sbml import read_sbml
from reseed.model.values import set_values
from reseed.nouns.course import Quantity
from reseed.nouns.module import Module
from reseed.nouns.system import System


def compile_model(
    modules: Sequence[Module],
    name: str,
    overrides: Mapping[str, Quantity] | None = None,
) -> System:
    """Compose modules through their ports and read the result as a System.

    `overrides` replaces values of `parameters.tsv`, by id `module__name`. The order of the
    modules does not matter. Raises InvalidInput with every fault found: an input that nothing
    supplies, a name in a table that the text does not have, a parameter without a value, a unit
    that cannot be converted, any warning of libSBML about units; UnsupportedModel for constructs
    that are refused by name.
    """
    assembly = assemble(sorted(modules, key=lambda module: module.name))
    document = antimony_to_sbml(assembly.text, assembly.root, assembly.places)
    faults = _unit_faults(document, name)
    valued, more = set_values(document, assembly, dict(overrides or {}))
    faults += more
    if faults:
        raise InvalidInput(faults)
    return read_sbml(document, name, assembly, valued)


def _unit_faults(document: object, name: str) -> list[Fault]:
    from reseed.model.consistency import unit_warnings

    return [
        Fault(f"model {name}", place, message, "consistent units")
        for place, message in unit_warnings(document)
    ]
