"""One figure for one variable or endpoint, from objects in memory: what `.plot(name)` shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.estimate import Estimate
from reseed.report.data import TIMED
from reseed.report.drawing.bands import band_of, draw_bands
from reseed.report.drawing.curves import Curve, Follow, draw_curves
from reseed.report.drawing.dots import draw_dots
from reseed.report.drawing.histograms import Sample, draw_histograms
from reseed.report.names import labelled
from reseed.report.variables import legible, readable, scale, show_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure_of_variable(
    variable: str,
    arms: Mapping[str, NDArray[np.floating]],
    days: NDArray[np.float64],
    unit: str,
    label: str = "Days after infusion",
) -> Figure:
    """Median, 50% and 90% bands of a variable in each arm, as a matplotlib Figure.

    `arms` maps an arm's title to values (patient, time) in `unit`, NaN where a patient is not
    followed; `days` (time,) count from what `label` says. Raises ValueError if the lengths
    disagree.
    """
    for title, values in arms.items():
        if values.ndim != 2 or values.shape[1] != len(days):
            raise ValueError(
                f"arm {title!r} has values of shape {values.shape}; expected (patient, {len(days)})"
            )
    peak = max((float(np.nanmax(v, initial=0.0)) for v in arms.values()), default=0.0)
    show = legible(show_of(variable, unit), unit, peak)
    factor = scale(unit, show.unit)
    axis = labelled(show.title, show.unit or unit)
    bands = [
        (index, title, band_of(np.asarray(values) * factor, days))
        for index, (title, values) in enumerate(arms.items())
    ]
    return draw_bands(show, axis, bands, days=label)


def figure_of_endpoint(
    title: str,
    estimates: Sequence[Estimate],
    *,
    arm_titles: Mapping[str, str] | None = None,
    values: Mapping[str, NDArray[np.float64]] | None = None,
    follow: Mapping[str, tuple[NDArray[np.float64], NDArray[np.int64]]] | None = None,
    origin: str = "infusion",
    weights: Mapping[str, NDArray[np.float64]] | None = None,
) -> Figure:
    """The figure of one endpoint from its estimates, one per arm, as a matplotlib Figure.

    Curves show numbers at risk, and events too if `follow` maps each arm's name to (time,
    status) per patient. A distribution is a histogram if `values` maps each arm's name to
    values per patient (of a rate: events) and `weights`, if given, to what each counts for; else
    medians with quartiles. Raises ValueError
    without estimates or with estimates of different kinds.
    """
    kinds = {estimate.kind for estimate in estimates}
    if len(kinds) != 1:
        raise ValueError(f"expected estimates of one kind, found {sorted(kinds) or 'none'}")
    titles = dict(arm_titles or {})
    named = [(index, titles.get(e.arm, e.arm), e) for index, e in enumerate(estimates)]
    if kinds <= set(TIMED):
        curves = [
            Curve(index, arm, e, Follow(*follow[e.arm]) if follow and e.arm in follow else None)
            for index, arm, e in named
        ]
        return draw_curves(title, curves, origin)
    unit = next((estimate.unit for estimate in estimates if estimate.unit), "")
    factor = scale(unit, readable(unit))
    label = labelled(title, readable(unit))
    if values is None:
        return draw_dots(label, named, factor)
    if kinds == {"rate"}:
        label, factor = f"{title}: events", 1.0
    samples = []
    for index, arm, e in named:
        own = np.asarray(values[e.arm], dtype=float)
        known = np.isfinite(own)
        counts = weights[e.arm][known] if weights and e.arm in weights else None
        samples.append(Sample(index, arm, factor * own[known], counts))
    return draw_histograms(label, samples)
