"""Medians with quartiles as dots and bars: a distribution of which only the estimate is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reseed.nouns.estimate import Estimate
from reseed.report.drawing.canvas import WIDTH, house_style, place, sheet, short
from reseed.report.drawing.palette import line_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_dots(label: str, arms: Sequence[tuple[int, str, Estimate]], factor: float = 1.0) -> Figure:
    """One line per arm: a dot at the median, a bar from quartile to quartile."""
    with house_style():
        high = 0.3 * max(len(arms), 1)
        figure = sheet(high + 0.6)
        axes = place(figure, 1.75, 0.1, WIDTH - 1.9, high)
        for row, (index, _, estimate) in enumerate(arms):
            colour = line_of(index).colour
            quartiles = [factor * estimate.q25, factor * estimate.q75]
            axes.plot(quartiles, [row, row], color=colour, linewidth=2)
            axes.plot([factor * estimate.median], [row], "o", color=colour, markersize=6)
        axes.set_ylim(len(arms) - 0.5, -0.5)
        axes.set_yticks(range(len(arms)), [short(title, 28) for _, title, _ in arms])
        axes.set_xlabel(label)
        return figure
