"""Published numbers with their intervals beside the model's predictions, one row each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reseed.report.drawing.canvas import WIDTH, house_style, place, sheet, short, ticks, write
from reseed.report.drawing.palette import INK, QUIET, line_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LONG = 52  # characters, beyond which a label is set smaller
_ROW, _LEFT, _RIGHT, _HEAD, _UNDER = 0.27, 3.0, 0.25, 0.12, 0.5


@dataclass(frozen=True, slots=True)
class Line:
    """A row: two lines of text, published value and interval, model's value and prediction."""

    label: str
    beneath: str
    index: int
    published: tuple[float, float, float]
    model: tuple[float, float, float]
    missed: bool


def draw_forest(groups: Sequence[tuple[str, Sequence[Line]]]) -> Figure:
    """A panel for each unit, with rows from the top; `groups` are (label of the axis, rows)."""
    with house_style():
        height = sum(_HEAD + _ROW * len(lines) + _UNDER for _, lines in groups)
        figure = sheet(height)
        top = 0.0
        for label, lines in groups:
            top += _HEAD
            axes = place(figure, _LEFT, top, WIDTH - _LEFT - _RIGHT, _ROW * len(lines))
            _panel(axes, label, lines)
            for at, line in enumerate(lines):
                middle = top + _ROW * (at + 0.5)
                mark = "◆ " if line.missed else ""
                size = 6.8 if len(line.label) <= _LONG else 6.0
                write(figure, 0.02, middle - 0.055, mark + short(line.label, 70), size=size,
                      bold=line.missed)  # fmt: skip
                write(figure, 0.02, middle + 0.055, short(line.beneath, 62), size=6.2, colour=QUIET)
            top += _ROW * len(lines) + _UNDER
        return figure


def _panel(axes: Axes, label: str, lines: Sequence[Line]) -> None:
    numbers = [n for line in lines for n in (*line.published, *line.model) if math.isfinite(n)]
    low, high = 1.05 * min([0.0, *numbers]), max([0.0, *numbers])
    high = 100.0 if label.endswith("%") else 1.05 * high or -0.05 * low or 1.0
    axes.set_xlim(low, high)
    axes.set_ylim(len(lines), 0)
    axes.set_yticks([])
    axes.set_xticks(ticks(low, high, 8))
    axes.grid(axis="x", linewidth=0.4)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(label)
    for at, line in enumerate(lines):
        _row(axes, line, at + 0.5, high)


def _row(axes: Axes, line: Line, middle: float, high: float) -> None:
    colour = line_of(line.index).colour
    value, first, last = line.model
    if not math.isnan(first):
        ends = [min(first, high), min(last, high)]
        axes.plot(ends, [middle + 0.16] * 2, color=colour, linewidth=5, alpha=0.35,
                  solid_capstyle="butt")  # fmt: skip
    axes.plot([min(value, high)], [middle + 0.16], "|", color=colour, markersize=8,
              markeredgewidth=1.6)  # fmt: skip
    value, first, last = line.published
    if not math.isnan(first):
        axes.plot([first, last], [middle - 0.16] * 2, color=INK, linewidth=0.9)
    axes.plot([value], [middle - 0.16], "D", color=INK, markersize=3.6)
