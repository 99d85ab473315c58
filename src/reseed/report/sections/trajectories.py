"""Blood counts over time: medians and bands of what the scenario asks to show."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from reseed.report.blocks import Block, Figure, Prose
from reseed.report.clock import is_long
from reseed.report.data import TrialData
from reseed.report.drawing.bands import FEW, Band, axis_days, band_of, draw_bands
from reseed.report.drawing.broken import at_rest, draw_broken
from reseed.report.names import labelled, quantity
from reseed.report.numbers import number
from reseed.report.sections.parted import parted
from reseed.report.variables import Show, face_of, is_concentration, legible, scale


def build(data: TrialData) -> tuple[Block, ...]:
    """One figure per variable that the scenario shows and the run kept."""
    shown = data.run.get("show", ())
    kept = tuple(figure for variable in shown for figure in _figures(data, variable))
    if not kept:
        return (Prose("No variable over time was kept in this run."),)
    several = (
        " Thin lines repeat the medians of the other arms." if 1 < len(data.arms) <= FEW else ""
    )
    bands = "The dark band holds the middle 50% of the patients, the light band the middle 90%"
    if is_long(float(data.run.get("follow_up_days", 0))):
        several = " The axis is broken at day 100: days on the left, years on the right."
        bands = "The band holds the middle 50% of the patients, the thin lines the middle 90%"
    return (
        Prose(
            f"Lines are medians. {bands}, on each day among those living and still followed."
            f"{several} Values are those of the model at the times that were kept (as a rule the "
            "start of each day), without error of measurement; peaks in between are not seen."
        ),
        *kept,
    )


def _figures(data: TrialData, variable: str) -> tuple[Figure, ...]:
    origin = float(data.run.get("infusion_day", 0))
    long = is_long(float(data.run.get("follow_up_days", 0)))
    if long and face_of(data.run, variable, "").time == "years":
        return ()  # in the section of the years
    bands: list[tuple[int, str, Band]] = []
    unit = ""
    for arm in data.arms:
        track = arm.track(variable)
        if track is None:
            continue
        values, days, unit = track
        band = band_of(values, days - origin)
        if band.living.any():  # an arm without the variable holds nothing but gaps
            bands.append((arm.index, arm.title, band))
    if not bands:
        return ()
    peak = max(float(np.nanmax(band.quantiles, initial=0.0)) for _, _, band in bands)
    show = legible(face_of(data.run, variable, unit), unit, peak)
    factor = scale(unit, show.unit or unit)
    bands = [(i, title, Band(b.days, b.quantiles * factor, b.living)) for i, title, b in bands]
    axis = labelled(show.title, show.unit or unit)
    drug = is_concentration(unit) and not any(band.quantiles[2][0] > 0 for _, _, band in bands)
    if long and show.until is None and not drug:
        return (_broken(data, show, axis, bands, unit),)
    caption = f"{show.title} by day from infusion, by arm"
    if is_concentration(unit):
        caption += ": value at the start of each day (trough), not peaks"
    notes = _notes(show, unit, bands)
    return parted(caption, bands, 10, partial(draw_bands, show, axis, together=bands), notes)


def _broken(
    data: TrialData, show: Show, axis: str, bands: list[tuple[int, str, Band]], unit: str
) -> Figure:
    """The first hundred days and the years after them, side by side."""
    entry = -float(data.run.get("infusion_day", 0))
    rests = at_rest([band for _, _, band in bands], entry)
    rest = float(np.nanmedian(rests)) if np.isfinite(rests).any() else 0.0
    across = rest if rest > 0 else None
    notes = [] if across is None else ["Dots across: the median at study entry."]
    if show.normal:
        low, high = (number(bound) for bound in show.normal)
        normal = quantity(f"{low} to {high}", show.unit or unit)
        notes.append(f"Grey: normal range, {normal} ({show.source}).")
    elif show.levels and show.source:
        notes.append(f"Level across: {show.source}.")
    if show.levels:
        levels = " and ".join(quantity(number(level), show.unit or unit) for level in show.levels)
        notes.append(f"Dashes across: {levels}.")
    if show.logarithmic:
        notes.append("Logarithmic vertical axis.")
    caption = f"{show.title}: days, then years after infusion, by arm"
    return Figure(caption, partial(draw_broken, show, axis, bands, across), (" ".join(notes),))


def _notes(show: Show, unit: str, bands: list[tuple[int, str, Band]]) -> tuple[str, ...]:
    notes = []
    if show.levels:
        levels = " and ".join(quantity(number(level), show.unit or unit) for level in show.levels)
        notes.append(f"Dotted line across: {levels}.")
    if show.logarithmic and show.floor:
        notes.append(f"Logarithmic axis; values below {number(show.floor)} are drawn there.")
    if show.until is not None:
        notes.append("Shown until the infusion: this is the time of mobilisation.")
    first, last = axis_days(show, [band for _, _, band in bands])
    if show.until is None and last < max(band.days[-1] for _, _, band in bands):
        notes.append("The axis ends where the highest values fall below 1% of their peak.")
    followed = [_followed(band, first, last) for _, _, band in bands]
    if any(len(part) and part[-1] < part[0] for part in followed):
        ends = ", ".join(
            f"{title}: {int(part[0])} to {int(part[-1])}"
            for (_, title, _), part in zip(bands, followed, strict=True)
            if len(part)
        )
        notes.append(f"Patients living and followed, first to last day drawn: {ends}.")
    return tuple(notes)


def _followed(band: Band, first: float, last: float) -> NDArray[np.int64]:
    """How many are followed at the times that are drawn."""
    drawn = (band.days >= first) & (band.days <= last)
    return band.living[drawn & (band.living > 0)]
