"""Unit consistency as libSBML judges it; for our own library a warning is an error."""

from __future__ import annotations

from typing import Any

_CHECKED = ("GENERAL", "IDENTIFIER", "UNITS", "MATHML", "SBO", "OVERDETERMINED_MODEL")


def unit_warnings(document: Any) -> list[tuple[str, str]]:
    """(place, message) for every inconsistency of units, identifiers or mathematics."""
    import libsbml

    document.setConsistencyChecks(libsbml.LIBSBML_CAT_MODELING_PRACTICE, False)
    for name in _CHECKED:
        document.setConsistencyChecks(getattr(libsbml, f"LIBSBML_CAT_{name}_CONSISTENCY", -1), True)
    document.checkConsistency()
    found = []
    for index in range(document.getNumErrors()):
        error = document.getError(index)
        message = " ".join(error.getMessage().split())
        found.append((f"SBML line {error.getLine()}", message[:400]))
    return found
