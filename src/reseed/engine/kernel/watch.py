"""What is watched during a step: triggers, integrated hazards, and when they came true."""

from __future__ import annotations

from reseed.engine.kernel.ir import PTR, Function, Value
from reseed.engine.kernel.layout import Layout
from reseed.engine.kernel.work import WORK, Work

TIME_TOLERANCE = 1e-10  # days; of the time of an event
# Where in a step conditions are looked at: one that holds for less than a quarter of it is missed.
GLANCES = (0.25, 0.5, 0.75, 1.0)


def look(work: Work, layout: Layout, events: int, width: int) -> str:
    """Function `look(w, u, y, t)`: 1 or 0 for every watch to `now`, at state y and time t."""
    vector = f"<{width} x double>"
    f = Function("look", [WORK, (PTR, "u"), (PTR, "y"), (vector, "t")], "void", width)
    if events:
        model = [f["y"], work.at(f, "s"), work.at(f, "c"), f["u"]]
        f.call("triggers", "void", *model, f["t"], work.at(f, "now"))
    counted = layout.watches - events
    first = layout.size - counted
    for number in range(counted):
        integral = f.row(f["y"], first + number)
        target = work.get(f, "s", layout.targets + number)
        work.put(f, "now", events + number, f.select(integral >= target, f.splat(1.0), 0.0))
    f.give()
    return f.text()


def compare(f: Function, work: Work, layout: Layout, where: Value) -> Value:
    """Sets `fresh` to what has come true, keeps `truths` up to date elsewhere; the lanes with any.

    `where` says which lanes count. Truths of a lane in which something came true stay as they
    are, so that the search for its time starts from them.
    """
    found = f.variable(f.splat(0.0))
    with f.loop(0, layout.watches) as watch:
        now = work.get(f, "now", watch) > 0.5
        before = work.get(f, "s", watch + layout.truths) > 0.5
        fresh = now & ~before & where
        value = f.select(fresh, f.splat(1.0), 0.0)
        work.put(f, "fresh", watch, value)
        found.set(f.select(fresh, f.splat(1.0), found.get()))
    hit = found.get() > 0.5
    with f.loop(0, layout.watches) as watch:
        row = watch + layout.truths
        kept, now = work.get(f, "s", row), work.get(f, "now", watch)
        work.put(f, "s", row, f.select(where & ~hit, now, kept))
    return hit


def first_due(f: Function, work: Work, layout: Layout) -> Value:
    """Per lane the number of the first watch that is both true now and fresh, or -1."""
    due = f.variable(f.splat(-1.0))
    with f.loop(0, layout.watches) as watch:
        both = (work.get(f, "now", watch) > 0.5) & (work.get(f, "fresh", watch) > 0.5)
        number = f.splat(f.to_real(watch))
        due.set(f.select(both & (due.get() < 0.0), number, due.get()))
    return due.get()


def search(work: Work, layout: Layout, glances: bool, algebraic: bool, width: int) -> str:
    """Function `search(w, u, h, accepted)`: lanes in which something came true within the step.

    By bisection on the truth itself, so that any condition will do, and to its true side, so that
    it holds at the time found: the part of the step goes to `event`, the watch to `due`. Returns
    a vector of 1 (something came true) and 0.
    """
    vector = f"<{width} x double>"
    f = Function(
        "search",
        [WORK, (PTR, "u"), (vector, "h"), (vector, "accepted")],
        vector,
        width,
    )
    h, t = f["h"], work.get(f, "s", layout.control("time"))
    between, accepted = work.at(f, "between"), f["accepted"] > 0.5
    hit = f.variable(f.splat(0.0))
    low, high = f.variable(f.splat(0.0)), f.variable(f.splat(1.0))

    def look_at(part: Value) -> None:
        f.call("interpolate_seen", "void", f["w"], part)
        time = f.fma(part, h, t)
        if algebraic:
            f.call("fit", "void", f["w"], f["u"], time)
        f.call("look", "void", f["w"], f["u"], between, time)

    chosen = GLANCES if glances else (1.0,)
    for before, part in zip((0.0, *chosen), chosen, strict=False):
        where = accepted & (hit.get() < 0.5)
        look_at(f.splat(part))
        new = compare(f, work, layout, where)
        with f.when(f.any(new)):
            hit.set(f.select(new, f.splat(1.0), hit.get()))
            low.set(f.select(new, f.splat(before), low.get()))
            high.set(f.select(new, f.splat(part), high.get()))
            with f.loop(0, layout.watches) as watch:
                fresh = f.select(new, work.get(f, "fresh", watch), work.get(f, "found", watch))
                work.put(f, "found", watch, fresh)
    with f.when(f.any(hit.get() > 0.5)):
        with f.loop(0, layout.watches) as watch:
            work.put(f, "fresh", watch, work.get(f, "found", watch))

        def open_lanes() -> Value:
            middle = (low.get() + high.get()) * 0.5
            wide = (high.get() - low.get()) * h > TIME_TOLERANCE
            inside = (low.get() < middle) & (middle < high.get())
            return (hit.get() > 0.5) & wide & inside

        with f.repeat(lambda: f.any(open_lanes())):
            going = open_lanes()
            middle = (low.get() + high.get()) * 0.5
            look_at(middle)
            true = first_due(f, work, layout) >= 0.0
            high.set(f.select(going & true, middle, high.get()))
            low.set(f.select(going & ~true, middle, low.get()))
        look_at(high.get())
        work.put(f, "due", 0, first_due(f, work, layout))
        work.put(f, "event", 0, high.get())
    f.give(hit.get())
    return f.text()
