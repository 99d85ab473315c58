"""plan: a Course laid on the study clock of a cohort."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.base.ports import find_port
from reseed.base.time import HOURS_PER_DAY
from reseed.base.units import convert
from reseed.course.give_if import GiveIf
from reseed.course.give_until import GiveUntil
from reseed.course.orders import administrations, doses, orders, tag
from reseed.course.procedures import PROCEDURES, adjust_dose
from reseed.course.staying import Staying
from reseed.course.switching import switching
from reseed.nouns.cohort import Cohort
from reseed.nouns.course import Course, Do, Give, Stage
from reseed.nouns.schedule import Boundary, Procedure, Schedule
from reseed.nouns.system import System

Vector = NDArray[np.float64]


def plan(
    course: Course, cohort: Cohort, system: System, *, infusion_day: float, end: float
) -> Schedule:
    """Lay a course on the study clock: `infusion_day` is the study day of its infusion.

    Doses per kg and per m2 use each patient's `weight` and `body_surface_area`. Jumps have the
    shape (patient, jump). Whatever depends on the simulated state (harvest, doses given until a
    count has recovered, a switch to another stage) becomes a procedure. A procedure that fails
    drops all that the course has left. Raises KeyError where the system lacks a drug.
    """
    columns = _Columns(len(cohort.ids))
    boundaries = []
    begins = 0.0 if course.origin == "entry" else infusion_day
    waiting = course.switched_to()
    planned = _planned(course)
    for stage in course.stages:
        if stage.name in waiting:
            continue
        for give in stage.gives:
            if give.until_port or give.only_port:
                boundaries.append(_watched(give, stage, cohort, system, begins))
                continue
            for order in orders(give, stage, cohort, system, end - begins):
                columns.add(begins + order.day, order.amounts, order.target, order.tag)
        for do in stage.procedures:
            if do.drug:
                boundaries.append(_adjusting(do, stage, cohort, system, begins))
                continue
            build = PROCEDURES[do.procedure]
            start = begins + do.day + do.hour / HOURS_PER_DAY
            last = begins + do.last_day + do.hour / HOURS_PER_DAY
            tags = tuple(tag(give.drug, stage) for give in stage.gives)
            procedure = build(system, cohort, last, tags)
            if do.stay:
                procedure = Staying(do.procedure, procedure, planned)
            times = np.full(len(cohort.ids), start)
            boundaries.append(Boundary(do.procedure, times, procedure, _mark(do, stage)))
        if stage.switch:
            first = begins + _first_day(stage)
            boundaries.append(switching(course, stage, cohort, system, first, end))
    return Schedule(
        times=columns.stacked(columns.times),
        values=columns.stacked(columns.values),
        targets=tuple(columns.targets),
        tags=tuple(columns.tags),
        boundaries=tuple(boundaries),
        origin=np.full(len(cohort.ids), infusion_day),
        end=end,
    )


def _first_day(stage: Stage) -> float:
    days = [give.days[0] for give in stage.gives] + [do.day for do in stage.procedures]
    return min(days, default=0.0)


def _planned(course: Course) -> tuple[str, ...]:
    """The tags of what a course gives and does without a switch, but for what follows it."""
    left = course.switched_to() | course.following
    stages = [stage for stage in course.stages if stage.name not in left]
    drugs = [tag(give.drug, stage) for stage in stages for give in stage.gives]
    return (*drugs, *(_mark(do, stage) for stage in stages for do in stage.procedures))


def _mark(do: Do, stage: Stage) -> str:
    """The tag of a procedure in a stage."""
    return f"{do.procedure}/{stage.name}"


class _Columns:
    """Jump columns while they are collected."""

    def __init__(self, patients: int) -> None:
        self.patients = patients
        self.times: list[Vector] = []
        self.values: list[Vector] = []
        self.targets: list[str] = []
        self.tags: list[str] = []

    def add(self, time: float, values: Vector, target: str, label: str) -> None:
        self.times.append(np.full(self.patients, time))
        self.values.append(values)
        self.targets.append(target)
        self.tags.append(label)

    def stacked(self, columns: Sequence[Vector]) -> Vector:
        return np.column_stack(columns) if columns else np.empty((self.patients, 0))


def _adjusting(do: Do, stage: Stage, cohort: Cohort, system: System, begins: float) -> Boundary:
    """A procedure about the doses of one drug of its stage: it is met at the first of them, too."""
    port = find_port(system, do.drug)
    draws = cohort.draws().tolist()
    planned = []
    for give in (one for one in stage.gives if one.drug == do.drug):
        unit = f"({port.unit})*day" if give.hours else port.unit
        amounts = dict(zip(draws, doses(give, cohort, unit).tolist(), strict=True))
        length = give.hours / HOURS_PER_DAY
        planned += [
            adjust_dose.Administration(begins + day, length, amounts)
            for day in administrations(give, give.days[-1])
        ]
    days = np.arange(do.day, do.last_day + 0.5)
    times = (begins + days + do.hour / HOURS_PER_DAY).tolist()
    procedure = adjust_dose.build(system, do.drug, tag(do.drug, stage), planned, times)
    first = np.full(len(cohort.ids), procedure.planned[0].start)
    return Boundary(do.procedure, first, procedure, _mark(do, stage))


def _watched(give: Give, stage: Stage, cohort: Cohort, system: System, begins: float) -> Boundary:
    """A drug that is given for as long as a count is low, or on those days alone."""
    level = give.until_level or give.only_level
    if level is None or give.hours:
        raise ValueError(f"{give.drug}: `until` and `only_if` go with a bolus and a level")
    port, label = find_port(system, give.drug), tag(give.drug, stage)
    watched = find_port(system, give.until_port or give.only_port)
    times = tuple(begins + day for day in administrations(give, give.days[-1]))
    dose = doses(give, cohort, port.unit).tolist()
    amounts = dict(zip(cohort.draws().tolist(), dose, strict=True))
    height = convert(level.value, level.unit, watched.unit)
    procedure: Procedure
    if give.until_port:
        procedure = GiveUntil(
            give.drug, port.symbol, amounts, times, watched.name, height,
            give.until_days, give.per_day, label,
        )  # fmt: skip
    else:
        procedure = GiveIf(give.drug, port.symbol, amounts, times, watched.name, height, label)
    return Boundary(give.drug, np.full(len(cohort.ids), times[0]), procedure, label)
