"""Events that the host carries out: a queue for each patient, by the rules of SBML.

The kernel finds the moment at which a trigger comes true and hands the patient over. Triggers,
delays, priorities and values are computed by the kernel's own code at the patient's own numbers,
so that host and kernel never disagree by a rounding. SBML Level 3 Version 2, section 4.11.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reseed.base.keys import uniforms
from reseed.engine.call import Call, Happening
from reseed.engine.failure import CODES
from reseed.engine.kernel import Kernel
from reseed.engine.kernel.lane import STORM
from reseed.engine.kernel.layout import FAILED
from reseed.engine.kernel.switches import FEW_DIGITS, MERGED
from reseed.engine.laws import quantile
from reseed.engine.pending import Pending
from reseed.nouns.key import Key
from reseed.nouns.system import System

Vector = NDArray[np.float64]
Whole = NDArray[np.int64]
ORDER = "event order"  # the stream that decides between equals
DRAWN = "event draws"  # and that of what chance decides in assignments


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
        self.persistent = np.array([event.persistent for event in system.events], dtype=bool)
        self.at_trigger = np.array([event.at_trigger for event in system.events], dtype=bool)
        self.initial = np.array([event.initial for event in system.events], dtype=bool)
        first = kernel.places["truths"]
        self.truths = np.arange(first, first + count)
        self.pending = Pending(len(luck), max(sizes, default=0))
        self.seen = np.zeros((len(luck), count), dtype=bool)
        self.draws = np.zeros(len(luck), dtype=np.int64)
        self.chance = Chance(system, key, luck, row_of, int(ends[-1]) if count else 0)

    def begin(self, who: Whole) -> None:
        """A new try for these patients: nothing is pending, and nothing has been drawn."""
        self.pending.drop(self.pending.of(who))
        self.seen[who] = self.initial
        self.draws[who] = 0
        self.chance.begin(who)

    def next_times(self, who: Whole) -> Vector:
        """When the next pending event of each patient is to be carried out."""
        return self.pending.next_times(who)

    def attend(self, call: Call, slots: Vector, who: Whole) -> tuple[Whole, Happening]:
        """Everything that is due for these patients, in its order.

        Returns those who have not failed by it, and what was carried out.
        """
        now = slots[who[:, None], self.truths] > 0.5
        # what the kernel saw turn false while it went on
        self._forget(who, self.seen[who] & ~now)
        self.seen[who] = now
        places, fired = self.kernel.places, []
        waiting = who[slots[who, places["status"]] < FAILED]
        while len(waiting):
            told = call.tell(slots, waiting)
            if self.chance.laws:
                self.chance.draw(slots, waiting, told)
                told = call.tell(slots, waiting)
            well = self._look(slots, waiting, told)
            happened = self._carry_out(slots, waiting[well], told[well])
            fired.append(happened)
            waiting = happened.slots
            if len(waiting):
                self._calm(slots, happened)
                if self.kernel.algebraic:
                    call.restore(slots, waiting)
            waiting = waiting[slots[waiting, places["status"]] < FAILED]
        return who[slots[who, places["status"]] < FAILED], Happening.of(fired)

    def _forget(self, who: Whole, fallen: NDArray[np.bool_]) -> None:
        """Events whose triggers have turned false are dropped, unless they are persistent."""
        fallen = fallen & ~self.persistent
        if fallen.any():
            entries = self.pending.of(who)
            place = self.pending.places(who, entries)
            self.pending.drop(entries[fallen[place, self.pending.events[entries]]])

    def _look(self, slots: Vector, who: Whole, facts: Vector) -> NDArray[np.bool_]:
        """Triggers as they are now: some events are dropped, some fire. For whom all is well."""
        now, seen = facts[:, : self.count] > 0.5, self.seen[who]
        self._forget(who, seen & ~now)
        self.seen[who] = now
        slots[who[:, None], self.truths] = now
        fires = now & ~seen
        if not fires.any():
            return np.ones(len(who), dtype=bool)
        delays = facts[:, self.count : 2 * self.count]
        bad = fires & ~(delays >= 0.0)
        well: NDArray[np.bool_] = np.logical_not(bad.any(axis=1))
        for at in np.flatnonzero(~well).tolist():
            self._fail(slots, int(who[at]), int(bad[at].argmax()), "delay")
        firing, events = np.nonzero(fires & well[:, None])
        values = np.zeros((len(firing), self.pending.widest))
        for event in sorted(set(events[self.at_trigger[events]].tolist())):
            mine = np.flatnonzero(events == event)
            values[mine, : len(self.rows[event])] = facts[firing[mine], self.values[event]]
        times = slots[who[firing], self.kernel.places["time"]] + delays[firing, events]
        self.pending.add(who[firing], times, events, values)
        return well

    def _carry_out(self, slots: Vector, who: Whole, facts: Vector) -> Happening:
        """The most urgent of the events that are due for each patient, if there is one."""
        pending, places = self.pending, self.kernel.places
        times = slots[who, places["time"]]
        entries = pending.of(who)
        place = pending.places(who, entries)
        last = times + np.maximum(MERGED, FEW_DIGITS * np.abs(times))
        due = pending.times[entries] <= last[place]
        if not due.any():
            return Happening.of(())
        entries, place = entries[due], place[due]
        events = pending.events[entries]
        ranks = facts[place, 2 * self.count + events]
        ranks = np.where(np.isnan(ranks), -np.inf, ranks)  # what is no number comes last
        order = np.lexsort((entries, events, -ranks, place))
        entries, place, ranks = entries[order], place[order], ranks[order]
        begins = np.append(True, place[1:] != place[:-1])
        group = np.cumsum(begins) - 1
        begins = np.flatnonzero(begins)
        equals = np.bincount(group[ranks == ranks[begins][group]])
        chosen = begins + self._among(who[place[begins]], equals)
        at, entries = place[chosen], entries[chosen]
        events = pending.events[entries]
        for event in sorted(set(events.tolist())):
            mine = np.flatnonzero(events == event)
            if self.at_trigger[event]:
                values = pending.values[entries[mine], : len(self.rows[event])]
            else:
                values = facts[at[mine], self.values[event]]
            slots[who[at[mine], None], self.rows[event]] = values
        pending.drop(entries)
        slots[who[at], places["settle"]] = slots[who[at], places["restart"]] = 1.0
        return Happening(who[at], events, times[at])

    def _among(self, who: Whole, equals: Whole) -> Whole:
        """Which of a patient's equals is first: chance decides, where there are several."""
        chosen = np.zeros(len(who), dtype=np.int64)
        several = np.flatnonzero(equals > 1)
        if len(several):
            rows = who[several]
            share = uniforms(self.key, self.luck[rows], occurrence=self.draws[rows])
            chosen[several] = (share * equals[several]).astype(np.int64)
            self.draws[rows] += 1
        return chosen

    def _calm(self, slots: Vector, happened: Happening) -> None:
        """The guard against storms, the same as the kernel's."""
        day, count = self.kernel.places["storm_day"], self.kernel.places["storm_count"]
        who = happened.slots
        anew = who[happened.times - slots[who, day] >= 1.0]
        slots[anew, day], slots[anew, count] = slots[anew, self.kernel.places["time"]], 0.0
        slots[who, count] += 1.0
        for at in np.flatnonzero(slots[who, count] > STORM).tolist():
            self._fail(slots, int(who[at]), int(happened.watches[at]), "event storm")

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
