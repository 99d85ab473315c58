"""How a measured value is distributed over patients: one histogram per arm on a common axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reseed.report.drawing.canvas import WIDTH, house_style, place, sheet, short, ticks, write
from reseed.report.drawing.palette import INK, QUIET, line_of
from reseed.report.numbers import plural, spread
from reseed.stats import quantiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HIGH, _GAP, _LEFT, _RIGHT = 0.72, 0.3, 0.6, 0.15


@dataclass(frozen=True, slots=True)
class Sample:
    """The values of one arm's patients, in the shown unit; those without a value are left out.

    `weights` are what each counts for, where others were cut off; alike if not given.
    """

    index: int
    title: str
    values: NDArray[np.float64]
    weights: NDArray[np.float64] | None = None

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile."""
        low, middle, high = (float(q) for q in quantiles(self.values, weights=self.weights))
        return low, middle, high


def draw_histograms(
    label: str, samples: Sequence[Sample], together: Sequence[Sample] | None = None
) -> Figure:
    """A row per arm: share of patients per bin, a line at the median, quartiles as a bar.

    The axes fit all samples in `together` (these alone if it is None).
    """
    with house_style():
        rows = max(len(samples), 1)
        figure = sheet(rows * (_HIGH + _GAP) + 0.42)
        common = samples if together is None else together
        edges = bins([sample.values for sample in common])
        tallest = max([_shares(sample, edges).max() for sample in common], default=1.0)
        for row, sample in enumerate(samples):
            top = 0.24 + row * (_HIGH + _GAP)
            axes = place(figure, _LEFT, top, WIDTH - _LEFT - _RIGHT, _HIGH)
            _row(axes, sample, edges, tallest or 1.0)
            _heading(figure, sample, top - 0.1)
            if row == len(samples) - 1:
                axes.set_xlabel(label)
            else:
                axes.tick_params(labelbottom=False)
            axes.set_ylabel("% of patients" if len(samples) < 3 else "%")
        if not samples:
            write(figure, WIDTH / 2, 0.4, "No values", align="center", colour=QUIET)
        return figure


def bins(values: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Common bin edges: one bin per whole number for counts, else 30 or so round ones."""
    pooled = [part[np.isfinite(part)] for part in values]
    joined = np.concatenate(pooled) if pooled else np.empty(0)
    if not len(joined):
        return np.array([0.0, 1.0])
    low, high = float(joined.min()), float(joined.max())
    if high - low <= 60 and bool((joined == np.round(joined)).all()):
        return np.arange(low - 0.5, high + 1.0)
    low = min(low, 0.0) if low < 0.5 * high else low
    marks = ticks(low, high, 32)
    step = marks[1] - marks[0] if len(marks) > 1 else max(high - low, 1.0)
    first = np.floor(low / step)
    return step * np.arange(first, np.ceil(high / step + 1e-9) + 1 + (high == low))


def _shares(sample: Sample, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.ones(len(sample.values)) if sample.weights is None else sample.weights
    counts, _ = np.histogram(sample.values, edges, weights=weights)
    return np.asarray(100 * counts / (weights.sum() or 1.0))


def _row(axes: Axes, sample: Sample, edges: NDArray[np.float64], tallest: float) -> None:
    line = line_of(sample.index)
    shares = _shares(sample, edges)
    axes.stairs(shares, edges, fill=True, color=line.colour, alpha=0.35)
    axes.stairs(shares, edges, color=line.colour, linewidth=0.7)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.12 * tallest)
    marks = ticks(float(edges[0]), float(edges[-1]), 12)
    if edges[0] % 1 == 0.5:  # bins around whole numbers
        marks = [mark for mark in marks if mark % 1 == 0]
    axes.set_xticks(marks)
    axes.set_yticks(ticks(0, 1.12 * tallest, 4))
    if len(sample.values):
        low, middle, high = sample.quartiles
        height = 1.06 * tallest
        axes.plot([low, high], [height] * 2, color=INK, linewidth=2.2, solid_capstyle="butt")
        axes.plot([middle] * 2, [0, 1.12 * tallest], color=INK, linewidth=0.9)


def _heading(figure: Figure, sample: Sample, top: float) -> None:
    colour = line_of(sample.index).colour
    write(figure, _LEFT, top, short(sample.title, 62), colour=colour, bold=True, size=8)
    if len(sample.values):
        low, middle, high = sample.quartiles
        text = f"median {spread(middle, low, high)}; {plural(len(sample.values), 'patient')}"
    else:
        text = "no values"
    write(figure, WIDTH - _RIGHT, top, text, align="right", size=7)
