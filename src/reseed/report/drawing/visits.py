"""A quantity on a few days: the median patient and the bands, on a logarithmic axis of time."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.drawing.bands import Panel, clipped, rounded_up, set_scale
from reseed.report.drawing.canvas import WIDTH, house_style, place, sheet
from reseed.report.drawing.legend import draw_legend, legend_height
from reseed.report.drawing.palette import line_of
from reseed.report.numbers import plural

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from reseed.report.variables import Show

_LEFT, _RIGHT, _HIGH, _UNDER = 0.72, 0.3, 1.7, 0.45
_MARGIN = 1.12  # the axis goes that much beyond the first and the last day


def draw_visits(show: Show, label: str, arms: Sequence[Panel]) -> Figure:
    """All arms in one panel; the days of their bands, the same for all, are the marks below.

    Weeks and years after infusion have as much room as each other; values are in the shown unit.
    """
    with house_style():
        legend = legend_height([(i, title) for i, title, _ in arms])
        figure = sheet(legend + _HIGH + _UNDER)
        draw_legend(figure, [(i, title) for i, title, _ in arms], _LEFT)
        axes = place(figure, _LEFT, legend + 0.06, WIDTH - _LEFT - _RIGHT, _HIGH)
        shown = np.concatenate([band.quantiles[:, band.living > 0].ravel() for *_, band in arms])
        top = float(shown.max()) or 1.0
        bottom = max(float(shown.min()), 1e-3 * top) if show.logarithmic else 0.0
        set_scale(axes, show.logarithmic, bottom, rounded_up(top) if bottom else 1.05 * top)
        days = arms[0][2].days
        axes.set_xscale("log")
        axes.set_xlim(days[0] / _MARGIN, days[-1] * _MARGIN)
        axes.set_xticks(days, [_when(day) for day in days])
        axes.minorticks_off()
        for index, _, band in arms:
            line, kept = line_of(index), band.living > 0
            at, q = band.days[kept], clipped(band.quantiles[:, kept], bottom)
            axes.fill_between(at, q[1], q[3], color=line.colour, alpha=0.25, linewidth=0)
            for edge in (q[0], q[4]):
                axes.plot(at, edge, color=line.colour, linewidth=0.5, alpha=0.65)
            axes.plot(at, q[2], color=line.colour, linestyle=line.style, linewidth=1.5,
                      marker="o", markersize=3.2)  # fmt: skip
        axes.set_xlabel("After infusion")
        axes.set_ylabel("\n".join(textwrap.wrap(label, int(_HIGH * 19))))
        return figure


def _when(day: float) -> str:
    """A day in whole months, from a year on in years: "6 months", "2 years"."""
    if day < DAYS_PER_YEAR - 1.0:
        return plural(round(day / DAYS_PER_YEAR * 12), "month")
    return plural(round(day / DAYS_PER_YEAR), "year")
