"""One patient, from the first day to the last: stretches joined by jumps, events and procedures."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.base.keys import exponentials
from reseed.engine.failure import SolveFailed
from reseed.engine.reference.functions import Functions
from reseed.engine.reference.segment import Problem, Stretch, integrate, truths_at
from reseed.engine.solver import Solver
from reseed.nouns.key import Key
from reseed.nouns.schedule import Entry, Moment, Procedure
from reseed.nouns.system import System

Vector = NDArray[np.float64]
STORM = 500  # so many state events and hazards within one day are a storm
JUMP, PROCEDURE = 0, 1  # at equal times jumps come first


@dataclass(frozen=True, slots=True)
class Patient:
    """All that one patient's solution depends on; nothing of the batch around it."""

    id: int
    parameters: Vector
    covariates: Mapping[str, float]
    jumps: tuple[tuple[float, str, float, str], ...]  # time, target, value, tag
    boundaries: tuple[tuple[float, str, Procedure, str], ...]  # time, name, what, tag
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Solved:
    """Samples of shape (variable, time), records (time, Entry), and how it ended."""

    values: Vector
    records: tuple[tuple[float, Entry], ...]
    end_time: float
    end_reason: str
    steps: int


@dataclass(slots=True)
class _Walk:
    """The moving parts of one try."""

    time: float
    state: Vector
    parameters: Vector
    truths: NDArray[np.bool_]
    agenda: list[tuple[float, int, int, Any]]  # time, kind, order, what; its fourth is a tag
    order: int
    first: int  # the order number of the first boundary
    carried: Any = None
    met: dict[int, int] = field(default_factory=dict)
    fired: list[int] = field(default_factory=list)
    records: list[tuple[float, Entry]] = field(default_factory=list)
    events: deque[float] = field(default_factory=lambda: deque(maxlen=STORM))
    steps: int = 0
    end_reason: str = ""


