"""One step of a Rosenbrock method for all lanes, each with its own length."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from reseed.engine.kernel.ir import PTR, Function, Value
from reseed.engine.kernel.layout import Layout
from reseed.engine.kernel.tableau import Tableau
from reseed.engine.kernel.work import WORK, Work


def attempt(work: Work, layout: Layout, tableau: Tableau, tilted: bool, width: int) -> str:
    """Function `attempt(w, u, h, rtol, share)`: the new state to `new`, stages to `k`.

    The rates and derivatives at the start are in `rates`, `m` and `tilt`. Returns the error in
    units of the tolerance rtol * (share * scale + max(|old|, |new|)), a root mean square over all
    states; not a number where the step failed, also where elimination lost its digits. To `bend`
    goes the same of the interpolant's term of highest power, times the tableau's `inside`:
    between its ends a step can miss what it meets at both.
    """
    size, stages = layout.size, len(tableau.a)
    vector = f"<{width} x double>"
    f = Function(
        "attempt",
        [WORK, (PTR, "u"), (vector, "h"), (vector, "rtol"), (vector, "share")],
        vector,
        width,
    )
    t, h = work.get(f, "s", layout.control("time")), f["h"]
    per_step = 1.0 / h
    shift = per_step * (1.0 / tableau.gamma)
    guard = f.call("factorise", vector, work.at(f, "m"), shift)
    state, constants = work.at(f, "s", layout.state), work.at(f, "c")
    for i in range(stages):
        if i:
            _stage_state(f, work, layout, tableau, i)
            model = [work.at(f, "stage"), work.at(f, "s"), constants, f["u"]]
            time = f.fma(h, f.splat(tableau.nodes[i]), t)
            f.call("rates", "void", *model, time, work.at(f, "f"))
        block = "f" if i else "rates"
        if tilted and i < len(tableau.in_time):
            with f.loop(0, size) as row:
                lean = h * tableau.in_time[i]
                rate = f.fma(lean, work.get(f, "tilt", row), work.get(f, block, row))
                work.put(f, "f", row, rate)
            block = "f"
        matrix, stage = work.at(f, "m"), work.at(f, "k", i * size)
        if i:
            pull = work.at(f, "pull")
            f.call("substitute", "void", matrix, work.at(f, block), pull, per_step, stage)
        else:
            f.call("substitute_first", "void", matrix, work.at(f, block), stage)
    ends, inside = f.variable(f.splat(0.0)), f.variable(f.splat(0.0))
    rtol, floor = f["rtol"], f["rtol"] * f["share"]
    with f.loop(0, size) as row:
        error = work.get(f, "k", row + (stages - 1) * size)
        old = f.load(f.at(state, row, vector), vector)
        new = work.get(f, "stage", row) + error
        least = floor * work.get(f, "s", row + layout.scales)
        # a drug long gone: no denormals, no -1e-35
        new = f.select(f.intrinsic("fabs", new) < least * 1e-12, 0.0, new)
        work.put(f, "new", row, new)
        a, b = f.intrinsic("fabs", old), f.intrinsic("fabs", new)
        per_scale = 1.0 / f.fma(rtol, f.select(a < b, b, a), least)
        # what takes a state below zero counts in full
        ratio = error * f.select(new < 0.0, f.splat(1.0 / tableau.trust), 1.0) * per_scale
        ends.set(f.fma(ratio, ratio, ends.get()))
        bend = work.get(f, "k", row) * tableau.dense[-1][0]
        for j, weight in enumerate(tableau.dense[-1][1:], 1):
            bend = f.fma(f.splat(weight), work.get(f, "k", row + j * size), bend)
        ratio = bend * tableau.inside * per_scale
        inside.set(f.fma(ratio, ratio, inside.get()))
    mean = 1.0 / max(size, 1)
    work.put(f, "bend", 0, f.intrinsic("sqrt", inside.get() * mean))
    error = f.intrinsic("sqrt", ends.get() * mean)
    f.give(f.select(guard < 0.0, float("nan"), error))
    return f.text()


def _stage_state(f: Function, work: Work, layout: Layout, tableau: Tableau, i: int) -> None:
    """y + sum a_ij k_j to `stage` and sum c_ij k_j to `pull`."""
    size, a, c = layout.size, tableau.a, tableau.c
    follows = a[i] == (*a[i - 1], 1.0)  # then the state only gains the last stage
    with f.loop(0, size) as row:
        stages = [work.get(f, "k", row + j * size) for j in range(i)]
        if follows:
            state = work.get(f, "stage", row) + stages[-1]
        else:
            state = work.get(f, "s", row + layout.state)
            for weight, stage in zip(a[i], stages, strict=True):
                state = f.fma(f.splat(weight), stage, state)
        work.put(f, "stage", row, state)
        pull = stages[0] * c[i][0]
        for weight, stage in zip(c[i][1:], stages[1:], strict=True):
            pull = f.fma(f.splat(weight), stage, pull)
        work.put(f, "pull", row, pull)


def sharpness(
    work: Work, layout: Layout, given: Mapping[tuple[int, int], int], tilted: bool,
    algebraic: Collection[int], width: int,
) -> str:  # fmt: skip
    """Function `sharpness(w, rtol, share)`: how fast the solution bends, in units of tolerance.

    The larger of the root mean squares of y' and y'', each per day or day squared; `given` says
    where in `m` the derivatives of the rates lie; `algebraic` states have no rate, and count as
    ones that stand still. Hairer, Norsett & Wanner 1993, Solving Ordinary
    Differential Equations I, section II.4, take the same to find a first step.
    """
    size = layout.size
    vector = f"<{width} x double>"
    f = Function("sharpness", [WORK, (vector, "rtol"), (vector, "share")], vector, width)
    rates = [work.get(f, "rates", row) for row in range(size)]
    first, second = f.splat(0.0), f.splat(0.0)
    for row in range(size):
        if row in algebraic:
            continue
        bend = work.get(f, "tilt", row) if tilted else f.splat(0.0)
        for (i, j), place in given.items():
            if i == row and j not in algebraic:
                bend = f.fma(work.get(f, "m", place), rates[j], bend)
        old = f.intrinsic("fabs", work.get(f, "s", row + layout.state))
        scale = f["rtol"] * f.fma(f["share"], work.get(f, "s", row + layout.scales), old)
        slope, bend = rates[row] / scale, bend / scale
        first, second = f.fma(slope, slope, first), f.fma(bend, bend, second)
    larger = f.select(first < second, second, first)
    f.give(f.intrinsic("sqrt", larger * (1.0 / max(size, 1))))
    return f.text()


def combine(
    work: Work, tableau: Tableau, name: str, rows: Sequence[int], size: int, width: int
) -> str:
    """Function `name(w)`: the interpolant's coefficients of these states to `dense`."""
    f = Function(name, [WORK], "void", width)

    def one(row: Value | int) -> None:
        stages = [work.get(f, "k", row + j * size) for j in range(len(tableau.dense[0]))]
        for power, weights in enumerate(tableau.dense):
            value = stages[0] * weights[0]
            for weight, stage in zip(weights[1:], stages[1:], strict=True):
                value = f.fma(f.splat(weight), stage, value)
            work.put(f, "dense", row + power * size, value)

    _each(f, rows, size, one)
    f.give()
    return f.text()


