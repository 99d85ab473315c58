"""The whole course in years from study entry, the years before it included, all arms together."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.drawing.bands import clipped, rounded_up, set_scale
from reseed.report.drawing.canvas import WIDTH, house_style, place, sheet, ticks
from reseed.report.drawing.legend import draw_legend, draw_numbers, legend_height, numbers_height
from reseed.report.drawing.palette import HAIR, INK, QUIET, line_of
from reseed.report.numbers import number
from reseed.stats.curve import Z95

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reseed.report.variables import Show
    from reseed.report.yearly import Years

_LEFT, _RIGHT, _HIGH, _UNDER = 2.0, 0.3, 2.15, 0.52
_APART = 27.0  # days between two points of a line; what is nearer cannot be told apart


@dataclass(frozen=True, slots=True)
class Mean:
    """A quantity among those with a value: mean with its 95 % interval, quartiles, (time,) each."""

    days: NDArray[np.float64]
    mean: NDArray[np.float64]
    half: NDArray[np.float64]
    quartiles: NDArray[np.float64]
    living: NDArray[np.int64]


def mean_of(values: NDArray[np.floating], days: NDArray[np.float64]) -> Mean:
    """The means of values (patient, time) at times some weeks apart; NaN is not followed."""
    kept = [0] if len(days) else []
    for at in range(1, len(days)):
        if days[at] - days[kept[-1]] >= _APART or days[at] == 0:
            kept.append(at)
    part = np.asarray(values[:, kept], dtype=np.float64)
    living = np.count_nonzero(~np.isnan(part), axis=0)
    some = living > 0
    part, living = part[:, some], living[some]
    mean = np.nanmean(part, axis=0)
    spread = np.nansum((part - mean) ** 2, axis=0) / np.maximum(living - 1, 1)
    half = np.where(living > 1, Z95 * np.sqrt(spread / np.maximum(living, 1)), np.nan)
    ordered = np.sort(part, axis=0)  # gaps come last
    quartiles = np.stack([_quantile(ordered, living, share) for share in (0.25, 0.75)])
    return Mean(np.asarray(days, dtype=float)[kept][some], mean, half, quartiles, living)


def _quantile(
    ordered: NDArray[np.float64], held: NDArray[np.int64], share: float
) -> NDArray[np.float64]:
    at = share * (held - 1)
    low = np.floor(at).astype(int)
    column = np.arange(ordered.shape[1])
    below, above = ordered[low, column], ordered[np.minimum(low + 1, held - 1), column]
    return below + (at - low) * (above - below)


def draw_means(
    show: Show, label: str, arms: Sequence[tuple[int, str, Mean]], infusion: float
) -> Figure:
    """Mean with its interval, and the middle half of the patients; days count from study entry."""
    highs = [float(np.nanmax(mean.quartiles)) for _, _, mean in arms]
    highs += [float(np.nanmax(mean.mean)) for _, _, mean in arms]
    lows = [float(np.nanmin(mean.quartiles)) for _, _, mean in arms]
    top = 1.08 * max([*highs, *show.levels, *(show.normal or ())]) or 1.0
    bottom = min(0.0, *lows)
    if show.logarithmic:
        bottom, top = show.floor or max(min(lows), 1e-3 * top), rounded_up(top)
    first = min(float(mean.days[0]) for _, _, mean in arms) / DAYS_PER_YEAR
    last = max(float(mean.days[-1]) for _, _, mean in arms) / DAYS_PER_YEAR
    with house_style():
        under = numbers_height([title for _, title, _ in arms])
        figure, axes, marks = _sheet(arms, first, last, infusion, under)
        set_scale(axes, show.logarithmic, bottom, top)
        if show.normal:
            axes.axhspan(*show.normal, color=HAIR, alpha=0.4, linewidth=0)
        for level in show.levels:
            axes.axhline(level, color=INK, linewidth=0.7, dashes=(2, 2))
        for index, _, mean in arms:
            line, years = line_of(index), mean.days / DAYS_PER_YEAR
            q = clipped(mean.quartiles, bottom)
            axes.fill_between(years, q[0], q[1], color=line.colour, alpha=0.13, linewidth=0)
            low, high = clipped(mean.mean - mean.half, bottom), mean.mean + mean.half
            axes.fill_between(years, low, high, color=line.colour, alpha=0.38, linewidth=0)
            axes.plot(years, mean.mean, color=line.colour, linestyle=line.style, linewidth=1.5)
        axes.set_ylabel("\n".join(textwrap.wrap(f"{label}, mean", 30)))
        rows = [(i, title, [_living(mean, mark) for mark in marks]) for i, title, mean in arms]
        places = _places(marks, first, last)
        draw_numbers(figure, "Living and followed", rows, places, _foot(arms))
        return figure


def draw_rates(
    label: str, arms: Sequence[tuple[int, str, Sequence[Years]]], infusion: float
) -> Figure:
    """Events per patient and year, year by year, with 95 % intervals."""
    every = [year for _, _, years in arms for year in years]
    first, last = min(year.start for year in every), max(year.stop for year in every)
    highs = [y.rate.high if np.isfinite(y.rate.high) else y.rate.value for y in every]
    values = [year.rate.value for year in every]
    top = min(1.08 * max(highs), 2.5 * max(values)) or 1.0
    with house_style():
        figure, axes, marks = _sheet(arms, first, last, infusion, 0.0)
        set_scale(axes, False, 0.0, top)
        for at, (index, _, years) in enumerate(arms):
            line = line_of(index)
            shift = 0.16 * (at - (len(arms) - 1) / 2)
            middle = np.array([(year.start + year.stop) / 2 + shift for year in years])
            value = np.array([year.rate.value for year in years])
            bounds = np.array([(year.rate.low, year.rate.high) for year in years]).T
            axes.vlines(middle, *bounds, color=line.colour, linewidth=1.1, alpha=0.75)
            axes.plot(middle, value, color=line.colour, linestyle=line.style, linewidth=0.9,
                      marker="o", markersize=3.2)  # fmt: skip
        axes.set_ylabel("\n".join(textwrap.wrap(label, 30)))
        return figure


def _sheet(
    arms: Sequence[tuple[int, str, object]],
    first: float,
    last: float,
    infusion: float,
    under: float,
) -> tuple[Figure, Axes, list[float]]:
    """The sheet with its axis of years, the time before entry shaded, entry and infusion named."""
    names = [(index, title) for index, title, _ in arms]
    legend = legend_height(names)
    left = _LEFT if under else 0.72
    figure = sheet(legend + 0.2 + _HIGH + _UNDER + under)
    draw_legend(figure, names, 0.72)
    axes = place(figure, left, legend + 0.2, WIDTH - left - _RIGHT, _HIGH)
    axes.set_xlim(first, last)
    marks = ticks(first, last, 12)
    axes.set_xticks(marks, [number(mark) for mark in marks])
    axes.set_xlabel("Years from study entry")
    if first < 0:
        axes.axvspan(first, 0, color=HAIR, alpha=0.35, linewidth=0)
        _name(axes, first / 2, "before entry", "center")
    axes.axvline(0, color=QUIET, linewidth=0.7)
    if infusion > 0:
        axes.axvline(infusion / DAYS_PER_YEAR, color=QUIET, linewidth=0.7, dashes=(2, 2))
        _name(axes, 0.02 * (last - first), "entry, then infusion (dashed)", "left")
    return figure, axes, marks


def _name(axes: Axes, year: float, text: str, align: str) -> None:
    axes.annotate(
        text,
        (year, 1),
        (0, 3),
        ("data", "axes fraction"),
        textcoords="offset points",
        ha=align,
        va="bottom",
        fontsize=6.5,
        color=QUIET,
    )


def _foot(arms: Sequence[tuple[int, str, object]]) -> float:
    """Where the numbers under the axis begin."""
    return legend_height([(i, title) for i, title, _ in arms]) + 0.2 + _HIGH + _UNDER


def _places(marks: Sequence[float], first: float, last: float) -> list[float]:
    wide = WIDTH - _LEFT - _RIGHT
    return [_LEFT + wide * (mark - first) / (last - first) for mark in marks]


def _living(mean: Mean, year: float) -> int:
    """Those with a value at the time nearest to the mark."""
    return int(mean.living[np.argmin(np.abs(mean.days - year * DAYS_PER_YEAR))])
