"""The text of an SBML document to libSBML's, checked and flattened; nothing in it is followed.

What could make the parsers below crash or run for ever is refused before they see it: entities,
elements within elements within elements, sizes without bound.
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from reseed.base.errors import Fault, InvalidInput, UnsupportedModel
from reseed.model.flatten import flattened

MOST_BYTES = 30_000_000
MOST_ELEMENTS = 1_000_000
MOST_DEEP = 150
"""Elements within elements; a real formula has some twenty."""

# Of these, what is not supported is refused where it stands in a formula; others change nothing.
_BY_FORMULA = ("l3v2extendedmath", "distrib")
_PICTURES = ("groups", "layout", "render")


def read_document(text: str, name: str) -> Any:
    """The libSBML document of a text, submodels flattened.

    InvalidInput where it is no SBML, or harmful; UnsupportedModel for packages that change what
    the mathematics means.
    """
    _look_over(text, name)
    document = _parsed(text, name)
    if _has_submodels(document):
        _refuse_packages(document)
        document = _parsed(flattened(text, name), name)
    _refuse_packages(document)
    _check(document, name)
    return document


def _parsed(text: str, name: str) -> Any:
    import libsbml

    document = libsbml.readSBMLFromString(text)
    _refuse_errors(document, name)
    if document.getModel() is None:
        raise InvalidInput([Fault(name, "document", "no model", "an SBML document with a model")])
    return document


def _has_submodels(document: Any) -> bool:
    parts = document.getModel().getPlugin("comp")
    return parts is not None and parts.getNumSubmodels() > 0


def _look_over(text: str, name: str) -> None:
    """Refuses, by a parser that keeps nothing, what is no XML, too large or too deep."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > MOST_BYTES:
        found = f"{len(data)} bytes"
        raise InvalidInput([Fault(name, "document", found, f"at most {MOST_BYTES}")])
    parser = expat.ParserCreate("utf-8")
    depth, count = 0, 0

    def refuse(found: str, expected: str) -> None:
        place = f"line {parser.CurrentLineNumber}"
        raise InvalidInput([Fault(name, place, found, expected)])

    def begin(*_: object) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > MOST_DEEP:
            refuse(f"more than {MOST_DEEP} elements within each other", "formulas less deep")
        if count > MOST_ELEMENTS:
            refuse(f"more than {MOST_ELEMENTS} elements", "a smaller document")

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_: object) -> None:
        refuse("a document type or an entity", "SBML, which has none")

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        found = expat.ErrorString(error.code)
        raise InvalidInput([Fault(name, f"line {error.lineno}", found, "XML")]) from None


def _refuse_errors(document: Any, name: str) -> None:
    import libsbml

    log = [document.getError(index) for index in range(document.getNumErrors())]
    faults = [
        Fault(name, f"line {error.getLine()}", _said(error), "SBML without errors")
        for error in log
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR and not _harmless(error)
    ]
    if faults:
        raise InvalidInput(faults)


def _said(error: Any) -> str:
    return " ".join(error.getMessage().split())[:300] or str(error.getShortMessage())


def _harmless(error: Any) -> bool:
    """Units change no number, and a text that is already decoded needs no encoding in its first line.

    A name that the document does not have is told later, at every place where it is used.
    """
    import libsbml

    units = error.getCategory() == libsbml.LIBSBML_CAT_UNITS_CONSISTENCY
    return bool(units) or error.getErrorId() in (
        libsbml.MissingXMLEncoding,
        libsbml.DanglingUnitReference,
        libsbml.ApplyCiMustBeModelComponent,
    )


def _refuse_packages(document: Any) -> None:
    """A package that changes the mathematics cannot be left out: its models mean something else."""
    plugins = map(document.getPlugin, range(document.getNumPlugins()))
    # those that libSBML does not know itself are errors of the document
    for name, address in sorted((one.getPackageName(), one.getURI()) for one in plugins):
        if name == "comp":
            outside = document.getPlugin("comp").getNumExternalModelDefinitions()
            if outside:
                raise UnsupportedModel(f"{outside} submodel(s) in other files, which are not read")
        elif name not in (*_BY_FORMULA, *_PICTURES) and document.getPackageRequired(address):
            raise UnsupportedModel(f"the SBML package `{name}` is not supported")
        elif name == "fbc" and document.getModel().getPlugin("fbc").getNumObjectives():
            raise UnsupportedModel("the SBML package `fbc`: flux balance is not simulated")


def _check(document: Any, name: str) -> None:
    """What libSBML finds wrong with identifiers, formulas and the number of equations."""
    import libsbml

    for category in ("GENERAL", "IDENTIFIER", "MATHML", "OVERDETERMINED_MODEL"):
        which = getattr(libsbml, f"LIBSBML_CAT_{category}_CONSISTENCY", None)
        which = getattr(libsbml, f"LIBSBML_CAT_{category}", which)
        if which is not None:
            document.setConsistencyChecks(which, True)
    for category in ("UNITS_CONSISTENCY", "SBO_CONSISTENCY", "MODELING_PRACTICE"):
        document.setConsistencyChecks(getattr(libsbml, f"LIBSBML_CAT_{category}"), False)
    document.getErrorLog().clearLog()
    document.checkConsistency()
    _refuse_errors(document, name)
