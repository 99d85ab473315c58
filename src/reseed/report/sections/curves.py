"""Endpoints over time: cumulative incidence or survival, with numbers at risk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.blocks import Block, Column, Figure, Prose, Row, Table, Text
from reseed.report.clock import is_long, moment
from reseed.report.data import TIMED, ArmData, TrialData, seen_from
from reseed.report.drawing.curves import Curve, Follow, axis_end, axis_top, draw_curves
from reseed.report.numbers import NONE, count, percent, plural
from reseed.report.sections.by_arm import by_arm
from reseed.report.sections.summary import (
    NOT_YET,
    at_end,
    end_of,
    on_day,
    quartiles,
    title_of,
)

_YEARS = (1, 2, 3, 5, 10, 15)


def engraftment(data: TrialData) -> tuple[Block, ...]:
    """The endpoints of sustained recovery."""
    return _build(data, [e for e in data.endpoints if e.get("kind") == "sustained"])


def events(data: TrialData) -> tuple[Block, ...]:
    """All other endpoints that have a time."""
    return _build(data, [e for e in data.endpoints if e.get("kind") != "sustained"])


def _build(data: TrialData, endpoints: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    timed = [e for e in endpoints if data.kind(e["name"]) in TIMED]
    if not timed:
        return ()
    # An endpoint that is decided on one day has no course over time to draw.
    drawn = [endpoint for endpoint in timed if endpoint.get("kind") != "not_by"]
    years = _by_year(data, drawn)
    return (_table(data, timed), *years, *(_course(data, endpoint) for endpoint in drawn))


def _course(data: TrialData, endpoint: Mapping[str, Any]) -> Block:
    """The curves, or a sentence where nothing happened in any arm."""
    curves = [e.estimate for _, e in data.of(endpoint["name"])]
    if any(len(curve) and (curve != curve[0]).any() for curve in curves):
        return _figure(data, endpoint)
    return Prose(f"{title_of(endpoint)}: no event in any arm, so there is no curve to draw.")


def _table(data: TrialData, endpoints: Sequence[Mapping[str, Any]]) -> Table:
    rows: list[Row] = []
    for endpoint in endpoints:
        found = data.of(endpoint["name"])
        day = moment(end_of(endpoint, found[0][1]))
        what = "survival" if found[0][1].kind == "survival" else "cumulative incidence"
        rows.append(Row((f"{title_of(endpoint)} ({what}, at {day})",), "group"))
        for arm, estimate in found:
            follow = _follow(arm, endpoint["name"])
            competing = count(int((follow.status == 2).sum())) if follow else NONE
            happened = count(int((follow.status == 1).sum())) if follow else NONE
            cells = (
                arm.title,
                count(estimate.n),
                happened,
                competing,
                quartiles(estimate),
                at_end(endpoint, estimate),
            )
            rows.append(Row(cells, "sub"))
    short = not any(is_long(end_of(e, data.of(e["name"])[0][1])) for e in endpoints)
    columns = (
        Column("", "left", 32),
        Column("Patients", "right", 9),
        Column("Events", "right", 8),
        Column("Competing", "right", 10),
        Column(f"Median {'day' if short else 'time, in days unless said'} (IQR)", "right", 20),
        Column("% (95% CI)", "right", 21),
    )
    notes = (
        "Cumulative incidence by Aalen and Johansen, survival by Kaplan and Meier. Competing: "
        "patients in whom another event came first and made this one impossible.",
    )
    return Table("Endpoints over time, by arm", columns, tuple(rows), notes)


def _by_year(data: TrialData, endpoints: Sequence[Mapping[str, Any]]) -> tuple[Table, ...]:
    """The curves after whole years, for endpoints that are followed for more than two."""
    rows: list[tuple[str, str, Sequence[Text]]] = []
    late: list[str] = []
    for endpoint in endpoints:
        found = {arm.name: estimate for arm, estimate in data.of(endpoint["name"])}
        last = max(end_of(endpoint, estimate) for estimate in found.values())
        years = [year for year in _YEARS if year * DAYS_PER_YEAR <= last + 1]
        if last < 2 * DAYS_PER_YEAR:
            continue
        rows.append(("group", title_of(endpoint), ()))
        if years and years[0] * DAYS_PER_YEAR < seen_from(endpoint):
            late.append(_first_seen(endpoint))
        for year in years:
            day = min(year * DAYS_PER_YEAR, last)
            held = [found.get(arm.name) for arm in data.arms]
            cells = [on_day(endpoint, e, day) if e else NONE for e in held]
            rows.append(("sub", plural(year, "year"), cells))
    if not rows:
        return ()
    note = f"{NOT_YET[0].upper()}{NOT_YET[1:]}: no visit or scan that counts has come by then"
    notes = (f"{note} ({'; '.join(late)}).",) if late else ()
    return by_arm("Endpoints by year, % (95% CI)", "", data.titles, rows, notes)


def _first_seen(endpoint: Mapping[str, Any]) -> str:
    """From when on an endpoint can be seen: "New lesions: from day 414 after study entry on"."""
    first = seen_from(endpoint)
    origin = "study entry" if endpoint.get("origin") == "entry" else "infusion"
    when = f"from {moment(first)} after {origin} on" if math.isfinite(first) else "never"
    return f"{title_of(endpoint)}: {when}"


def _figure(data: TrialData, endpoint: Mapping[str, Any]) -> Figure:
    title = title_of(endpoint)
    curves = [
        Curve(arm.index, arm.title, estimate, _follow(arm, endpoint["name"]))
        for arm, estimate in data.of(endpoint["name"])
    ]
    origin = "study entry" if endpoint.get("origin") == "entry" else "infusion"
    what = "Survival" if curves[0].estimate.kind == "survival" else "Cumulative incidence"
    caption = f"{title}. {what} with 95% confidence bands, and numbers at risk"
    return Figure(caption, partial(draw_curves, title, curves, origin), _notes(endpoint, curves))


def _follow(arm: ArmData, endpoint: str) -> Follow | None:
    """Time and status of the arm's patients, or None if nothing was kept."""
    rows = arm.outcome(endpoint)
    rows = rows[np.isfinite(rows["time"].to_numpy(float))]
    if not len(rows):
        return None
    return Follow(rows["time"].to_numpy(float), rows["status"].to_numpy(int))


def _notes(endpoint: Mapping[str, Any], curves: Sequence[Curve]) -> tuple[str, ...]:
    notes = ["At risk: under observation and without any event just before the day."]
    if seen_from(endpoint) > DAYS_PER_YEAR:
        notes.append(
            "The curve tells only a part before the first scan or visit that counts "
            f"({_first_seen(endpoint)})."
        )
    end = axis_end(curves)
    last = max((float(c.estimate.times[-1]) for c in curves if len(c.estimate.times)), default=end)
    if end < last:
        notes.append(f"The curves do not change from {moment(end)} to {moment(last)}.")
    top = axis_top(curves)
    if top < 1:
        notes.append(f"The vertical axis ends at {percent(top).removesuffix('.0')}%.")
    return (" ".join(notes),)
