"""A chunk of patients: rounds of the kernel, and procedures between them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.engine.call import Call, Happening
from reseed.engine.events import Events
from reseed.engine.failure import CODES
from reseed.engine.jumps import JumpTable
from reseed.engine.kernel import Kernel
from reseed.engine.kernel.layout import ARRIVED, ENDED, EVENTFUL, FAILED, LONG
from reseed.engine.solver import Solver
from reseed.engine.told import blank
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Entry, Moment, Schedule, Turn
from reseed.nouns.system import System

Vector = NDArray[np.float64]
Whole = NDArray[np.int64]
FIRST_STEP = 1.0  # days, at most; the kernel finds a shorter one
SLICE = 2_000  # steps after which a patient waits for the other long ones
NOBODY = -1


class MissingTarget(Exception):
    """A procedure's jump changes a parameter that the kernel took for a constant."""


@dataclass(slots=True)
class Course:
    """How far one patient's treatment has come: procedures ahead, and what they handed on."""

    agenda: list[tuple[float, int]]  # (time, number of the boundary)
    carried: Any = None
    met: dict[int, int] = field(default_factory=dict)


class Chunk:
    """Some patients of a cohort, by their rows there, with all that their solution needs."""

    def __init__(
        self,
        system: System,
        kernel: Kernel,
        cohort: Cohort,
        schedule: Schedule,
        rows: Whole,
        ports: Sequence[str],
        probe: Probe,
        key: Key,
        solver: Solver,
    ) -> None:
        self.system, self.kernel, self.cohort, self.schedule = system, kernel, cohort, schedule
        self.rows, self.ports, self.key, self.solver = rows, ports, key, solver
        self.longest, self.after = solver.longest_step(system), probe.after
        places = kernel.places
        self.row_of = {name: places["state"] + i for i, name in enumerate(system.states)}
        for parameter, row in kernel.parameter_rows.items():
            if parameter < len(system.parameters):
                self.row_of[system.parameters[parameter]] = places["parameters"] + row
        own = [pair for pair in kernel.parameter_rows.items() if pair[0] < len(system.parameters)]
        self.varying = np.array([parameter for parameter, _ in own], dtype=np.int64)
        self.places_of_varying = places["parameters"] + np.array(
            [row for _, row in own], dtype=np.int64
        )
        self.defaults: Vector = np.array(system.defaults, dtype=np.float64)
        self.boundary_names = [boundary.name for boundary in schedule.boundaries]
        self.names = (
            *system.states,
            *(f"hazard {hazard.name}" for hazard in system.hazards),
            *(f"channel {channel.name}" for channel in system.channels),
        )
        self.watch_names = [event.name for event in system.events]
        self.watch_names += [hazard.name for hazard in system.hazards]
        shown = {port.symbol: port.name for port in system.ports if port.quantity == "event"}
        self.event_names = [shown.get(event.name, "") for event in system.events]
        self.noted = np.array(
            [*map(bool, self.event_names), *(True for _ in system.hazards)], dtype=bool
        )
        self.told = blank(len(rows))
        self.first_sample = np.searchsorted(probe.times, schedule.first_days()[rows])
        self.start = self._slots()
        luck = cohort.draws()[rows]
        self.events = Events(system, kernel, key, luck, self.row_of) if kernel.told else None

    # --- before --------------------------------------------------------------------------------

    def _slots(self) -> Vector:
        """Every patient on the first day."""
        places, system, cohort, schedule = (
            self.kernel.places, self.system, self.cohort, self.schedule,
        )  # fmt: skip
        slots = np.zeros((len(self.rows), places["slots"]))
        for parameter, row in self.kernel.parameter_rows.items():
            if parameter >= len(system.parameters):
                continue  # modes of channels start at 0; the kernel finds out about switches
            name = system.parameters[parameter]
            column = cohort.parameters.get(name, cohort.covariates.get(name))
            value = system.defaults[parameter] if column is None else column[self.rows]
            slots[:, places["parameters"] + row] = value
        for number, event in enumerate(system.events):
            slots[:, places["truths"] + number] = float(event.initial)
        slots[:, places["step"]] = min(FIRST_STEP, self.longest)
        slots[:, places["patient"]] = cohort.draws()[self.rows]
        start = schedule.first_days()[self.rows]
        slots[:, places["time"]] = slots[:, places["storm_day"]] = start
        slots[:, places["turn"]] = -np.inf
        slots[:, places["sample"]] = self.first_sample
        slots[:, places["row"]] = np.arange(len(self.rows))
        for flag in ("fresh", "settle", "restart"):
            slots[:, places[flag]] = 1.0
        return slots

    # --- the rounds ----------------------------------------------------------------------------

    def solve(self, call: Call, out: Vector) -> None:
        """Everybody, rung by rung; samples of shape (patient, variable, time) go to `out`."""
        waiting = np.arange(len(self.rows), dtype=np.int64)
        for rung in range(self.solver.rungs + 1):
            if not len(waiting):
                break
            self.told.rung[waiting] = rung
            waiting = self._climb(call, out, waiting, rung)

    def _climb(self, call: Call, out: Vector, who: Whole, rung: int) -> Whole:
        """One try for these patients; returns those who failed."""
        places, solver = self.kernel.places, self.solver
        slots = self.start.copy()
        jumps = JumpTable(self.schedule, self.rows, self.row_of)
        slots[:, places["jump"]], slots[:, places["jumps_end"]] = jumps.first, jumps.last
        slots[:, places["budget"]] = solver.budget * 5**rung
        rtol = solver.rtol / 10**rung
        settings = (rtol, solver.atol_share, self.longest, float(SLICE), solver.exact_below)
        call.settings((*settings, self.schedule.end))
        staged = self.schedule.boundaries
        courses = {row: self._course(row) for row in who.tolist()} if staged else {}
        for row in who.tolist():
            self.told.records[row] = []
        if self.events:
            self.events.begin(who)
        ready = self._next_stop(slots, courses, who)
        # a procedure on the first day comes before the first step, but after the first sample,
        # so everybody enters the kernel once
        late: list[Whole] = []
        while len(ready) or late:
            if not len(ready):
                ready, late = np.concatenate(late), []
            slots[ready, places["status"]] = 0.0
            jumps.join()
            found = call.solve(slots, ready, (jumps.times, jumps.rows, jumps.values), out)
            self._note(found)
            status = slots[ready, places["status"]]
            if np.any(status == LONG):
                late.append(ready[status == LONG])
            arrived = ready[(status == ARRIVED) | (status == EVENTFUL)]
            ready = self._meet(call, slots, jumps, courses, arrived)
        self._finish(slots, who)
        reached = slots[who, places["sample"]].astype(np.int64)
        for row in np.flatnonzero(reached < out.shape[2]).tolist():
            out[who[row], :, reached[row] :] = np.nan  # out of sight: the patient has left before
        for row in np.flatnonzero(self.first_sample[who]).tolist():
            out[who[row], :, : self.first_sample[who[row]]] = np.nan  # not there yet
        failed = who[self.told.status[who] > 0]
        out[failed] = np.nan
        return failed

    def _course(self, row: int) -> Course:
        agenda = [
            (float(boundary.times[self.rows[row]]), number)
            for number, boundary in enumerate(self.schedule.boundaries)
        ]
        heapq.heapify(agenda)
        return Course(agenda)

    def _next_stop(self, slots: Vector, courses: Mapping[int, Course], who: Whole) -> Whole:
        """When each patient has to leave the kernel next."""
        # with samples after all that happens, the kernel itself sees to the end
        end = float("inf") if self.after else self.schedule.end
        first = np.full(len(who), end, dtype=np.float64)
        if self.events:
            first = np.minimum(first, self.events.next_times(who))
        for at, row in enumerate(who.tolist()) if courses else ():
            if agenda := courses[row].agenda:
                first[at] = min(first[at], agenda[0][0])
        slots[who, self.kernel.places["host"]] = first
        return who

    # --- procedures ----------------------------------------------------------------------------

    def _meet(
        self, call: Call, slots: Vector, jumps: JumpTable, courses: Mapping[int, Course], who: Whole
    ) -> Whole:
        """Procedures, then events that are due for these patients; returns those who go on."""
        places, going = self.kernel.places, []
        time = slots[:, places["time"]]
        if not courses:
            going, who = who.tolist(), who[:0]
        while len(who):
            due = [r for r in who.tolist() if self._is_due(courses, r, time[r])]
            rest = sorted({int(r) for r in who} - {int(r) for r in due})
            going += rest
            if not due:
                break
            queue = np.array(due, dtype=np.int64)
            queue = self._restore(call, slots, queue)
            shown = call.reveal(slots, queue, len(self.ports))
            still = [
                row
                for row, values in zip(queue.tolist(), shown, strict=True)
                if self._procedure(slots, jumps, courses[row], row, values)
            ]
            who = np.array(still, dtype=np.int64)
        ready = np.array(sorted(going), dtype=np.int64)
        if self.events and len(ready):
            self._restore(call, slots, ready[slots[ready, places["status"]] != EVENTFUL])
            ready, fired = self.events.attend(call, slots, ready)
            self._note(fired)
        if not self.after:
            ready = ready[time[ready] < self.schedule.end]
        return self._next_stop(slots, courses, ready)

    @staticmethod
    def _is_due(courses: Mapping[int, Course], row: int, time: float) -> bool:
        return bool((agenda := courses[row].agenda) and agenda[0][0] <= time)

    def _procedure(
        self, slots: Vector, jumps: JumpTable, course: Course, row: int, values: Vector
    ) -> bool:
        """The next procedure of one patient; whether the patient goes on."""
        time, number = heapq.heappop(course.agenda)
        boundary = self.schedule.boundaries[number]
        now = float(slots[row, self.kernel.places["time"]])
        moment = Moment(
            time=now,
            patient=int(self.cohort.draws()[self.rows[row]]),
            ordinal=self.boundary_names[:number].count(boundary.name),
            occurrence=course.met.get(number, 0),
            values=Named(self.ports, values),
            covariates={
                name: float(column[self.rows[row]])
                for name, column in self.cohort.covariates.items()
            },
            parameters=Named(self.system.parameters, self._parameters(slots[row])),
            carried=course.carried,
            key=self.key,
        )
        course.met[number] = moment.occurrence + 1
        try:
            turn = boundary.procedure(moment)
        except Exception as error:  # whatever it is, it must stop nobody else
            return self._broken(slots, row, f"{boundary.name}: {error}")
        course.carried = turn.carried
        stopped = [Entry("stop", tag, 1.0, "") for tag in turn.cancel]
        self.told.records[row] += [(now, entry) for entry in (*turn.entries, *stopped)]
        late = [jump for jump in turn.jumps if not jump.time >= now]
        if late or (turn.again is not None and not turn.again >= now):
            return self._broken(slots, row, "something in the past")
        self._change(slots, jumps, course, row, turn, now)
        if turn.again is not None:
            if turn.again <= now:
                return self._broken(slots, row, f"{boundary.name}: met again at the same time")
            heapq.heappush(course.agenda, (turn.again, number))
        if turn.end:
            self._end(row, now, turn.end)
            slots[row, self.kernel.places["status"]] = ENDED
            slots[row, self.kernel.places["culprit"]] = NOBODY
            return False
        return True

    def _restore(self, call: Call, slots: Vector, who: Whole) -> Whole:
        """After jumps that the kernel made last: algebraic states that fit; who has some."""
        if self.kernel.algebraic:
            jumped = who[slots[who, self.kernel.places["restart"]] > 0.5]
            if len(jumped):
                call.restore(slots, jumped)
        return who[slots[who, self.kernel.places["status"]] < FAILED]

    def _parameters(self, slot: Vector) -> Vector:
        values = self.defaults.copy()
        values[self.varying] = slot[self.places_of_varying]
        return values

    def _change(
        self, slots: Vector, jumps: JumpTable, course: Course, row: int, turn: Turn, now: float
    ) -> None:
        """What a procedure cancels and adds; a running infusion that is cancelled stops now.

        An infusion adds to a rate and takes away the same later, so what is pending for a rate
        is, in sum, what its stop needs.
        """
        places = self.kernel.places
        if not turn.cancel and not turn.jumps:
            return
        first, last = int(slots[row, places["jump"]]), int(slots[row, places["jumps_end"]])
        pending = jumps.pending(first, last)
        if turn.cancel:
            numbers = jumps.numbers_of(turn.cancel)
            states = range(places["state"], places["state"] + len(self.system.states))
            for _, target, value, tag in pending:
                if tag in numbers and target not in states:
                    slots[row, target] += value
            pending = [entry for entry in pending if entry[3] not in numbers]
            tagged = self.schedule.boundaries
            course.agenda[:] = [a for a in course.agenda if tagged[a[1]].tag not in turn.cancel]
            heapq.heapify(course.agenda)
        for jump in turn.jumps:
            if jump.target not in self.row_of:
                raise MissingTarget(jump.target)
        new = [jumps.entry(jump) for jump in turn.jumps]
        for _, target, value, _ in sorted((e for e in new if e[0] <= now), key=lambda e: e[0]):
            slots[row, target] += value
        pending += [entry for entry in new if entry[0] > now]
        pending.sort(key=lambda entry: entry[0])
        slots[row, places["jump"]], slots[row, places["jumps_end"]] = jumps.append(pending)
        slots[row, places["settle"]] = slots[row, places["restart"]] = 1.0

    def _broken(self, slots: Vector, row: int, text: str) -> bool:
        slots[row, self.kernel.places["status"]] = FAILED + CODES["procedure"]
        self.told.status_state[row] = text
        return False

    # --- after ---------------------------------------------------------------------------------

    def _end(self, row: int, time: float, reason: str) -> None:
        self.told.end_reason[row] = reason
        self.told.records[row].append((time, Entry("end", reason, 1.0, "")))

    def _note(self, happened: Happening) -> None:
        """Records of events that have a name, and of hazards, in their order."""
        events, records = len(self.event_names), self.told.records
        told = self.noted[happened.watches]
        columns = (happened.slots[told], happened.watches[told], happened.times[told])
        for row, watch, time in zip(*(column.tolist() for column in columns), strict=True):
            if watch < events:
                records[row].append((time, Entry("event", self.event_names[watch], 1.0, "")))
                continue
            hazard = self.system.hazards[watch - events]
            records[row].append((time, Entry("hazard", hazard.name, 1.0, "")))
            if hazard.ends:
                self._end(row, time, hazard.ends)

    def _finish(self, slots: Vector, who: Whole) -> None:
        """Ends, failures and counts of one try."""
        places, told = self.kernel.places, self.told
        status = slots[who, places["status"]].astype(np.int64)
        told.end_time[who] = slots[who, places["time"]]
        told.steps[who] = slots[who, places["steps"]].astype(np.int64)
        told.status[who] = np.where(status >= FAILED, status - FAILED, 0)
        told.status_time[who] = np.where(status >= FAILED, slots[who, places["time"]], np.nan)
        for row in who[status >= FAILED]:
            told.records[row], told.end_reason[row] = [], ""
            if told.status[row] != CODES["procedure"]:
                told.status_state[row] = self._culprit(slots[row], int(told.status[row]))
        for row in who[status < FAILED].tolist():
            told.status_state[row] = ""
            if len(told.records[row]) > 1:
                told.records[row].sort(key=lambda record: record[0])

    def _culprit(self, slot: Vector, code: int) -> str:
        """The quantity to blame for a failure."""
        places = self.kernel.places
        number = int(slot[places["culprit"]])
        if code in (CODES["event storm"], CODES["delay"]):
            return self.watch_names[number]
        if number >= 0:
            return self.names[number]
        size = places["size"]
        state = slot[places["state"] : places["state"] + size]
        scales = slot[places["scales"] : places["scales"] + size]
        relative = state / np.maximum(scales, 1.0)
        worst = np.argmin(relative) if number == -2 else np.argmax(np.abs(relative))
        return self.names[int(worst)]


class Named(Mapping[str, float]):
    """Numbers by name, found when they are asked for."""

    def __init__(self, names: Sequence[str], values: Vector) -> None:
        self._names, self._values = names, values

    def __getitem__(self, name: str) -> float:
        try:
            return float(self._values[self._names.index(name)])
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
