"""Published and predicted: what studies found beside what the model says of studies so large."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from reseed.report.blocks import Block, Column, Figure, Piece, Prose, Row, Table, Text
from reseed.report.clock import moment
from reseed.report.data import TrialData
from reseed.report.drawing.forest import Line, draw_forest
from reseed.report.links import linked
from reseed.report.names import unit_text
from reseed.report.numbers import NONE, count, plural, together
from reseed.report.predicted import LARGEST, STUDIES, Prediction, predictions
from reseed.report.sections.differences import title_of, with_day

_FITTED = "fitted"
_LISTED = 6  # misses that are named in a sentence


def build(data: TrialData) -> tuple[Block, ...]:
    """A sentence, a table and a figure; nothing where no study of this kind is named."""
    studies = [study for study in data.run.get("evidence", ()) if study.get("outcomes")]
    if not studies:
        return ()
    found = predictions(data)
    sources = [
        Prose((Piece(f"{s['title']}. ", kind="strong"), *linked(str(s["source"])))) for s in studies
    ]
    if not found:
        text = "None of the published endpoints is part of this run, or lasts as long."
        return (*sources, Prose(text))
    titles = {e["name"]: title_of(e) for e in data.endpoints}
    return (
        *(Prose(text) for text in sentences(titles, found)),
        _table(titles, found),
        _figure(titles, found),
        *sources,
    )


def sentences(titles: Mapping[str, str], found: Sequence[Prediction]) -> tuple[str, ...]:
    """How many published numbers the model misses, which, and what was used to fit it."""
    judged = [one for one in found if one.judged]
    missed = [one for one in judged if one.missed]
    if not judged:
        first = "No study says how many patients it had, so nothing can be judged."
    elif missed:
        listed = [
            f"{what(titles, one.row)}, {one.row['study']} ({one.arm.title}): published "
            f"{'above' if one.published[0] > one.high else 'below'} the prediction"
            for one in missed[:_LISTED]
        ]
        more = len(missed) - len(listed)
        places = "; ".join([*listed, *([f"and {more} more in the table"] if more else [])])
        first = (
            f"{len(missed)} of {plural(len(judged), 'published number')} "
            f"{'lies' if len(missed) == 1 else 'lie'} outside of what the model predicts for a "
            f"study of that size: {places}."
        )
    else:
        first = (
            f"All {plural(len(judged), 'published number')} lie within what the model predicts "
            "for studies of their size."
            if len(judged) > 1
            else "The published number lies within what the model predicts for a study of its size."
        )
    first = " ".join(filter(None, (first, _complete(judged))))
    fitted = [one for one in judged if one.row["used"] == _FITTED]
    if not fitted:
        return (first, "None of these numbers was used for calibration.")
    free = [one for one in judged if one.row["used"] != _FITTED]
    off = sum(one.missed for one in free)
    text = (
        f"{len(fitted)} of the {plural(len(judged), 'comparison')} "
        f"{'rests' if len(fitted) == 1 else 'rest'} on numbers that were used for calibration, "
        "so agreement there proves nothing."
    )
    if free:
        text += f" Of the other {len(free)} the model misses {off}."
    return (first, text)


def _complete(judged: Sequence[Prediction]) -> str:
    """How many ranges are too narrow, since nothing tells how many patients were followed."""
    bare = [one for one in judged if one.row["measure"] == "share" and one.row["low"] is None]
    if not bare:
        return ""
    some = "shares come" if len(bare) > 1 else "numbers is a share that comes"
    whose = "their" if len(bare) > 1 else "its"
    return (
        f"{len(bare)} of these {some} without an interval: {whose} range takes every patient of "
        "the study as followed to that day, and is too narrow where many were not."
    )


def what(titles: Mapping[str, str], row: Mapping[str, Any]) -> str:
    """A published number in words: "Relapse-free survival at 5 years"."""
    title = titles[row["endpoint"]]
    if row["measure"] == "share":
        return with_day(title, "at", moment(float(row["day"])))
    return f"{title}, {row['measure']}"


def _table(titles: Mapping[str, str], found: Sequence[Prediction]) -> Table:
    rows: list[Row] = []
    last = None
    for one in sorted(found, key=lambda p: list(titles).index(p.row["endpoint"])):
        key = (one.row["endpoint"], one.row["measure"], one.row["day"], one.unit)
        if key != last:
            label = what(titles, one.row)
            rows.append(Row((f"{label}, {unit_text(one.unit)}" if one.unit else label,), "group"))
        last = key
        rows.append(_row(one))
    columns = (
        Column("Study", "left", 22),
        Column("Arm of this trial", "left", 19),
        Column("Patients (drawn)", "right", 12),
        Column("Published (interval)", "right", 16),
        Column("Model", "right", 8),
        Column("Predicted", "right", 14),
        Column("Used", "left", 9),
    )
    remarks = dict.fromkeys(
        f"{one.row['study']}, {what(titles, one.row)}: {one.row['note']}"
        for one in found
        if one.row["note"]
    )
    levels = sorted({float(one.row["level"]) for one in found if one.row["level"] is not None})
    said = f" ({', '.join(f'{level:g}%' for level in levels)})" if levels else ""
    notes = (
        f"◆: the published number lies outside. Published: with its interval{said}. "
        f"Predicted: 95% of {STUDIES} studies, drawn from this arm's virtual patients with "
        "replacement; the uncertainty of the model's parameters is not in it. Drawn: so many fully "
        "followed patients as the published interval of a share is worth, p (1 − p) / SE², where "
        "that is fewer than the study had. Patients who drop out of this arm are censored in "
        "the drawn studies, too. Without an interval, all patients of the study. "
        f"Studies of more than {count(LARGEST)} patients are drawn with {count(LARGEST)}. {NONE}: "
        "not given, or not known.",
        *remarks,
    )
    return Table("Published numbers and the model's own", columns, tuple(rows), notes, dense=True)


def _row(one: Prediction) -> Row:
    value, low, high = together(*one.published)
    model, first, last = _shown(one.model, one.low, one.high)
    study = str(one.row["study"])
    cells: tuple[Text, ...] = (
        (Piece(f"◆ {study}", kind="strong"),) if one.missed else study,
        one.arm.title,
        _size(one),
        f"{value} ({low} to {high})" if low != NONE else value,
        model,
        f"{first} to {last}" if one.judged else NONE,
        str(one.row["used"]),
    )
    return Row(cells, "mark" if one.missed else "sub")


def _size(one: Prediction) -> str:
    """The study's patients, and in brackets how many are drawn if not as many."""
    if one.row["n"] is None:
        return NONE
    n = int(one.row["n"])
    return count(n) if one.drawn == n else f"{count(n)} ({count(one.drawn or 0)})"