def interpolate(
    work: Work, layout: Layout, tableau: Tableau, name: str, rows: Sequence[int],
    counts: Collection[int], width: int,
) -> str:  # fmt: skip
    """Function `name(w, s)`: these states at the part s of the step, a vector, to `between`.

    `counts` are discrete species: one that is the same at both ends is so between them, to the
    last digit.
    """
    size = layout.size
    f = Function(name, [WORK, (f"<{width} x double>", "part")], "void", width)
    s = f["part"]
    r = 1.0 - s

    def one(row: Value | int) -> None:
        old, new = work.get(f, "s", row + layout.state), work.get(f, "new", row)
        powers = [work.get(f, "dense", row + p * size) for p in range(len(tableau.dense))]
        inner = powers[-1]
        for power in reversed(powers[:-1]):
            inner = f.fma(s, inner, power)
        value = f.fma(s, f.fma(r, inner, new), r * old)
        if row in counts:
            value = f.select(old.equals(new), old, value)
        work.put(f, "between", row, value)

    _each(f, rows, 0 if counts else size, one)
    f.give()
    return f.text()


def _each(f: Function, rows: Sequence[int], size: int, one: Callable[[Value | int], None]) -> None:
    """A loop over all states, or a line of code for each of a few."""
    if len(rows) == size:
        with f.loop(0, size) as row:
            one(row)
    else:
        for number in rows:
            one(number)
