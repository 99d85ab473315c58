"""Scenario files, and all that they name: read, checked together, frozen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field

from reseed.base.errors import Fault, InvalidInput
from reseed.base.time import DAYS_PER_YEAR
from reseed.nouns.course import Course
from reseed.nouns.scenario import Arm, Scenario
from reseed.spec.assessment import AssessmentShape, assessment_of
from reseed.spec.course import joined
from reseed.spec.display import DisplayShape, displays
from reseed.spec.gather import Gathered, all_faults, gather
from reseed.spec.library import ARM, NAME, Library
from reseed.spec.own import own_items
from reseed.spec.shape import (
    AnyQuantity,
    Line,
    Name,
    Shape,
    Text,
    Word,
    fit,
    parse_toml,
)
from reseed.spec.sheet import Sheet, quoted
from reseed.spec.together import check_together

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
    assessment: Annotated[list[AssessmentShape], Field(max_length=50)] = []


class SolverShape(Shape):
    rtol: Annotated[float, Field(ge=1e-12, le=1e-2)] = 1e-6


class ArmShape(Shape):
    name: ArmName
    title: Line
    course: Name
    then: Name | None = None
    parameters: dict[str, AnyQuantity] = {}


class ScenarioShape(Shape):
    title: Line
    question: Text
    cohort: Name
    organism: Name | None = None
    model: Annotated[list[Word], Field(max_length=100)]
    patients: Annotated[int, Field(ge=1, le=MOST_PATIENTS)]
    seed: Seed = 1
    design: Literal["parallel", "twins"] = "parallel"
    infusion_day: Annotated[float, Field(ge=0, le=100 * DAYS_PER_YEAR)]
    follow_up_days: Annotated[float, Field(gt=0, le=100 * DAYS_PER_YEAR)]
    endpoints: Annotated[list[Name], Field(min_length=1, max_length=100)]
    summary: Annotated[list[Name], Field(max_length=20)] = []
    show: Annotated[list[Word], Field(max_length=100)] = []
    display: Annotated[dict[str, DisplayShape], Field(max_length=100)] = {}
    compare: Annotated[list[Name], Field(max_length=20)] = []
    limits: Annotated[list[Line], Field(max_length=100)] = []
    observation: ObservationShape = ObservationShape()
    solver: SolverShape = SolverShape()
    parameters: Annotated[dict[str, AnyQuantity], Field(max_length=1000)] = {}
    arm: Annotated[list[ArmShape], Field(min_length=1, max_length=20)]


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
    gather(found)
    check_together(found)
    faults = all_faults(found)
    if faults or shape is None:
        return None, faults
    return _scenario(shape, text, found), []


def _locate(name: str, library: Library) -> tuple[Path, Library]:
    if name in library.items["scenarios"]:
        return library.path("scenarios", name), library
    if not name.endswith(".toml") and os.sep not in name:
        return library.path("scenarios", name), library  # says which names there are
    return Path(name), library.around(Path(name))


def _scenario(shape: ScenarioShape, text: str, found: Gathered) -> Scenario:
    def there(noun: _Noun | None) -> _Noun:
        assert noun is not None  # a noun is missing only where there is a fault
        return noun

    def whole(arm: ArmShape) -> Course:
        then = there(found.courses[arm.then][1]) if arm.then else None
        return joined(there(found.courses[arm.course][1]), then)

    arms = tuple(Arm(arm.name, arm.title, whole(arm), _sorted(arm.parameters)) for arm in shape.arm)
    return Scenario(
        name=found.sheet.path.stem,
        title=shape.title,
        question=shape.question,
        text=text,
        arms=arms,
        base=tuple(shape.model),
        modules=tuple(m for name, m in found.modules.items() if not _broken(found, name)),
        cohort=there(there(found.cohort)[1]),
        organism=shape.organism or "",
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
        evidence=tuple(found.evidence[name][1] for name in shape.compare),
        assessments=tuple(assessment_of(one) for one in shape.observation.assessment),
        display=displays(shape.display),
        summary=tuple(shape.summary),
        own=own_items(found.library, _items(found)),
    )


def _items(found: Gathered) -> Iterator[tuple[str, str, Path]]:
    """Kind, name and path of all that was read."""
    yield "scenarios", found.sheet.path.stem, found.sheet.path
    if found.cohort:
        yield "cohorts", found.cohort[0].path.stem, found.cohort[0].path
    if found.organism:
        yield "organisms", found.organism[0].path.name, found.organism[0].path
    for kind, sheets in (("courses", found.courses), ("endpoints", found.endpoints)):
        yield from ((kind, name, entry[0].path) for name, entry in sheets.items())
    yield from (("evidence", name, entry[0].path) for name, entry in found.evidence.items())
    yield from (("models", name, sheet.path) for name, sheet in found.module_sheets.items())


def _broken(found: Gathered, name: str) -> bool:
    return bool(found.module_sheets[name].faults)


def _sorted(values: dict[str, _Noun]) -> tuple[tuple[str, _Noun], ...]:
    return tuple(sorted(values.items()))
