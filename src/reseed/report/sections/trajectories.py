"""Blood counts over time: medians and bands of what the scenario asks to show, and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.blocks import Block, Figure, Prose, Table, Text
from reseed.report.clock import is_long, zero_of
from reseed.report.data import TrialData
from reseed.report.drawing.bands import FEW, Band, axis_days, band_of, cut_at, draw_bands
from reseed.report.drawing.broken import at_rest, draw_broken
from reseed.report.names import labelled, quantity
from reseed.report.numbers import NONE, number, plural, spreads
from reseed.report.sections.by_arm import by_arm
from reseed.report.sections.parted import parted
from reseed.report.variables import Show, face_of, is_concentration, legible, scale

_MONTHS = (1, 3, 6, 12, 24)  # after the infusion, for the table
_NEAR = 16.0  # days; late values are kept once a month
_DUE = DAYS_PER_YEAR / 12
_HUNDREDS = 100.0
_MONTHS_COUNT = {
    "infusion": "Months count from the infusion, in an arm without a graft from the same study "
    "day.",
    "study entry": "Months count from study entry.",
    "": "Months count from day 0.",
}

_Spread = tuple[float, float, float]
"""Median and quartiles."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A variable as its figure shows it: its face, its own unit, and the arms' bands, scaled.

    A band's days count from infusion. `drug` is true of what nobody has at entry.
    """

    show: Show
    unit: str
    bands: list[tuple[int, str, Band]]
    drug: bool

    @property
    def label(self) -> str:
        """Its title with the unit that is shown."""
        return labelled(self.show.title, self.show.unit or self.unit)


def build(data: TrialData) -> tuple[Block, ...]:
    """A figure for each variable that the scenario shows and the run kept; a table of months."""
    found = [_drawn(data, variable) for variable in data.run.get("show", ())]
    drawn = [one for one in found if one is not None]
    kept = tuple(figure for one in drawn for figure in _figures(data, one))
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
        *_table(data, drawn),
        *kept,
    )


def _table(data: TrialData, drawn: Sequence[_Drawn]) -> tuple[Table, ...]:
    """Each quantity at entry and some months after day 0, by arm."""
    zero = zero_of(data.run)
    entry = -zero.day
    rows: list[tuple[str, str, Sequence[Text]]] = []
    for one in drawn:
        bands = {index: band for index, _, band in one.bands}
        held = [bands.get(arm.index) for arm in data.arms]
        times = [("at entry", entry), *((plural(m, "month"), m * _DUE) for m in _MONTHS)]
        found = [(label, [_at(band, day) for band in held]) for label, day in times]
        found = [(label, cells) for label, cells in found if np.isfinite(cells).any()]
        if one.drug or one.show.until is not None or len(found) < 2:
            continue
        rows.append(("group", one.label, ()))
        rows += [("sub", label, spreads(_legible(cells))) for label, cells in found]
    if not rows:
        return ()
    notes = (
        f"{_MONTHS_COUNT[zero.event]} Of the times that were kept the nearest is taken. Each "
        "value is the median of those living and followed then, without error of measurement. IQR: "
        "interquartile range. "
        f"{NONE}: not part of the arm, or nobody followed.",
    )
    return by_arm("Recovery over time, median (IQR)", "", data.titles, rows, notes)


def _legible(cells: Sequence[_Spread]) -> list[_Spread]:
    """Whole numbers where there are hundreds: a tenth of a cell says nothing then."""
    digits = 0 if np.nanmax(cells) >= _HUNDREDS else 9
    return [(round(a, digits), round(b, digits), round(c, digits)) for a, b, c in cells]


def _at(band: Band | None, day: float) -> _Spread:
    """Median and quartiles at the time nearest to a day, NaN where none is near."""
    if band is not None and len(band.days):
        at = int(np.argmin(np.abs(band.days - day)))
        if abs(band.days[at] - day) <= _NEAR:
            low, middle, high = (float(q) for q in band.quantiles[1:4, at])
            return middle, low, high
    return (np.nan, np.nan, np.nan)


def _drawn(data: TrialData, variable: str) -> _Drawn | None:
    """What the figure of a variable shows; None where there is none, or another section has it."""
    origin = zero_of(data.run).day
    long = is_long(float(data.run.get("follow_up_days", 0)))
    if long and face_of(data.run, variable, "").time == "years":
        return None  # in the section of the years
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
        return None
    peak = max(float(np.nanmax(band.quantiles, initial=0.0)) for _, _, band in bands)
    show = legible(face_of(data.run, variable, unit), unit, peak)
    factor = scale(unit, show.unit or unit)
    bands = [(i, title, Band(b.days, b.quantiles * factor, b.living)) for i, title, b in bands]
    drug = is_concentration(unit) and not any(band.quantiles[2][0] > 0 for _, _, band in bands)
    return _Drawn(show, unit, bands, drug)


def _figures(data: TrialData, one: _Drawn) -> tuple[Figure, ...]:
    show, unit, bands, axis = one.show, one.unit, one.bands, one.label
    long = is_long(float(data.run.get("follow_up_days", 0)))
    if long and show.until is None and not one.drug:
        return (_broken(data, show, axis, bands, unit),)
    zero = zero_of(data.run)
    caption = f"{show.title} by day {zero.since}, by arm"
    if one.drug:
        caption += ": value at the start of each day (trough), not peaks"
    notes = _notes(show, unit, bands)
    draw = partial(draw_bands, show, axis, together=bands, days=zero.axis)
    return parted(caption, bands, 10, draw, notes)


def _broken(
    data: TrialData, show: Show, axis: str, bands: list[tuple[int, str, Band]], unit: str
) -> Figure:
    """The first hundred days and the years after them, side by side."""
    entry = -float(data.run.get("infusion_day", 0))
    rests = at_rest([band for _, _, band in bands], entry)
    rest = float(np.nanmedian(rests)) if np.isfinite(rests).any() else 0.0
    across = rest if rest > 0 else None
    notes = [] if across is None else ["Dots across: the median at study entry."]
    notes += _lines(show, unit, "Dashes")
    notes += _scale(show, [band for _, _, band in bands])
    caption = f"{show.title}: days, then years after infusion, by arm"
    return Figure(caption, partial(draw_broken, show, axis, bands, across), (" ".join(notes),))


def _notes(show: Show, unit: str, bands: list[tuple[int, str, Band]]) -> tuple[str, ...]:
    notes = [*_lines(show, unit, "Dotted"), *_scale(show, [band for _, _, band in bands])]
    if show.until is not None:
        notes.append("Shown until the infusion: this is the time of mobilisation.")
    first, last = axis_days(show, [band for _, _, band in bands])
    if show.until is None and last < max(band.days[-1] for _, _, band in bands):
        notes.append("The axis ends where the highest values fall below 1% of their peak.")
    if first > min(band.days[0] for _, _, band in bands):
        notes.append("The axis begins where the highest values rise above 1% of their peak.")
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
    return band.living[(band.days >= first) & (band.days <= last)]


def _lines(show: Show, unit: str, style: str) -> list[str]:
    """What is drawn across: the range of health and the levels, and where they come from."""
    shown, notes = show.unit or unit, []
    if show.normal:
        low, high = (number(bound) for bound in show.normal)
        notes.append(f"Grey: normal range, {quantity(f'{low} to {high}', shown)}.")
    if show.levels:
        levels = " and ".join(quantity(number(level), shown) for level in show.levels)
        notes.append(f"{style} across: {levels}.")
    if notes and show.source:
        notes[-1] = f"{notes[-1].removesuffix('.')} ({show.source})."
    return notes


def _scale(show: Show, bands: list[Band]) -> list[str]:
    """That an axis is logarithmic, and what is too low for it."""
    cut = cut_at(show, bands)
    low = f"; values below {number(cut)} are drawn there" if cut else ""
    return [f"Logarithmic vertical axis{low}."] if show.logarithmic else []
