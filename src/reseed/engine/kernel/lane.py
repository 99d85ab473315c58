"""What happens in one lane: a patient enters, is sampled, jumps, meets events, and leaves."""

from __future__ import annotations

from reseed.engine.failure import CODES
from reseed.engine.kernel import layout as places
from reseed.engine.kernel.desk import SETTINGS, Desk
from reseed.engine.kernel.ir import LONG, PTR, Function, Value
from reseed.engine.kernel.work import WORK

STORM = 500  # so many state events and hazards within one day are a storm


class Lane(Desk):
    """Writes the functions that serve a single lane."""

    __slots__ = ()

    def leave(self) -> str:
        """Function `leave(x, w, u, lane)`: the patient's numbers back to its slot."""
        f = self.lane_function("leave")
        slot = f.to_long(f.load(self.work.cell(f, "slot", 0, f["lane"])))
        base = f.at(self.take(f, "slots"), self.times(f, slot, self.layout.slots))
        with f.loop(0, self.layout.slots) as row:
            f.store(f.load(self.work.cell(f, "s", row, f["lane"])), f.at(base, row))
        f.store(f.real(0.0), self.work.cell(f, "active", 0, f["lane"]))
        f.give()
        return f.text()

    def enter(self) -> str:
        """Function `enter(x, w, u, lane)`: the next patient of the queue into a lane."""
        f = self.lane_function("enter")
        lane, place = f["lane"], self.take(f, "queue_next")
        slot = f.load(f.at(self.take(f, "queue"), place, LONG), LONG)
        self.give(f, "queue_next", place + 1)
        base = f.at(self.take(f, "slots"), self.times(f, slot, self.layout.slots))
        with f.loop(0, self.layout.slots) as row:
            f.store(f.load(f.at(base, row)), self.work.cell(f, "s", row, lane))
        f.store(f.to_real(slot), self.work.cell(f, "slot", 0, lane))
        f.store(f.real(1.0), self.work.cell(f, "active", 0, lane))
        settings = self.take(f, "settings")
        share = f.load(f.at(settings, SETTINGS.index("slice")))
        end = self.number(f, "steps", lane) + share
        f.store(end, self.work.cell(f, "slice_end", 0, lane))
        f.give()
        return f.text()

    def next_sample(self) -> str:
        """Function `next_sample(x, w, u, lane)`: looks up the time of the lane's next sample."""
        f = self.lane_function("next_sample")
        place = f.to_long(self.number(f, "sample", f["lane"]))
        time = f.variable(f.real(float("inf")))
        with f.when(place < self.take(f, "sample_count")):
            time.set(f.load(f.at(self.take(f, "samples"), place)))
        f.store(time.get(), self.work.cell(f, "next_sample", 0, f["lane"]))
        f.give()
        return f.text()

    def keep(self) -> str:
        """Function `keep(x, w, u, lane)`: what `shown` holds becomes the lane's next sample."""
        f = self.lane_function("keep")
        lane, count = f["lane"], self.take(f, "sample_count")
        place = self.number(f, "sample", lane)
        row = f.to_long(self.number(f, "row", lane))
        start = self.times(f, f.emit(f"mul i64 {row.name}, {count.name}", LONG), self.observables)
        at = f.variable(start + f.to_long(place))
        out = self.take(f, "out")
        with f.loop(0, self.observables) as number:
            value = f.load(self.work.cell(f, "shown", number, lane))
            f.store(value, f.at(out, at.get()))
            at.set(at.get() + count)
        self.set(f, "sample", lane, place + 1.0)
        f.call("next_sample", "void", f["x"], f["w"], f["u"], lane)
        f.give()
        return f.text()

    def jumps(self) -> str:
        """Function `jumps(x, w, u, lane)`: all jumps that are due, then when to stop next."""
        f = self.lane_function("jumps")
        lane, time = f["lane"], self.number(f, "time", f["lane"])
        place = f.variable(f.to_long(self.number(f, "jump", lane)))
        last = f.to_long(self.number(f, "jumps_end", lane))
        times = self.take(f, "jump_times")
        following = f.variable(f.real(float("inf")))

        def due() -> Value:
            with f.when(place.get() < last):
                following.set(f.load(f.at(times, place.get())))
            return (place.get() < last) & (following.get() <= time)

        with f.repeat(due):
            row = f.load(f.at(self.take(f, "jump_rows"), place.get(), LONG), LONG)
            cell = self.work.cell(f, "s", row, lane)
            value = f.load(f.at(self.take(f, "jump_values"), place.get()))
            f.store(f.load(cell) + value, cell)
            place.set(place.get() + 1)
            following.set(f.real(float("inf")))
            self.set(f, "settle", lane, 1.0)
            self.set(f, "restart", lane, 1.0)
        self.set(f, "jump", lane, f.to_real(place.get()))
        host = self.number(f, "host", lane)
        running = self.number(f, "status", lane) < 0.5
        with f.when((host <= time) & running):
            self.set(f, "status", lane, float(places.ARRIVED))
        stop = f.variable(f.select(following.get() < host, following.get(), host))
        if self.after:
            end = self.one_setting(f, "end")
            stop.set(f.select(end < stop.get(), end, stop.get()))
        if self.layout.switches:
            turn = self.number(f, "turn", lane)
            with f.when(turn > time):
                stop.set(f.select(turn < stop.get(), turn, stop.get()))
            with f.when(turn <= time):  # the driver looks when the next one is
                self.set(f, "settle", lane, 1.0)
                self.set(f, "restart", lane, 1.0)
        self.set(f, "stop", lane, stop.get())
        f.give()
        return f.text()

    def start(self) -> str:
        """Function `start(x, w, u, lane)`: initial values, scales, thresholds of a new patient.

        The values are in `between`; the scale of a state is the largest of 1, its initial value
        and its known jumps.
        """
        f = self.lane_function("start")
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
                self.fail(f, lane, "not a number", f.to_real(row))
        first = f.to_long(self.number(f, "jump", lane))
        last = f.to_long(self.number(f, "jumps_end", lane))
        with f.loop(first, last) as jump:
            row = f.load(f.at(self.take(f, "jump_rows"), jump, LONG), LONG)
            with f.when(row < layout.size):
                size = f.intrinsic("fabs", f.load(f.at(self.take(f, "jump_values"), jump)))
                cell = self.work.cell(f, "s", row + layout.scales, lane)
                old = f.load(cell)
                f.store(f.select(size > old, size, old), cell)
        for counted in range(layout.hazards + layout.channels):
            target = self.draw(f, counted, lane)
            f.store(target, self.work.cell(f, "s", layout.targets + counted, lane))
        self.set(f, "fresh", lane, 0.0)
        f.give()
        return f.text()

    def fire(self) -> str:
        """Function `fire(x, w, u, lane, watch)`: an event assigns, a hazard strikes, a clone buds.

        What is assigned lies in `assigned`: it was computed for all events at once. Where the host
        carries out the events, the patient leaves for it instead.
        """
        arguments = [(PTR, "x"), WORK, (PTR, "u"), (LONG, "lane"), (LONG, "watch")]
        f = Function("fire", arguments, "void", self.width)
        lane, watch, layout = f["lane"], f["watch"], self.layout
        events, hazards = len(self.system.events), layout.hazards
        self.set(f, "settle", lane, 1.0)
        if self.hosted:
            with f.when(watch < events):
                self.set(f, "status", lane, float(places.EVENTFUL))
                f.give()
                f.open(f.label("never"))
        if self.algebraic:
            self.set(f, "restart", lane, 1.0)
        with f.when(watch < events + hazards):
            self.set(f, "restart", lane, 1.0)
            self._note(f, lane, watch)
        offset = 0
        for number, rows in enumerate(() if self.hosted else self.targets):
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
        time = self.number(f, "time", lane)
        with f.when(time - self.number(f, "storm_day", lane) >= 1.0):
            self.set(f, "storm_day", lane, time)
            self.set(f, "storm_count", lane, 0.0)
        count = self.number(f, "storm_count", lane) + 1.0
        self.set(f, "storm_count", lane, count)
        with f.when(count > float(STORM)):
            self.fail(f, lane, "event storm", f.to_real(watch))
        place = self.take(f, "record_count")
        f.store(time, f.at(self.take(f, "record_times"), place))
        f.store(watch, f.at(self.take(f, "record_watches"), place, LONG))
        slot = f.to_long(f.load(self.work.cell(f, "slot", 0, lane)))
        f.store(slot, f.at(self.take(f, "record_slots"), place, LONG))
        self.give(f, "record_count", place + 1)

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
        target = self.draw(f, counted, lane) if again else f.real(float("inf"))
        f.store(target, self.work.cell(f, "s", layout.targets + counted, lane))
        if hazard and hazard.ends:
            self.set(f, "status", lane, float(places.ENDED))
            self.set(f, "culprit", lane, float(counted))

    def blame(self) -> str:
        """Function `blame(x, w, u, lane)`: which state stopped the lane.

        The first without a value in the last attempt, else that with the largest error.
        """
        f = self.lane_function("blame")
        lane = f["lane"]
        size, stages = self.layout.size, len(self.tableau.a)
        largest = f.variable(f.real(-1.0))
        with f.loop(0, size) as row:
            error = f.load(self.work.cell(f, "k", row + (stages - 1) * size, lane))
            new = f.intrinsic("fabs", f.load(self.work.cell(f, "new", row, lane)))
            scale = f.load(self.work.cell(f, "s", row + self.layout.scales, lane))
            settings = self.take(f, "settings")
            share = f.load(f.at(settings, SETTINGS.index("share")))
            ratio = f.intrinsic("fabs", error) / f.fma(scale, share, new)
            finite = ratio < float("inf")
            known = self.number(f, "status", lane) < float(places.FAILED + CODES["not a number"])
            with f.when(~finite & known):
                self.fail(f, lane, "not a number", f.to_real(row))
            with f.when(finite & known & (ratio > largest.get())):
                largest.set(ratio)
                self.set(f, "culprit", lane, f.to_real(row))
        f.give()
        return f.text()
