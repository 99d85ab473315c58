"""Small Systems written by hand, and what becomes of their patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.engine import FAILURES, Solver, solve
from reseed.nouns.cohort import Cohort
from reseed.nouns.expression import Expression
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.schedule import Boundary, Schedule
from reseed.nouns.system import Hazard, StateEvent, System, SystemPort
from reseed.nouns.trajectories import Trajectories

Array = NDArray[np.float64]
FALLING = ("neg", "x")  # x = exp(-t) from 1: below 1/2 at ln 2
CODES = {failure.name: failure.code for failure in FAILURES}


def system_of(
    states: Mapping[str, tuple[float, Expression]],
    events: Sequence[StateEvent],
    parameters: Mapping[str, float] | None = None,
    rules: Sequence[tuple[str, Expression]] = (),
    hazards: Sequence[Hazard] = (),
) -> System:
    """States as (initial value, rate); everything can be looked at, every event is recorded."""
    given = parameters or {}
    names = [*states, *given, *(name for name, _ in rules)]
    return System(
        name="small",
        states=tuple(states),
        state_units=("",) * len(states),
        initial=tuple(start for start, _ in states.values()),
        rates=tuple(rate for _, rate in states.values()),
        parameters=tuple(given),
        parameter_units=("",) * len(given),
        defaults=tuple(given.values()),
        rules=tuple(rules),
        events=tuple(events),
        hazards=tuple(hazards),
        ports=(
            *(SystemPort(name, name, "factor", "", "out") for name in names),
            *(SystemPort(event.name, event.name, "event", "", "out") for event in events),
        ),
        variability=(),
        uncertainty=(),
    )


def followed(
    system: System,
    times: Sequence[float],
    shown: Sequence[str] = (),
    *,
    ids: Sequence[int] = (0,),
    parameters: Mapping[str, Array] | None = None,
    doses: Sequence[tuple[str, float, float]] = (),
    boundaries: Sequence[Boundary] = (),
    after: bool = True,
    solver: Solver | None = None,
) -> tuple[Trajectories, Records]:
    """What these people's quantities are at these times, after all that happens then."""
    count = len(ids)
    schedule = Schedule(
        np.tile([time for _, time, _ in doses], (count, 1)).astype(float),
        np.tile([amount for _, _, amount in doses], (count, 1)).astype(float),
        tuple(target for target, _, _ in doses),
        ("",) * len(doses),
        tuple(boundaries),
        np.zeros(count),
        float(times[-1]),
    )
    return solve(
        system,
        Cohort(np.asarray(ids, dtype=np.int64), (), {}, dict(parameters or {})),
        schedule,
        Probe(tuple(shown or system.states), np.asarray(times, dtype=float), after=after),
        key=Key(3),
        solver=solver or Solver(),
    )


def last(system: System, end: float, *shown: str) -> list[float]:
    """The values that one patient ends with."""
    course, _ = followed(system, [0.0, end], shown)
    assert not course.status.any()
    return course.values[0, :, -1].tolist()
