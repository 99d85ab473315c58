"""The loop over patients: lanes are filled from a queue, stepped together, and emptied one by one.

A lane has its own time, step, doses, events and end; lanes share instructions and nothing else.
A patient leaves when it has ended, failed, met a procedure, or taken its slice of steps, and the
next one of the queue takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from reseed.engine.failure import CODES
from reseed.engine.kernel import layout as places
from reseed.engine.kernel import maths
from reseed.engine.kernel.ir import DOUBLE, LONG, PTR, Function, Value
from reseed.engine.kernel.layout import Layout
from reseed.engine.kernel.tableau import Tableau
from reseed.engine.kernel.watch import compare, first_due
from reseed.engine.kernel.work import WORK, Work
from reseed.nouns.system import System

STORM = 500  # so many state events and hazards within one day are a storm
SAFETY, SLOWEST, FASTEST = 0.95, 0.2, 6.0  # bounds of the change from step to step
NEGATIVE_BASE = -1e-6  # a power without a value for a base below this is a failure
LEAP_SHARE = 0.1  # of a large count that one step may turn over

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
SETTINGS = ("rtol", "share", "longest", "slice", "exact_below")


@dataclass(frozen=True, slots=True)
class Driver:
    """Writes the functions of the loop for one system."""

    system: System
    layout: Layout
    work: Work
    tableau: Tableau
    observables: int
    targets: tuple[tuple[int, ...], ...]  # rows of the slot that each event assigns
    adds: tuple[tuple[tuple[int, float], ...], ...]  # rows and amounts of hazards, then channels
    tilted: bool
    width: int

    # --- small helpers ---------------------------------------------------------------------------

    def _take(self, f: Function, name: str) -> Value:
        kind = PTR if name in _POINTERS else LONG
        return f.load(f.at(f["x"], CONTEXT.index(name), LONG), kind)

    def _give(self, f: Function, name: str, value: Value) -> None:
        f.store(value, f.at(f["x"], CONTEXT.index(name), LONG))

    def _setting(self, f: Function, name: str) -> Value:
        settings = self._take(f, "settings")
        return f.splat(f.load(f.at(settings, SETTINGS.index(name))))

    def _row(self, f: Function, name: str) -> Value:
        return self.work.get(f, "s", self.layout.control(name))

    def _put(self, f: Function, name: str, value: Value) -> None:
        self.work.put(f, "s", self.layout.control(name), value)

    def _cell(self, f: Function, name: str, lane: Value) -> Value:
        return self.work.cell(f, "s", self.layout.control(name), lane)

    def _number(self, f: Function, name: str, lane: Value) -> Value:
        return f.load(self._cell(f, name, lane))

    def _set(self, f: Function, name: str, lane: Value, value: Value | float) -> None:
        f.store(f.like_type(value, DOUBLE), self._cell(f, name, lane))

    def _lane_function(self, name: str) -> Function:
        return Function(name, [(PTR, "x"), WORK, (PTR, "u"), (LONG, "lane")], "void", self.width)

    # --- one lane --------------------------------------------------------------------------------

    def _draw(self, f: Function, counted: int, lane: Value) -> Value:
        """The next threshold of a hazard or channel: a unit-exponential number."""
        channel = counted - self.layout.hazards
        place = counted if channel < 0 else self.layout.hazards + 2 * channel
        addresses = self._take(f, "addresses")
        seed, stream = (f.load(f.at(addresses, 2 * place + i, LONG), LONG) for i in (0, 1))
        count = f.load(self.work.cell(f, "s", self.layout.counts + counted, lane))
        patient = f.to_long(self._number(f, "patient", lane))
        return f.call(
            "exponential", DOUBLE, f.whole(0), f.to_long(count), patient, seed, stream
        )  # fmt: skip

    def leave(self) -> str:
        """Function `leave(x, w, u, lane)`: the patient's numbers back to its slot."""
        f = self._lane_function("leave")
        slot = f.to_long(f.load(self.work.cell(f, "slot", 0, f["lane"])))
        base = f.at(self._take(f, "slots"), self._times(f, slot, self.layout.slots))
        with f.loop(0, self.layout.slots) as row:
            f.store(f.load(self.work.cell(f, "s", row, f["lane"])), f.at(base, row))
        f.store(f.real(0.0), self.work.cell(f, "active", 0, f["lane"]))
        f.give()
        return f.text()

    def enter(self) -> str:
        """Function `enter(x, w, u, lane)`: the next patient of the queue into a lane."""
        f = self._lane_function("enter")
        lane, place = f["lane"], self._take(f, "queue_next")
        slot = f.load(f.at(self._take(f, "queue"), place, LONG), LONG)
        self._give(f, "queue_next", place + 1)
        base = f.at(self._take(f, "slots"), self._times(f, slot, self.layout.slots))
        with f.loop(0, self.layout.slots) as row:
            f.store(f.load(f.at(base, row)), self.work.cell(f, "s", row, lane))
        f.store(f.to_real(slot), self.work.cell(f, "slot", 0, lane))
        f.store(f.real(1.0), self.work.cell(f, "active", 0, lane))
        settings = self._take(f, "settings")
        share = f.load(f.at(settings, SETTINGS.index("slice")))
        end = self._number(f, "steps", lane) + share
        f.store(end, self.work.cell(f, "slice_end", 0, lane))
        f.give()
        return f.text()

    def _times(self, f: Function, value: Value, number: int) -> Value:
        return f.emit(f"mul i64 {value.name}, {number}", LONG)

    def next_sample(self) -> str:
        """Function `next_sample(x, w, u, lane)`: looks up the time of the lane's next sample."""
        f = self._lane_function("next_sample")
        place = f.to_long(self._number(f, "sample", f["lane"]))
        time = f.variable(f.real(float("inf")))
        with f.when(place < self._take(f, "sample_count")):
            time.set(f.load(f.at(self._take(f, "samples"), place)))
        f.store(time.get(), self.work.cell(f, "next_sample", 0, f["lane"]))
        f.give()
        return f.text()

    def keep(self) -> str:
        """Function `keep(x, w, u, lane)`: what `shown` holds becomes the lane's next sample."""
        f = self._lane_function("keep")
        lane, count = f["lane"], self._take(f, "sample_count")
        place = self._number(f, "sample", lane)
        row = f.to_long(self._number(f, "row", lane))
        start = self._times(f, f.emit(f"mul i64 {row.name}, {count.name}", LONG), self.observables)
        at = f.variable(start + f.to_long(place))
        out = self._take(f, "out")
        with f.loop(0, self.observables) as number:
            value = f.load(self.work.cell(f, "shown", number, lane))
            f.store(value, f.at(out, at.get()))
            at.set(at.get() + count)
        self._set(f, "sample", lane, place + 1.0)
        f.call("next_sample", "void", f["x"], f["w"], f["u"], lane)
        f.give()
        return f.text()

    def jumps(self) -> str:
        """Function `jumps(x, w, u, lane)`: all jumps that are due, then when to stop next."""
        f = self._lane_function("jumps")
        lane, time = f["lane"], self._number(f, "time", f["lane"])
        place = f.variable(f.to_long(self._number(f, "jump", lane)))
        last = f.to_long(self._number(f, "jumps_end", lane))
        times = self._take(f, "jump_times")
        following = f.variable(f.real(float("inf")))

        def due() -> Value:
            with f.when(place.get() < last):
                following.set(f.load(f.at(times, place.get())))
            return (place.get() < last) & (following.get() <= time)

        with f.repeat(due):
            row = f.load(f.at(self._take(f, "jump_rows"), place.get(), LONG), LONG)
            cell = self.work.cell(f, "s", row, lane)
            value = f.load(f.at(self._take(f, "jump_values"), place.get()))
            f.store(f.load(cell) + value, cell)
            place.set(place.get() + 1)
            following.set(f.real(float("inf")))
            self._set(f, "settle", lane, 1.0)
        self._set(f, "jump", lane, f.to_real(place.get()))
        host = self._number(f, "host", lane)
        stop = f.select(following.get() < host, following.get(), host)
        self._set(f, "stop", lane, stop)
        f.give()
        return f.text()

    def start(self) -> str:
        """Function `start(x, w, u, lane)`: initial values, scales, thresholds of a new patient.

        The values are in `between`; the scale of a state is the largest of 1, its initial value
        and its known jumps.
        """
        f = self._lane_function("start")
        lane, layout = f["lane"], self.layout
        with f.loop(0, layout.size) as row:
            cell = self.work.cell(f, "between", row, lane)
            value = f.load(cell)
            f.store(value, self.work.cell(f, "s", row + layout.state, lane))
            size = f.intrinsic("fabs", value)
            scale = f.select(size > 1.0, size, 1.0)
            f.store(scale, self.work.cell(f, "s", row + layout.scales, lane))
            # a value that is infinite or none: nothing can be solved
            with f.when(~(size < float("inf"))):
                self._fail(f, lane, "not a number", f.to_real(row))
        first = f.to_long(self._number(f, "jump", lane))
        last = f.to_long(self._number(f, "jumps_end", lane))
        with f.loop(first, last) as jump:
            row = f.load(f.at(self._take(f, "jump_rows"), jump, LONG), LONG)
            with f.when(row < layout.size):
                size = f.intrinsic("fabs", f.load(f.at(self._take(f, "jump_values"), jump)))
                cell = self.work.cell(f, "s", row + layout.scales, lane)
                old = f.load(cell)
                f.store(f.select(size > old, size, old), cell)
        for counted in range(layout.hazards + layout.channels):
            target = self._draw(f, counted, lane)
            f.store(target, self.work.cell(f, "s", layout.targets + counted, lane))
        self._set(f, "fresh", lane, 0.0)
        f.give()
        return f.text()

    def _fail(self, f: Function, lane: Value, name: str, culprit: Value | float) -> None:
        self._set(f, "status", lane, float(places.FAILED + CODES[name]))
        self._set(f, "culprit", lane, culprit)

    def fire(self) -> str:
        """Function `fire(x, w, u, lane, watch)`: an event assigns, a hazard strikes, a clone buds.

        What is assigned lies in `assigned`: it was computed for all events at once.
        """
        arguments = [(PTR, "x"), WORK, (PTR, "u"), (LONG, "lane"), (LONG, "watch")]
        f = Function("fire", arguments, "void", self.width)
        lane, watch, layout = f["lane"], f["watch"], self.layout
        events, hazards = len(self.system.events), layout.hazards
        self._set(f, "settle", lane, 1.0)
        with f.when(watch < events + hazards):
            self._note(f, lane, watch)
        offset = 0
        for number, rows in enumerate(self.targets):
            with f.when(watch.equals(number)):
                # once, until it has been false again
                f.store(f.real(1.0), self.work.cell(f, "s", layout.truths + number, lane))
                for place, row in enumerate(rows):
                    value = f.load(self.work.cell(f, "assigned", offset + place, lane))
                    f.store(value, self.work.cell(f, "s", row, lane))
            offset += len(rows)
        for counted, adds in enumerate(self.adds):
            with f.when(watch.equals(events + counted)):
                self._strike(f, counted, adds)
        f.give()
        return f.text()

    def _note(self, f: Function, lane: Value, watch: Value) -> None:
        """A line in the records, and the guard against storms."""
        time = self._number(f, "time", lane)
        with f.when(time - self._number(f, "storm_day", lane) >= 1.0):
            self._set(f, "storm_day", lane, time)
            self._set(f, "storm_count", lane, 0.0)
        count = self._number(f, "storm_count", lane) + 1.0
        self._set(f, "storm_count", lane, count)
        with f.when(count > float(STORM)):
            self._fail(f, lane, "event storm", f.to_real(watch))
        place = self._take(f, "record_count")
        f.store(time, f.at(self._take(f, "record_times"), place))
        f.store(watch, f.at(self._take(f, "record_watches"), place, LONG))
        slot = f.to_long(f.load(self.work.cell(f, "slot", 0, lane)))
        f.store(slot, f.at(self._take(f, "record_slots"), place, LONG))
        self._give(f, "record_count", place + 1)

    def _strike(self, f: Function, counted: int, adds: tuple[tuple[int, float], ...]) -> None:
        """The integral starts again from 0, towards a new threshold if there is a next time."""
        layout, lane, system = self.layout, f["lane"], self.system
        hazard = system.hazards[counted] if counted < layout.hazards else None
        integral = layout.size - layout.hazards - layout.channels + counted
        f.store(f.real(0.0), self.work.cell(f, "s", layout.state + integral, lane))
        for row, amount in adds:
            cell = self.work.cell(f, "s", row, lane)
            f.store(f.load(cell) + amount, cell)
        cell = self.work.cell(f, "s", layout.counts + counted, lane)
        f.store(f.load(cell) + 1.0, cell)
        again = hazard is None or hazard.recurrent
        target = self._draw(f, counted, lane) if again else f.real(float("inf"))
        f.store(target, self.work.cell(f, "s", layout.targets + counted, lane))
        if hazard and hazard.ends:
            self._set(f, "status", lane, float(places.ENDED))
            self._set(f, "culprit", lane, float(counted))

    # --- discrete species ------------------------------------------------------------------------

    def modes(self) -> str:
        """Function `modes(x, w, u, lane)`: channels go one by one while their counts are small.

        A channel whose discrete species all reach the limit changes to whole steps at once, and
        back below half of it, with a new threshold.
        """
        f = self._lane_function("modes")
        lane, layout = f["lane"], self.layout
        settings = self._take(f, "settings")
        limit = f.load(f.at(settings, SETTINGS.index("exact_below")))
        for channel in range(layout.channels):
            counted = layout.hazards + channel
            cell = self._mode(f, channel, lane)
            mode = f.load(cell)
            needed = f.select(mode > 0.5, limit * 0.5, limit)
            large = f.variable(f.real(1.0))
            for row, _ in self._discrete(channel):
                count = f.load(self.work.cell(f, "s", row, lane))
                large.set(f.select(count < needed, 0.0, large.get()))
            if not self._discrete(channel):
                large.set(f.real(0.0))
            with f.when(mode.differs(large.get())):
                f.store(large.get(), cell)
                integral = layout.state + layout.size - layout.channels + channel
                f.store(f.real(0.0), self.work.cell(f, "s", integral, lane))
                counts = self.work.cell(f, "s", layout.counts + counted, lane)
                f.store(f.load(counts) + 1.0, counts)
                alone = self._draw(f, counted, lane)
                target = f.select(large.get() > 0.5, float("inf"), alone)
                f.store(target, self.work.cell(f, "s", layout.targets + counted, lane))
        f.give()
        return f.text()

    def _discrete(self, channel: int) -> list[tuple[int, float]]:
        rows = {self.system.states.index(name) for name in self.system.discrete}
        return [
            (row, amount) for row, amount in self.adds[self.layout.hazards + channel] if row in rows
        ]

    def _mode(self, f: Function, channel: int, lane: Value) -> Value:
        parameter = len(self.system.parameters) + channel
        row = self.layout.parameters + self.layout.parameter_rows[parameter]
        return self.work.cell(f, "s", row, lane)

    def leap(self) -> str:
        """Function `leap(x, w, u, lane)`: Poisson numbers instead of the means of the last step.

        While a channel goes by whole steps its mean effect is part of the rates; here the drawn
        number replaces the integral, so counts stay whole and means exact.
        """
        f = self._lane_function("leap")
        lane, layout = f["lane"], self.layout
        for channel in range(layout.channels):
            with f.when(f.load(self._mode(f, channel, lane)) > 0.5):
                self._leap(f, channel, lane)
        for name in self.system.discrete:
            cell = self.work.cell(f, "s", layout.state + self.system.states.index(name), lane)
            whole = f.intrinsic("floor", f.load(cell) + 0.5)
            f.store(f.select(whole < 0.0, 0.0, whole), cell)
        f.give()
        return f.text()

    def _leap(self, f: Function, channel: int, lane: Value) -> None:
        layout = self.layout
        integral = layout.state + layout.size - layout.channels + channel
        cell = self.work.cell(f, "s", integral, lane)
        mean = f.load(cell)
        place = layout.hazards + 2 * channel + 1
        addresses = self._take(f, "addresses")
        seed, stream = (f.load(f.at(addresses, 2 * place + i, LONG), LONG) for i in (0, 1))
        occurrence = f.to_long(self._number(f, "draws", lane))
        patient = f.to_long(self._number(f, "patient", lane))
        drawn = f.call("poisson", DOUBLE, mean, f.whole(0), occurrence, patient, seed, stream)
        for row, amount in self.adds[layout.hazards + channel]:
            changed = self.work.cell(f, "s", row, lane)
            f.store(f.fma(drawn - mean, f.real(amount), f.load(changed)), changed)
        f.store(f.real(0.0), cell)
        self._set(f, "draws", lane, self._number(f, "draws", lane) + 1.0)

    # --- all lanes -------------------------------------------------------------------------------

    def patients(self) -> str:
        """Function `patients(x, w, u)`: until the queue is empty, records are full or time is up."""
        f = Function("patients", [(PTR, "x"), WORK, (PTR, "u")], "void", self.width)
        f.call("hoist_uniform", "void", f["u"])
        everyone = f.whole((1 << self.width) - 1)
        self.work.put(f, "active", 0, f.splat(0.0))
        with f.loop(0, self.layout.slots) as row:
            self.work.put(f, "s", row, f.splat(0.0))
        going = f.variable(f.whole(1))
        with f.repeat(lambda: going.get().differs(0)):
            self._fill(f, everyone)
            room = self._take(f, "record_capacity") - self._take(f, "record_count")
            steps = self._take(f, "vector_steps")
            stop = (room < (STORM + 8) * self.width) | (steps < 1)
            with f.when(stop):
                with f.lanes(self._active(f)) as lane:
                    self._lane(f, "leave", lane)
            going.set(self._active(f))
            with f.when(going.get().differs(0)):
                self._give(f, "vector_steps", steps - 1)
                if self.layout.watches:
                    self._settle(f)
                self._step(f)
        f.give()
        return f.text()

    def entry(self) -> str:
        """Function `run(x)`, the one that is called from outside."""
        f = Function("run", [(PTR, "x")], "void", self.width)
        f.call("patients", "void", f["x"], self._take(f, "w"), self._take(f, "u"))
        f.give()
        return f.text("dso_local")

    def reveal_all(self, ports: int) -> str:
        """Function `reveal_all(x)`: to `out` all ports of the patients in the queue, a row each."""
        f = Function("reveal_all", [(PTR, "x")], "void", self.width)
        w, u = self._take(f, "w"), self._take(f, "u")
        f.call("hoist_uniform", "void", u)
        inner = Function(
            "reveal_lanes", [(PTR, "x"), WORK, (PTR, "u"), (LONG, "first")], "void", self.width
        )
        self._reveal(inner, ports)
        first = f.variable(f.whole(0))
        with f.repeat(lambda: first.get() < self._take(f, "queue_length")):
            f.call("reveal_lanes", "void", f["x"], w, u, first.get())
            first.set(first.get() + self.width)
        f.give()
        return inner.text() + f.text("dso_local")

    def _reveal(self, f: Function, ports: int) -> None:
        last = self._take(f, "queue_length") - 1
        with f.loop(0, self.width) as lane:
            wanted = f["first"] + lane
            self._give(f, "queue_next", f.select(wanted < last, wanted, last))
            self._lane(f, "enter", lane)
        f.call("hoist", "void", self.work.at(f, "s"), f["u"], self.work.at(f, "c"))
        state, shown = self.work.at(f, "s", self.layout.state), self.work.at(f, "revealed")
        f.call("reveal", "void", *self._model(f, state), self._row(f, "time"), shown)
        with f.loop(0, self.width) as lane:
            wanted = f["first"] + lane
            with f.when(wanted <= last):
                row = f.at(self._take(f, "out"), self._times(f, wanted, ports))
                with f.loop(0, ports) as port:
                    value = f.load(self.work.cell(f, "revealed", port, lane))
                    f.store(value, f.at(row, port))
        f.give()

    def _active(self, f: Function) -> Value:
        return f.mask(self.work.get(f, "active", 0) > 0.5)

    def _lane(self, f: Function, name: str, lane: Value, *more: Value) -> None:
        f.call(name, "void", f["x"], f["w"], f["u"], lane, *more)

    def _model(self, f: Function, y: Value) -> list[Value]:
        return [y, self.work.at(f, "s"), self.work.at(f, "c"), f["u"]]

    def _fill(self, f: Function, everyone: Value) -> None:
        """Empty lanes take the next patients; new ones get their initial values."""
        empty = self._active(f) ^ everyone
        waiting = self._take(f, "queue_next") < self._take(f, "queue_length")
        with f.when(empty.differs(0) & waiting):
            with f.lanes(empty) as lane:
                with f.when(self._take(f, "queue_next") < self._take(f, "queue_length")):
                    self._lane(f, "enter", lane)
            f.call("hoist", "void", self.work.at(f, "s"), f["u"], self.work.at(f, "c"))
            here = self.work.get(f, "active", 0) > 0.5
            fresh = f.mask((self._row(f, "fresh") > 0.5) & here)
            state = self.work.at(f, "s", self.layout.state)
            with f.when(fresh.differs(0)):
                between = self.work.at(f, "between")
                time = self._row(f, "time")
                f.call("initial", "void", *self._model(f, state), time, between)
                with f.lanes(fresh) as lane:
                    self._lane(f, "start", lane)
            entered = empty & self._active(f)
            with f.lanes(entered) as lane:
                self._lane(f, "next_sample", lane)
            # a sample on the day of the start is taken before anything happens
            if self.observables:
                due = f.mask(self.work.get(f, "next_sample", 0) <= self._row(f, "time")) & entered
                with f.when(due.differs(0)):
                    shown = self.work.at(f, "shown")
                    f.call("observe", "void", *self._model(f, state), self._row(f, "time"), shown)
                    with f.lanes(due) as lane:
                        self._lane(f, "keep", lane)
            with f.lanes(entered) as lane:
                self._lane(f, "jumps", lane)
                with f.when(self._number(f, "status", lane) >= float(places.FAILED)):
                    self._lane(f, "leave", lane)

    def _settle(self, f: Function) -> None:
        """Triggers that jumps turned true fire now, in their order, and others that these turn."""

        def waiting() -> Value:
            here = self.work.get(f, "active", 0) > 0.5
            return here & (self._row(f, "settle") > 0.5)

        with f.repeat(lambda: f.any(waiting())):
            where = waiting()
            state = self.work.at(f, "s", self.layout.state)
            f.call("look", "void", f["w"], f["u"], state, self._row(f, "time"))
            # truths that have gone are forgotten also where another has come
            with f.loop(0, self.layout.watches) as watch:
                row = watch + self.layout.truths
                kept, now = self.work.get(f, "s", row), self.work.get(f, "now", watch)
                self.work.put(f, "s", row, f.select(where & (now < kept), now, kept))
            hit = compare(f, self.work, self.layout, where)
            self._put(f, "settle", f.select(where & ~hit, 0.0, self._row(f, "settle")))
            with f.when(f.any(hit)):
                due = first_due(f, self.work, self.layout)
                self.work.put(f, "due", 0, due)
                self._fire(f, f.mask(hit))

    def _fire(self, f: Function, lanes: Value) -> None:
        if any(self.targets):
            state = self.work.at(f, "s", self.layout.state)
            assigned = self.work.at(f, "assigned")
            f.call("assign", "void", *self._model(f, state), self._row(f, "time"), assigned)
        with f.lanes(lanes) as lane:
            watch = f.to_long(f.load(self.work.cell(f, "due", 0, lane)))
            self._lane(f, "fire", lane, watch)
            with f.when(self._number(f, "status", lane) > 0.5):
                self._lane(f, "leave", lane)

    def _step(self, f: Function) -> None:
        work, layout = self.work, self.layout
        if layout.channels:
            with f.lanes(self._active(f)) as lane:
                self._lane(f, "modes", lane)
        here = work.get(f, "active", 0) > 0.5
        state, time = work.at(f, "s", layout.state), self._row(f, "time")
        worst = f.call(
            "slopes", f.vector, *self._model(f, state), time,
            work.at(f, "rates"), work.at(f, "m"), work.at(f, "tilt"),
        )  # fmt: skip
        longest = self._longest(f)
        planned = self._row(f, "step")
        planned = f.select(longest < planned, longest, planned)
        stop = self._row(f, "stop")
        if layout.channels and self.observables:
            # counts are whole, and their noise complete, at the end of a leap: samples wait for it
            sample = work.get(f, "next_sample", 0)
            stop = f.select((self._leaping(f) > 0.5) & (sample < stop), sample, stop)
        left = stop - time
        last = planned >= left * 0.999
        h = f.select(here, f.select(last, left, planned), 1.0)
        work.put(f, "h", 0, h)
        rtol, share = self._setting(f, "rtol"), self._setting(f, "share")
        error = f.call("attempt", f.vector, f["w"], f["u"], h, rtol, share)
        good = (error <= 1.0) & here
        self._plan(f, h, planned, error, good, last, here)
        reached = f.select(last, stop, time + h)
        work.put(f, "end", 0, reached)
        steps = self._row(f, "steps") + f.select(here, f.splat(1.0), 0.0)
        self._put(f, "steps", steps)
        taken = f.emit(f"call i64 @llvm.ctpop.i64(i64 {f.mask(here).name})", LONG)
        self._give(f, "lane_steps", self._take(f, "lane_steps") + taken)
        ready = f.select(good, f.splat(1.0), 0.0)
        events = self._events(f, h, ready)
        inside = good
        if layout.channels:
            inside = good & ~(self._leaping(f) > 0.5)
        work.put(f, "accepted", 0, f.select(inside, f.splat(1.0), 0.0))
        if self.observables:
            self._samples(f, h, time)
        self._move(f, good, events)
        if layout.channels and self.observables:
            self._samples_after(f, good & ~inside)
        self._attend(f, here, good, last, events, worst, h)

    def _longest(self, f: Function) -> Value:
        """The longest step allowed: a setting, or less where large counts turn over quickly."""
        longest = self._setting(f, "longest")
        for channel in range(self.layout.channels):
            counted = self.layout.size - self.layout.channels + channel
            rate = self.work.get(f, "rates", counted)
            parameter = len(self.system.parameters) + channel
            row = self.layout.parameters + self.layout.parameter_rows[parameter]
            leaps = self.work.get(f, "s", row) > 0.5
            for place, amount in self._discrete(channel):
                count = self.work.get(f, "s", place)
                allowed = count * (LEAP_SHARE / abs(amount)) / rate
                shorter = leaps & (allowed < longest)
                longest = f.select(shorter, allowed, longest)
        return longest

    def _plan(
        self, f: Function, h: Value, planned: Value, error: Value, good: Value, last: Value, here: Value
    ) -> None:  # fmt: skip
        """The length of the next step from the error of this one."""
        small = f.select(error > 1e-12, error, 1e-12)
        power = maths.log2_positive(f, f.select(small < 1e30, small, 1e30))
        factor = maths.power2(f, power * (-1.0 / (self.tableau.order + 1))) * SAFETY
        factor = f.select(factor > FASTEST, FASTEST, factor)
        factor = f.select(factor < SLOWEST, SLOWEST, factor)
        following = h * factor
        # a last step cut short says nothing against the longer one that was planned
        kept = f.select(last & (planned > following), planned, following)
        # not a number, or elimination without digits
        following = f.select(good, kept, f.select(error < 1e30, following, h * 0.1))
        self._put(f, "step", f.select(here, following, self._row(f, "step")))

    def _events(self, f: Function, h: Value, ready: Value) -> Value | None:
        """Lanes in which something came true, as 1 and 0; None where nothing is watched."""
        if not self.layout.watches:
            return None
        f.call("combine", "void", f["w"])
        hit = f.call("search", f.vector, f["w"], f["u"], h, ready)
        part, end = self.work.get(f, "event", 0), self.work.get(f, "end", 0)
        when = f.select(part < 1.0, f.fma(part, h, self._row(f, "time")), end)
        self.work.put(f, "end", 0, f.select(hit > 0.5, when, end))
        return hit

    def _samples(self, f: Function, h: Value, time: Value) -> None:
        """All probe times that were passed, one of each lane at a time."""

        def due() -> Value:
            accepted = self.work.get(f, "accepted", 0) > 0.5
            return accepted & (self.work.get(f, "next_sample", 0) <= self.work.get(f, "end", 0))

        with f.when(f.any(due())):
            if not self.layout.watches:
                f.call("combine", "void", f["w"])
            with f.repeat(lambda: f.any(due())):
                where = due()
                sample = self.work.get(f, "next_sample", 0)
                part = f.select(where, (sample - time) / h, 1.0)
                f.call("interpolate", "void", f["w"], part)
                between, shown = self.work.at(f, "between"), self.work.at(f, "shown")
                f.call("observe", "void", *self._model(f, between), sample, shown)
                with f.lanes(f.mask(where)) as lane:
                    self._lane(f, "keep", lane)

    def _samples_after(self, f: Function, where: Value) -> None:
        """Probe times at which a leap has ended."""
        time, state = self._row(f, "time"), self.work.at(f, "s", self.layout.state)
        due = where & (self.work.get(f, "next_sample", 0) <= time)
        with f.when(f.any(due)):
            shown = self.work.at(f, "shown")
            f.call("observe", "void", *self._model(f, state), time, shown)
            with f.lanes(f.mask(due)) as lane:
                self._lane(f, "keep", lane)

    def _leaping(self, f: Function) -> Value:
        """1 in the lanes of which any channel goes by whole steps."""
        any_mode = f.splat(0.0)
        for channel in range(self.layout.channels):
            parameter = len(self.system.parameters) + channel
            row = self.layout.parameters + self.layout.parameter_rows[parameter]
            mode = self.work.get(f, "s", row)
            any_mode = f.select(any_mode < mode, mode, any_mode)
        return any_mode

    def _move(self, f: Function, good: Value, events: Value | None) -> None:
        """Accepted lanes take their new state and time."""
        if events is not None:
            hit = events > 0.5
            with f.when(f.any(hit)):
                f.call("interpolate", "void", f["w"], self.work.get(f, "event", 0))
                with f.loop(0, self.layout.size) as row:
                    new, inside = self.work.get(f, "new", row), self.work.get(f, "between", row)
                    self.work.put(f, "new", row, f.select(hit, inside, new))
        with f.loop(0, self.layout.size) as row:
            place = row + self.layout.state
            old, new = self.work.get(f, "s", place), self.work.get(f, "new", row)
            self.work.put(f, "s", place, f.select(good, new, old))
        end = self.work.get(f, "end", 0)
        self._put(f, "time", f.select(good, end, self._row(f, "time")))
        if self.layout.channels:
            with f.lanes(f.mask(good)) as lane:
                self._lane(f, "leap", lane)

    def _attend(
        self, f: Function, here: Value, good: Value, last: Value, events: Value | None,
        worst: Value, h: Value,
    ) -> None:  # fmt: skip
        """Lanes that need more than arithmetic: an event, a stop, a failure, the end of a slice."""
        time = self._row(f, "time")
        at_stop = good & (time >= self._row(f, "stop"))
        steps = self._row(f, "steps")
        spent = here & (steps >= self._row(f, "budget"))
        slow = here & (steps >= self.work.get(f, "slice_end", 0))
        size = f.intrinsic("fabs", time)
        # sixteen units in the last place of the time
        least = f.select(size > 1.0, size, 1.0) * (16 * 2.0**-52)
        tiny = here & ~good & (h < least)
        lost = here & (worst < NEGATIVE_BASE)
        hit = events > 0.5 if events is not None else None
        if hit is not None:
            with f.when(f.any(hit)):
                self._fire(f, f.mask(hit))
        busy = at_stop | spent | slow | tiny | lost
        with f.when(f.any(busy)):
            with f.lanes(f.mask(busy) & self._active(f)) as lane:
                bit = f.emit(f"shl i64 1, {lane.name}", LONG)
                with f.when((f.mask(at_stop) & bit).differs(0)):
                    self._lane(f, "jumps", lane)
                    arrived = self._number(f, "host", lane) <= self._number(f, "time", lane)
                    with f.when(arrived):
                        self._set(f, "status", lane, float(places.ARRIVED))
                running = self._number(f, "status", lane) < 0.5
                with f.when((f.mask(slow) & bit).differs(0) & running):
                    self._set(f, "status", lane, float(places.LONG))
                short = self._number(f, "status", lane).differs(float(places.ARRIVED))
                with f.when((f.mask(spent) & bit).differs(0) & short):
                    self._fail(f, lane, "step budget", -1.0)
                with f.when((f.mask(tiny) & bit).differs(0)):
                    self._fail(f, lane, "step too small", -1.0)
                    self._blame(f, lane)
                with f.when((f.mask(lost) & bit).differs(0)):
                    self._fail(f, lane, "not a number", -2.0)
                with f.when(self._number(f, "status", lane) > 0.5):
                    self._lane(f, "leave", lane)

    def _blame(self, f: Function, lane: Value) -> None:
        """The first state without a value in the last attempt, else that with the largest error."""
        size, stages = self.layout.size, len(self.tableau.a)
        largest = f.variable(f.real(-1.0))
        with f.loop(0, size) as row:
            error = f.load(self.work.cell(f, "k", row + (stages - 1) * size, lane))
            new = f.intrinsic("fabs", f.load(self.work.cell(f, "new", row, lane)))
            scale = f.load(self.work.cell(f, "s", row + self.layout.scales, lane))
            settings = self._take(f, "settings")
            share = f.load(f.at(settings, SETTINGS.index("share")))
            ratio = f.intrinsic("fabs", error) / f.fma(scale, share, new)
            finite = ratio < float("inf")
            known = self._number(f, "status", lane) < float(places.FAILED + CODES["not a number"])
            with f.when(~finite & known):
                self._fail(f, lane, "not a number", f.to_real(row))
            with f.when(finite & known & (ratio > largest.get())):
                largest.set(ratio)
                self._set(f, "culprit", lane, f.to_real(row))


_POINTERS = {
    "w", "u", "slots", "queue", "jump_times", "jump_rows", "jump_values", "samples", "out",
    "addresses", "record_times", "record_watches", "record_slots", "settings",
}  # fmt: skip
