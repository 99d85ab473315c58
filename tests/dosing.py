"""One person, known doses, and what a system shows of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from reseed.base.ports import find_port
from reseed.engine import solve
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System

HOUR = 1 / 24
UNITS = {
    "weight": "kg",
    "height": "cm",
    "body_surface_area": "m^2",
    "sex": "",
    "creatinine_clearance": "mL/min",
    "age": "year",
    "haematocrit": "",
}
PERSON = {
    "weight": 70.0,
    "height": 176.0,
    "body_surface_area": 1.8,
    "sex": 1.0,
    "creatinine_clearance": 100.0,
    "age": 30.0,
    "haematocrit": 0.34,
}
Dose = tuple[str, float, float, float]  # drug, day, mg, hours (0 = bolus)


def course_of(one: System, doses: Sequence[Dose], end: float) -> Schedule:
    """A schedule of known doses for one patient."""
    jumps = []
    for drug, day, amount, hours in doses:
        target = find_port(one, drug).symbol
        if hours:
            jumps.append((day, amount / (hours * HOUR), target))
            jumps.append((day + hours * HOUR, -amount / (hours * HOUR), target))
        else:
            jumps.append((day, amount, target))
    jumps.sort()
    return Schedule(
        times=np.array([[time for time, _, _ in jumps]]),
        values=np.array([[value for _, value, _ in jumps]]),
        targets=tuple(target for _, _, target in jumps),
        tags=("",) * len(jumps),
        boundaries=(),
        origin=np.zeros(1),
        end=end,
    )


def follow(
    one: System, doses: Sequence[Dose], show: Sequence[str], days: float, **person: float
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Times (days, every half hour) and the shown quantities of one patient."""
    values: Mapping[str, float] = {**PERSON, **person}
    wanted = {port.name for port in one.ports if port.direction == "in"} & UNITS.keys()
    columns = tuple(Covariate(name, UNITS[name]) for name in sorted(wanted))
    cohort = Cohort(
        np.array([0]), columns, {c.name: np.array([values[c.name]]) for c in columns}, {}
    )
    times = np.arange(0, days, HOUR / 2)
    schedule = course_of(one, doses, days)
    found, _ = solve(one, cohort, schedule, Probe(tuple(show), times), key=Key(1))
    assert found.status[0] == 0
    return times, dict(zip(show, found.values[0], strict=True))


def at(times: np.ndarray, values: np.ndarray, day: float) -> float:
    return float(np.interp(day, times, values))


def half_life(times: np.ndarray, values: np.ndarray, start: float, end: float) -> float:
    """Hours, from the slope of the logarithm over a window of days."""
    inside = (times >= start) & (times <= end)
    return -math.log(2) / float(np.polyfit(times[inside] * 24, np.log(values[inside]), 1)[0])
