"""A variable on a broken axis: the first hundred days in days, then the years that follow."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.drawing.bands import FEW, Band, Panel, clipped, rounded_up, set_scale
from reseed.report.drawing.canvas import WIDTH, beside, house_style, place, sheet, write
from reseed.report.drawing.legend import draw_legend, legend_height
from reseed.report.drawing.palette import HAIR, INK, QUIET, Line, line_of
from reseed.report.numbers import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reseed.report.variables import Show

BREAK = 100.0
"""The day after infusion at which days become years."""
_YEARS = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 75.0, 100.0)
_LEFT, _RIGHT, _GAP, _HIGH = 0.72, 0.55, 0.1, 1.55
_UNDER = 0.42


def draw_broken(show: Show, unit: str, arms: Sequence[Panel], rest: float | None = None) -> Figure:
    """All arms in one panel where they are few, else one below the other; `rest` is drawn across.

    Days of the bands count from infusion, and values are in the shown unit.
    """
    with house_style():
        rows = [list(arms)] if len(arms) <= FEW else [[panel] for panel in arms]
        legend = legend_height([(i, t) for i, t, _ in arms])
        figure = sheet(legend + len(rows) * (_HIGH + 0.12) + _UNDER)
        draw_legend(figure, [(i, t) for i, t, _ in arms], _LEFT)
        limits = _limits(show, [band for _, _, band in arms], rest)
        wide = (WIDTH - _LEFT - _RIGHT - _GAP) / 2
        for row, panels in enumerate(rows):
            top = legend + 0.06 + row * (_HIGH + 0.12)
            last = row == len(rows) - 1
            near = place(figure, _LEFT, top, wide, _HIGH)
            far = place(figure, _LEFT + wide + _GAP, top, wide, _HIGH)
            for axes in (near, far):
                set_scale(axes, show.logarithmic, *limits)
                _across(axes, show)
                if rest is not None:
                    axes.axhline(rest, color=QUIET, linewidth=0.8, dashes=(1, 2))
                for index, _, band in panels:
                    _draw(axes, band, line_of(index), limits[0])
                axes.tick_params(labelbottom=last)
            _frame(near, far, panels, textwrap.wrap(unit, int(_HIGH * 19)))
            _notes(far, show, rest, limits)
        write(figure, _LEFT + wide / 2, legend + len(rows) * (_HIGH + 0.12) + 0.26,
              "Days after infusion", align="center")  # fmt: skip
        write(figure, _LEFT + 1.5 * wide + _GAP, legend + len(rows) * (_HIGH + 0.12) + 0.26,
              "Years after infusion", align="center")  # fmt: skip
        return figure


def _limits(show: Show, bands: Sequence[Band], rest: float | None) -> tuple[float, float]:
    """Lowest and highest value of the common axis."""
    shown = np.concatenate([band.quantiles[:, band.living > 0].ravel() for band in bands])
    across = [*show.levels, *(show.normal or ()), *([] if rest is None else [rest])]
    top = max(float(np.nanmax(shown)), *across, 0.0) or 1.0
    if show.logarithmic:
        floor = show.floor or max(float(np.nanmin(shown)), 1e-3 * top)
        return floor, rounded_up(top)
    return min(0.0, float(np.nanmin(shown))), 1.05 * top


def _across(axes: Axes, show: Show) -> None:
    """The range of health and the levels."""
    if show.normal:
        axes.axhspan(*show.normal, color=HAIR, alpha=0.4, linewidth=0)
    for level in show.levels:
        axes.axhline(level, color=INK, linewidth=0.7, dashes=(2, 2))


def _notes(axes: Axes, show: Show, rest: float | None, limits: tuple[float, float]) -> None:
    """To the right of the axis: what the lines across are."""
    texts = [(level, number(level)) for level in show.levels]
    if rest is not None:
        texts.append((rest, "entry"))
    if show.normal:
        texts.append((float(np.mean(show.normal)), "normal"))
    for value, text in texts:
        if limits[0] <= value <= limits[1]:
            beside(axes, value, text, size=6.5, colour=QUIET)


def _draw(axes: Axes, band: Band, line: Line, bottom: float) -> None:
    kept = band.living > 0
    days, q = band.days[kept], clipped(band.quantiles[:, kept], bottom)
    axes.fill_between(days, q[1], q[3], color=line.colour, alpha=0.25, linewidth=0)
    for edge in (q[0], q[4]):
        axes.plot(days, edge, color=line.colour, linewidth=0.5, alpha=0.65)
    axes.plot(days, q[2], color=line.colour, linestyle=line.style, linewidth=1.5)


def _frame(near: Axes, far: Axes, panels: Sequence[Panel], label: list[str]) -> None:
    days = _span([band for _, _, band in panels])
    near.set_xlim(days[0], BREAK)
    far.set_xlim(BREAK, days[1])
    near.set_xticks([day for day in range(-200, 101, 25) if day >= days[0]])
    years = np.array([y for y in _YEARS if y <= days[1] / DAYS_PER_YEAR + 0.01])
    far.set_xticks(list(years * DAYS_PER_YEAR), [f"{year:g}" for year in years])
    near.axvline(0, color=QUIET, linewidth=0.6)
    near.set_ylabel("\n".join(label))
    far.tick_params(labelleft=False, left=False)
    far.spines["left"].set_color(HAIR)
    far.spines["left"].set_linestyle((0, (2, 2)))


def _span(bands: Sequence[Band]) -> tuple[float, float]:
    """Day of entry (a few weeks before the infusion) and the last day."""
    first = min(float(band.days[band.days >= -BREAK][0]) for band in bands)
    return first, max(float(band.days[band.living > 0][-1]) for band in bands)


def at_rest(bands: Sequence[Band], entry: float) -> NDArray[np.float64]:
    """The median of each arm at study entry, on the given day."""
    return np.array([float(np.interp(entry, band.days, band.quantiles[2])) for band in bands])
