"""Models from elsewhere: an SBML or Antimony text to a System, with every quantity exposed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

from reseed.base.errors import UnsupportedModel
from reseed.model.antimony_text import flattened
from reseed.model.document import read_document
from reseed.model.reading import read_model
from reseed.model.unit_text import unit_text
from reseed.nouns.system import System

Reader = Callable[[Collection[str], Collection[str]], System]
"""Makes a System: species that are to be whole numbers, states whose first value is given."""
MOST_KEPT = 16
"""So many Systems of one document are kept, each with its own species and first values."""


def open_sbml(text: str, name: str) -> Reader:
    """What reads an SBML document, given as text, as often as it is asked to.

    The document is looked over once. Every quantity and reaction of the Systems is a port: a
    species `S` is its amount `S` and its concentration `[S]`, whatever formulas of the document
    mean by it; all else has its own id. Units are as found, and nothing is converted. There are no
    hazards, no covariates and no laws of variability. The reader is given species that are whole
    numbers, which reactions change one by one (`"*"`: all that reactions change), and states that
    begin with parameters `start of NAME`. Raises InvalidInput where the text is not SBML, a
    quantity has no value or a formula uses a name that the document does not have,
    UnsupportedModel for constructs that are refused by name.
    """
    return _reader(read_document(text, name), name)


def open_antimony(text: str, name: str = "", file: str = "model text") -> Reader:
    """What reads the model `name` of an Antimony text, as `open_sbml` for SBML.

    Without a name it is the main model: the last, or that marked `*`, or what stands in none.
    """
    told = name or file
    return _reader(read_document(flattened(text, name, [(1, file)]), told), told)


def load_sbml(text: str, name: str) -> System:
    """The System of an SBML document, as `open_sbml` reads it, to be solved beside our own.

    One of the model's units of time counts as a day, with a warning where it declares another.
    """
    document = read_document(text, name)
    _tell_time(document, name)
    return _reader(document, name)((), ())


def load_antimony(text: str, name: str = "") -> System:
    """The System of the model `name` of an Antimony text, as `load_sbml` reads SBML."""
    sbml, told = flattened(text, name), name or "the main model"
    document = read_document(sbml, told)
    _tell_time(document, told)
    return _reader(document, told)((), ())


def _reader(document: Any, name: str) -> Reader:
    @lru_cache(MOST_KEPT)
    def kept(discrete: tuple[str, ...], given: tuple[str, ...]) -> System:
        try:
            return read_model(document, name, discrete=discrete, given=given)
        except RecursionError:
            raise UnsupportedModel(f"{name}: formulas too deep within each other") from None

    return lambda discrete, given: kept(tuple(discrete), tuple(given))


def _tell_time(document: Any, name: str) -> None:
    unit = _time_unit(document.getModel())
    if unit not in ("", "day"):
        warnings.warn(
            f"model {name!r} declares its time in {unit}: nothing is converted, so a day of reseed "
            f"stands for 1 {unit}, in its rates, and in all times that it is asked about",
            stacklevel=3,
        )


def _time_unit(model: Any) -> str:
    """The unit in which the model counts time, "" where it declares none."""
    declared = model.getTimeUnits()
    if not declared and model.getUnitDefinition("time") is not None:
        declared = "time"  # level 2 redefines the built-in one
    return unit_text(model, declared)
