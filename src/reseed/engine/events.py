"""Events that the host carries out: a queue for each patient, by the rules of SBML.

The kernel finds the moment at which a trigger comes true and hands the patient over. Triggers,
delays, priorities and values are computed by the kernel's own code at the patient's own numbers,
so that host and kernel never disagree by a rounding. SBML Level 3 Version 2, section 4.11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.base.keys import uniforms
from reseed.engine.call import Call
from reseed.engine.failure import CODES
from reseed.engine.kernel import Kernel
from reseed.engine.kernel.lane import STORM
from reseed.engine.kernel.layout import FAILED
from reseed.engine.kernel.switches import FEW_DIGITS, MERGED
from reseed.engine.laws import quantile
from reseed.nouns.key import Key
from reseed.nouns.system import System

Vector = NDArray[np.float64]
Whole = NDArray[np.int64]
ORDER = "event order"  # the stream that decides between equals
DRAWN = "event draws"  # and that of what chance decides in assignments


@dataclass(frozen=True, slots=True)
class Pending:
    """An event that has fired and waits to be carried out; `values` where they are known."""

    time: float
    event: int
    values: Vector | None


class Events:
    """The pending events of a chunk's patients, and what their triggers were when last seen."""

    def __init__(
        self, system: System, kernel: Kernel, key: Key, luck: Whole, row_of: Mapping[str, int]
    ) -> None:
        self.system, self.kernel, self.luck = system, kernel, luck
        self.key = Key(key.seed, ORDER)
        count = self.count = len(system.events)
        sizes = [len(event.assignments) for event in system.events]
        ends = 3 * count + np.cumsum(sizes)
        self.values = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
        self.rows = [
            np.array([row_of[name] for name, _ in event.assignments], dtype=np.int64)
            for event in system.events
        ]
        first = kernel.places["truths"]
        self.truths = slice(first, first + count)
        self.pending: list[list[Pending]] = [[] for _ in luck]
        self.seen = np.zeros((len(luck), count), dtype=bool)
        self.draws = np.zeros(len(luck), dtype=np.int64)
        self.chance = Chance(system, key, luck, row_of, int(ends[-1]) if count else 0)
        self.fired: list[tuple[int, int, float]] = []

    def begin(self, who: Whole) -> None:
        """A new try for these patients: nothing is pending, and nothing has been drawn."""
        for row in who.tolist():
            self.pending[row] = []
        self.seen[who] = [event.initial for event in self.system.events]
        self.draws[who] = 0
        self.chance.begin(who)

    def next_time(self, row: int) -> float:
        """When the next pending event of a patient is to be carried out."""
        return min((one.time for one in self.pending[row]), default=float("inf"))

    def attend(
        self, call: Call, slots: Vector, who: Whole
    ) -> tuple[Whole, list[tuple[int, int, float]]]:
        """Everything that is due for these patients, in its order.

        Returns those who have not failed by it, and what was carried out: (patient, event, time).
        """
        self.fired = []
        for row in who.tolist():
            # what the kernel saw turn false while it went on
            self._forget(row, self.seen[row] & ~(slots[row, self.truths] > 0.5))
            self.seen[row] = slots[row, self.truths] > 0.5
        status = self.kernel.places["status"]
        waiting = who[slots[who, status] < FAILED]
        while len(waiting):
            told = call.tell(slots, waiting)
            if self.chance.laws:
                self.chance.draw(slots, waiting, told)
                told = call.tell(slots, waiting)
            more = []
            for row, facts in zip(waiting.tolist(), told, strict=True):
                time = float(slots[row, self.kernel.places["time"]])
                if self._look(slots, row, facts, time) and self._carry_out(slots, row, facts, time):
                    more.append(row)
            waiting = np.array(more, dtype=np.int64)
            if self.kernel.algebraic and len(waiting):
                call.restore(slots, waiting)
            waiting = waiting[slots[waiting, status] < FAILED]
        return who[slots[who, status] < FAILED], self.fired

    def _forget(self, row: int, fallen: NDArray[np.bool_]) -> None:
        """Events whose triggers have turned false are dropped, unless they are persistent."""
        if fallen.any() and self.pending[row]:
            self.pending[row] = [
                one
                for one in self.pending[row]
                if self.system.events[one.event].persistent or not fallen[one.event]
            ]

    def _look(self, slots: Vector, row: int, facts: Vector, time: float) -> bool:
        """Triggers as they are now: some events are dropped, some fire. Whether all is well."""
        now, seen = facts[: self.count] > 0.5, self.seen[row]
        self._forget(row, seen & ~now)
        for event in np.flatnonzero(now & ~seen).tolist():
            delay = float(facts[self.count + event])
            if not delay >= 0.0:
                self._fail(slots, row, event, "delay")
                return False
            known = self.system.events[event].at_trigger
            values = facts[self.values[event]].copy() if known else None
            self.pending[row].append(Pending(time + delay, event, values))
        self.seen[row] = now
        slots[row, self.truths] = now
        return True

    def _carry_out(self, slots: Vector, row: int, facts: Vector, time: float) -> bool:
        """The most urgent of the events that are due; whether there was one."""
        last = time + max(MERGED, FEW_DIGITS * abs(time))
        due = [one for one in self.pending[row] if one.time <= last]
        if not due:
            return False
        ranks = [_rank(facts[2 * self.count + one.event]) for one in due]
        highest = max(ranks)
        first = [one for one, rank in zip(due, ranks, strict=True) if rank == highest]
        chosen = first[0]
        if len(first) > 1:
            first.sort(key=lambda one: one.event)
            chance = uniforms(self.key, self.luck[row], occurrence=self.draws[row])
            chosen = first[int(float(chance) * len(first))]
            self.draws[row] += 1
        self.pending[row] = [one for one in self.pending[row] if one is not chosen]
        values = facts[self.values[chosen.event]] if chosen.values is None else chosen.values
        slots[row, self.rows[chosen.event]] = values
        places = self.kernel.places
        slots[row, places["settle"]] = slots[row, places["restart"]] = 1.0
        self.fired.append((row, chosen.event, time))
        return self._calm(slots, row, chosen.event, time)

    def _calm(self, slots: Vector, row: int, event: int, time: float) -> bool:
        """The guard against storms, the same as the kernel's."""
        day, count = self.kernel.places["storm_day"], self.kernel.places["storm_count"]
        if time - slots[row, day] >= 1.0:
            slots[row, day], slots[row, count] = time, 0.0
        slots[row, count] += 1.0
        if slots[row, count] > STORM:
            self._fail(slots, row, event, "event storm")
            return False
        return True

    def _fail(self, slots: Vector, row: int, event: int, name: str) -> None:
        slots[row, self.kernel.places["status"]] = FAILED + CODES[name]
        slots[row, self.kernel.places["culprit"]] = event