def _shown(*values: float) -> tuple[str, ...]:
    """Numbers side by side; an infinite time is one that is not reached."""
    texts = together(*(value if math.isfinite(value) else math.nan for value in values))
    return tuple(
        "not reached" if math.isinf(value) else text
        for value, text in zip(values, texts, strict=True)
    )


def _figure(titles: Mapping[str, str], found: Sequence[Prediction]) -> Figure:
    groups: dict[str, list[Line]] = {}
    for one in sorted(found, key=lambda p: list(titles).index(p.row["endpoint"])):
        size = "size not given" if one.row["n"] is None else plural(int(one.row["n"]), "patient")
        line = Line(
            label=what(titles, one.row),
            beneath=f"{one.row['study']}, {size}",
            index=one.arm.index,
            published=one.published,
            model=(one.model, one.low, one.high),
            missed=one.missed,
        )
        groups.setdefault(unit_text(one.unit) or "value (no unit)", []).append(line)
    parts = [(label[:1].upper() + label[1:], lines) for label, lines in groups.items()]
    given = any(math.isfinite(one.published[1]) for one in found)
    ends = ", thin line: its interval, where there is one" if given else ""
    notes = (
        f"Diamond: published{ends}. Bar: 95% prediction for a study of that size, with the "
        "model's own value as a stroke. ◆: outside.",
    )
    return Figure("Published numbers beside predictions", partial(draw_forest, parts), notes)
