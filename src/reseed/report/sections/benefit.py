"""Counterfactual benefit: the same patient in two arms, where the design is that of twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from reseed.report.blocks import Block, Column, Prose, Row, Table
from reseed.report.data import ArmData, TrialData
from reseed.report.drawing.paired import draw_gains
from reseed.report.numbers import count, number, percent, share, spreads
from reseed.report.pairs import MONTH, Gain, gains
from reseed.report.sections.parted import parted
from reseed.stats import mean, quantiles

MANY = 0.4  # share of patients who are better or worse off, for the summary to tell of it
SOME = 0.1  # for a figure to show it
HARMS = "Harms that the model does not have cannot differ between arms: see Limits."
_NOTES = (
    "Better, same and worse: for each virtual patient, with the first arm than with the other. A "
    "gain above 0 is better with the first arm. Events are counted while the patient is followed "
    "in both arms, so that nobody avoids any by an early death; a value at the end needs a patient "
    "who is alive and followed in both. Of sums over years (quality-adjusted years, months) the "
    "pairs known in both arms count for those cut off in one (inverse probability of censoring). "
    "CI: paired, on the mean of the differences. IQR: interquartile range.",
    "No trial can see this: each real patient has one arm only. The same luck in both arms rests "
    "on the model alone.",
    HARMS,
)


def build(data: TrialData) -> tuple[Block, ...]:
    """A table and a figure for each other arm; nothing where the arms have different people."""
    if data.run.get("design") != "twins" or len(data.arms) < 2:
        return ()
    first, *others = data.arms
    blocks: list[Block] = []
    for other in others:
        found = gains(data, first, other)
        if found:
            blocks.append(_table(first, other, found))
            blocks += _figures(first, other, [gain for gain in found if gain.drawn])
    return tuple(blocks)


def benefits(
    data: TrialData, endpoints: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, str], ...]:
    """What the section shows of gains that many patients have: endpoint ("" if none), sentence.

    A sentence of an endpoint goes on where that endpoint has been told.

    Where a scenario says which endpoints to tell first, no more than is about these.
    """
    told = endpoints if data.run.get("summary") else None
    if data.run.get("design") != "twins" or len(data.arms) < 2:
        return ()
    first, *others = data.arms
    return tuple(
        (gain.endpoint, _sentence(first, other, gain))
        for other in others
        for gain in gains(data, first, other, told)
        if gain.drawn and np.mean(gain.better | gain.worse) > MANY
    )


def _sentence(first: ArmData, other: ArmData, gain: Gain) -> str:
    size = len(gain.values)
    better, worse = int(gain.better.sum()), int(gain.worse.sum())
    head = "Of" if gain.endpoint else f"{gain.title}: of"
    return (
        f"{head} {count(size)} patients {percent(better / size)}% are better off with "
        f"{first.title} than with {other.title}, {percent(worse / size)}% worse, "
        f"{percent((size - better - worse) / size)}% the same."
    )


def _table(first: ArmData, other: ArmData, found: Sequence[Gain]) -> Table:
    columns = (
        Column("Gain", "left", 24),
        Column("Pairs", "right", 7),
        Column("Better, n (%)", "right", 13),
        Column("Same, n (%)", "right", 12),
        Column("Worse, n (%)", "right", 13),
        Column("Mean gain (95% CI)", "right", 17),
        Column("Median gain (IQR)", "right", 14),
    )
    rows = tuple(_row(gain) for gain in found)
    caption = f"What the same patients gain with {first.title} over {other.title}"
    return Table(caption, columns, rows, _NOTES, dense=True)


def _row(gain: Gain) -> Row:
    size, better, worse = len(gain.values), int(gain.better.sum()), int(gain.worse.sum())
    middle = mean(gain.values, gain.weights)
    q25, median, q75 = (float(q) for q in quantiles(gain.values, weights=gain.weights))
    averages = spreads([(middle.value, middle.low, middle.high), (median, q25, q75)])
    cells = (
        gain.title,
        count(size),
        share(better, size),
        share(size - better - worse, size),
        share(worse, size),
        *averages,
    )
    return Row(cells)


def _figures(first: ArmData, other: ArmData, found: Sequence[Gain]) -> list[Block]:
    """Gains that some patients have; what hardly anybody has is named, and not drawn."""
    differ = [float(np.mean(gain.better | gain.worse)) for gain in found]
    some = [gain for gain, part in zip(found, differ, strict=True) if part >= SOME]
    rest = [gain.title for gain, part in zip(found, differ, strict=True) if part < SOME]
    notes = (" ".join(["Solid line: no difference; dashed line: median.", *_small(some)]),)
    caption = f"Gain of each patient with {first.title} over {other.title}"
    arms = (first.index, other.index)
    blocks: list[Block] = [*parted(caption, some, 8, partial(draw_gains, arms=arms), notes)]
    if rest:
        text = f"Not drawn, since at least {percent(1 - SOME)}% of the patients are the same: "
        blocks.append(Prose(f"{text}{'; '.join(rest)}."))
    return blocks


def _small(found: Sequence[Gain]) -> list[str]:
    """From what size on a gain is one, where that is not any."""
    sizes: dict[str, list[str]] = {}
    for gain in found:
        if gain.same > 0 and gain.same != MONTH:
            sizes.setdefault(number(gain.same), []).append(gain.title)
    texts = [
        f"Below {size} a difference is too small to matter and counts as the same: "
        f"{'; '.join(titles)}."
        for size, titles in sizes.items()
    ]
    if any(gain.same == MONTH for gain in found):
        texts.append(f"Years gained count as the same below one month ({number(MONTH)}).")
    return texts
