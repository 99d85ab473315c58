"""Scenario files, and all that they name: read, checked together, frozen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field

from reseed.base.errors import Fault, InvalidInput
from reseed.base.time import DAYS_PER_YEAR
from reseed.nouns.cohort_design import CohortDesign
from reseed.nouns.course import Course
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.module import Module
from reseed.nouns.scenario import Arm, Scenario
from reseed.spec import crosscheck
from reseed.spec.assembly import Gap, assemble, outputs
from reseed.spec.cohort import load_cohort
from reseed.spec.course import load_course
from reseed.spec.days import parse_days, parse_span
from reseed.spec.endpoint import load_endpoint
from reseed.spec.library import ARM, NAME, Library
from reseed.spec.module import load_module
from reseed.spec.shape import (
    AnyQuantity,
    Line,
    Name,
    Shape,
    Text,
    Word,
    attempt,
    fit,
    parse_toml,
    tables,
)
from reseed.spec.sheet import Sheet, one_of, quoted

MOST_PATIENTS = 10_000_000
_Noun = TypeVar("_Noun")


def _arm_name(text: str) -> str:
    if not ARM.fullmatch(text):
        raise ValueError("a name of lower-case letters, digits and -, such as cy-atg")
    return text


ArmName = Annotated[str, AfterValidator(_arm_name)]
Seed = Annotated[int, Field(ge=0, lt=2**64)]


class ObservationShape(Shape):
    count_cv: Annotated[float, Field(ge=0, le=2)] = 0.0
    dropout_per_year: Annotated[float, Field(ge=0, le=10)] = 0.0


class SolverShape(Shape):
    rtol: Annotated[float, Field(ge=1e-12, le=1e-2)] = 1e-6


class ArmShape(Shape):
    name: ArmName
    title: Line
    course: Name
    parameters: dict[str, AnyQuantity] = {}


class ScenarioShape(Shape):
    title: Line
    question: Text
    cohort: Name
    model: Annotated[list[Word], Field(max_length=100)]
    patients: Annotated[int, Field(ge=1, le=MOST_PATIENTS)]
    seed: Seed = 1
    design: Literal["parallel", "twins"] = "parallel"
    infusion_day: Annotated[float, Field(ge=0, le=100 * DAYS_PER_YEAR)]
    follow_up_days: Annotated[float, Field(gt=0, le=100 * DAYS_PER_YEAR)]
    endpoints: Annotated[list[Name], Field(min_length=1, max_length=100)]
    show: Annotated[list[Word], Field(max_length=100)] = []
    limits: Annotated[list[Line], Field(max_length=100)] = []
    observation: ObservationShape = ObservationShape()
    solver: SolverShape = SolverShape()
    parameters: Annotated[dict[str, AnyQuantity], Field(max_length=1000)] = {}
    arm: Annotated[list[ArmShape], Field(min_length=1, max_length=20)]


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
    cohort: tuple[Sheet, CohortDesign | None] | None = None
    used: dict[str, None] = field(default_factory=dict)  # modules of any arm, in order


def read_scenario(name_or_path: str | os.PathLike[str], library: Library) -> Scenario:
    """A scenario of the library by name, or any file by path, with all that it names.

    InvalidInput holds every fault of the scenario, its courses, cohort, endpoints and modules.
    A file that lies in a folder `scenarios` may name what lies beside that folder.
    """
    path, library = _locate(os.fspath(name_or_path), library)
    scenario, faults = load_scenario(library.sheet(path), library)
    if faults or scenario is None:
        raise InvalidInput(faults)
    return scenario


def load_scenario(sheet: Sheet, library: Library) -> tuple[Scenario | None, list[Fault]]:
    """The scenario, or None and every fault found in it and in what it names."""
    text = sheet.text()
    data = None if text is None else parse_toml(text, sheet)
    if text is None or data is None:
        return None, sheet.faults
    shape = fit(ScenarioShape, data, sheet)
    if not NAME.fullmatch(sheet.path.stem):
        expected = "a file name of lower-case letters, digits, - and _"
        sheet.add("file", quoted(sheet.path.stem), expected)
    found = Gathered(sheet, data, library)
    _gather(found)
    _check(found)
    faults = _all_faults(found)
    if faults or shape is None:
        return None, faults
    return _scenario(shape, text, found), []


def _locate(name: str, library: Library) -> tuple[Path, Library]:
    if name in library.items["scenarios"]:
        return library.path("scenarios", name), library
    if not name.endswith(".toml") and os.sep not in name:
        return library.path("scenarios", name), library  # says which names there are
    return Path(name), library.around(Path(name))


# --- what the scenario names ---------------------------------------------------------------------


def _gather(found: Gathered) -> None:
    data, library = found.data, found.library
    for name in library.names("models"):
        sheet = library.sheet(library.path("models", name))
        found.modules[name] = load_module(sheet)
        found.module_sheets[name] = sheet
    if path := _named(found, "cohorts", data.get("cohort"), "cohort"):
        sheet = library.sheet(path)
        found.cohort = (sheet, load_cohort(sheet))
    for i, arm in enumerate(tables(data, "arm"), 1):
        path = _named(found, "courses", arm.get("course"), f"arm[{i}].course")
        if path and path.stem not in found.courses:
            sheet = library.sheet(path)
            found.courses[path.stem] = (sheet, *load_course(sheet))
    names = data.get("endpoints")
    for i, name in enumerate(names if isinstance(names, list) else [], 1):
        path = _named(found, "endpoints", name, f"endpoints[{i}]")
        if path and path.stem not in found.endpoints:
            sheet = library.sheet(path)
            found.endpoints[path.stem] = (sheet, *load_endpoint(sheet))


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


# --- checks across files -------------------------------------------------------------------------


def _check(found: Gathered) -> None:
    data, sheet = found.data, found.sheet
    available = tuple(found.modules.values())
    base = _base(found)
    _check_names(found)
    _check_clock(found)
    crosscheck.check_parameters(data.get("parameters"), "parameters", sheet, available)
    for i, arm in enumerate(tables(data, "arm"), 1):
        place = f"arm[{i}].parameters"
        crosscheck.check_parameters(arm.get("parameters"), place, sheet, available)
    covariates = _covariates(found)
    whole = len(base) == len(data["model"]) if isinstance(data.get("model"), list) else False
    arms: list[Sequence[Module]] = []
    for course_sheet, _, raw in found.courses.values():
        drugs, procedures = crosscheck.mentioned(raw)
        modules, gaps = assemble(base, drugs, procedures, available, covariates or ())
        found.used.update(dict.fromkeys(module.name for module in modules))
        # Where a name could not be resolved, a port missing for that is no fault of its own.
        known = whole and raw and crosscheck.all_known(drugs, procedures, available)
        arms.append(modules if known else available)
        crosscheck.check_course(raw, course_sheet, available, arms[-1])
        if covariates is not None:
            for gap in gaps:
                _note_gap(gap, sheet)
        _check_suppliers(modules, sheet)
    for arm_modules in arms:
        for endpoint_sheet, _, raw in found.endpoints.values():
            crosscheck.check_endpoint(raw, endpoint_sheet, arm_modules)
        if found.cohort and found.cohort[1]:
            crosscheck.check_covariates(found.cohort[1], found.cohort[0], arm_modules)
    _check_show(found, arms)


def _base(found: Gathered) -> list[str]:
    names = found.data.get("model")
    known = {name: module for name, module in found.modules.items() if module.text.strip()}
    base = []
    for i, name in enumerate(names if isinstance(names, list) else [], 1):
        if isinstance(name, str) and name in found.modules:
            base.append(name)
            found.used[name] = None
        elif isinstance(name, str):
            expected = one_of(name, known, "a module of the library")
            found.sheet.add(f"model[{i}]", quoted(name), expected)
    return base


def _covariates(found: Gathered) -> list[str] | None:
    """The cohort's covariates, or None where the cohort cannot be read."""
    if found.cohort is None or found.cohort[1] is None:
        return None
    return [row.covariate.name for row in found.cohort[1].rows]


