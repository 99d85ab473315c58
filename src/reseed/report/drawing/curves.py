"""Cumulative incidence or survival with 95% bands, and the numbers at risk under the axis.

The table under the curves follows Morris et al. 2019, doi:10.1136/bmjopen-2019-030215 (KMunicate).
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.estimate import Estimate
from reseed.report.clock import axis_label, is_long, per_mark
from reseed.report.drawing.canvas import (
    WIDTH,
    apart,
    house_style,
    place,
    sheet,
    short,
    ticks,
    write,
)
from reseed.report.drawing.legend import draw_numbers, numbers_height
from reseed.report.drawing.palette import line_of
from reseed.report.numbers import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT, _RIGHT, _HIGH = 2.0, 1.35, 2.15
_UNDER = 0.52  # room for the ticks and the label of the axis
_TOPS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
_MANY = 8  # arms, beyond which the table holds the numbers at risk alone
_MOST = 400  # points of a curve: more than a page can show


@dataclass(frozen=True, slots=True)
class Follow:
    """Follow-up of one arm's patients: `time` (days after the origin) and `status` as in Outcomes.

    Without it the table under the curves holds the numbers at risk alone.
    """

    time: NDArray[np.float64]
    status: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Curve:
    """One arm in the figure: its place in the palette, title, estimate and follow-up."""

    index: int
    title: str
    estimate: Estimate
    follow: Follow | None = None


def axis_end(curves: Sequence[Curve]) -> float:
    """Where the time axis ends: the end of follow-up, or earlier if nothing happens after that."""
    last = max((float(c.estimate.times[-1]) for c in curves if len(c.estimate.times)), default=1.0)
    moves = [0.0]
    for curve in curves:
        values = curve.estimate.estimate
        changed = np.flatnonzero(np.diff(values) != 0)
        if len(changed):
            moves.append(float(curve.estimate.times[changed[-1] + 1]))
    wanted = float(np.ceil((1.2 * max(moves) + 2) / 5) * 5)
    if is_long(wanted):
        return last  # years of a plateau are a result
    # With no event at all, or with events late on, the whole follow-up is shown.
    return wanted if 0 < max(moves) and wanted < 0.6 * last else last


def axis_top(curves: Sequence[Curve]) -> float:
    """Where the vertical axis ends (a fraction); survival is always shown whole."""
    if any(curve.estimate.kind == "survival" for curve in curves):
        return 1.0
    highs = [
        float(np.nanmax(c.estimate.high)) for c in curves if np.isfinite(c.estimate.high).any()
    ]
    return next((top for top in _TOPS if max(highs, default=1.0) <= top), 1.0)


def draw_curves(title: str, curves: Sequence[Curve], origin: str = "infusion") -> Figure:
    """Curves of all arms in one panel, labelled at their ends, with the table under the axis."""
    with house_style():
        groups = _groups(curves)
        table = len(groups) * numbers_height([curve.title for curve in curves])
        figure = sheet(_HIGH + _UNDER + table + 0.1)
        wide = WIDTH - _LEFT - _RIGHT
        axes = place(figure, _LEFT, 0.1, wide, _HIGH)
        end, top = axis_end(curves), axis_top(curves)
        day = per_mark(end)  # nothing can happen before the origin of an endpoint
        marks = [day * mark for mark in ticks(0, end / day, 8 if day == 1 else 9)]
        axes.set_xlim(0, end)
        axes.set_ylim(0, 100 * top)
        axes.set_xticks(marks, [number(mark / day) for mark in marks])
        levels = ticks(0, 100 * top, 6)
        axes.set_yticks(levels, [number(level) for level in levels])
        axes.set_xlabel(axis_label(end, origin))
        axes.set_ylabel("\n".join(textwrap.wrap(f"{title}, %", 34)))
        for curve in curves:
            _curve(axes, curve, end)
        _labels(figure, curves, end, top)
        _table(figure, curves, groups, marks, end)
        return figure


def _curve(axes: Axes, curve: Curve, end: float) -> None:
    line = line_of(curve.index)
    estimate = curve.estimate
    start = 1.0 if estimate.kind == "survival" else 0.0
    times = np.concatenate([[min(0.0, *estimate.times[:1])], estimate.times, [end]])
    rows = [
        100 * np.concatenate([[start], row, row[-1:] if len(row) else [start]])
        for row in (estimate.estimate, estimate.low, estimate.high)
    ]
    keep = (times <= end) & (np.diff(times, append=np.inf) > 0)
    if keep.sum() > _MOST:
        grid = np.linspace(0, end, _MOST)
        kept = np.flatnonzero(keep)
        chosen = kept[np.searchsorted(times[kept], grid, side="right") - 1]
        times, rows = grid, [row[chosen] for row in rows]
    else:
        times, rows = times[keep], [row[keep] for row in rows]
    middle, low, high = rows
    axes.fill_between(times, low, high, step="post", color=line.colour, alpha=0.14, linewidth=0)
    axes.plot(
        times,
        middle,
        drawstyle="steps-post",
        color=line.colour,
        linestyle=line.style,
        linewidth=1.5,
        clip_on=False,
    )


def _labels(figure: Figure, curves: Sequence[Curve], end: float, top: float) -> None:
    """Each arm's title to the right of the end of its curve, moved apart where they would touch."""
    ends = [_step(curve.estimate.times, curve.estimate.estimate, end) for curve in curves]
    places = [0.1 + _HIGH * (1 - min(value / top, 1.0)) for value in ends]
    room = 66 if len(curves) <= 4 else 22
    texts = ["\n".join(textwrap.wrap(short(c.title, room), 22)) or c.title for c in curves]
    lines = max((text.count("\n") + 1 for text in texts), default=1)
    gap = min(0.13 * lines + 0.03, _HIGH / max(len(curves) - 1, 1))
    moved = apart(places, gap, 0.04 + 0.06 * lines, 0.1 + _HIGH)
    for curve, text, at in zip(curves, texts, moved, strict=True):
        write(
            figure,
            WIDTH - _RIGHT + 0.07,
            at,
            text,
            colour=line_of(curve.index).colour,
            bold=True,
            size=7,
        )


