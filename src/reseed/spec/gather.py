"""What a scenario names: modules, courses, cohort, endpoints and studies, as far as readable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reseed.base.errors import Fault
from reseed.base.words import one_of
from reseed.nouns.cohort_design import CohortDesign
from reseed.nouns.course import Course
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.evidence import Evidence
from reseed.nouns.module import Module, Parameter
from reseed.spec.cohort import load_cohort
from reseed.spec.course import load_course
from reseed.spec.endpoint import load_endpoint
from reseed.spec.evidence import load_evidence
from reseed.spec.library import FOLDERS, NAME, Library
from reseed.spec.module import load_module
from reseed.spec.organism import check_organism, in_organism, load_organism
from reseed.spec.shape import tables
from reseed.spec.sheet import Sheet, quoted


@dataclass
class Gathered:
    """A scenario's raw tables and everything that it names, as far as it could be read."""

    sheet: Sheet
    data: dict[str, Any]
    library: Library
    modules: dict[str, Module] = field(default_factory=dict)
    module_sheets: dict[str, Sheet] = field(default_factory=dict)
    courses: dict[str, tuple[Sheet, Course | None, dict[str, Any]]] = field(default_factory=dict)
    endpoints: dict[str, tuple[Sheet, Endpoint | None, dict[str, Any]]] = field(
        default_factory=dict
    )
    evidence: dict[str, tuple[Sheet, Evidence]] = field(default_factory=dict)
    cohort: tuple[Sheet, CohortDesign | None] | None = None
    organism: tuple[Sheet, tuple[Parameter, ...]] | None = None
    used: dict[str, None] = field(default_factory=dict)  # modules of any arm, in order


def gather(found: Gathered) -> None:
    """Reads everything that the scenario's raw tables name; unknown names are faults."""
    data, library = found.data, found.library
    for name in library.names("models"):
        sheet = library.sheet(library.path("models", name))
        found.modules[name] = load_module(sheet)
        found.module_sheets[name] = sheet
    if path := _named(found, "organisms", data.get("organism"), "organism"):
        sheet = library.sheet(path)
        rows = load_organism(sheet)
        check_organism(rows, found.modules, sheet)
        found.organism = (sheet, rows)
        found.modules = {name: in_organism(one, rows) for name, one in found.modules.items()}
    if path := _named(found, "cohorts", data.get("cohort"), "cohort"):
        sheet = library.sheet(path)
        found.cohort = (sheet, load_cohort(sheet))
    arms = [
        (f"arm[{i}].{key}", arm.get(key))
        for i, arm in enumerate(tables(data, "arm"), 1)
        for key in ("course", "then")
    ]
    for name, sheet in _sheets(found, "courses", arms):
        found.courses[name] = (sheet, *load_course(sheet))
    for name, sheet in _sheets(found, "endpoints", _listed(data, "endpoints")):
        found.endpoints[name] = (sheet, *load_endpoint(sheet))
    for name, sheet in _sheets(found, "evidence", _listed(data, "compare")):
        found.evidence[name] = (sheet, load_evidence(sheet))


def _listed(data: dict[str, Any], key: str) -> list[tuple[str, Any]]:
    """The place and name of each entry of a list; nothing where it is no list."""
    names = data.get(key)
    return [(f"{key}[{i}]", n) for i, n in enumerate(names if isinstance(names, list) else [], 1)]


def _sheets(
    found: Gathered, kind: str, named: Sequence[tuple[str, Any]]
) -> Iterator[tuple[str, Sheet]]:
    """The name and sheet of each item that is there, once; the others become faults."""
    seen = set()
    for place, name in named:
        path = _named(found, kind, name, place)
        if path and path not in seen:
            seen.add(path)
            yield (path.name if kind in FOLDERS else path.stem), found.library.sheet(path)


def _named(found: Gathered, kind: str, name: Any, place: str) -> Path | None:
    """The path of an item by name; an unknown name is a fault at that place."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return None  # noted with the shape
    known = found.library.items[kind]
    if name not in known:
        expected = one_of(name, known, f"a name from {kind}")
        found.sheet.add(place, quoted(name), expected)
        return None
    return known[name]


def all_faults(found: Gathered) -> list[Fault]:
    """Every fault once: the scenario's own first, then those of what it names.

    Broken modules outside the arms count only if something could not be resolved: they might
    be what was meant.
    """
    sheets = [found.sheet, *(entry[0] for entry in found.courses.values())]
    if found.cohort:
        sheets.append(found.cohort[0])
    sheets += [found.organism[0]] if found.organism else []
    sheets += [entry[0] for entry in found.endpoints.values()]
    sheets += [entry[0] for entry in found.evidence.values()]
    sheets += [found.module_sheets[name] for name in found.used]
    faults = list(dict.fromkeys(fault for sheet in sheets for fault in sheet.faults))
    if faults:
        others = [s for name, s in found.module_sheets.items() if name not in found.used]
        faults += [fault for sheet in others for fault in sheet.faults]
    return faults
