"""Lint: every fault of a file or folder of a library, whatever kind it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reseed.base.errors import Fault
from reseed.spec.cohort import load_cohort
from reseed.spec.course import load_course
from reseed.spec.crosscheck import check_course, check_endpoint
from reseed.spec.endpoint import load_endpoint
from reseed.spec.library import KINDS, NAME, Library
from reseed.spec.module import load_module, load_modules
from reseed.spec.scenario import load_scenario
from reseed.spec.shape import read_toml
from reseed.spec.sheet import Sheet, quoted

_MARKS = {"arm": "scenarios", "stage": "courses", "covariate": "cohorts", "kind": "endpoints"}
"""A key that only one kind of file has."""
_MODULE_FILES = ("model.ant", "ports.tsv", "parameters.tsv", "hazards.tsv", "checks.toml")


def lint(path: Path, library: Library) -> list[Fault]:
    """All faults of a file, a module's folder, a folder of one kind, or a whole library.

    The kind is found by the folder or by the keys. Other files of the library that the path
    lies in may be named, and are looked at too where a scenario names them.
    """
    path = Path(path)
    if path.is_dir():
        faults = _lint_folder(path, library)
    else:
        faults = _lint_file(path, library)
    return list(dict.fromkeys(faults))


def _lint_folder(path: Path, library: Library) -> list[Fault]:
    if any((path / kind).is_dir() for kind in KINDS):
        library = library.including(path)
        parts = [path / kind for kind in KINDS if (path / kind).is_dir()]
        return [fault for part in parts for fault in _lint_kind(part, library)]
    if path.resolve().name in KINDS:
        return _lint_kind(path, library.around(path / "any"))
    if any((path / name).exists() for name in _MODULE_FILES) or path.parent.name == "models":
        return _lint_module(path, library)
    expected = "a library, a folder of one kind (" + ", ".join(KINDS) + ") or a module"
    return [Fault(str(path), "folder", "none of these", expected)]


def _lint_kind(folder: Path, library: Library) -> list[Fault]:
    kind = folder.resolve().name
    modules = kind == "models"
    entries = sorted(folder.iterdir())
    wanted = [e for e in entries if (e.is_dir() if modules else e.suffix == ".toml")]
    lint_one = _lint_module if modules else _CHECKS[kind]
    return [fault for path in wanted for fault in lint_one(path, library)]


def _lint_file(path: Path, library: Library) -> list[Fault]:
    if path.name in _MODULE_FILES or path.name == "README.md":
        return _lint_module(path.parent, library)
    kind = path.parent.name if path.parent.name in _CHECKS else ""
    if not kind:
        sheet = library.sheet(path)
        data = read_toml(sheet)
        if data is None:
            return sheet.faults
        kind = next((kind for key, kind in _MARKS.items() if key in data), "")
    if not kind:
        expected = "a scenario (arm), course (stage), cohort (covariate) or endpoint (kind)"
        return [Fault(str(path), "file", "no key that says what it is", expected)]
    return _CHECKS[kind](path, library.around(path))


def _lint_module(path: Path, library: Library) -> list[Fault]:
    sheet = library.sheet(path)
    load_module(sheet)
    return sheet.faults


def _lint_scenario(path: Path, library: Library) -> list[Fault]:
    return load_scenario(library.sheet(path), library)[1]


def _lint_course(path: Path, library: Library) -> list[Fault]:
    sheet = _sheet(path, library)
    _, data = load_course(sheet)
    modules = load_modules(library)
    check_course(data, sheet, modules, modules)
    return sheet.faults


def _lint_cohort(path: Path, library: Library) -> list[Fault]:
    sheet = _sheet(path, library)
    load_cohort(sheet)
    return sheet.faults


def _lint_endpoint(path: Path, library: Library) -> list[Fault]:
    sheet = _sheet(path, library)
    _, data = load_endpoint(sheet)
    check_endpoint(data, sheet, load_modules(library))
    return sheet.faults


def _sheet(path: Path, library: Library) -> Sheet:
    """The file's sheet, with a fault if no scenario could ever name the file."""
    sheet = library.sheet(path)
    if not NAME.fullmatch(path.stem):
        sheet.add("file", quoted(path.stem), "a file name of lower-case letters, digits, - and _")
    return sheet


_CHECKS: dict[str, Callable[[Path, Library], list[Fault]]] = {
    "scenarios": _lint_scenario,
    "courses": _lint_course,
    "cohorts": _lint_cohort,
    "endpoints": _lint_endpoint,
}
"""Kind of file to the function that finds its faults."""
