"""Systems in which all that moves is discrete: Gillespie's direct method, one firing at a time.

Between firings nothing changes but time, so nothing is integrated: the next firing comes after an
exponential wait at the sum of all rates, and is that of a channel with the chance of its share.
Gillespie 1977, doi:10.1021/j100540a008.
"""

from __future__ import annotations

from dataclasses import dataclass

from reseed.base.expressions import names_in
from reseed.engine.kernel import maths
from reseed.engine.kernel.driver import Driver
from reseed.engine.kernel.ir import LONG, Function, Value
from reseed.engine.kernel.switches import hold
from reseed.engine.kernel.truths import sorted_out
from reseed.nouns.system import Channel, System

FIRING = 2.0**-6  # of a step: what one costs, about; a power of 2, so that parts add up


def is_direct(system: System) -> bool:
    """Whether rates stand still between firings, jumps and events, and nothing else moves."""
    if not system.channels or system.hazards or system.algebraic:
        return False
    if any(rate != 0.0 for rate in system.rates):
        return False
    held = hold(sorted_out(system))
    formulas = [*(channel.rate for channel in held.system.channels), *held.triggers]
    read = set().union(*map(names_in, formulas))
    for name, formula in reversed(held.system.rules):
        if name in read:
            read |= names_in(formula)
    return "time" not in read


@dataclass(frozen=True, slots=True)
class Direct(Driver):
    """Writes the loop for a system of channels alone; its steps are firings."""

    channels: tuple[Channel, ...] = ()

    def _step(self, f: Function) -> None:
        work, layout = self.work, self.layout
        here = work.get(f, "active", 0) > 0.5
        if layout.switches:
            self._turn(f, here)
            self.put(f, "restart", f.select(here, 0.0, self.row(f, "restart")))
        time, stop = self.row(f, "time"), self.row(f, "stop")
        state = work.at(f, "s", layout.state)
        f.call("propensities", "void", *self._model(f, state), time, work.at(f, "shares"))
        with f.lanes(f.mask(here)) as lane:
            self._lane(f, "luck", lane)
        sums, wrong = self._sums(f)
        wait = -maths.ln(f, work.get(f, "luck", 0)) / sums[-1]
        fires = here & ~wrong & (time + wait < stop)
        end = f.select(fires, time + wait, stop)
        work.put(f, "end", 0, end)
        right = here & ~wrong
        work.put(f, "accepted", 0, f.select(right, f.splat(1.0), 0.0))
        if self.observables:
            self._samples(f, f.splat(1.0), time)
        self._fire_one(f, sums, fires)
        self.put(f, "time", f.select(right, end, time))
        number = self.row(f, "draws")
        self.put(f, "draws", f.select(here, number + 1.0, number))
        steps = self.row(f, "steps")
        steps = f.select(here, steps + FIRING, steps)
        self.put(f, "steps", steps)
        taken = f.emit(f"call i64 @llvm.ctpop.i64(i64 {f.mask(here).name})", LONG)
        self.give(f, "lane_steps", self.take(f, "lane_steps") + taken)
        self._see_to(f, right & ~fires, here & wrong, steps)

    def _sums(self, f: Function) -> tuple[list[Value], Value]:
        """Rates added up, one after the other, and where one is below zero or no number."""
        sums, wrong = [f.splat(0.0)], f.splat(0.0) > 1.0
        for number in range(len(self.channels)):
            rate = self.work.get(f, "shares", number)
            wrong = wrong | ~(rate >= 0.0)
            sums.append(sums[-1] + rate)
        return sums, wrong | ~(sums[-1] < float("inf"))

    def _fire_one(self, f: Function, sums: list[Value], fires: Value) -> None:
        """The channel in whose part of the sum the second number lies changes its states."""
        target = self.work.get(f, "luck", 1) * sums[-1]
        values: dict[int, Value] = {}
        above = fires
        for number, channel in enumerate(self.channels):
            below = target < sums[number + 1]
            chosen, above = above & below, above & ~below
            for name, amount in channel.changes:
                row = self.layout.state + self.system.states.index(name)
                old = values[row] if row in values else self.work.get(f, "s", row)
                values[row] = f.select(chosen, old + amount, old)
        for row, value in values.items():
            self.work.put(f, "s", row, value)
        if self.layout.watches:
            self.put(f, "settle", f.select(fires, 1.0, self.row(f, "settle")))

    def _combine(self, f: Function) -> None:
        """There is no interpolant."""

    def _between(self, f: Function, part: Value, sample: Value) -> Value:
        """Nothing has changed since the last firing."""
        return self.work.at(f, "s", self.layout.state)

    def _see_to(self, f: Function, at_stop: Value, wrong: Value, steps: Value) -> None:
        """Lanes at a stop, with a rate that is none, or at the end of a slice or of the budget."""
        here = self.work.get(f, "active", 0) > 0.5
        spent = here & (steps >= self.row(f, "budget"))
        slow = here & (steps >= self.work.get(f, "slice_end", 0))
        busy = at_stop | wrong | spent | slow
        with f.when(f.any(busy)):
            with f.lanes(f.mask(busy)) as lane:
                bit = self._served(f, lane, at_stop, slow, spent)
                with f.when((f.mask(wrong) & bit).differs(0)):
                    self._accuse(f, lane)
                with f.when(self.number(f, "status", lane) > 0.5):
                    self._lane(f, "leave", lane)

    def _accuse(self, f: Function, lane: Value) -> None:
        """The first channel whose rate is below zero or no number."""
        self.fail(f, lane, "not a number", -1.0)
        for number in reversed(range(len(self.channels))):
            rate = f.load(self.work.cell(f, "shares", number, lane))
            with f.when(~(rate >= 0.0)):
                culprit = float(self.layout.size + number)
                self.fail(f, lane, "not a number", culprit)
                with f.when(rate < 0.0):
                    self.fail(f, lane, "negative rate", culprit)

    def luck(self) -> str:
        """Function `luck(x, w, u, lane)`: two uniform numbers of the lane's next firing."""
        f = self.lane_function("luck")
        lane, addresses = f["lane"], self.take(f, "addresses")
        place = 2 * 2 * len(self.channels)
        seed, stream = (f.load(f.at(addresses, place + i, LONG), LONG) for i in (0, 1))
        number, patient = self.number(f, "draws", lane), self.number(f, "patient", lane)
        arguments = [f.whole(0), f.to_long(number), f.to_long(patient), seed, stream]
        two = f.call("uniforms", "<2 x double>", *arguments)
        for place in (0, 1):
            f.store(f.lane(two, place), self.work.cell(f, "luck", place, lane))
        f.give()
        return f.text()
