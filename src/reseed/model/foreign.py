"""Models from elsewhere: an SBML or Antimony text to a System, with every quantity exposed."""

from __future__ import annotations

from typing import Any

from reseed.base.errors import Fault, InvalidInput
from reseed.model.antimony_text import antimony_to_sbml
from reseed.model.sbml import read_model
from reseed.nouns.system import System


def load_sbml(text: str, name: str) -> System:
    """The System of an SBML document given as text; every id is a port of the same name.

    Units are as found, and time is taken to be in days; there are no hazards, no covariates and
    no laws of variability. Raises InvalidInput where the text is not SBML or a quantity has no
    value, UnsupportedModel for the constructs that `compile_model` refuses too.
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
    return read_model(document, name)


def _has_amount(species: Any) -> bool:
    """Whether its initial amount is known; what is no amount is refused later, by its name."""
    return bool(species.isSetInitialAmount() or not species.getHasOnlySubstanceUnits())


def _each(found: Any) -> list[Any]:
    return [found.get(index) for index in range(found.size())]


def _harmless(error: Any) -> bool:
    """A text that is already decoded needs no encoding in its first line."""
    import libsbml

    return bool(error.getErrorId() == libsbml.MissingXMLEncoding)
