"""Antimony text to an SBML document, one text at a time.

The Antimony library keeps global state, so calls are serialised; `import` opens files by name
and is refused.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Any

from reseed.base.errors import Fault, InvalidInput
from reseed.base.words import one_of

_LOCK = threading.Lock()
_IMPORT = re.compile(r"(?m)^\s*(import|model\s*\*?\w*\s*import)\b")
_LINE = re.compile(r"Error in model string, line (\d+):\s*")
MOST_CHARACTERS = 10_000_000
MOST_IN_STATEMENT = 50_000
MOST_DEEP = 100
_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)


def strip_comments(text: str) -> str:
    """The text without its comments."""
    return _COMMENT.sub(" ", text)


def antimony_to_sbml(text: str, root: str, places: Sequence[tuple[int, str]] = ()) -> Any:
    """Flatten the model `root` of an Antimony text to a libSBML document; faults as `flattened`."""
    return document_of(flattened(text, root, places), root)


def flattened(text: str, root: str, places: Sequence[tuple[int, str]] = ()) -> str:
    """The model `root` of an Antimony text (the main one if ""), flat, as the text of SBML.

    `places` says which file begins at which line of the text, in order. Raises InvalidInput with
    Antimony's own message, the file and its line, where it refuses, and where the text has no
    model of that name.
    """
    file = places[0][1] if len(places) == 1 else "model text"
    _look_over(text, file)
    if _IMPORT.search(strip_comments(text)):
        expected = "a text that needs no other file"
        raise InvalidInput([Fault(file, "import", "`import`", expected)])
    import antimony

    with _LOCK:
        antimony.clearPreviousLoads()
        if antimony.loadAntimonyString(text) < 0:
            raise InvalidInput([_refusal(antimony.getLastError(), root, places)])
        root = root or antimony.getMainModuleName()
        names = [
            name for name in antimony.getModuleNames() if not name.startswith("__") or name == root
        ]
        sbml = antimony.getSBMLString(root) if root in names else ""
        antimony.clearPreviousLoads()
    if not sbml:
        expected = one_of(root, names, "a model of the text") if names else f"`model {root}`"
        raise InvalidInput([Fault(file, root, "no such model in it", expected)])
    return str(sbml)


def document_of(sbml: str, root: str) -> Any:
    """The libSBML document of a text; InvalidInput where it has errors."""
    import libsbml

    document = libsbml.readSBMLFromString(sbml)
    if document.getNumErrors(libsbml.LIBSBML_SEV_ERROR):
        message = " ".join(document.getErrorLog().toString().split())
        raise InvalidInput([Fault("model text", root, message, "SBML without errors")])
    return document


def _look_over(text: str, file: str) -> None:
    """Refuses what could make Antimony's parser run out of memory: its rules call themselves."""
    if len(text) > MOST_CHARACTERS:
        raise _too_much(file, 1, f"{len(text)} characters", f"at most {MOST_CHARACTERS}")
    line, depth, length = 1, 0, 0
    for character in text:
        length += 1
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth = max(depth - 1, 0)
        elif character in "\n;":
            depth, length = 0, 0
            line += character == "\n"
        if depth > MOST_DEEP:
            raise _too_much(file, line, f"more than {MOST_DEEP} brackets in each other", "fewer")
        if length > MOST_IN_STATEMENT:
            raise _too_much(
                file, line, "a statement without end", f"{MOST_IN_STATEMENT} characters"
            )


def _too_much(file: str, line: int, found: str, expected: str) -> InvalidInput:
    return InvalidInput([Fault(file, f"line {line}", found, expected)])


def _refusal(message: str, root: str, places: Sequence[tuple[int, str]]) -> Fault:
    """Antimony's message, at the file and line that it means."""
    text = " ".join(message.split())
    found = _LINE.match(text)
    if not found or not places:
        return Fault("model text", root, text, "Antimony that compiles")
    line = int(found.group(1))
    start, file = max((place for place in places if place[0] <= line), default=(1, "model text"))
    text = text[found.end() :]
    return Fault(file, f"line {line - start + 1}", text, "Antimony that compiles")
