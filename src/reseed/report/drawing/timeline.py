"""What is given and what happens on which day, one lane each, from day zero of the infusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reseed.report.drawing.canvas import WIDTH, house_style, place, sheet, short, ticks, write
from reseed.report.drawing.palette import HAIR, INK, QUIET, line_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT, _RIGHT, _LANE = 1.75, 1.35, 0.19
_ALPHA = {"event": 0.75}
LABEL = 32
"""Characters of a lane's label that there is room for."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the timeline: `share` (0 to 1) of patients to whom it happened on each day.

    `days` are the beginnings of the bars. `kind` is `given` (a drug), `done` (a procedure) or
    `event`.
    """

    label: str
    note: str
    days: NDArray[np.float64]
    share: NDArray[np.float64]
    kind: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Days from `first` to `last`, in bars of `step` days, labelled in units of `per` days."""

    first: float
    last: float
    step: float
    per: float
    label: str


def draw_timeline(arms: Sequence[tuple[int, str, Sequence[Lane]]], axis: Axis) -> Figure:
    """A panel per arm; what is given has its share as height, all else its own busiest day."""
    with house_style():
        height = sum(0.3 + _LANE * max(len(lanes), 1) + 0.12 for _, _, lanes in arms)
        figure = sheet(height + 0.45)
        top = 0.05
        first, last = axis.first / axis.per, axis.last / axis.per
        for at, (index, title, lanes) in enumerate(arms):
            colour = line_of(index).colour
            write(figure, 0.02, top + 0.12, short(title, 90), colour=colour, bold=True, size=8)
            top += 0.26
            high = _LANE * max(len(lanes), 1)
            axes = place(figure, _LEFT, top, WIDTH - _LEFT - _RIGHT, high)
            axes.set_xlim(first, last)
            axes.set_ylim(max(len(lanes), 1), 0)
            axes.set_yticks([])
            axes.set_xticks(ticks(first, last, 10))
            axes.grid(axis="x", color=HAIR, linewidth=0.4)
            axes.spines["left"].set_visible(False)
            axes.axvline(0, color=QUIET, linewidth=0.6)
            for row, lane in enumerate(lanes):
                fill = QUIET if lane.kind == "done" else colour
                whole = 1.0 if lane.kind == "given" else lane.share.max(initial=0.0) or 1.0
                if len(lane.days):
                    _bars(axes, lane, 0.72 / whole, row + 0.86, fill, axis)
                axes.axhline(row + 0.86, color=HAIR, linewidth=0.4)
                middle = top + _LANE * (row + 0.55)
                write(figure, _LEFT - 0.08, middle, short(lane.label, LABEL), align="right", size=7)
                write(
                    figure,
                    WIDTH - _RIGHT + 0.08,
                    middle,
                    short(lane.note, 28),
                    size=7 if len(lane.note) < 24 else 6.2,
                    colour=INK,
                )
            top += high + 0.16
            if at == len(arms) - 1:
                axes.set_xlabel(axis.label)
            else:
                axes.tick_params(labelbottom=False)
        return figure


def _bars(axes: Axes, lane: Lane, scale: float, foot: float, colour: str, axis: Axis) -> None:
    """One bar a day or month, up from the foot, all in one path."""
    places = np.round(lane.days / axis.step).astype(int)
    edges = axis.step / axis.per * np.arange(places.min(), places.max() + 2)
    heights = np.zeros(len(edges) - 1)
    heights[places - places.min()] = scale * lane.share
    axes.stairs(
        foot - heights, edges, baseline=foot, fill=True, color=colour,
        alpha=_ALPHA.get(lane.kind, 1.0), linewidth=0,
    )  # fmt: skip
