"""plan: a Course laid on the study clock of a cohort."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.base.ports import find_port
from reseed.base.time import HOURS_PER_DAY
from reseed.base.units import convert, split_dose_unit
from reseed.course.give_until import GiveUntil
from reseed.course.procedures import PROCEDURES
from reseed.nouns.cohort import Cohort
from reseed.nouns.course import Course, Give, Stage
from reseed.nouns.schedule import Boundary, Schedule
from reseed.nouns.system import System

Vector = NDArray[np.float64]


def plan(
    course: Course, cohort: Cohort, system: System, *, infusion_day: float, end: float
) -> Schedule:
    """Lay a course on the study clock: `infusion_day` is the study day of its day 0.

    Doses per kg and per m2 use each patient's `weight` and `body_surface_area`. Jumps have the
    shape (patient, jump). Whatever depends on the simulated state (harvest, doses given until a
    count has recovered) becomes a procedure. Raises KeyError where the system lacks a drug.
    """
    columns = _Columns(len(cohort.ids))
    boundaries = []
    for stage in course.stages:
        for give in stage.gives:
            if give.until_port:
                boundaries.append(_given_until(give, stage, cohort, system, infusion_day))
            else:
                _give(columns, give, stage, cohort, system, infusion_day)
        for do in stage.procedures:
            build = PROCEDURES[do.procedure]
            start = infusion_day + do.day + do.hour / HOURS_PER_DAY
            last = infusion_day + do.last_day + do.hour / HOURS_PER_DAY
            tags = tuple(tag(give.drug, stage) for give in stage.gives)
            procedure = build(system, cohort, last, tags)
            times = np.full(len(cohort.ids), start)
            boundaries.append(Boundary(do.procedure, times, procedure))
    return Schedule(
        times=columns.stacked(columns.times),
        values=columns.stacked(columns.values),
        targets=tuple(columns.targets),
        tags=tuple(columns.tags),
        boundaries=tuple(boundaries),
        origin=np.full(len(cohort.ids), infusion_day),
        end=end,
    )


def tag(drug: str, stage: Stage) -> str:
    """What the jumps of a drug in a stage are called, so that a procedure can cancel them."""
    return f"{drug}/{stage.name}"


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


def administrations(give: Give) -> list[float]:
    """Every time of giving, in days relative to infusion, in order."""
    gap = HOURS_PER_DAY / give.per_day
    hours = [give.hour + number * gap for number in range(give.per_day)]
    return sorted(day + hour / HOURS_PER_DAY for day in give.days for hour in hours)


def doses(give: Give, cohort: Cohort, unit: str) -> Vector:
    """The amount of one administration for each patient, (patient,), in `unit`."""
    amount, per = split_dose_unit(give.dose.unit)
    size = np.ones(len(cohort.ids))
    if per == "kg":
        size = _covariate(cohort, "weight", "kg")
    elif per == "m2":
        size = _covariate(cohort, "body_surface_area", "m^2")
    return convert(give.dose.value, amount, unit) * size


def _covariate(cohort: Cohort, name: str, unit: str) -> Vector:
    own = next((column.unit for column in cohort.columns if column.name == name), None)
    if own is None:
        raise KeyError(f"a dose needs the covariate {name!r}, which the cohort does not have")
    return cohort.covariates[name] * convert(1.0, own, unit)


def _give(
    columns: _Columns,
    give: Give,
    stage: Stage,
    cohort: Cohort,
    system: System,
    infusion_day: float,
) -> None:
    port = find_port(system, give.drug)
    label = tag(give.drug, stage)
    if give.hours:
        amount = doses(give, cohort, f"({port.unit})*day")
        rate = amount * (HOURS_PER_DAY / give.hours)
    else:
        amount = doses(give, cohort, port.unit)
    for day in administrations(give):
        start = infusion_day + day
        if give.hours:
            columns.add(start, rate, port.symbol, label)
            columns.add(start + give.hours / HOURS_PER_DAY, -rate, port.symbol, label)
        else:
            columns.add(start, amount, port.symbol, label)


def _given_until(
    give: Give, stage: Stage, cohort: Cohort, system: System, infusion_day: float
) -> Boundary:
    if give.until_level is None or give.hours:
        raise ValueError(f"{give.drug}: `until` goes with a bolus and a level")
    port, watched = find_port(system, give.drug), find_port(system, give.until_port)
    times = [infusion_day + day for day in administrations(give)]
    procedure = GiveUntil(
        drug=give.drug,
        target=port.symbol,
        amounts=dict(
            zip(cohort.draws().tolist(), doses(give, cohort, port.unit).tolist(), strict=True)
        ),
        times=tuple(times),
        watched=give.until_port,
        level=convert(give.until_level.value, give.until_level.unit, watched.unit),
        days=give.until_days,
        per_day=give.per_day,
        tag=tag(give.drug, stage),
    )
    return Boundary(give.drug, np.full(len(cohort.ids), times[0]), procedure, procedure.tag)
