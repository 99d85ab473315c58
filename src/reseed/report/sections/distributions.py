"""Endpoints that are amounts, one value a patient: days of low counts, transfusions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from reseed.nouns.estimate import Estimate
from reseed.report.blocks import Block, Column, Prose, Row, Table
from reseed.report.data import TIMED, ArmData, TrialData
from reseed.report.drawing.histograms import Sample, draw_histograms
from reseed.report.names import labelled
from reseed.report.numbers import count, spreads, tenth
from reseed.report.sections.clones import measure_of, over_time
from reseed.report.sections.dose import alike, drawable, is_drawn
from reseed.report.sections.parted import parted
from reseed.report.sections.summary import as_shown, average, quarters, title_of, unit_of
from reseed.report.variables import scale
from reseed.stats import mean


def build(data: TrialData) -> tuple[Block, ...]:
    """A table of all measured endpoints, and a figure for each."""
    measured = [e for e in data.endpoints if data.kind(e["name"]) not in ("", *TIMED)]
    if not measured:
        return ()
    rows: list[Row] = []
    for endpoint in measured:
        found = data.of(endpoint["name"])
        rows.append(Row((labelled(title_of(endpoint), unit_of(found)),), "group"))
        rows += [
            Row((arm.title, count(e.n), count(e.missing), *texts), "sub")
            for (arm, e), texts in zip(found, _numbers(found), strict=True)
        ]
    columns = (
        Column("", "left", 34),
        Column("Patients", "right", 10),
        Column("No value", "right", 10),
        Column("Mean or rate (95% CI)", "right", 23),
        Column("Median (IQR)", "right", 23),
    )
    table = Table(
        "Measures, by arm",
        columns,
        tuple(rows),
        (
            "IQR: interquartile range. Figures of cell doses stand with collection and dose. "
            "Where follow-up of others was cut off, those whose sum is known count for them too "
            "(inverse probability of censoring). Rates: all events over all time, with an exact "
            "Poisson interval that is widened where patients differ more than chance makes them; "
            "median and IQR are over patients.",
        ),
    )
    return (table, *(figure for endpoint in measured for figure in _figures(data, endpoint)))


def _figures(data: TrialData, endpoint: Mapping[str, Any]) -> tuple[Block, ...]:
    """The distribution, or a sentence where there is none to see."""
    found = data.of(endpoint["name"])
    if endpoint in over_time(data, measure_of(endpoint)):
        return ()  # the section of clones draws it
    if endpoint.get("kind") == "amount" and is_drawn(
        data, [_values(arm, endpoint["name"]) for arm, _ in found]
    ):
        return ()
    rate = found[0][1].kind == "rate"
    label = (
        f"{title_of(endpoint)}: events" if rate else labelled(title_of(endpoint), unit_of(found))
    )
    samples = [_sample(arm, e, unit_of(found)) for arm, e in found]
    every = np.concatenate([sample.values for sample in samples])
    if len(every) and (every == every[0]).all():
        value = tenth(float(every[0]))
        return (Prose(f"{label}: {value} for everybody, so there is no distribution to draw."),)
    if unit_of(found) == "percent" and np.isin(every, (0.0, 100.0)).all():
        return ()  # a share of patients: the table has it all
    if alike([sample.values for sample in samples]):
        return (Prose(f"{label}: the same for everybody of an arm, so there is nothing to draw."),)
    samples, notes = drawable(samples)
    caption = f"{title_of(endpoint)}{': events in each patient' if rate else ''}, by arm"
    return parted(caption, samples, 8, partial(draw_histograms, label, together=samples), notes)


def _sample(arm: ArmData, estimate: Estimate, unit: str) -> Sample:
    """The events of a rate in each patient, or the values that are known and their weights."""
    if estimate.kind == "rate":
        return Sample(arm.index, arm.title, _values(arm, estimate.endpoint))
    values, weights = arm.known(estimate.endpoint)
    return Sample(arm.index, arm.title, values * scale(estimate.unit, unit), weights)


def _numbers(found: Sequence[tuple[ArmData, Estimate]]) -> list[tuple[str, str]]:
    """Mean or rate, and median, of each arm; all with as many decimals."""
    averages = [
        as_shown(mean(*arm.known(e.endpoint)), e.unit) if e.kind == "distribution" else average(e)
        for arm, e in found
    ]
    texts = spreads([*averages, *(quarters(e) for _, e in found)])
    return list(zip(texts[: len(found)], texts[len(found) :], strict=True))


def _values(arm: ArmData, endpoint: str) -> Any:
    values = arm.outcome(endpoint)["value"].to_numpy(float)
    return values[np.isfinite(values)]
