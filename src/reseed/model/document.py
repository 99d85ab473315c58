"""The text of an SBML document to libSBML's, checked and flattened; nothing in it is followed.

What could make the parsers below crash or run for ever is refused before they see it: entities,
elements within elements within elements, sizes without bound.
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from reseed.base.errors import Fault, InvalidInput
from reseed.model.examine import examined

MOST_BYTES = 30_000_000
MOST_ELEMENTS = 1_000_000
MOST_DEEP = 150
"""Elements within elements; a real formula has some twenty."""


def read_document(text: str, name: str) -> Any:
    """The libSBML document of a text, submodels flattened.

    InvalidInput where it is no SBML, or harmful; UnsupportedModel for packages that change what
    the mathematics means.
    """
    _look_over(text, name)
    import libsbml

    document = libsbml.readSBMLFromString(examined(text, name))
    if document.getModel() is None:
        raise InvalidInput([Fault(name, "document", "no model", "an SBML document with a model")])
    return document


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
