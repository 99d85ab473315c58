"""A variable over time: the median patient and the bands that hold 50 and 90 per cent of them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reseed.report.drawing.canvas import (
    WIDTH,
    beside,
    house_style,
    place,
    sheet,
    short,
    ticks,
    write,
)
from reseed.report.drawing.palette import HAIR, INK, QUIET, Line, line_of
from reseed.report.numbers import number, power

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reseed.report.variables import Show

FEW = 3
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_AT_ONCE = 4_000_000  # values sorted at once: tens of megabytes, whatever the trial's size


@dataclass(frozen=True, slots=True)
class Band:
    """Quantiles at `LEVELS`, shape (level, time), among patients with a value; `days`; `living`."""

    days: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    living: NDArray[np.int64]


def band_of(values: NDArray[np.floating], days: NDArray[np.float64]) -> Band:
    """Quantiles per time over patients, values (patient, time); NaN means not followed then."""
    patients, length = values.shape
    quantiles = np.full((len(LEVELS), length), np.nan)
    living = np.zeros(length, dtype=np.int64)
    step = max(1, _AT_ONCE // max(patients, 1))
    for start in range(0, length, step):
        part = np.sort(np.asarray(values[:, start : start + step], dtype=np.float32), axis=0)
        held = np.count_nonzero(~np.isnan(part), axis=0)
        living[start : start + step] = held
        for row, level in enumerate(LEVELS):
            quantiles[row, start : start + step] = _at(part, held, level)
    return Band(np.asarray(days, dtype=float), quantiles, living)


def _at(ordered: NDArray[np.float32], held: NDArray[np.int64], level: float) -> NDArray[np.float64]:
    """The quantile of each column of sorted values, interpolated; NaN where nothing is held."""
    if not len(ordered):
        return np.full(ordered.shape[1], np.nan)
    position = level * np.maximum(held - 1, 0)
    below = np.floor(position).astype(int)
    above = np.minimum(below + 1, np.maximum(held - 1, 0))
    column = np.arange(ordered.shape[1])
    lower = ordered[below, column].astype(float)
    return lower + (position - below) * (ordered[above, column] - lower)


Panel = tuple[int, str, Band]
"""Place in the palette, title, band in the shown unit."""


def draw_bands(
    show: Show,
    unit: str,
    arms: Sequence[Panel],
    together: Sequence[Panel] | None = None,
    days: str = "Days after infusion",
) -> Figure:
    """One panel per arm; the axes fit all panels in `together` (these alone if it is None).

    A panel repeats the medians of the others where they are few.
    """
    with house_style():
        columns = 1 if len(arms) <= 4 else 2
        rows = -(-len(arms) // columns)
        high = 1.55 if len(arms) > 1 else 2.4
        figure = sheet(rows * (high + 0.28) + 0.45)
        wide = (WIDTH - 0.72 * columns - 0.45) / columns
        common = arms if together is None else together
        limits = _limits(show, [band for _, _, band in common])
        for at, (index, title, band) in enumerate(arms):
            row, column = divmod(at, columns)
            axes = place(
                figure,
                0.72 + column * (wide + 0.72),
                0.25 + row * (high + 0.28),
                wide,
                high,
            )
            others = [(i, b) for i, _, b in common if i != index and len(common) <= FEW]
            _panel(axes, show, band, line_of(index), others, limits)
            axes.set_title(
                short(title, int(wide * 14)),
                loc="left",
                fontsize=8,
                color=line_of(index).colour,
                fontweight="bold",
                pad=4,
            )
            if at + columns >= len(arms):
                axes.set_xlabel(days)
            else:
                axes.tick_params(labelbottom=False)
            if column == 0:
                axes.set_ylabel("\n".join(textwrap.wrap(unit, int(high * 19))))
        if not arms:
            write(figure, WIDTH / 2, 0.2, "No values", align="center", colour=QUIET)
        return figure


def axis_days(show: Show, bands: Sequence[Band]) -> tuple[float, float]:
    """First and last day of the common axis: where somebody is followed and there is a value.

    Where the upper edge of all bands is below 1% of its peak at either end (a drug before and
    after it is given), the axis leaves that out but for two days.
    """
    peaks = [float(np.nanmax(band.quantiles[4][_kept(show, band)], initial=0)) for band in bands]
    least = 0.0 if show.logarithmic else 0.01 * max(peaks, default=0.0)
    days = []
    for band in bands:
        kept = _kept(show, band)
        high = kept & (np.nan_to_num(band.quantiles[4]) >= least)
        days += [*band.days[high][[0, -1]]] if high.any() else []
    if not days:
        return 0.0, 1.0
    whole = [day for band in bands for day in band.days[_kept(show, band)][[0, -1]]]
    first, last = min(days) - 2, max(days) + 2
    return float(max(first, min(whole))), float(min(last, max(whole)))


def _limits(show: Show, bands: Sequence[Band]) -> tuple[float, float, float, float]:
    """First and last day, lowest and highest value of the common axes."""
    shown = [band.quantiles[:, _kept(show, band)] for band in bands]
    values = np.concatenate([part.ravel() for part in shown]) if shown else np.empty(0)
    first, last = axis_days(show, bands)
    if not len(values):
        return first, last, show.floor or 0.1, 1.0
    top = max(float(values.max()), *show.levels, *(show.normal or ()), 0.0) or 1.0
    if show.logarithmic:
        return first, last, show.floor or max(float(values.min()), 1e-3 * top), rounded_up(top)
    return first, last, min(0.0, float(values.min())), 1.06 * top


def cut_at(show: Show, bands: Sequence[Band]) -> float:
    """The value at which lower ones are drawn, on a logarithmic axis; 0 if there are none."""
    bottom = _limits(show, bands)[2]
    lower = any(bool((band.quantiles[:, _kept(show, band)] < bottom).any()) for band in bands)
    return bottom if show.logarithmic and lower else 0.0


def rounded_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten, so that a logarithmic axis ends at a mark."""
    base = 10.0 ** np.floor(np.log10(value))
    return float(next(base * step for step in (1, 2, 5, 10) if value <= base * step * 1.0001))


