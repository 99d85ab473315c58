"""What the functions of the loop share: how the caller's numbers and a lane's rows are read."""

from __future__ import annotations

from dataclasses import dataclass

from reseed.engine.failure import CODES
from reseed.engine.kernel import layout as places
from reseed.engine.kernel.ir import DOUBLE, LONG, PTR, Function, Value
from reseed.engine.kernel.layout import Layout
from reseed.engine.kernel.tableau import Tableau
from reseed.engine.kernel.work import WORK, Work
from reseed.nouns.system import System

# What the caller hands over, in this order: pointers and whole numbers, eight bytes each.
CONTEXT = (
    "w",  # workspace
    "u",  # uniform numbers
    "slots",  # patients, a row of `Layout.slots` numbers each
    "queue",  # numbers of the slots to be solved
    "queue_length",
    "queue_next",  # changed
    "jump_times",  # table of jumps, addressed by the slots
    "jump_rows",
    "jump_values",
    "samples",  # probe times
    "sample_count",
    "out",  # (patient, observable, time)
    "addresses",  # seed and stream of each hazard, then of each channel twice
    "record_times",
    "record_watches",
    "record_slots",
    "record_count",  # changed
    "record_capacity",
    "vector_steps",  # changed: how many may still be taken
    "settings",  # numbers: see SETTINGS
    "lane_steps",  # changed: steps that were taken for a patient
)
SETTINGS = ("rtol", "share", "longest", "slice", "exact_below", "end")


_POINTERS = {
    "w", "u", "slots", "queue", "jump_times", "jump_rows", "jump_values", "samples", "out",
    "addresses", "record_times", "record_watches", "record_slots", "settings",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """The system, where things lie, and the small accesses that every function needs."""

    system: System
    layout: Layout
    work: Work
    tableau: Tableau
    observables: int
    targets: tuple[tuple[int, ...], ...]  # rows of the slot that each event assigns
    adds: tuple[tuple[tuple[int, float], ...], ...]  # rows and amounts of hazards, then channels
    tilted: bool
    width: int
    hosted: bool = False  # the host carries out the events
    after: bool = False  # samples show what all that happens at their time has left
    algebraic: tuple[int, ...] = ()  # states that make a formula 0

    def take(self, f: Function, name: str) -> Value:
        kind = PTR if name in _POINTERS else LONG
        return f.load(f.at(f["x"], CONTEXT.index(name), LONG), kind)

    def give(self, f: Function, name: str, value: Value) -> None:
        f.store(value, f.at(f["x"], CONTEXT.index(name), LONG))

    def setting(self, f: Function, name: str) -> Value:
        return f.splat(self.one_setting(f, name))

    def one_setting(self, f: Function, name: str) -> Value:
        return f.load(f.at(self.take(f, "settings"), SETTINGS.index(name)))

    def row(self, f: Function, name: str) -> Value:
        return self.work.get(f, "s", self.layout.control(name))

    def put(self, f: Function, name: str, value: Value) -> None:
        self.work.put(f, "s", self.layout.control(name), value)

    def cell(self, f: Function, name: str, lane: Value) -> Value:
        return self.work.cell(f, "s", self.layout.control(name), lane)

    def number(self, f: Function, name: str, lane: Value) -> Value:
        return f.load(self.cell(f, name, lane))

    def set(self, f: Function, name: str, lane: Value, value: Value | float) -> None:
        f.store(f.like_type(value, DOUBLE), self.cell(f, name, lane))

    def lane_function(self, name: str) -> Function:
        return Function(name, [(PTR, "x"), WORK, (PTR, "u"), (LONG, "lane")], "void", self.width)

    def times(self, f: Function, value: Value, number: int) -> Value:
        return f.emit(f"mul i64 {value.name}, {number}", LONG)

    def discrete(self, channel: int) -> list[tuple[int, float]]:
        rows = {self.system.states.index(name) for name in self.system.discrete}
        return [
            (row, amount) for row, amount in self.adds[self.layout.hazards + channel] if row in rows
        ]

    def mode(self, f: Function, channel: int, lane: Value) -> Value:
        parameter = len(self.system.parameters) + channel
        row = self.layout.parameters + self.layout.parameter_rows[parameter]
        return self.work.cell(f, "s", row, lane)

    def fail(self, f: Function, lane: Value, name: str, culprit: Value | float) -> None:
        self.set(f, "status", lane, float(places.FAILED + CODES[name]))
        self.set(f, "culprit", lane, culprit)

    def draw(self, f: Function, counted: int, lane: Value) -> Value:
        """The next threshold of a hazard or channel: a unit-exponential number."""
        channel = counted - self.layout.hazards
        place = counted if channel < 0 else self.layout.hazards + 2 * channel
        addresses = self.take(f, "addresses")
        seed, stream = (f.load(f.at(addresses, 2 * place + i, LONG), LONG) for i in (0, 1))
        count = f.load(self.work.cell(f, "s", self.layout.counts + counted, lane))
        patient = f.to_long(self.number(f, "patient", lane))
        return f.call(
            "exponential", DOUBLE, f.whole(0), f.to_long(count), patient, seed, stream
        )  # fmt: skip
