"""Models from elsewhere: an SBML or Antimony text to a System, with every quantity exposed."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any

from reseed.base.errors import UnsupportedModel
from reseed.model.antimony_text import flattened
from reseed.model.document import read_document
from reseed.model.reading import read_model
from reseed.model.unit_text import unit_text
from reseed.nouns.system import System


def load_sbml(
    text: str,
    name: str,
    *,
    in_days: bool = True,
    discrete: Collection[str] = (),
    given: Collection[str] = (),
) -> System:
    """The System of an SBML document given as text; every quantity and reaction is a port.

    A species `S` is its amount `S` and its concentration `[S]`, whatever formulas of the document
    mean by it; all else has its own id. Units are as found, and nothing is converted: one of the
    model's units of time counts as a day, with a warning where it declares another, unless
    `in_days` is false: then whoever asks means the model's own. There are no hazards, no covariates
    and no laws of variability. Species of `discrete` are whole numbers that reactions change one by
    one (`"*"`: all that reactions change); states of `given` begin with parameters `start of NAME`.
    Raises InvalidInput where the text is not SBML, a
    quantity has no value or a formula uses a name that the document does not have,
    UnsupportedModel for constructs that are refused by name.
    """
    return _read(read_document(text, name), name, in_days, discrete, given)


def load_antimony(
    text: str,
    name: str = "",
    *,
    in_days: bool = True,
    discrete: Collection[str] = (),
    given: Collection[str] = (),
) -> System:
    """The System of the model `name` of an Antimony text, read as `load_sbml` reads SBML.

    Without a name it is the main model: the last, or that marked `*`, or what stands in none.
    """
    sbml, told = flattened(text, name), name or "the main model"
    return _read(read_document(sbml, told), told, in_days, discrete, given)


def _read(
    document: Any,
    name: str,
    in_days: bool,
    discrete: Collection[str],
    given: Collection[str],
) -> System:
    unit = _time_unit(document.getModel())
    if in_days and unit not in ("", "day"):
        warnings.warn(
            f"model {name!r} declares its time in {unit}: nothing is converted, so a day of reseed "
            f"stands for 1 {unit}, in its rates, and in all times that it is asked about",
            stacklevel=3,
        )
    try:
        return read_model(document, name, discrete=discrete, given=given)
    except RecursionError:
        raise UnsupportedModel(f"{name}: formulas too deep within each other") from None


def _time_unit(model: Any) -> str:
    """The unit in which the model counts time, "" where it declares none."""
    declared = model.getTimeUnits()
    if not declared and model.getUnitDefinition("time") is not None:
        declared = "time"  # level 2 redefines the built-in one
    return unit_text(model, declared)