def _step(times: NDArray[np.float64], values: NDArray[np.float64], at: float) -> float:
    """The value of a right-continuous step curve at a time."""
    place_ = int(np.searchsorted(times, at, side="right")) - 1
    return float(values[place_]) if place_ >= 0 else 0.0


def _groups(curves: Sequence[Curve]) -> list[str]:
    """The blocks of the table: always those at risk, the others where there is something."""
    groups = ["At risk"]
    if 0 < len(curves) <= _MANY and all(curve.follow is not None for curve in curves):
        groups.append("Events so far")
        followed = [curve.follow for curve in curves if curve.follow is not None]
        if any((follow.status == 2).any() for follow in followed):
            groups.append("Competing events so far")
        if any((follow.status == 0).any() for follow in followed):
            groups.append("Censored so far")
    return groups


def _numbers(curve: Curve, group: str, marks: Sequence[float]) -> list[int]:
    """The counts of one line of the table at the axis marks; at risk means just before."""
    follow = curve.follow
    if follow is None:
        times, held = curve.estimate.times, curve.estimate.at_risk
        places = [int(np.searchsorted(times, mark, side="left")) for mark in marks]
        return [int(held[p]) if p < len(held) else 0 for p in places]
    if group == "At risk":
        ordered = np.sort(follow.time)
        return [len(ordered) - int(np.searchsorted(ordered, m, side="left")) for m in marks]
    status = {"Events so far": 1, "Competing events so far": 2, "Censored so far": 0}[group]
    ordered = np.sort(follow.time[follow.status == status])
    return [int(np.searchsorted(ordered, mark, side="right")) for mark in marks]


def _table(
    figure: Figure,
    curves: Sequence[Curve],
    groups: Sequence[str],
    marks: Sequence[float],
    end: float,
) -> None:
    places = [_LEFT + (WIDTH - _LEFT - _RIGHT) * mark / end for mark in marks]
    top = 0.1 + _HIGH + _UNDER
    for group in groups:
        rows = [(c.index, c.title, _numbers(c, group, marks)) for c in curves]
        top = draw_numbers(figure, group, rows, places, top)