class Walker:
    """Solves patients of one System; holds what they share and nothing that they change."""

    def __init__(self, system: System, functions: Functions, solver: Solver, key: Key) -> None:
        self.system, self.functions, self.solver, self.key = system, functions, solver, key
        self.names = (*system.states, *(f"hazard {h.name}" for h in system.hazards))
        self.state_index = {name: i for i, name in enumerate(system.states)}
        self.parameter_index = {name: i for i, name in enumerate(system.parameters)}
        self.event_names = {
            port.symbol: port.name for port in system.ports if port.quantity == "event"
        }

    def solve(
        self, patient: Patient, times: Vector, observed: NDArray[np.int64], rung: int
    ) -> Solved:
        """One try at one rung of the ladder; raises SolveFailed."""
        walk = self._start(patient)
        problem = self._problem(patient, walk, rung)
        values = np.full((len(observed), len(times)), np.nan)
        budget = self.solver.budget * 5**rung
        position = int(np.searchsorted(times, patient.start))

        def sample(time: float, state: Vector) -> None:
            nonlocal position
            vector = np.concatenate([state, walk.parameters, [time]])
            values[:, position] = self.functions.observe(vector)[observed]
            position += 1

        if position < len(times) and times[position] == patient.start:
            sample(patient.start, walk.state)
        self._settle(problem, patient, walk)
        while walk.time < patient.end and not walk.end_reason:
            stop = min(walk.agenda[0][0], patient.end) if walk.agenda else patient.end
            stop = min(self._turn(walk), stop)
            if stop > walk.time:
                reach = times[position : np.searchsorted(times, stop, side="right")]
                stretch = integrate(
                    problem, walk.parameters, walk.time, walk.state, stop, reach, sample,
                    walk.truths, budget - walk.steps,
                )  # fmt: skip
                self._advance(walk, stretch)
                if stretch.due is not None:
                    self._fire(problem, patient, walk, stretch.due)
            self._settle(problem, patient, walk)
        records = tuple(sorted(walk.records, key=lambda record: record[0]))
        return Solved(values, records, walk.time, walk.end_reason, walk.steps)

    def _start(self, patient: Patient) -> _Walk:
        blank = np.zeros(len(self.names))
        switches = np.zeros(self.functions.turns.size - 1)
        parameters = np.concatenate([patient.parameters, switches])
        vector = np.concatenate([blank, parameters, [patient.start]])
        state = blank
        state[: len(self.system.states)] = self.functions.initial(vector)
        agenda: list[tuple[float, int, int, Any]] = []
        for order, jump in enumerate(patient.jumps):
            agenda.append((jump[0], JUMP, order, jump))
        for order, boundary in enumerate(patient.boundaries, start=len(patient.jumps)):
            agenda.append((boundary[0], PROCEDURE, order, boundary))
        heapq.heapify(agenda)
        if not np.all(np.isfinite(state)):
            name = self.names[int(np.flatnonzero(~np.isfinite(state))[0])]
            raise SolveFailed("not a number", patient.start, name)
        events = np.array([event.initial for event in self.system.events], dtype=bool)
        truths = np.concatenate([events, np.zeros(len(self.system.hazards), dtype=bool)])
        first = len(patient.jumps)
        return _Walk(patient.start, state, parameters, truths, agenda, len(agenda), first)

    def _problem(self, patient: Patient, walk: _Walk, rung: int) -> Problem:
        scale = np.maximum(np.abs(walk.state), 1.0)
        for _, target, value, _ in patient.jumps:
            if target in self.state_index:
                index = self.state_index[target]
                scale[index] = max(scale[index], abs(value))
        rtol = self.solver.rtol / 10**rung
        thresholds = np.array([self._threshold(patient.id, i, 0) for i in self._hazards()])
        walk.fired = [0] * len(self.system.hazards)
        return Problem(
            self.functions,
            self.solver,
            rtol,
            rtol * self.solver.atol_share * scale,
            self.names,
            thresholds,
            min(self.solver.longest_step(self.system), 10.0),
        )

    def _turn(self, walk: _Walk) -> float:
        """Sets what jumps with time to its present values; the time at which one turns next."""
        vector = np.concatenate([walk.state, walk.parameters, [walk.time]])
        *values, following = self.functions.turns(vector)
        walk.parameters[len(self.system.parameters) :] = values
        return float(following)

    def _hazards(self) -> range:
        return range(len(self.system.hazards))

    def _threshold(self, patient: int, hazard: int, occurrence: int) -> float:
        key = Key(self.key.seed, f"hazard/{self.system.hazards[hazard].name}")
        return float(exponentials(key, patient, occurrence=occurrence))

    def _advance(self, walk: _Walk, stretch: Stretch) -> None:
        walk.time, walk.state, walk.truths = stretch.time, stretch.state, stretch.truths
        walk.steps += stretch.steps

    def _settle(self, problem: Problem, patient: Patient, walk: _Walk) -> None:
        """Everything due now: jumps, procedures, and triggers that these turned true."""
        while not walk.end_reason:
            if walk.agenda and walk.agenda[0][0] <= walk.time:
                _, kind, order, item = heapq.heappop(walk.agenda)
                if kind == JUMP:
                    self._add(walk, item[1], item[2])
                else:
                    self._meet(patient, walk, order, item)
                continue
            vector = np.concatenate([walk.state, walk.parameters, [walk.time]])
            now = truths_at(problem, vector, walk.time, walk.state)
            fresh = np.flatnonzero(now & ~walk.truths)
            walk.truths = walk.truths & now
            if not fresh.size:
                return
            self._fire(problem, patient, walk, int(fresh[0]))

    def _add(self, walk: _Walk, target: str, value: float) -> None:
        if target in self.state_index:
            walk.state[self.state_index[target]] += value
        else:
            walk.parameters[self.parameter_index[target]] += value

    def _set(self, walk: _Walk, target: str, value: float) -> None:
        if target in self.state_index:
            walk.state[self.state_index[target]] = value
        else:
            walk.parameters[self.parameter_index[target]] = value

    def _fire(self, problem: Problem, patient: Patient, walk: _Walk, watch: int) -> None:
        """What is watched has come true: an event assigns, a hazard strikes."""
        if len(walk.events) == STORM and walk.time - walk.events[0] < 1.0:
            raise SolveFailed("event storm", walk.time, self._watch_name(watch))
        walk.events.append(walk.time)
        if watch < len(self.system.events):
            event = self.system.events[watch]
            walk.truths = walk.truths.copy()
            walk.truths[watch] = True  # once, until it has been false again
            vector = np.concatenate([walk.state, walk.parameters, [walk.time]])
            values = self.functions.assign[watch](vector)
            for (target, _), value in zip(event.assignments, values, strict=True):
                self._set(walk, target, float(value))
            if event.name in self.event_names:
                self._note(walk, Entry("event", self.event_names[event.name], 1.0, ""))
            return
        self._strike(problem, patient, walk, watch - len(self.system.events))

    def _strike(self, problem: Problem, patient: Patient, walk: _Walk, index: int) -> None:
        """A hazard's threshold is reached: record, add, draw again or end."""
        hazard = self.system.hazards[index]
        walk.fired[index] += 1
        for target, amount in hazard.adds:
            self._add(walk, target, amount)
        self._note(walk, Entry("hazard", hazard.name, 1.0, ""))
        if hazard.recurrent:
            problem.thresholds[index] += self._threshold(patient.id, index, walk.fired[index])
        else:
            problem.thresholds[index] = np.inf
        if hazard.ends:
            self._finish(walk, hazard.ends)

    def _meet(
        self, patient: Patient, walk: _Walk, order: int, boundary: tuple[float, str, Procedure, str]
    ) -> None:
        _, name, procedure, _ = boundary
        vector = np.concatenate([walk.state, walk.parameters, [walk.time]])
        shown = self.functions.observe(vector)
        earlier = patient.boundaries[: order - walk.first]
        moment = Moment(
            time=walk.time,
            patient=patient.id,
            ordinal=sum(other == name for _, other, *_ in earlier),
            occurrence=walk.met.get(order, 0),
            values=dict(zip(self.functions.observed, map(float, shown), strict=True)),
            covariates=patient.covariates,
            # switches stand behind the parameters
            parameters=dict(zip(self.system.parameters, map(float, walk.parameters), strict=False)),
            carried=walk.carried,
            key=self.key,
        )
        walk.met[order] = moment.occurrence + 1
        try:
            turn = procedure(moment)
        except Exception as error:  # whatever it is, it must stop nobody else
            raise SolveFailed("procedure", walk.time, f"{name}: {error}") from error
        walk.carried = turn.carried
        for entry in (*turn.entries, *(Entry("stop", tag, 1.0, "") for tag in turn.cancel)):
            self._note(walk, entry)
        if turn.cancel:
            self._cancel(walk, turn.cancel)
        for jump in turn.jumps:
            item = (jump.time, jump.target, jump.value, jump.tag)
            self._push(walk, jump.time, JUMP, walk.order, item)
        if turn.again is not None:
            if turn.again <= walk.time:
                raise SolveFailed("procedure", walk.time, f"{name}: met again at the same time")
            self._push(walk, turn.again, PROCEDURE, order, boundary)
        if turn.end:
            self._finish(walk, turn.end)

    def _cancel(self, walk: _Walk, tags: tuple[str, ...]) -> None:
        """Nothing more under these tags; a running infusion is stopped now.

        An infusion adds to a rate and takes away the same later, so what is pending for a rate
        is, in sum, what its stop needs.
        """
        dropped = [item for item in walk.agenda if item[3][3] in tags]
        walk.agenda[:] = [item for item in walk.agenda if item[3][3] not in tags]
        heapq.heapify(walk.agenda)
        for _, kind, _, item in sorted(dropped, key=lambda item: item[:3]):
            if kind == JUMP and item[1] in self.parameter_index:
                self._add(walk, item[1], item[2])

    def _push(self, walk: _Walk, time: float, kind: int, order: int, item: Any) -> None:
        if not time >= walk.time:
            raise SolveFailed("procedure", walk.time, "something in the past")
        heapq.heappush(walk.agenda, (time, kind, order, item))
        walk.order += 1

    def _note(self, walk: _Walk, entry: Entry) -> None:
        walk.records.append((walk.time, entry))

    def _finish(self, walk: _Walk, reason: str) -> None:
        walk.end_reason = reason
        self._note(walk, Entry("end", reason, 1.0, ""))

    def _watch_name(self, watch: int) -> str:
        events = self.system.events
        if watch < len(events):
            return events[watch].name
        return self.system.hazards[watch - len(events)].name
