"""Stem-cell collection and dose: what was collected, in how many aphereses, what was infused."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reseed.report.blocks import Block, Figure, Text
from reseed.report.data import ArmData, TrialData
from reseed.report.drawing.histograms import Sample, draw_histograms
from reseed.report.names import labelled
from reseed.report.numbers import NONE, count, share, spread, together
from reseed.report.sections.by_arm import by_arm
from reseed.report.sections.parted import parted
from reseed.report.variables import scale, show_of

_AMOUNTS = (
    ("harvest", "cd34_collected", "last"),
    ("process", "cd34_processed", "last"),
    ("correct", "cd34_corrected", "last"),
    ("infuse", "cd34_infused", "sum"),
    ("infuse", "cd3_infused", "sum"),
    ("infuse", "cd19_infused", "sum"),
    ("infuse", "nk_infused", "sum"),
    ("infuse", "stem_cells_infused", "sum"),
    ("infuse", "stem_cells_settled", "sum"),
    ("infuse", "corrected_infused", "sum"),
    ("infuse", "corrected_settled", "sum"),
    ("infuse", "short_term_corrected", "sum"),
    ("inject", "cells_injected", "sum"),
    ("inject", "stem_cells_settled", "sum"),
)
_DRAWN = ("cd34_collected", "cd34_infused")

_READ = "Line: median; bar at the top: from the lower to the upper quartile."

_Rows = list[tuple[str, str, Sequence[Text]]]


def build(data: TrialData) -> tuple[Block, ...]:
    """A table of amounts and aphereses, and the distributions of collected and infused cells."""
    rows: _Rows = []
    figures: list[Figure] = []
    for source, name, pick in _AMOUNTS:
        unit = _unit(data, source, name)
        if unit is None:
            continue
        show = show_of(name, unit)
        factor = scale(unit, show.unit)
        values = [factor * arm.amounts(source, name, pick) for arm in data.arms]
        label = labelled(show.title, show.unit)
        rows += _amount(label, values)
        if name in _DRAWN and not alike(values):
            samples = [Sample(a.index, a.title, v) for a, v in zip(data.arms, values, strict=True)]
            figures += _figures(show.title, label, samples)
    rows += _aphereses(data)
    if not rows:
        return ()
    notes = (
        "Cells per kg of the patient's body weight, or in the body. CD34+: blood stem and "
        "progenitor cells. CD3+: T cells. CD19+: B cells. NK: natural killer cells. Stem cells: "
        "long-term ones, as whole numbers. IQR: interquartile range.",
    )
    caption = "Stem-cell collection and dose, by arm"
    return (*by_arm(caption, "", data.titles, rows, notes), *figures)


def is_drawn(data: TrialData, values: Sequence[NDArray[np.float64]]) -> bool:
    """Whether an endpoint's values (per arm, as recorded) are those of a figure made here."""
    for source, name, pick in _AMOUNTS:
        if name in _DRAWN:
            amounts = [arm.amounts(source, name, pick) for arm in data.arms]
            if len(amounts) == len(values) and all(
                np.array_equal(np.sort(a), np.sort(v)) for a, v in zip(amounts, values, strict=True)
            ):
                return any(len(part) for part in amounts)
    return False


def _figures(title: str, label: str, samples: Sequence[Sample]) -> tuple[Figure, ...]:
    samples, notes = drawable(samples)
    caption = f"{title}, by arm"
    return parted(caption, samples, 8, partial(draw_histograms, label, together=samples), notes)


def drawable(samples: Sequence[Sample]) -> tuple[list[Sample], tuple[str, ...]]:
    """The samples that have values, and the notes of their figure, which name the others."""
    full = [sample for sample in samples if len(sample.values)]
    empty = [sample.title for sample in samples if not len(sample.values)]
    if not full:
        return list(samples), (_READ,)
    gone = (f"Not drawn, since nobody has a value: {'; '.join(empty)}.",) if empty else ()
    return full, (_READ, *gone)


def _unit(data: TrialData, source: str, name: str) -> str | None:
    """The unit of a record, or None if no arm has it."""
    for arm in data.arms:
        rows = arm.rows(source, name)
        if len(rows):
            return str(rows["unit"].iloc[0])
    return None


def _amount(label: str, values: Sequence[NDArray[np.float64]]) -> _Rows:
    rows: _Rows = [
        ("group", label, ()),
        ("sub", "patients", [count(len(part)) for part in values]),
        ("sub", "median (IQR)", [_median(part) for part in values]),
    ]
    if alike(values):
        return rows
    return [*rows, ("sub", "lowest to highest", [_range(part) for part in values])]


def alike(values: Sequence[NDArray[np.float64]]) -> bool:
    """Whether nobody differs from anybody of the same arm."""
    known = [part for part in values if len(part)]
    return bool(known) and all((part == part[0]).all() for part in known)


def _median(values: NDArray[np.float64]) -> str:
    if not len(values):
        return NONE
    if (values == values[0]).all():
        return f"{together(float(values[0]))[0]} in each"
    low, middle, high = (float(q) for q in np.quantile(values, (0.25, 0.5, 0.75)))
    return spread(middle, low, high)


def _range(values: NDArray[np.float64]) -> str:
    return " to ".join(together(values.min(), values.max())) if len(values) else NONE


def _aphereses(data: TrialData) -> _Rows:
    """Patients by the number of their aphereses, of those who came to a harvest."""
    tallies = [_tally(arm) for arm in data.arms]
    highest = max((int(tally.max()) for tally in tallies if len(tally)), default=None)
    if highest is None:
        return []
    lowest = min(int(tally.min()) for tally in tallies if len(tally))
    rows: _Rows = [("group", "Aphereses per patient, n (%)", ())]
    for amount in range(lowest, highest + 1):
        cells = [share(int((t == amount).sum()), len(t)) if len(t) else NONE for t in tallies]
        rows.append(("sub", str(amount) if amount else "none", cells))
    return rows


def _tally(arm: ArmData) -> NDArray[np.int64]:
    """How many aphereses each patient had who came to the harvest at least once."""
    rows = arm.rows("harvest")
    done = (rows["name"] == "apheresis").groupby(rows["patient"], sort=True).sum()
    return done.to_numpy(dtype=np.int64)
