"""Small systems with hazards and discrete species, and what becomes of many patients of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.engine import Solver, solve
from reseed.nouns.cohort import Cohort
from reseed.nouns.expression import Expression
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import Channel, Hazard, System, SystemPort

Vector = NDArray[np.float64]
BLOCK = 20_000  # patients at a time
ALONE = Solver(exact_below=1e9)  # whatever the counts, one event at a time, by integrated rates
DIRECT = Solver(exact_below=float("inf"))  # and, where nothing else moves, by the direct method


@dataclass(frozen=True, slots=True)
class Course:
    """One jump for every patient, at a time of its own."""

    target: str
    times: Vector
    values: Vector


@dataclass(frozen=True, slots=True)
class Drawn:
    """Of each patient: all times of each hazard, flat beside their patients, and last states."""

    draws: int
    patients: Mapping[str, NDArray[np.int64]]
    times: Mapping[str, Vector]
    last: Mapping[str, Vector]

    def firsts(self, hazard: str) -> Vector:
        """When it struck first, infinite where never."""
        found = np.full(self.draws, np.inf)
        np.minimum.at(found, self.patients[hazard], self.times[hazard])
        return found

    def counts(self, hazard: str) -> Vector:
        """How often it struck."""
        return np.bincount(self.patients[hazard], minlength=self.draws).astype(float)


def system_of(
    name: str,
    *,
    states: Mapping[str, tuple[float, Expression]] | None = None,
    counts: Mapping[str, float] | None = None,
    parameters: Mapping[str, float] | None = None,
    hazards: Sequence[Hazard] = (),
    channels: Sequence[Channel] = (),
) -> System:
    """Continuous `states` as (initial, rate), discrete `counts`, and what happens by chance."""
    moving, whole, given = states or {}, counts or {}, parameters or {}
    names = (*moving, *whole)
    return System(
        name=name,
        states=names,
        state_units=("",) * len(names),
        initial=(*(start for start, _ in moving.values()), *whole.values()),
        rates=(*(rate for _, rate in moving.values()), *(0.0 for _ in whole)),
        parameters=tuple(given),
        parameter_units=("",) * len(given),
        defaults=tuple(given.values()),
        rules=(),
        events=(),
        hazards=tuple(hazards),
        ports=tuple(SystemPort(state, state, "factor", "", "out") for state in names),
        variability=(),
        uncertainty=(),
        discrete=tuple(whole),
        channels=tuple(channels),
    )


def ending(name: str, rate: Expression) -> Hazard:
    """A hazard that ends its patient."""
    return Hazard(name, rate, False, name, ())


def recurring(name: str, rate: Expression, *adds: tuple[str, float]) -> Hazard:
    """A hazard that strikes again and again."""
    return Hazard(name, rate, True, "", adds)


def draw(
    system: System,
    draws: int,
    end: float,
    *,
    seed: int,
    solver: Solver = ALONE,
    parameters: Mapping[str, Vector] | None = None,
    course: Course | None = None,
) -> Drawn:
    """Patients 0, 1, ... up to day `end`; raises where one of them cannot be solved."""
    names = [hazard.name for hazard in system.hazards]
    patients: dict[str, list[NDArray[np.int64]]] = {name: [] for name in names}
    times: dict[str, list[Vector]] = {name: [] for name in names}
    last: list[Vector] = []
    probe = Probe(system.states, np.array([end]))
    for start in range(0, draws, BLOCK):
        ids = np.arange(start, min(start + BLOCK, draws), dtype=np.int64)
        own = {name: column[ids] for name, column in (parameters or {}).items()}
        schedule = _schedule(ids, end, course)
        solved, records = solve(
            system, Cohort(ids, (), {}, own), schedule, probe, key=Key(seed), solver=solver
        )
        if solved.status.any():
            failed = ids[solved.status > 0][:5].tolist()
            raise RuntimeError(f"{system.name}: patients {failed} could not be solved")
        sources = np.array(records.source, dtype=object) == "hazard"
        called = np.array(records.name, dtype=object)
        for name in names:
            rows = sources & (called == name)
            patients[name].append(records.patient[rows])
            times[name].append(records.time[rows])
        last.append(solved.values[:, :, 0])
    values = np.concatenate(last)
    return Drawn(
        draws,
        {name: np.concatenate(parts) for name, parts in patients.items()},
        {name: np.concatenate(parts) for name, parts in times.items()},
        {name: values[:, column] for column, name in enumerate(system.states)},
    )


def _schedule(ids: NDArray[np.int64], end: float, course: Course | None) -> Schedule:
    if course is None:
        nothing = np.zeros((len(ids), 0))
        return Schedule(nothing, nothing, (), (), (), np.zeros(len(ids)), end)
    return Schedule(
        course.times[ids, None],
        course.values[ids, None],
        (course.target,),
        ("",),
        (),
        np.zeros(len(ids)),
        end,
    )
