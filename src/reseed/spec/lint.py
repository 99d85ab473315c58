"""Lint: every fault of a file or folder of a library, whatever kind it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reseed.base.errors import Fault
from reseed.base.words import one_of
from reseed.spec.cohort import load_cohort
from reseed.spec.course import load_course
from reseed.spec.crosscheck import check_course, check_endpoint
from reseed.spec.endpoint import load_endpoint
from reseed.spec.evidence import TABLES, check_endpoints, load_evidence
from reseed.spec.library import FOLDERS, KINDS, NAME, Library
from reseed.spec.module import load_module, load_modules
from reseed.spec.organism import check_organism, load_organism
from reseed.spec.scenario import load_scenario
from reseed.spec.shape import read_toml
from reseed.spec.sheet import Sheet, quoted

_MARKS = {"arm": "scenarios", "stage": "courses", "covariate": "cohorts", "kind": "endpoints"}
"""A key that only one kind of file has."""
_MODULE_FILES = (
    "model.ant", "ports.tsv", "parameters.tsv", "hazards.tsv", "channels.tsv", "checks.toml",
)  # fmt: skip


def lint(path: Path, library: Library) -> list[Fault]:
    """All faults of a file, a module's or study's folder, a folder of one kind, or a whole library.

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
    if path.resolve().parent.name == "organisms":
        return _lint_organism(path, library)
    if any((path / name).exists() for name in _MODULE_FILES) or path.parent.name == "models":
        return _lint_module(path, library)
    if any((path / table).exists() for table in TABLES) or path.parent.name == "evidence":
        return _lint_evidence(path, library)
    expected = "a library, a folder of one kind (" + ", ".join(KINDS) + "), a module or a study"
    return [Fault(str(path), "folder", "none of these", expected)]


def _lint_kind(folder: Path, library: Library) -> list[Fault]:
    kind = folder.resolve().name
    entries = sorted(folder.iterdir())
    wanted = [e for e in entries if (e.is_dir() if kind in FOLDERS else e.suffix == ".toml")]
    return [fault for path in wanted for fault in _CHECKS[kind](path, library)]


def _lint_file(path: Path, library: Library) -> list[Fault]:
    study = any((path.parent / table).exists() for table in TABLES)
    if path.name in TABLES or (path.name == "README.md" and study):
        return _lint_evidence(path.parent, library)
    if path.resolve().parent.parent.name == "organisms":
        return _lint_organism(path.parent, library)
    if path.name in _MODULE_FILES or path.name == "README.md":
        return _lint_module(path.parent, library)
    kind = path.parent.name if path.parent.name in _FILES else ""
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


def _lint_evidence(path: Path, library: Library) -> list[Fault]:
    library = library.around(path)
    sheet = library.sheet(path)
    paths = library.items["endpoints"]
    known = {name: load_endpoint(library.sheet(paths[name]))[1] for name in paths}
    evidence = load_evidence(sheet)
    rows = sheet.beside(next((t for t in TABLES if (path / t).exists()), TABLES[0]))
    check_endpoints(evidence, known, rows, "endpoint", "an endpoint of the library")
    courses = library.items["courses"]
    for one in evidence.outcomes:
        if one.course and one.course not in courses:
            expected = one_of(one.course, courses, "a course of the library")
            rows.add("course", quoted(one.course), expected)
    return sheet.faults


def _lint_organism(path: Path, library: Library) -> list[Fault]:
    library = library.around(path)
    sheet = library.sheet(path)
    modules = {module.name: module for module in load_modules(library)}
    check_organism(load_organism(sheet), modules, sheet)
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
    "models": _lint_module,
    "organisms": _lint_organism,
    "evidence": _lint_evidence,
}
"""Kind of item to the function that finds its faults."""
_FILES = tuple(kind for kind in KINDS if kind not in FOLDERS)
