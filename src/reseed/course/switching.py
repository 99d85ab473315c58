"""Switching: stages that follow one another when a visit finds that they should."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reseed.base.ports import find_port
from reseed.base.units import convert
from reseed.course.orders import Order, orders, tag
from reseed.course.staying import has_failed
from reseed.nouns.cohort import Cohort
from reseed.nouns.course import Course, Stage, Switch
from reseed.nouns.jump import Jump
from reseed.nouns.schedule import Boundary, Entry, Moment, Turn
from reseed.nouns.system import System


@dataclass(frozen=True, slots=True)
class Step:
    """A stage as a switch sees it: what it gives, under which tags, and when it is left.

    `levels` has the level of each condition of `switch`, in the unit of its port (NaN where a
    procedure must have failed).
    """

    orders: tuple[Order, ...]
    tags: tuple[str, ...]
    switch: Switch | None
    levels: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Switching:
    """Met at the visits of the stage that a patient is in, from `first` on.

    `rows` maps what addresses a patient's draws to the row of the orders' amounts. Which stage a
    patient is in, and what the ports were at its first visit, is carried, for each such chain of
    stages on its own. It answers with the orders of the next stage, and drops the old one's.
    """

    steps: Mapping[str, Step]
    first: str
    rows: Mapping[int, int]

    def __call__(self, moment: Moment) -> Turn:
        place = f"switch/{moment.ordinal}"
        name, before = (moment.carried or {}).get(place, (self.first, None))
        step = self.steps[name]
        assert step.switch is not None  # a stage that is never left has no visits
        if before is None:
            before = _seen(step.switch, moment)
        if not _holds(step, moment, before):
            carried = {**(moment.carried or {}), place: (name, before)}
            return Turn(carried=carried, again=moment.time + step.switch.visits)
        return self._switch(moment, place, step.switch.to, step.tags)

    def _switch(self, moment: Moment, place: str, name: str, left: tuple[str, ...]) -> Turn:
        step, row = self.steps[name], self.rows[moment.patient]
        again, before = None, None
        if step.switch:
            again = moment.time + (step.switch.after or step.switch.visits)
            if not step.switch.after:
                before = _seen(step.switch, moment)
        return Turn(
            carried={**(moment.carried or {}), place: (name, before)},
            jumps=tuple(
                Jump(moment.time + order.day, order.target, float(order.amounts[row]), order.tag)
                for order in step.orders
            ),
            entries=(Entry("switch", record_of(name), 1.0, ""),),
            again=again,
            cancel=left,
        )


def record_of(stage: str) -> str:
    """What a switch to a stage is called in the records."""
    return f"switch to {stage}"


def _holds(step: Step, moment: Moment, before: Mapping[str, float]) -> bool:
    assert step.switch is not None
    return any(
        has_failed(moment, one.name)
        if one.kind == "failed"
        else moment.values[one.name] - before[one.name] >= level
        if one.kind == "rises_by"
        else moment.values[one.name] >= level
        if one.kind == "at_least"
        else moment.values[one.name] <= level
        for one, level in zip(step.switch.when, step.levels, strict=True)
    )


def _seen(switch: Switch, moment: Moment) -> dict[str, float]:
    """The ports that a switch looks at, as they are now."""
    return {one.name: moment.values[one.name] for one in switch.when if one.kind != "failed"}


def switching(
    course: Course, stage: Stage, cohort: Cohort, system: System, begins: float, end: float
) -> Boundary:
    """The visits of a stage that is left by a switch, and of all that follow it.

    `begins` is the study day on which the stage begins, `end` the last day of the study.
    """
    by_name = {one.name: one for one in course.stages}
    steps, todo = {}, [stage]
    while todo:
        one = todo.pop()
        given = orders_of(one, cohort, system, end - begins) if one is not stage else ()
        steps[one.name] = _step(one, given, system)
        if one.switch and one.switch.to not in steps:
            todo.append(by_name[one.switch.to])
    assert stage.switch is not None
    rows = {draw: row for row, draw in enumerate(cohort.draws().tolist())}
    times = np.full(len(cohort.ids), begins + stage.switch.after)
    return Boundary("switch", times, Switching(steps, stage.name, rows))


def orders_of(stage: Stage, cohort: Cohort, system: System, last: float) -> tuple[Order, ...]:
    """All orders of a stage, as `orders`."""
    return tuple(
        order for give in stage.gives for order in orders(give, stage, cohort, system, last)
    )


def _step(stage: Stage, given: tuple[Order, ...], system: System) -> Step:
    levels = tuple(
        convert(one.level.value, one.level.unit, find_port(system, one.name).unit)
        if one.level
        else math.nan
        for one in (stage.switch.when if stage.switch else ())
    )
    return Step(given, tuple(tag(give.drug, stage) for give in stage.gives), stage.switch, levels)
