"""The loop over patients: lanes are filled from a queue, stepped together, and emptied one by one.

A lane has its own time, step, doses, events and end; lanes share instructions and nothing else.
A patient leaves when it has ended, failed, met a procedure, or taken its slice of steps, and the
next one of the queue takes its place.
"""

from __future__ import annotations

import math

from reseed.engine.kernel import layout as places
from reseed.engine.kernel import maths
from reseed.engine.kernel.desk import Desk
from reseed.engine.kernel.ir import LONG, PTR, Function, Value
from reseed.engine.kernel.lane import STORM
from reseed.engine.kernel.watch import compare, first_due
from reseed.engine.kernel.work import WORK

CAREFUL = 0.3  # a step after a jump: its length to the order + 1, times the sharpness
SURPRISE = 3.0  # powers of 2 by which an error may outgrow what the step before foretold
SAFETY, SLOWEST, FASTEST = 0.95, 0.2, 6.0  # bounds of the change from step to step
NEGATIVE_BASE = -1e-6  # a power without a value for a base below this is a failure
LEAP_SHARE = 0.1  # of a large count that one step may turn over


class Driver(Desk):
    """Writes the loop for one system."""

    __slots__ = ()

    def patients(self) -> str:
        """Function `patients(x, w, u)`: until all are out, or it must return."""
        f = Function("patients", [(PTR, "x"), WORK, (PTR, "u")], "void", self.width)
        f.call("hoist_uniform", "void", f["u"])
        everyone = f.whole((1 << self.width) - 1)
        self.work.put(f, "active", 0, f.splat(0.0))
        with f.loop(0, self.layout.slots) as row:
            self.work.put(f, "s", row, f.splat(0.0))
        going = f.variable(f.whole(1))
        with f.repeat(lambda: going.get().differs(0)):
            self._fill(f, everyone)
            room = self.take(f, "record_capacity") - self.take(f, "record_count")
            steps = self.take(f, "vector_steps")
            stop = (room < (STORM + 8) * self.width) | (steps < 1)
            with f.when(stop):
                with f.lanes(self._active(f)) as lane:
                    self._lane(f, "leave", lane)
            going.set(self._active(f))
            with f.when(going.get().differs(0)):
                self.give(f, "vector_steps", steps - 1)
                if self.layout.watches:
                    self._settle(f)
                elif self.algebraic:
                    self._restore(f, self.row(f, "restart") > 0.5)
                if self.after:
                    self._arrive(f)
                self._step(f)
        f.give()
        return f.text()

    def entry(self) -> str:
        """Function `run(x)`, the one that is called from outside."""
        f = Function("run", [(PTR, "x")], "void", self.width)
        f.call("patients", "void", f["x"], self.take(f, "w"), self.take(f, "u"))
        f.give()
        return f.text("dso_local")

    def show_all(self, name: str, values: int) -> str:
        """Function `name_all(x)`: to `out` what function `name` computes, a row for each patient.

        The patients are those in the queue, `reveal` shows ports, `tell` what events depend on.
        """
        inner = Function(
            f"{name}_lanes", [(PTR, "x"), WORK, (PTR, "u"), (LONG, "first")], "void", self.width
        )
        self._show(inner, name, values)
        return inner.text() + self._over_queue(f"{name}_all", f"{name}_lanes")

    def _over_queue(self, name: str, inner: str) -> str:
        """Function `name(x)`: `inner` for one vector of lanes of the queue after the other."""
        f = Function(name, [(PTR, "x")], "void", self.width)
        w, u = self.take(f, "w"), self.take(f, "u")
        f.call("hoist_uniform", "void", u)
        first = f.variable(f.whole(0))
        with f.repeat(lambda: first.get() < self.take(f, "queue_length")):
            f.call(inner, "void", f["x"], w, u, first.get())
            first.set(first.get() + self.width)
        f.give()
        return f.text("dso_local")

    def _enter_some(self, f: Function) -> Value:
        """A vector of lanes from the queue, the last patient in those that are left; its place."""
        last = self.take(f, "queue_length") - 1
        with f.loop(0, self.width) as lane:
            wanted = f["first"] + lane
            self.give(f, "queue_next", f.select(wanted < last, wanted, last))
            self._lane(f, "enter", lane)
        f.call("hoist", "void", self.work.at(f, "s"), f["u"], self.work.at(f, "c"))
        return last

    def _show(self, f: Function, name: str, values: int) -> None:
        last = self._enter_some(f)
        state, shown = self.work.at(f, "s", self.layout.state), self.work.at(f, "revealed")
        f.call(name, "void", *self._model(f, state), self.row(f, "time"), shown)
        with f.loop(0, self.width) as lane:
            wanted = f["first"] + lane
            with f.when(wanted <= last):
                row = f.at(self.take(f, "out"), self.times(f, wanted, values))
                with f.loop(0, values) as port:
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
        waiting = self.take(f, "queue_next") < self.take(f, "queue_length")
        with f.when(empty.differs(0) & waiting):
            with f.lanes(empty) as lane:
                with f.when(self.take(f, "queue_next") < self.take(f, "queue_length")):
                    self._lane(f, "enter", lane)
            f.call("hoist", "void", self.work.at(f, "s"), f["u"], self.work.at(f, "c"))
            here = self.work.get(f, "active", 0) > 0.5
            fresh = f.mask((self.row(f, "fresh") > 0.5) & here)
            state = self.work.at(f, "s", self.layout.state)
            new = (self.row(f, "fresh") > 0.5) & here if self.algebraic else None
            with f.when(fresh.differs(0)):
                between = self.work.at(f, "between")
                time = self.row(f, "time")
                f.call("initial", "void", *self._model(f, state), time, between)
                with f.lanes(fresh) as lane:
                    self._lane(f, "start", lane)
                if new is not None:
                    self._first_values(f, new)
            entered = empty & self._active(f)
            with f.lanes(entered) as lane:
                self._lane(f, "next_sample", lane)
            # a sample on the day of the start is taken before anything happens
            if self.observables and not self.after:
                due = f.mask(self.work.get(f, "next_sample", 0) <= self.row(f, "time")) & entered
                with f.when(due.differs(0)):
                    shown = self.work.at(f, "shown")
                    f.call("observe", "void", *self._model(f, state), self.row(f, "time"), shown)
                    with f.lanes(due) as lane:
                        self._lane(f, "keep", lane)
            with f.lanes(entered) as lane:
                self._lane(f, "jumps", lane)
                with f.when(self.number(f, "status", lane) > 0.5):
                    self._lane(f, "leave", lane)

    def _arrive(self, f: Function) -> None:
        """Samples of this very time, now that all has happened; who is at the end leaves."""
        if self.observables:
            here = self.work.get(f, "active", 0) > 0.5
            self._samples_now(f, here)
        end = self.setting(f, "end")
        done = (self.work.get(f, "active", 0) > 0.5) & (self.row(f, "time") >= end)
        with f.when(f.any(done)):
            with f.lanes(f.mask(done)) as lane:
                self.set(f, "status", lane, float(places.FINISHED))
                self._lane(f, "leave", lane)

    def _settle(self, f: Function) -> None:
        """Triggers that jumps turned true fire now, in their order, and others that these turn."""

        def waiting() -> Value:
            here = self.work.get(f, "active", 0) > 0.5
            return here & (self.row(f, "settle") > 0.5)

        with f.repeat(lambda: f.any(waiting())):
            if self.algebraic:
                self._restore(f, waiting() & (self.row(f, "restart") > 0.5))
            where = waiting()
            state = self.work.at(f, "s", self.layout.state)
            f.call("look", "void", f["w"], f["u"], state, self.row(f, "time"))
            # truths that have gone are forgotten also where another has come
            with f.loop(0, self.layout.watches) as watch:
                row = watch + self.layout.truths
                kept, now = self.work.get(f, "s", row), self.work.get(f, "now", watch)
                self.work.put(f, "s", row, f.select(where & (now < kept), now, kept))
            hit = compare(f, self.work, self.layout, where)
            self.put(f, "settle", f.select(where & ~hit, 0.0, self.row(f, "settle")))
            with f.when(f.any(hit)):
                due = first_due(f, self.work, self.layout)
                self.work.put(f, "due", 0, due)
                self._fire(f, f.mask(hit))

    def _fire(self, f: Function, lanes: Value) -> None:
        if any(self.targets) and not self.hosted:
            state = self.work.at(f, "s", self.layout.state)
            assigned = self.work.at(f, "assigned")
            f.call("assign", "void", *self._model(f, state), self.row(f, "time"), assigned)
        with f.lanes(lanes) as lane:
            watch = f.to_long(f.load(self.work.cell(f, "due", 0, lane)))
            self._lane(f, "fire", lane, watch)
            with f.when(self.number(f, "status", lane) > 0.5):
                self._lane(f, "leave", lane)

    def _step(self, f: Function) -> None:
        work, layout = self.work, self.layout
        if layout.channels:
            with f.lanes(self._active(f)) as lane:
                self._lane(f, "modes", lane)
        here = work.get(f, "active", 0) > 0.5
        if layout.switches:
            self._turn(f, here)
        state, time = work.at(f, "s", layout.state), self.row(f, "time")
        worst = f.call(
            "slopes", f.vector, *self._model(f, state), time,
            work.at(f, "rates"), work.at(f, "m"), work.at(f, "tilt"),
        )  # fmt: skip
        planned = self._planned(f, here)
        stop = self.row(f, "stop")
        if layout.channels and self.observables:
            # counts are whole, and their noise complete, at the end of a leap: samples wait for it
            sample = work.get(f, "next_sample", 0)
            stop = f.select((self._leaping(f) > 0.5) & (sample < stop), sample, stop)
        left = stop - time
        last = planned >= left * 0.999
        # two equal steps to the stop cost as much as a long and a short one, and err less
        even = f.select(planned * 2.0 > left, left * 0.5, planned)
        h = f.select(here, f.select(last, left, even), 1.0)
        work.put(f, "h", 0, h)
        rtol, share = self.setting(f, "rtol"), self.setting(f, "share")
        ends = f.call("attempt", f.vector, f["w"], f["u"], h, rtol, share)
        error, level = self._judge(f, h, ends)
        good = (error <= 1.0) & here
        self.put(f, "level", f.select(good, level, self.row(f, "level")))
        self._plan(f, h, planned, error, good, last, here)
        reached = f.select(last, stop, time + h)
        work.put(f, "end", 0, reached)
        steps = self.row(f, "steps") + f.select(here, f.splat(1.0), 0.0)
        self.put(f, "steps", steps)
        taken = f.emit(f"call i64 @llvm.ctpop.i64(i64 {f.mask(here).name})", LONG)
        self.give(f, "lane_steps", self.take(f, "lane_steps") + taken)
        ready = f.select(good, f.splat(1.0), 0.0)
        events = self._events(f, h, ready)
        inside = good
        if layout.channels:
            inside = good & ~(self._leaping(f) > 0.5)
        work.put(f, "accepted", 0, f.select(inside, f.splat(1.0), 0.0))
        if self.observables:
            self._samples(f, h, time)
        self._move(f, good, events)
        if layout.channels and self.observables and not self.after:
            self._samples_now(f, good & ~inside)
        self._attend(f, here, good, last, events, worst, h)

    def _turn(self, f: Function, here: Value) -> None:
        """Formulas that jump with time, after anything jumped: as they are now, and until when."""
        jumped = here & (self.row(f, "restart") > 0.5)
        with f.when(f.any(jumped)):
            work, layout = self.work, self.layout
            state, out = work.at(f, "s", layout.state), work.at(f, "turns")
            f.call("turns", "void", *self._model(f, state), self.row(f, "time"), out)
            first = len(self.system.parameters) + layout.channels
            for number in range(layout.switches):
                row = layout.parameters + layout.parameter_rows[first + number]
                old, new = work.get(f, "s", row), work.get(f, "turns", number)
                work.put(f, "s", row, f.select(jumped, new, old))
            turn, stop = work.get(f, "turns", layout.switches), self.row(f, "stop")
            self.put(f, "turn", f.select(jumped, turn, self.row(f, "turn")))
            self.put(f, "stop", f.select(jumped & (turn < stop), turn, stop))

    # --- algebraic states -----------------------------------------------------------------------

    def _first_values(self, f: Function, fresh: Value) -> None:
        """Of new patients: what fulfils the formulas, and scales of that size."""
        self._restore(f, fresh)
        for row in self.algebraic:
            place = row + self.layout.scales
            size = f.intrinsic("fabs", self.work.get(f, "s", row + self.layout.state))
            old = self.work.get(f, "s", place)
            self.work.put(f, "s", place, f.select(fresh & (size > old), size, old))

    def _restore(self, f: Function, where: Value) -> None:
        """Algebraic states of these lanes so that their formulas hold; who has none leaves."""
        here = where & (self.work.get(f, "active", 0) > 0.5) & (self.row(f, "status") < 0.5)
        with f.when(f.any(here)):
            if self.layout.switches:
                self._turn(f, here)
            marked = f.select(here, f.splat(1.0), 0.0)
            lost = f.call("restore", f.vector, f["x"], f["w"], f["u"], marked) > 0.5
            with f.lanes(f.mask(lost)) as lane:
                self.fail(f, lane, "algebraic", float(self.algebraic[0]))
                self._lane(f, "leave", lane)

    def restore_all(self) -> str:
        """Function `restore_all(x)`: algebraic states of the queue's patients, in their slots."""
        inner = Function(
            "restore_lanes", [(PTR, "x"), WORK, (PTR, "u"), (LONG, "first")], "void", self.width
        )
        self._enter_some(inner)
        self._restore(inner, inner.splat(1.0) > 0.5)
        with inner.lanes(self._active(inner)) as lane:
            self._lane(inner, "leave", lane)
        inner.give()
        return inner.text() + self._over_queue("restore_all", "restore_lanes")

    def _planned(self, f: Function, here: Value) -> Value:
        """The step to be tried: as planned, or shorter after a jump.

        The step before the jump knew nothing of it. To try it and be refused would not do: steps
        that just pass right after a jump make most of a patient's error.
        """
        planned, longest = self.row(f, "step"), self._longest(f)
        self.put(f, "step", f.select(longest < planned, longest, planned))
        jumped = here & (self.row(f, "restart") > 0.5)
        with f.when(f.any(jumped)):
            rtol, share = self.setting(f, "rtol"), self.setting(f, "share")
            sharp = f.call("sharpness", f.vector, f["w"], rtol, share)
            sharp = f.select(sharp > 1e-12, sharp, 1e-12)
            power = maths.log2_positive(f, f.select(sharp < 1e30, sharp, 1e30))
            power = (power - math.log2(CAREFUL)) * (-1.0 / (self.tableau.order + 1))
            careful, before = maths.power2(f, power), self.row(f, "step")
            self.put(f, "step", f.select(jumped & (careful < before), careful, before))
            self.put(f, "level", f.select(jumped, float("inf"), self.row(f, "level")))
            self.put(f, "restart", f.select(jumped, 0.0, self.row(f, "restart")))
        return self.row(f, "step")

    def _judge(self, f: Function, h: Value, ends: Value) -> tuple[Value, Value]:
        """The error of a step, in units of the tolerance, and its level.

        The estimate is trusted to be too large where it is what the step before foretold. One
        that has grown out of proportion tells of a kink in the rates, at which all methods are of
        order one and no estimate is too large.
        """
        order = self.tableau.order + 1
        small = f.select(ends > 1e-12, ends, 1e-12)
        power = maths.log2_positive(f, f.select(small < 1e30, small, 1e30))
        level = f.fma(maths.log2_positive(f, h), f.splat(-float(order)), power)
        surprise = level > self.row(f, "level") + SURPRISE
        error = ends * f.select(surprise, f.splat(1.0), self.tableau.trust)
        bend = self.work.get(f, "bend", 0)
        return f.select(error < bend, bend, error), level

    def _longest(self, f: Function) -> Value:
        """The longest step allowed: a setting, or less where large counts turn over quickly."""
        longest = self.setting(f, "longest")
        for channel in range(self.layout.channels):
            counted = self.layout.size - self.layout.channels + channel
            rate = self.work.get(f, "rates", counted)
            parameter = len(self.system.parameters) + channel
            row = self.layout.parameters + self.layout.parameter_rows[parameter]
            leaps = self.work.get(f, "s", row) > 0.5
            for place, amount in self.discrete(channel):
                count = self.work.get(f, "s", place)
                allowed = count * (LEAP_SHARE / abs(amount)) / rate
                shorter = leaps & (allowed < longest)
                longest = f.select(shorter, allowed, longest)
        return longest

    def _plan(
        self, f: Function, h: Value, planned: Value, error: Value,
        good: Value, last: Value, here: Value,
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
        self.put(f, "step", f.select(here, following, self.row(f, "step")))

    def _events(self, f: Function, h: Value, ready: Value) -> Value | None:
        """Lanes in which something came true, as 1 and 0; None where nothing is watched."""
        if not self.layout.watches:
            return None
        f.call("combine_seen", "void", f["w"])
        hit = f.call("search", f.vector, f["w"], f["u"], h, ready)
        part, end = self.work.get(f, "event", 0), self.work.get(f, "end", 0)
        when = f.select(part < 1.0, f.fma(part, h, self.row(f, "time")), end)
        self.work.put(f, "end", 0, f.select(hit > 0.5, when, end))
        return hit

    def _samples(self, f: Function, h: Value, time: Value) -> None:
        """All probe times that were passed, one of each lane at a time."""

        def due() -> Value:
            accepted = self.work.get(f, "accepted", 0) > 0.5
            sample, end = self.work.get(f, "next_sample", 0), self.work.get(f, "end", 0)
            return accepted & (sample < end if self.after else sample <= end)

        with f.when(f.any(due())):
            if not self.layout.watches:
                self._combine(f)
            with f.repeat(lambda: f.any(due())):
                where = due()
                sample = self.work.get(f, "next_sample", 0)
                part = f.select(where, (sample - time) / h, 1.0)
                between, shown = self._between(f, part, sample), self.work.at(f, "shown")
                f.call("observe", "void", *self._model(f, between), sample, shown)
                with f.lanes(f.mask(where)) as lane:
                    self._lane(f, "keep", lane)

    def _combine(self, f: Function) -> None:
        f.call("combine_seen", "void", f["w"])

    def _between(self, f: Function, part: Value, sample: Value) -> Value:
        """The state at a part of the step, which is the time of a sample."""
        f.call("interpolate_seen", "void", f["w"], part)
        if self.algebraic:
            f.call("fit", "void", f["w"], f["u"], sample)
        return self.work.at(f, "between")

    def _samples_now(self, f: Function, where: Value) -> None:
        """Probe times at which a leap has ended, or that wait until all has happened."""
        time, state = self.row(f, "time"), self.work.at(f, "s", self.layout.state)
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
                f.call("combine", "void", f["w"])
                f.call("interpolate", "void", f["w"], self.work.get(f, "event", 0))
                if self.algebraic:
                    f.call("fit", "void", f["w"], f["u"], self.work.get(f, "end", 0))
                with f.loop(0, self.layout.size) as row:
                    new, inside = self.work.get(f, "new", row), self.work.get(f, "between", row)
                    self.work.put(f, "new", row, f.select(hit, inside, new))
        with f.loop(0, self.layout.size) as row:
            place = row + self.layout.state
            old, new = self.work.get(f, "s", place), self.work.get(f, "new", row)
            self.work.put(f, "s", place, f.select(good, new, old))
        end = self.work.get(f, "end", 0)
        self.put(f, "time", f.select(good, end, self.row(f, "time")))
        if self.layout.channels:
            with f.lanes(f.mask(good)) as lane:
                self._lane(f, "leap", lane)

    def _served(self, f: Function, lane: Value, at_stop: Value, slow: Value, spent: Value) -> Value:
        """What any lane needs at a stop, at the end of slice or budget; its bit of masks."""
        bit = f.emit(f"shl i64 1, {lane.name}", LONG)
        with f.when((f.mask(at_stop) & bit).differs(0)):
            self._lane(f, "jumps", lane)
        running = self.number(f, "status", lane) < 0.5
        with f.when((f.mask(slow) & bit).differs(0) & running):
            self.set(f, "status", lane, float(places.LONG))
        short = self.number(f, "status", lane).differs(float(places.ARRIVED))
        with f.when((f.mask(spent) & bit).differs(0) & short):
            self.fail(f, lane, "step budget", -1.0)
        return bit

    def _attend(
        self, f: Function, here: Value, good: Value, last: Value, events: Value | None,
        worst: Value, h: Value,
    ) -> None:  # fmt: skip
        """Lanes that need more than arithmetic: an event, a stop, a failure, the end of a slice."""
        time = self.row(f, "time")
        at_stop = good & (time >= self.row(f, "stop"))
        steps = self.row(f, "steps")
        spent = here & (steps >= self.row(f, "budget"))
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
                bit = self._served(f, lane, at_stop, slow, spent)
                with f.when((f.mask(tiny) & bit).differs(0)):
                    self.fail(f, lane, "step too small", -1.0)
                    self._lane(f, "blame", lane)
                with f.when((f.mask(lost) & bit).differs(0)):
                    self.fail(f, lane, "not a number", -2.0)
                with f.when(self.number(f, "status", lane) > 0.5):
                    self._lane(f, "leave", lane)
