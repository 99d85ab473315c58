"""Run by `reseed.model.examine` in a process of its own; it imports nothing of reseed.

Reads an SBML document from standard input, writes it back with its submodels written out in place,
after a line of JSON with what libSBML finds wrong, or with what is refused by name.
"""

import json
import sys

SECONDS, BYTES = 20, 4 * 2**30
# Packages of which, what is not supported, is refused where it stands in a formula, and those
# that change nothing.
DRAWN = ("groups", "layout", "render")
KNOWN = ("l3v2extendedmath", "distrib", *DRAWN)
FLATTEN = {"performValidation": False, "leavePorts": False}


def main() -> None:
    """One document."""
    _bound()
    import libsbml

    document = libsbml.readSBMLFromString(sys.stdin.buffer.read().decode("utf-8"))
    if _errors(document, libsbml):
        document = _undrawn(document, libsbml)
    model = document.getModel()
    refused = _refused(document, model, libsbml) if model is not None else ""
    found = [] if refused else _errors(document, libsbml)
    parts = model.getPlugin("comp") if model is not None else None
    if refused or found:
        pass
    elif parts is not None and parts.getNumSubmodels():
        properties = libsbml.ConversionProperties()
        properties.addOption("flatten comp", True)
        properties.addOption("abortIfUnflattenable", "none")
        for name, value in FLATTEN.items():
            properties.addOption(name, value)
        if document.convert(properties) != libsbml.LIBSBML_OPERATION_SUCCESS:
            found = _errors(document, libsbml) or [
                {"text": "submodels that libSBML cannot flatten"}
            ]
    elif parts is not None:
        document.disablePackage(document.getPlugin("comp").getURI(), "comp")
    if not refused and not found and model is not None:
        _check(document, libsbml)
        found = _errors(document, libsbml)
    told = {"refused": refused, "errors": found}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
    if not refused and not found:
        sys.stdout.buffer.write(libsbml.writeSBMLToString(document).encode("utf-8"))


def _undrawn(document, libsbml):  # type: ignore[no-untyped-def]
    """The document without pictures of it, in which an error changes nothing."""
    packages = [document.getPlugin(name) for name in DRAWN if document.getPlugin(name) is not None]
    for one in packages:
        document.disablePackage(one.getURI(), one.getPackageName())
    return libsbml.readSBMLFromString(libsbml.writeSBMLToString(document)) if packages else document


def _refused(document, model, libsbml) -> str:  # type: ignore[no-untyped-def]
    """A package that changes the mathematics cannot be left out: its models mean something else."""
    plugins = map(document.getPlugin, range(document.getNumPlugins()))
    for name, address in sorted((one.getPackageName(), one.getURI()) for one in plugins):
        if name == "comp":
            outside = document.getPlugin("comp").getNumExternalModelDefinitions()
            if outside:
                return f"{outside} submodel(s) in other files, which are not read"
        elif name == "fbc" and model.getPlugin("fbc").getNumObjectives():
            return "the SBML package `fbc`: flux balance is not simulated"
        elif name not in KNOWN and document.getPackageRequired(address):
            return f"the SBML package `{name}` is not supported"
    for error in _log(document):
        if error.getErrorId() == libsbml.RequiredPackagePresent:  # libSBML itself knows it not
            name = error.getMessage().partition("Package '")[2].partition("'")[0]
            return f"the SBML package `{name}` is not supported"
    return ""


def _bound() -> None:
    """No more time and memory than that, where the system can bound them."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def _check(document, libsbml) -> None:  # type: ignore[no-untyped-def]
    """Identifiers, formulas and the number of equations; units change no number."""
    off = ("UNITS_CONSISTENCY", "SBO_CONSISTENCY", "MODELING_PRACTICE")
    for category in off:
        document.setConsistencyChecks(getattr(libsbml, f"LIBSBML_CAT_{category}"), False)
    document.getErrorLog().clearLog()
    document.checkConsistency()


def _errors(document, libsbml) -> list:  # type: ignore[no-untyped-def]
    """What makes the document no SBML; a name that it does not have is told by reseed itself."""
    harmless = (
        libsbml.MissingXMLEncoding,  # the text is decoded already
        libsbml.DanglingUnitReference,
        libsbml.ApplyCiMustBeModelComponent,
        libsbml.UndeclaredSpeciesRef,  # a modifier that a reaction does not list as one
    )
    return [
        {"line": error.getLine(), "text": _text(error)}
        for error in _log(document)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR
        and error.getErrorId() not in harmless
        and error.getCategory() != libsbml.LIBSBML_CAT_UNITS_CONSISTENCY
    ]


def _log(document) -> list:  # type: ignore[no-untyped-def]
    return [document.getError(index) for index in range(document.getNumErrors())]


def _text(error) -> str:  # type: ignore[no-untyped-def]
    """What libSBML says of this document, after its general words; those, where it says no more."""
    general, _, own = error.getMessage().partition("\nReference:")
    own = " ".join(own.partition("\n")[2].split())
    short = " ".join(error.getShortMessage().split())
    return f"{short}: {own}"[:300] if own else " ".join(general.split())[:300] or short


if __name__ == "__main__":
    main()
