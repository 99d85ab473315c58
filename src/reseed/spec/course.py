"""Course files: stages, what is given, procedures, and when one stage is left for another."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from reseed.nouns.course import Band, Course, Do, Give, Stage, Switch, When
from reseed.spec.crosscheck import check_course
from reseed.spec.days import Days, Gap, Hour, Hours, Length, Span
from reseed.spec.library import Library
from reseed.spec.module import load_modules
from reseed.spec.shape import (
    AnyQuantity,
    Dose,
    Level,
    Line,
    Name,
    PositiveQuantity,
    Shape,
    Text,
    Word,
    fit,
    read_toml,
)
from reseed.spec.sheet import Sheet
from reseed.spec.stages import LEVELS, check_stages


class UntilShape(Shape):
    port: Word
    at_least: PositiveQuantity
    days: Annotated[int, Field(ge=1, le=365)] = 1


class OnlyIfShape(Shape):
    port: Word
    at_most: PositiveQuantity


class BandShape(Shape):
    covariate: Word
    at_least: Level | None = None
    below: Level | None = None


class GiveShape(Shape):
    drug: Word
    dose: Dose
    days: Days
    over: Hours | None = None
    hour: Hour = 9.0
    per_day: Annotated[int, Field(ge=1, le=48)] = 1
    until: UntilShape | None = None
    only_if: OnlyIfShape | None = None
    among: BandShape | None = None
    every: Gap | None = None
    steady: bool = False
    source: Line = ""


class WhenShape(Shape):
    port: Word | None = None
    failed: Word | None = None
    rises_by: Level | None = None
    at_least: Level | None = None
    at_most: Level | None = None


class SwitchShape(Shape):
    to: Name
    visits: Gap
    after: Length = 0.0
    when: Annotated[list[WhenShape], Field(min_length=1, max_length=20)]
    source: Line = ""


class DoShape(Shape):
    do: Word
    drug: Word | None = None
    days: Span
    hour: Hour = 9.0
    set: dict[str, AnyQuantity] = {}
    if_fails: Literal["end", "stay"] = "end"
    source: Line = ""


class StageShape(Shape):
    name: Name
    title: Line
    give: Annotated[list[GiveShape], Field(max_length=200)] = []
    procedure: Annotated[list[DoShape], Field(max_length=200)] = []
    switch: SwitchShape | None = None


class CourseShape(Shape):
    title: Line
    summary: Text = ""
    origin: Literal["infusion", "entry"] = "infusion"
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
    check_stages(data, sheet)
    if course is None or sheet.faults:
        return None, data
    stages = tuple(_stage(stage) for stage in course.stage)
    name = sheet.path.stem
    sources = tuple(course.sources)
    found = Course(name, course.title, course.summary, stages, sources, course.origin)
    return _staying(found), data


def joined(first: Course, then: Course | None = None) -> Course:
    """A course and what follows it, as one that has the name and the title of the first.

    Who is waited for by a switch, because a procedure failed, stays in the study.
    """
    if then is None:
        return first
    whole = dataclasses.replace(
        first,
        stages=(*first.stages, *then.stages),
        then=then.name,
        following=frozenset(stage.name for stage in then.stages),
        sources=tuple(dict.fromkeys((*first.sources, *then.sources))),
    )
    return _staying(whole)


def misfits(first: Course, then: Course | None = None) -> list[tuple[str, str, str]]:
    """Why these make no course of an arm: `course` or `then`, what was found, what was expected."""
    found = []
    if then and then.origin != first.origin:
        expected = f"a course whose days count from {first.origin}, as those of {first.name}"
        found.append(("then", f"{then.name}, from {then.origin}", expected))
    names = {stage.name for stage in first.stages}
    for stage in then.stages if then else ():
        if stage.name in names:
            expected = f"stages of other names than those of {first.name}"
            found.append(("then", f'the stage "{stage.name}" again', expected))
    whole = joined(first, then)
    done = {do.procedure for stage in whole.stages for do in stage.procedures}
    for name in sorted(_awaited(whole) - done):
        expected = "a course with that procedure, since a switch waits for its failure"
        found.append(("course", f"no {name}", expected))
    return found


def _awaited(course: Course) -> set[str]:
    """The procedures whose failure a switch waits for."""
    switches = [stage.switch for stage in course.stages if stage.switch]
    return {one.name for switch in switches for one in switch.when if one.kind == "failed"}


def _staying(course: Course) -> Course:
    """The course, with patients followed on after the failures that its switches wait for."""
    awaited, stages = _awaited(course), []
    for stage in course.stages:
        dos = (dataclasses.replace(do, stay=do.stay or do.procedure in awaited)
               for do in stage.procedures)  # fmt: skip
        stages.append(dataclasses.replace(stage, procedures=tuple(dos)))
    return dataclasses.replace(course, stages=tuple(stages))


def _stage(stage: StageShape) -> Stage:
    gives = tuple(_give(give) for give in stage.give)
    procedures = tuple(_do(do) for do in stage.procedure)
    return Stage(stage.name, stage.title, gives, procedures, _switch(stage.switch))


def _give(give: GiveShape) -> Give:
    until, only, band = give.until, give.only_if, give.among
    endless = math.isinf(give.days[-1])
    return Give(
        drug=give.drug,
        dose=give.dose,
        days=give.days[:1] if endless else give.days,
        hours=give.over or 0.0,
        hour=give.hour,
        per_day=give.per_day,
        until_port=until.port if until else "",
        until_level=until.at_least if until else None,
        until_days=until.days if until else 1,
        every=(give.every or 1.0) if endless else 0.0,
        steady=give.steady,
        source=give.source,
        only_port=only.port if only else "",
        only_level=only.at_most if only else None,
        among=Band(band.covariate, band.at_least, band.below) if band else None,
    )


def _do(do: DoShape) -> Do:
    settings = tuple(sorted(do.set.items()))
    stay = do.if_fails == "stay"
    return Do(do.do, do.days[0], do.days[1], do.hour, settings, do.source, stay, do.drug or "")


def _switch(switch: SwitchShape | None) -> Switch | None:
    if switch is None:
        return None
    when = tuple(_when(one) for one in switch.when)
    return Switch(switch.to, switch.visits, switch.after, when, switch.source)


def _when(one: WhenShape) -> When:
    if one.failed is not None:
        return When(one.failed, "failed")
    assert one.port is not None  # stages are checked before
    kind = next(kind for kind in LEVELS if getattr(one, kind) is not None)
    return When(one.port, kind, getattr(one, kind))
