"""Gains of the same patients: a histogram for each measure, better to the right of nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from reseed.report.drawing.canvas import WIDTH, house_style, place, sheet, ticks, write
from reseed.report.drawing.histograms import bins
from reseed.report.drawing.palette import HAIR, INK, QUIET, line_of
from reseed.report.numbers import percent
from reseed.stats import quantiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reseed.report.pairs import Gain

_HIGH, _LEFT, _GAP, _HEAD, _FOOT = 1.35, 0.5, 0.5, 0.55, 0.35


def draw_gains(gains: Sequence[Gain], arms: tuple[int, int]) -> Figure:
    """Two measures abreast; `arms` are the places in the palette of the first arm and the other."""
    with house_style():
        each = _HEAD + _HIGH + _FOOT
        rows = -(-len(gains) // 2)
        figure = sheet(each * max(rows, 1))
        wide = (WIDTH - 2 * _LEFT - _GAP + 0.3) / 2
        for at, gain in enumerate(gains):
            left = _LEFT + (at % 2) * (wide + _GAP)
            top = each * (at // 2) + _HEAD
            title = "\n".join(textwrap.wrap(gain.title, 44)[:2])
            write(figure, left, top - 0.36, title, bold=True, size=7.5)
            axes = place(figure, left, top, wide, _HIGH)
            _panel(axes, gain, arms)
            _shares(figure, gain, arms, left, top - 0.1, wide)
        return figure


def _panel(axes: Axes, gain: Gain, arms: tuple[int, int]) -> None:
    edges = bins([gain.values])
    size = max(len(gain.values), 1)
    parts = (
        (gain.worse, line_of(arms[1]).colour, 0.6),
        (~gain.worse & ~gain.better, QUIET, 0.45),
        (gain.better, line_of(arms[0]).colour, 0.6),
    )
    foot = np.zeros(len(edges) - 1)
    for chosen, colour, alpha in parts:
        height = 100 * np.histogram(gain.values[chosen], edges)[0] / size
        if height.any():
            axes.stairs(foot + height, edges, baseline=foot, fill=True, color=colour, alpha=alpha)
        foot = foot + height
    axes.axvline(0, color=INK, linewidth=0.7)
    middle = float(quantiles(gain.values, (0.5,), gain.weights)[0])
    axes.axvline(middle, color=INK, linewidth=0.9, dashes=(2, 1.5))
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.1 * float(foot.max()) or 1.0)
    marks = ticks(float(edges[0]), float(edges[-1]), 8)
    if edges[0] % 1 == 0.5:  # bins around whole numbers
        marks = [mark for mark in marks if mark % 1 == 0]
    axes.set_xticks(marks)
    axes.set_yticks(ticks(0, 1.1 * float(foot.max()), 5))
    axes.set_ylabel("% of patients")
    axes.grid(axis="y", color=HAIR, linewidth=0.4)


def _shares(
    figure: Figure, gain: Gain, arms: tuple[int, int], left: float, top: float, wide: float
) -> None:
    """Worse on the left, better on the right, as on the axis."""
    size = max(len(gain.values), 1)
    better, worse = float(gain.better.sum()) / size, float(gain.worse.sum()) / size
    texts = (
        (left, "left", f"worse {percent(worse)}%", line_of(arms[1]).colour),
        (left + wide / 2, "center", f"same {percent(1 - better - worse)}%", QUIET),
        (left + wide, "right", f"better {percent(better)}%", line_of(arms[0]).colour),
    )
    for at, align, text, colour in texts:
        write(figure, at, top, text, align=align, colour=colour, size=7)
