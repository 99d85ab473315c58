"""Algebraic states: values that make their formulas 0, at the start and after every jump."""

from __future__ import annotations

from reseed.engine.kernel.desk import Desk
from reseed.engine.kernel.ir import PTR, Function
from reseed.engine.kernel.work import WORK

CLOSE = 1e-9  # a last change of less, as a part of a value, leaves an error of its square
THERE = 1e-13  # a first change of less is none: who is looked at twice stays the same
MOST_TRIES = 100
MOST_GUESSES = 5.0
SMALLEST_PART = 2.0**-20  # of a change


class Restore(Desk):
    """Writes the function that finds the values of algebraic states."""

    __slots__ = ()

    def fit(self) -> str:
        """Function `fit(w, u, t)`: one change of the algebraic states in `between`, at time t.

        What the interpolant says of them is as good as a step is; then it is as good as the
        states that have rates, and the formulas hold.
        """
        vector = f"<{self.width} x double>"
        f = Function("fit", [WORK, (PTR, "u"), (vector, "t")], "void", self.width)
        work = self.work
        model = [work.at(f, "between"), work.at(f, "s"), work.at(f, "c"), f["u"], f["t"]]
        f.call("newton", vector, *model, work.at(f, "newton"))
        for number, row in enumerate(self.algebraic):
            change, old = work.get(f, "newton", number), work.get(f, "between", row)
            finite = f.intrinsic("fabs", change) < float("inf")
            work.put(f, "between", row, f.select(finite, old - change, old))
        f.give()
        return f.text()

    def restore(self) -> str:
        """Function `restore(x, w, u, where)`: Newton's method on the algebraic formulas.

        A change that does not make them smaller is halved. Returns 1 for lanes in which nothing
        was found. A lane's result depends on its own numbers alone.
        """
        f = Function(
            "restore", [(PTR, "x"), WORK, (PTR, "u"), (f"<{self.width} x double>", "where")],
            f"<{self.width} x double>", self.width,
        )  # fmt: skip
        work, first = self.work, self.layout.state
        going = f.variable(f["where"])
        lost, part = f.variable(f.splat(0.0)), f.variable(f.splat(1.0))
        least = f.variable(f.splat(float("inf")))
        tries = f.variable(f.whole(0))
        share = self.setting(f, "share")
        state = work.at(f, "s", first)
        with f.repeat(lambda: f.any(going.get() > 0.5)):
            model = [state, work.at(f, "s"), work.at(f, "c"), f["u"], self.row(f, "time")]
            size = f.call("newton", f.vector, *model, work.at(f, "newton"))
            open_now = going.get() > 0.5
            finite = close = there = size < float("inf")
            for number, row in enumerate(self.algebraic):
                change = f.intrinsic("fabs", work.get(f, "newton", number))
                value = f.intrinsic("fabs", work.get(f, "s", row + first))
                scale = f.fma(share, work.get(f, "s", row + self.layout.scales), value)
                close = close & (change <= scale * CLOSE)
                there = there & (change <= scale * THERE)
                finite = finite & (change < float("inf"))
            better = finite & ((size < least.get()) | close)
            # no way leads on from a guess such as 0 for z*z = 2: others beside it are tried
            untried = ~(least.get() < float("inf"))
            astray = open_now & ~better & untried & (f.splat(f.to_real(tries.get())) < MOST_GUESSES)
            part.set(f.select(better, 1.0, part.get() * 0.5))
            for number, row in enumerate(self.algebraic):
                now, change = work.get(f, "s", row + first), work.get(f, "newton", number)
                base = f.select(better, now, work.get(f, "base", number))
                change = f.select(better, change, work.get(f, "change", number))
                work.put(f, "base", number, base)
                work.put(f, "change", number, change)
                moved = base - part.get() * change
                scale = work.get(f, "s", row + self.layout.scales)
                moved = f.select(astray, f.fma(scale, f.splat(0.3 + 0.1 * number), now), moved)
                kept = ~open_now | (there & untried)
                work.put(f, "s", row + first, f.select(kept, now, moved))
            least.set(f.select(open_now & better, size, least.get()))
            tries.set(tries.get() + 1)
            spent = f.splat(f.to_real(tries.get())) >= float(MOST_TRIES)
            lost_way = (part.get() < SMALLEST_PART) | ~(least.get() < float("inf"))
            stuck = open_now & ~close & ~astray & (spent | lost_way)
            lost.set(f.select(stuck, 1.0, lost.get()))
            going.set(f.select(open_now & ~close & ~stuck, f.splat(1.0), 0.0))
        f.give(lost.get())
        return f.text()
