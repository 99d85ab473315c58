"""Models from elsewhere: an SBML or Antimony text to a System, with every quantity exposed."""

from __future__ import annotations

import warnings
from typing import Any

from reseed.base.errors import Fault, InvalidInput, UnsupportedModel
from reseed.model.antimony_text import antimony_to_sbml
from reseed.model.sbml import read_model
from reseed.model.unit_text import unit_text
from reseed.nouns.system import System

# Of these, what is not supported is refused where it stands in a formula.
_BY_FORMULA = ("l3v2extendedmath", "distrib")


def load_sbml(text: str, name: str) -> System:
    """The System of an SBML document given as text; every id is a port of the same name.

    Units are as found, and nothing is converted: one of the model's units of time counts as a day,
    with a warning where it declares another. There are no hazards, no covariates and no laws of
    variability. Raises InvalidInput where the text is not SBML, a quantity has no value or a
    formula uses a name that the document does not have, UnsupportedModel for the constructs that
    `compile_model` refuses too.
    """
    import libsbml

    document = libsbml.readSBMLFromString(text)
    log = [document.getError(index) for index in range(document.getNumErrors())]
    faults = [
        Fault(name, f"line {error.getLine()}", error.getShortMessage(), "SBML without errors")
        for error in log
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR and not _harmless(error)
    ]
    if faults:
        raise InvalidInput(faults)
    return _read(document, name)


def load_antimony(text: str, name: str) -> System:
    """The System of the model `name` of an Antimony text, read as `load_sbml` reads SBML."""
    return _read(antimony_to_sbml(text, name), name)


def _read(document: Any, name: str) -> System:
    model = document.getModel()
    _refuse_packages(document)
    quantities = [
        *((q, q.isSetValue()) for q in _each(model.getListOfParameters())),
        *((q, _has_amount(q)) for q in _each(model.getListOfSpecies())),
        *((q, q.isSetSize()) for q in _each(model.getListOfCompartments())),
    ]
    faults = [
        Fault(name, quantity.getId(), "no value", "an initial amount, a value or a rule")
        for quantity, valued in quantities
        if not valued
        and model.getAssignmentRule(quantity.getId()) is None
        and model.getInitialAssignment(quantity.getId()) is None
    ]
    if faults:
        raise InvalidInput(faults)
    unit = _time_unit(model)
    if unit not in ("", "day"):
        warnings.warn(
            f"model {name!r} declares its time in {unit}: nothing is converted, so a day of reseed "
            f"stands for 1 {unit}, in its rates, and in all times that it is asked about",
            stacklevel=3,
        )
    return read_model(document, name)


def _refuse_packages(document: Any) -> None:
    """A package that changes the mathematics cannot be left out: its models mean something else."""
    plugins = map(document.getPlugin, range(document.getNumPlugins()))
    parts = document.getModel().getPlugin("comp")
    # those that libSBML does not know itself are errors of the document
    for name, address in sorted((one.getPackageName(), one.getURI()) for one in plugins):
        if name == "comp" and not (parts and parts.getNumSubmodels()):
            continue  # declared and not used, as in what was flattened
        if name not in _BY_FORMULA and document.getPackageRequired(address):
            raise UnsupportedModel(f"the SBML package `{name}` is not supported")


def _time_unit(model: Any) -> str:
    """The unit in which the model counts time, "" where it declares none."""
    declared = model.getTimeUnits()
    if not declared and model.getUnitDefinition("time") is not None:
        declared = "time"  # level 2 redefines the built-in one
    return unit_text(model, declared)


def _has_amount(species: Any) -> bool:
    """Whether its initial amount is known; what is no amount is refused later, by its name."""
    return bool(species.isSetInitialAmount() or not species.getHasOnlySubstanceUnits())


def _each(found: Any) -> list[Any]:
    return [found.get(index) for index in range(found.size())]


def _harmless(error: Any) -> bool:
    """A text that is already decoded needs no encoding in its first line."""
    import libsbml

    return bool(error.getErrorId() == libsbml.MissingXMLEncoding)