def _check_names(found: Gathered) -> None:
    """Names of arms, modules, endpoints and shown variables are used once."""
    data, sheet = found.data, found.sheet
    lists: dict[str, list[Any]] = {"arm": [arm.get("name") for arm in tables(data, "arm")]}
    for key in ("model", "endpoints", "show"):
        values = data.get(key)
        lists[key] = values if isinstance(values, list) else []
    for key, names in lists.items():
        for i, name in enumerate(names, 1):
            if isinstance(name, str) and name in names[: i - 1]:
                place = f"arm[{i}].name" if key == "arm" else f"{key}[{i}]"
                sheet.add(place, f"{quoted(name)} again", "each name once")
    endpoints = lists["endpoints"]
    for other, _, raw in found.endpoints.values():
        settings = raw.get("settings")
        if raw.get("kind") == "not_by" and isinstance(settings, dict):
            name = settings.get("endpoint")
            if isinstance(name, str) and name not in endpoints:
                known = [entry for entry in endpoints if isinstance(entry, str)]
                expected = one_of(name, known, "an endpoint of the scenario")
                other.add("settings.endpoint", quoted(name), expected)


def _check_clock(found: Gathered) -> None:
    """No course may begin before study day 0."""
    infusion = found.data.get("infusion_day")
    if isinstance(infusion, bool) or not isinstance(infusion, int | float):
        return
    for name, (_, _, raw) in found.courses.items():
        days = [
            attempt(parse, entry.get("days"))
            for stage in tables(raw, "stage")
            for key, parse in (("give", parse_days), ("procedure", parse_span))
            for entry in tables(stage, key)
        ]
        first = min((span[0] for span in days if span), default=0.0)
        if infusion + first < 0:
            expected = f"at least {-first:g}, since the course {name} begins on day {first:g}"
            found.sheet.add("infusion_day", f"{infusion:g}", expected)


