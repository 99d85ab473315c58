"""Dose of cells against day of recovery: patients, medians of groups, published medians."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reseed.report.dose_groups import Group
from reseed.report.drawing.canvas import (
    WIDTH,
    house_style,
    place,
    sheet,
    short,
    stroke,
    ticks,
    write,
)
from reseed.report.drawing.palette import INK, QUIET, line_of
from reseed.report.names import labelled
from reseed.report.variables import scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HIGH, _LEFT, _GAP, _RIGHT = 2.3, 0.5, 0.55, 0.1
_LEGEND, _HEADING, _FOOT = 0.17, 0.3, 0.55
_MOST = 4_000  # points of a figure; more would only make the page heavy


@dataclass(frozen=True, slots=True)
class Points:
    """Patients of one arm: dose in the panel's unit, day of the event."""

    index: int
    dose: NDArray[np.float64]
    day: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Panel:
    """One endpoint: published groups, patients, and (arm, group, simulated median or NaN)."""

    title: str
    unit: str
    groups: tuple[Group, ...]
    points: tuple[Points, ...]
    medians: tuple[tuple[int, Group, float], ...]


def kept(arms: int, panels: int) -> int:
    """How many points of an arm a panel can show."""
    return max(_MOST // max(arms * panels, 1), 20)


def draw_recovery(panels: Sequence[Panel], arms: Sequence[tuple[int, str]]) -> Figure:
    """Two panels abreast, with a legend of the arms above."""
    with house_style():
        abreast = min(max(len(panels), 1), 2)
        legend = _LEGEND * math.ceil((len(arms) + 1) / 2) + 0.05
        each = _HEADING + _HIGH + _FOOT
        figure = sheet(legend + each * math.ceil(len(panels) / abreast))
        _legend(figure, arms)
        width = (WIDTH - _LEFT - _RIGHT - (abreast - 1) * _GAP) / abreast
        for at, panel in enumerate(panels):
            left = _LEFT + (at % abreast) * (width + _GAP)
            top = legend + _HEADING + each * (at // abreast)
            axes = place(figure, left, top, width, _HIGH)
            write(figure, left, top - 0.13, short(panel.title, 44), bold=True, size=8)
            _panel(axes, panel)
        return figure


def _legend(figure: Figure, arms: Sequence[tuple[int, str]]) -> None:
    """The arms by twos, then the diamond."""
    for at, (index, title) in enumerate([*arms, (-1, "Published median")]):
        left = _LEFT + (at % 2) * (WIDTH - _LEFT) / 2
        top = 0.1 + _LEGEND * (at // 2)
        if index < 0:
            write(figure, left + 0.14, top, "◆", align="center", size=8)
        else:
            stroke(figure, left, left + 0.28, top, line_of(index))
        write(figure, left + 0.36, top, short(title, 46))


def _panel(axes: Axes, panel: Panel) -> None:
    low, high = _span(panel)
    for points in panel.points:
        shift = 0.6 * (np.arange(len(points.day)) * 0.618034 % 1) - 0.3
        axes.plot(
            points.dose,
            points.day + shift,
            linestyle="none",
            marker="o",
            markersize=2.4,
            markeredgewidth=0,
            color=line_of(points.index).colour,
            alpha=0.45,
        )
    for index, group, median in panel.medians:
        if math.isfinite(median):
            line = line_of(index)
            ends = _ends(panel, group, low, high)
            axes.plot(ends, [median] * 2, color=line.colour, linestyle=line.style, linewidth=2)
    for group in panel.groups:
        left, right = _ends(panel, group, low, high)
        axes.plot(
            [math.sqrt(left * right)],
            [group.median],
            marker="D",
            markersize=6,
            color=INK,
            markeredgecolor="white",
            markeredgewidth=0.8,
            zorder=5,
        )
    for bound in _bounds(panel):
        axes.axvline(bound, color=QUIET, linewidth=0.6, linestyle=(0.0, (1.2, 1.8)))
    _frame(axes, panel, low, high)


def _frame(axes: Axes, panel: Panel, low: float, high: float) -> None:
    days = [float(day) for points in panel.points for day in points.day]
    days += [group.median for group in panel.groups]
    bottom, top = math.floor(min(days)) - 1, math.ceil(max(days)) + 1
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(bottom, top)
    marks = [m * 10.0**k for k in range(-6, 9) for m in (1, 2, 5) if low <= m * 10.0**k <= high]
    axes.set_xticks(marks, [f"{mark:g}" for mark in marks])
    axes.set_xticks([], minor=True)
    axes.set_yticks(ticks(bottom, top, 9))
    axes.set_xlabel(labelled("Viable CD34+ cells infused", panel.unit))
    axes.set_ylabel("Day after infusion")


def _span(panel: Panel) -> tuple[float, float]:
    """The axis of dose: all patients and all bounds, and room for groups that are open."""
    doses = [float(dose) for points in panel.points for dose in points.dose if dose > 0]
    bounds = _bounds(panel)
    low = min([*doses, *(bound / 2 for bound in bounds)], default=1.0)
    high = max([*doses, *(bound * 2 for bound in bounds)], default=10.0)
    return low / 1.1, high * 1.1


def _bounds(panel: Panel) -> list[float]:
    """The finite bounds of the groups, above 0, in the panel's unit."""
    found = {
        scale(group.unit, panel.unit) * bound
        for group in panel.groups
        for bound in (group.low, group.high)
        if math.isfinite(bound) and bound > 0
    }
    return sorted(found)


def _ends(panel: Panel, group: Group, low: float, high: float) -> tuple[float, float]:
    """Where a group begins and ends on the axis."""
    factor = scale(group.unit, panel.unit)
    return max(factor * group.low, low), min(factor * group.high, high)