class Chance:
    """What chance decides in the assignments of a chunk's patients, drawn before each look."""

    def __init__(
        self, system: System, key: Key, luck: Whole, row_of: Mapping[str, int], first: int
    ) -> None:
        self.laws = [draw for draw in system.draws if draw.event]
        self.rows = [row_of[draw.symbol] for draw in self.laws]
        self.key, self.luck = Key(key.seed, DRAWN), luck
        self.looks = np.zeros(len(luck), dtype=np.int64)
        ends = first + np.cumsum([len(draw.numbers) for draw in self.laws], dtype=np.int64)
        self.numbers = [
            slice(int(end) - len(draw.numbers), int(end))
            for draw, end in zip(self.laws, ends, strict=True)
        ]

    def begin(self, who: Whole) -> None:
        """A new try for these patients."""
        self.looks[who] = 0

    def draw(self, slots: Vector, who: Whole, facts: Vector) -> None:
        """New values of all that is drawn, into the patients' slots."""
        for number, draw in enumerate(self.laws):
            share = uniforms(self.key, self.luck[who], draw=number, occurrence=self.looks[who])
            slots[who, self.rows[number]] = quantile(
                draw.law, share, list(facts[:, self.numbers[number]].T)
            )
        self.looks[who] += 1


def _rank(priority: float) -> float:
    """What is no number comes last."""
    return float(priority) if priority == priority else float("-inf")
