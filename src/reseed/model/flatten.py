"""Submodels written out in place by libSBML, in a process of their own.

A document whose submodels refer to what is not there makes libSBML's converter crash, which would
take Python with it.
"""

from __future__ import annotations

import subprocess
import sys

from reseed.base.errors import Fault, InvalidInput

SECONDS = 20.0
_CHILD = """
import sys, libsbml
document = libsbml.readSBMLFromString(sys.stdin.buffer.read().decode("utf-8"))
properties = libsbml.ConversionProperties()
properties.addOption("flatten comp", True)
properties.addOption("performValidation", False)
properties.addOption("leavePorts", False)
properties.addOption("abortIfUnflattenable", "none")
done = document.convert(properties) == libsbml.LIBSBML_OPERATION_SUCCESS
log = document.getErrorLog()
told = log.getError(log.getNumErrors() - 1).getMessage() if log.getNumErrors() else ""
text = libsbml.writeSBMLToString(document) if done else told
sys.stdout.buffer.write(text.encode("utf-8"))
sys.exit(0 if done else 3)
"""
_REFUSED = 3


def flattened(text: str, name: str) -> str:
    """The document without submodels; InvalidInput with libSBML's reason where that is impossible.

    Nothing but the text is read: no file that it may name.
    """
    command = [sys.executable, "-I", "-c", _CHILD]
    try:
        child = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise _refusal(name, f"no end of it in {SECONDS:g} seconds") from None
    told = child.stdout.decode("utf-8", "replace")
    if child.returncode == _REFUSED:
        raise _refusal(name, " ".join(told.split())[:300] or "libSBML gives no reason")
    if child.returncode != 0 or not told:
        raise _refusal(name, "libSBML broke off: some submodel refers to what is not there")
    return told


def _refusal(name: str, found: str) -> InvalidInput:
    return InvalidInput([Fault(name, "submodels", found, "submodels that can be flattened")])