def _note_gap(gap: Gap, sheet: Sheet) -> None:
    what = f"{gap.port.name}, which the module {gap.module} needs"
    if gap.owners:
        expected = f"one of {', '.join(gap.owners)} in model, since each supplies it"
        sheet.add("model", f"no choice of a module for {what}", expected)
    else:
        expected = "a module or a covariate of the cohort with that name"
        sheet.add("model", f"nothing that supplies {what}", expected)


def _check_suppliers(modules: Sequence[Module], sheet: Sheet) -> None:
    first: dict[str, str] = {}
    for module in modules:
        for port in module.ports:
            if port.direction in ("out", "owns", "dose"):
                owner = first.setdefault(f"{port.direction == 'dose'} {port.name}", module.name)
                if owner != module.name:
                    found = f"{port.name} from both {owner} and {module.name}"
                    sheet.add("model", found, "one module for each port")


def _check_show(found: Gathered, arms: Sequence[Sequence[Module]]) -> None:
    """Each shown variable must be there in at least one arm."""
    seen = outputs(module for modules in arms for module in modules)
    names = found.data.get("show")
    for i, name in enumerate(names if isinstance(names, list) and arms else [], 1):
        if isinstance(name, str) and name not in seen:
            expected = one_of(name, seen, "an out port of the arms' modules")
            found.sheet.add(f"show[{i}]", quoted(name), expected)


# --- the result ----------------------------------------------------------------------------------


def _all_faults(found: Gathered) -> list[Fault]:
    """Every fault once: the scenario's own first, then those of what it names.

    Broken modules outside the arms count only if something could not be resolved: they might
    be what was meant.
    """
    sheets = [found.sheet, *(entry[0] for entry in found.courses.values())]
    if found.cohort:
        sheets.append(found.cohort[0])
    sheets += [entry[0] for entry in found.endpoints.values()]
    sheets += [found.module_sheets[name] for name in found.used]
    faults = list(dict.fromkeys(fault for sheet in sheets for fault in sheet.faults))
    if faults:
        others = [s for name, s in found.module_sheets.items() if name not in found.used]
        faults += [fault for sheet in others for fault in sheet.faults]
    return faults


def _scenario(shape: ScenarioShape, text: str, found: Gathered) -> Scenario:
    def there(noun: _Noun | None) -> _Noun:
        assert noun is not None  # a noun is missing only where there is a fault
        return noun

    arms = tuple(
        Arm(arm.name, arm.title, there(found.courses[arm.course][1]), _sorted(arm.parameters))
        for arm in shape.arm
    )
    return Scenario(
        name=found.sheet.path.stem,
        title=shape.title,
        question=shape.question,
        text=text,
        arms=arms,
        base=tuple(shape.model),
        modules=tuple(m for name, m in found.modules.items() if not _broken(found, name)),
        cohort=there(there(found.cohort)[1]),
        endpoints=tuple(there(found.endpoints[name][1]) for name in shape.endpoints),
        show=tuple(shape.show),
        patients=shape.patients,
        seed=shape.seed,
        design=shape.design,
        infusion_day=shape.infusion_day,
        follow_up_days=shape.follow_up_days,
        parameters=_sorted(shape.parameters),
        count_cv=shape.observation.count_cv,
        dropout_per_year=shape.observation.dropout_per_year,
        rtol=shape.solver.rtol,
        limits=tuple(shape.limits),
    )


def _broken(found: Gathered, name: str) -> bool:
    return bool(found.module_sheets[name].faults)


def _sorted(values: dict[str, _Noun]) -> tuple[tuple[str, _Noun], ...]:
    return tuple(sorted(values.items()))
