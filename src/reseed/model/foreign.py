"""Models from elsewhere: an SBML or Antimony text to a System, with every quantity exposed."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from reseed.base.errors import UnsupportedModel
from reseed.model.antimony_text import flattened
from reseed.model.document import read_document
from reseed.model.quantities import each, name_of
from reseed.model.reactions import own_numbers
from reseed.model.reading import read_model
from reseed.model.unit_text import unit_text
from reseed.nouns.system import System

MOST_KEPT = 16
"""So many Systems of one document are kept, each with its own species and first values."""


@dataclass(frozen=True, slots=True, eq=False)
class Foreign:
    """A document that has been looked over once, and is read as often as it is asked about."""

    name: str
    document: Any
    kept: dict[tuple[tuple[str, ...], tuple[str, ...]], System] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        """As text, since libSBML's own objects go to no other process."""
        import libsbml

        return _unpacked, (self.name, libsbml.writeSBMLToString(self.document))

    def system(self, discrete: Collection[str] = (), given: Collection[str] = ()) -> System:
        """The System; every quantity and reaction is a port.

        A species `S` is its amount `S` and its concentration `[S]`, whatever formulas of the
        document mean by it; all else has its own id. Units are as found, and nothing is converted.
        There are no hazards, no covariates and no laws of variability. Species of `discrete` are
        whole numbers, which reactions change one by one (`"*"`: all that reactions change); states
        of `given`, and numbers `J.k` that a reaction J has for itself, are parameters `start of
        NAME`. Raises InvalidInput where a quantity has no value or a formula uses a name that the
        document does not have, UnsupportedModel for constructs that are refused by name.
        """
        asked = tuple(sorted(discrete)), tuple(sorted(given))
        if asked not in self.kept:
            try:
                found = read_model(self.document, self.name, discrete=discrete, given=given)
            except RecursionError:
                told = f"{self.name}: formulas too deep within each other"
                raise UnsupportedModel(told) from None
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            self.kept[asked] = found
        return self.kept[asked]

    @property
    def time_unit(self) -> str:
        """The unit in which the model counts time, "" where it declares none."""
        model = self.document.getModel()
        declared = model.getTimeUnits()
        if not declared and model.getUnitDefinition("time") is not None:
            declared = "time"  # level 2 redefines the built-in one
        return unit_text(model, declared)

    @property
    def labels(self) -> dict[str, str]:
        """What the document calls its quantities and reactions, by id, where it names them."""
        model = self.document.getModel()
        lists = (model.getListOfCompartments(), model.getListOfSpecies(),
                 model.getListOfParameters(), model.getListOfReactions())  # fmt: skip
        return {name_of(one.getId()): one.getName() for some in lists for one in each(some)}

    @property
    def own_numbers(self) -> dict[str, float]:
        """Numbers that reactions have for themselves, as `J.k`."""
        return own_numbers(self.document.getModel())


def _unpacked(name: str, sbml: str) -> Foreign:
    import libsbml

    return Foreign(name, libsbml.readSBMLFromString(sbml))


def open_sbml(text: str, name: str) -> Foreign:
    """An SBML document, given as text; InvalidInput where it is none, with all its faults."""
    return Foreign(name, read_document(text, name))


def open_antimony(text: str, name: str = "", file: str = "") -> Foreign:
    """The model `name` of an Antimony text; `file` is what faults call the text.

    Without a name it is the main model: the last, or that marked `*`, or what stands in none.
    """
    sbml = flattened(text, name, [(1, file)] if file else ())
    return open_sbml(sbml, name or file or "the main model")


def load_sbml(text: str, name: str) -> System:
    """The System of an SBML document, as `Foreign` reads it, to be solved beside our own.

    One of the model's units of time counts as a day, with a warning where it declares another.
    """
    found = open_sbml(text, name)
    _tell_time(found)
    return found.system()


def load_antimony(text: str, name: str = "") -> System:
    """The System of the model `name` of an Antimony text, as `load_sbml` reads SBML."""
    found = open_antimony(text, name)
    _tell_time(found)
    return found.system()


def _tell_time(found: Foreign) -> None:
    if found.time_unit not in ("", "day"):
        unit = found.time_unit
        warnings.warn(
            f"model {found.name!r} declares its time in {unit}: nothing is converted, so a day of "
            f"reseed stands for 1 {unit}, in its rates, and in all times that it is asked about",
            stacklevel=3,
        )