def _kept(show: Show, band: Band) -> NDArray[np.bool_]:
    """The times that are drawn: within the window, with somebody followed."""
    kept = band.living > 0
    return kept if show.until is None else kept & (band.days <= show.until)


def _panel(
    axes: Axes,
    show: Show,
    band: Band,
    line: Line,
    others: Sequence[tuple[int, Band]],
    limits: tuple[float, float, float, float],
) -> None:
    first, last, bottom, top = limits
    set_scale(axes, show.logarithmic, bottom, top)
    axes.set_xlim(first, last)
    axes.set_xticks(ticks(first, last, 10))
    if show.normal:
        axes.axhspan(*show.normal, color=HAIR, alpha=0.4, linewidth=0)
    for level in show.levels:
        axes.axhline(level, color=INK, linewidth=0.7, dashes=(2, 2))
        beside(axes, level, number(level), size=7)
    if first < 0 < last:
        axes.axvline(0, color=QUIET, linewidth=0.6)
    for index, other in others:
        kept = _kept(show, other)
        shade = line_of(index)
        axes.plot(
            other.days[kept],
            clipped(other.quantiles[2][kept], bottom),
            color=shade.colour,
            linestyle=shade.style,
            linewidth=0.8,
            alpha=0.9,
        )
    kept = _kept(show, band)
    days = band.days[kept]
    q = clipped(band.quantiles[:, kept], bottom)
    axes.fill_between(days, q[0], q[4], color=line.colour, alpha=0.16, linewidth=0)
    axes.fill_between(days, q[1], q[3], color=line.colour, alpha=0.32, linewidth=0)
    axes.plot(days, q[2], color=line.colour, linestyle=line.style, linewidth=1.5)


def set_scale(axes: Axes, logarithmic: bool, bottom: float, top: float) -> None:
    """The vertical axis: powers of ten, or round steps."""
    if logarithmic:
        axes.set_yscale("log")
        marks = [10.0**k for k in range(-9, 10) if bottom <= 10.0**k <= top]
        axes.minorticks_off()
    else:
        marks = ticks(bottom, top, 6)
    high = logarithmic and any(mark >= 1e5 for mark in marks)
    texts = [power(round(np.log10(mark))) if high else number(mark) for mark in marks]
    axes.set_yticks(marks, texts)
    axes.set_ylim(bottom, top)


def clipped(values: NDArray[np.float64], bottom: float) -> NDArray[np.float64]:
    """Values not below the axis."""
    return np.maximum(values, bottom)
