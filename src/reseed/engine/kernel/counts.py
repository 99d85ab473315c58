"""Discrete species: channels that go one by one while counts are small, else in Poisson leaps."""

from __future__ import annotations

from reseed.engine.kernel.desk import SETTINGS, Desk
from reseed.engine.kernel.ir import DOUBLE, LONG, Function, Value


class Counts(Desk):
    """Writes the functions for channels."""

    __slots__ = ()

    def modes(self) -> str:
        """Function `modes(x, w, u, lane)`: channels go one by one while their counts are small.

        A channel whose discrete species all reach the limit changes to whole steps at once, and
        back below half of it, with a new threshold.
        """
        f = self.lane_function("modes")
        lane, layout = f["lane"], self.layout
        settings = self.take(f, "settings")
        limit = f.load(f.at(settings, SETTINGS.index("exact_below")))
        for channel in range(layout.channels):
            counted = layout.hazards + channel
            cell = self.mode(f, channel, lane)
            mode = f.load(cell)
            needed = f.select(mode > 0.5, limit * 0.5, limit)
            large = f.variable(f.real(1.0))
            for row, _ in self.discrete(channel):
                count = f.load(self.work.cell(f, "s", row, lane))
                large.set(f.select(count < needed, 0.0, large.get()))
            if not self.discrete(channel):
                large.set(f.real(0.0))
            with f.when(mode.differs(large.get())):
                f.store(large.get(), cell)
                integral = layout.state + layout.size - layout.channels + channel
                f.store(f.real(0.0), self.work.cell(f, "s", integral, lane))
                counts = self.work.cell(f, "s", layout.counts + counted, lane)
                f.store(f.load(counts) + 1.0, counts)
                alone = self.draw(f, counted, lane)
                target = f.select(large.get() > 0.5, float("inf"), alone)
                f.store(target, self.work.cell(f, "s", layout.targets + counted, lane))
        f.give()
        return f.text()

    def leap(self) -> str:
        """Function `leap(x, w, u, lane)`: Poisson numbers instead of the means of the last step.

        While a channel goes by whole steps its mean effect is part of the rates; here the drawn
        number replaces the integral, so counts stay whole and means exact.
        """
        f = self.lane_function("leap")
        lane, layout = f["lane"], self.layout
        for channel in range(layout.channels):
            with f.when(f.load(self.mode(f, channel, lane)) > 0.5):
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
        addresses = self.take(f, "addresses")
        seed, stream = (f.load(f.at(addresses, 2 * place + i, LONG), LONG) for i in (0, 1))
        occurrence = f.to_long(self.number(f, "draws", lane))
        patient = f.to_long(self.number(f, "patient", lane))
        drawn = f.call("poisson", DOUBLE, mean, f.whole(0), occurrence, patient, seed, stream)
        for row, amount in self.adds[layout.hazards + channel]:
            changed = self.work.cell(f, "s", row, lane)
            f.store(f.fma(drawn - mean, f.real(amount), f.load(changed)), changed)
        f.store(f.real(0.0), cell)
        self.set(f, "draws", lane, self.number(f, "draws", lane) + 1.0)
