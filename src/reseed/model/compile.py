"""compile_model: modules of the library to one System."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from reseed.base import cache
from reseed.base.errors import Fault, InvalidInput
from reseed.model.antimony_text import document_of, flattened
from reseed.model.compose import Assembly, assemble
from reseed.model.consistency import unit_warnings
from reseed.model.sbml import read_sbml
from reseed.model.values import Valued, set_values
from reseed.nouns.course import Quantity
from reseed.nouns.module import Module
from reseed.nouns.system import System

_JUDGES = ("antimony_text.py", "consistency.py")


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
    document, assembly, valued = compose(modules, name, overrides)
    return read_sbml(document, name, assembly, valued)


def compose(
    modules: Sequence[Module], name: str, overrides: Mapping[str, Quantity] | None = None
) -> tuple[Any, Assembly, list[Valued]]:
    """The flat document of modules, their parameters set; InvalidInput as in `compile_model`."""
    assembly = assemble(sorted(modules, key=lambda module: module.name))
    document, faults = _translated(assembly, name)
    valued, more = set_values(document, assembly, dict(overrides or {}))
    faults += more
    if faults:
        raise InvalidInput(faults)
    return document, assembly, valued


def _translated(assembly: Assembly, name: str) -> tuple[Any, list[Fault]]:
    """The flat document of an assembly, and what libSBML says of its units.

    To translate and to check takes a second; a text of which nothing is to be said is kept, by
    its digest and the versions of the translators.
    """
    import libsbml

    versions = (version("antimony"), libsbml.getLibSBMLDottedVersion())
    kept_as = cache.digest_of("sbml", assembly.text, assembly.root, *versions, _sources())
    kept = cache.find(kept_as, "sbml")
    if kept is not None:
        return document_of(kept.decode(), assembly.root), []
    sbml = flattened(assembly.text, assembly.root, assembly.places)
    document = document_of(sbml, assembly.root)
    faults = [
        Fault(f"model {name}", place, message, "consistent units")
        for place, message in unit_warnings(document)
    ]
    if not faults:
        cache.keep(kept_as, "sbml", sbml.encode())
    return document, faults


@lru_cache(maxsize=1)
def _sources() -> str:
    """The code that decides what is refused: with other rules a text is judged anew."""
    folder = Path(__file__).parent
    return "".join((folder / name).read_text("utf-8") for name in _JUDGES)
