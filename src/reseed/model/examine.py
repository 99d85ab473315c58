"""SBML documents examined, and their submodels written out in place, in a process of their own.

There are documents that make libSBML crash (submodels that refer to what is not there, packages
without contents) or run for ever, which would take Python with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from reseed.base.errors import Fault, InvalidInput, UnsupportedModel

SECONDS = 20.0
_EXAMINER = Path(__file__).with_name("examiner.py")


def examined(text: str, name: str) -> str:
    """The document without submodels.

    InvalidInput with all that libSBML finds wrong with it, UnsupportedModel for packages that
    change what the mathematics means. Nothing but the text is read: no file that it may name.
    """
    command = [sys.executable, "-I", str(_EXAMINER)]
    data = text.encode("utf-8", "surrogatepass")
    try:
        child = subprocess.run(
            command, input=data, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        found = f"a document that libSBML does not finish within {SECONDS:g} seconds"
        raise InvalidInput([Fault(name, "document", found, "a simpler one")]) from None
    head, _, rest = child.stdout.partition(b"\n")
    if child.returncode != 0 or not head:
        found = "libSBML breaks off, since a part of the document refers to what is not there"
        raise InvalidInput([Fault(name, "document", found, "SBML that libSBML can read")])
    told = json.loads(head)
    if told["refused"]:
        raise UnsupportedModel(f"{name}: {told['refused']}")
    faults = [
        Fault(name, _place(error), error["text"], "SBML without errors") for error in told["errors"]
    ]
    if faults:
        raise InvalidInput(faults)
    return rest.decode("utf-8")


def _place(error: dict[str, object]) -> str:
    return f"line {error['line']}" if "line" in error else "submodels"
