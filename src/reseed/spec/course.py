"""Course files: stages, what is given, and procedures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from reseed.nouns.course import Course, Do, Give, Stage
from reseed.spec.crosscheck import check_course
from reseed.spec.days import Days, Hour, Hours, Span, parse_days, parse_span
from reseed.spec.library import Library
from reseed.spec.module import load_modules
from reseed.spec.shape import (
    AnyQuantity,
    Dose,
    Line,
    Name,
    PositiveQuantity,
    Shape,
    Text,
    Word,
    attempt,
    fit,
    read_toml,
    tables,
)
from reseed.spec.sheet import Sheet, shown


class UntilShape(Shape):
    port: Word
    at_least: PositiveQuantity
    days: Annotated[int, Field(ge=1, le=365)] = 1


class GiveShape(Shape):
    drug: Word
    dose: Dose
    days: Days
    over: Hours | None = None
    hour: Hour = 9.0
    per_day: Annotated[int, Field(ge=1, le=48)] = 1
    until: UntilShape | None = None
    source: Line = ""


class DoShape(Shape):
    do: Word
    days: Span
    hour: Hour = 9.0
    set: dict[str, AnyQuantity] = {}
    source: Line = ""


class StageShape(Shape):
    name: Name
    title: Line
    give: Annotated[list[GiveShape], Field(max_length=200)] = []
    procedure: Annotated[list[DoShape], Field(max_length=200)] = []


class CourseShape(Shape):
    title: Line
    summary: Text = ""
    sources: Annotated[list[Line], Field(max_length=100)] = []
    stage: Annotated[list[StageShape], Field(max_length=200)] = []  # none: no treatment


def read_course(path: Path, library: Library | None = None) -> Course:
    """The course of a file; InvalidInput with every fault of it.

    With a library, what the course names must be there too, in fitting units.
    """
    sheet = library.sheet(Path(path)) if library else Sheet(Path(path), str(path))
    course, data = load_course(sheet)
    if library:
        modules = load_modules(library)
        check_course(data, sheet, modules, modules)
    sheet.refuse()
    assert course is not None  # no course without a fault
    return course


def load_course(sheet: Sheet) -> tuple[Course | None, dict[str, Any]]:
    """The course (None after faults), and the raw tables for checks across files."""
    data = read_toml(sheet)
    if data is None:
        return None, {}
    course = fit(CourseShape, data, sheet)
    _check_order(data, sheet)
    if course is None or sheet.faults:
        return None, data
    stages = tuple(_stage(stage) for stage in course.stage)
    name = sheet.path.stem
    return Course(name, course.title, course.summary, stages, tuple(course.sources)), data


def _stage(stage: StageShape) -> Stage:
    gives = tuple(_give(give) for give in stage.give)
    return Stage(stage.name, stage.title, gives, tuple(_do(do) for do in stage.procedure))


def _give(give: GiveShape) -> Give:
    until = give.until
    return Give(
        drug=give.drug,
        dose=give.dose,
        days=give.days,
        hours=give.over or 0.0,
        hour=give.hour,
        per_day=give.per_day,
        until_port=until.port if until else "",
        until_level=until.at_least if until else None,
        until_days=until.days if until else 1,
        source=give.source,
    )


def _do(do: DoShape) -> Do:
    settings = tuple(sorted(do.set.items()))
    return Do(do.do, do.days[0], do.days[1], do.hour, settings, do.source)


def _check_order(data: dict[str, Any], sheet: Sheet) -> None:
    """Stages and procedures stand in the order in which they begin; names are used once."""
    names: set[str] = set()
    before: dict[str, float] = {}
    for i, stage in enumerate(tables(data, "stage"), 1):
        name = stage.get("name")
        if isinstance(name, str) and name in names:
            sheet.add(f"stage[{i}].name", f'"{name}" again', "a name used once")
        names.add(str(name))
        gives = [attempt(parse_days, give.get("days")) for give in tables(stage, "give")]
        dos = [attempt(parse_span, do.get("days")) for do in tables(stage, "procedure")]
        firsts = [days[0] for days in (*gives, *dos) if days]
        if not stage.get("give") and not stage.get("procedure"):
            sheet.add(f"stage[{i}]", "an empty stage", "something given or done in it")
        if firsts:
            _in_order(sheet, f"stage[{i}]", "stage", min(firsts), before)
        for j, span in enumerate(dos, 1):
            if span:
                _in_order(sheet, f"stage[{i}].procedure[{j}].days", "procedure", span[0], before)


def _in_order(sheet: Sheet, place: str, what: str, day: float, before: dict[str, float]) -> None:
    if day < before.get(what, day):
        expected = f"{what}s in the order in which they begin (the one before: {before[what]:g})"
        sheet.add(place, f"day {shown(f'{day:g}')}", expected)
    before[what] = max(day, before.get(what, day))
