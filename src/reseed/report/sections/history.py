"""The lives before the study: who was let in, with what, and what regression to the mean does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.blocks import Block, Prose, Text
from reseed.report.clock import is_long
from reseed.report.data import ArmData, TrialData
from reseed.report.links import linked
from reseed.report.names import labelled, spoken
from reseed.report.numbers import NONE, count, minus, number, share, spread, tenth, together
from reseed.report.sections.by_arm import by_arm
from reseed.report.variables import face_of, scale
from reseed.report.yearly import Events, events_of, followed
from reseed.stats import event_rate

_AGE, _DURATION, _DRAWN, _FAILED = "age", "disease_duration", "lives_drawn", "lives_failed"
_UNITS = {_AGE: "year", _DURATION: "year"}

_NEAR = 45.0  # days about a year within which a value is one of a year later

_Rows = list[tuple[str, str, Sequence[Text]]]


def build(data: TrialData) -> tuple[Block, ...]:
    """The criteria, the patients as they enter, and rates before and after entry."""
    history = data.run.get("cohort", {}).get("history")
    if not history:
        return ()
    words = "; ".join(_criterion(one) for one in history["criteria"])
    text = (
        "Each place in the study was offered to one person after the other, whose life with the "
        "disease was told from onset. The first visit that found all criteria met is "
        f"the entry. Visits: every {tenth(history['visit_days'])} days, for at most "
        f"{tenth(history['longest_days'] / 365.25)} years. Criteria: {words}."
    )
    source = linked(f"Source of the criteria ({history['status']}): {history['source']}")
    notes = (
        "IQR: interquartile range. Lives drawn: until one was let in; the last is counted. A life "
        "that could not be solved lets nobody in. Each arm tells the life before entry again, in "
        "its own model: where its numbers change the untreated disease, some would not have been "
        "let in.",
    )
    names = [one["covariate"] for one in history["criteria"] if one["covariate"]]
    rows = [*_entry(data, names), *_again(data, history)]
    tables = by_arm("Patients as they enter", "", data.titles, rows, notes)
    changes = (Prose(said) for said in since_entry(data))
    return (Prose(text), Prose(source), *tables, *changes, *_regression(data, history))


def since_entry(data: TrialData) -> tuple[str, ...]:
    """How much each quantity with a better side changes in the year after entry, in every arm.

    What changes untreated, too, is regression to the mean: people enter when they are ill.
    """
    return tuple(
        text
        for variable in data.run.get("show", ())
        if (show := face_of(data.run, variable, "")).time == "years" and show.better
        for text in _since_entry(data, variable)
    )


def _since_entry(data: TrialData, variable: str) -> list[str]:
    parts, untreated = [], []
    title = face_of(data.run, variable, "").title
    for arm in data.arms:
        track = arm.track(variable)
        if track is None:
            continue
        values, days, unit = track
        show = face_of(data.run, variable, unit)
        places = [int(np.argmin(np.abs(days - day))) for day in (0.0, DAYS_PER_YEAR)]
        pair = scale(unit, show.unit or unit) * values[:, places].astype(float)
        pair = pair[np.isfinite(pair).all(axis=1)]
        if not len(pair) or abs(days[places[1]] - DAYS_PER_YEAR) > _NEAR:
            continue
        entry, later = (float(value) for value in pair.mean(axis=0))
        one, two, change = (minus(f"{value:.2f}") for value in (entry, later, later - entry))
        parts.append(f"{one} at entry and {two} a year later with {arm.title} (change {change})")
        better = later < entry if show.better == "less" else later > entry
        if not (arm.info.get("given") or len(arm.rows("infuse"))) and better:
            untreated.append(f"{change} with {arm.title}, though nothing was given")
    if not parts:
        return []
    end = (
        f"{'; '.join(untreated)}: that much of any such change is regression to the mean."
        if untreated
        else "Part of such a change comes without any treatment: people enter a trial when their "
        "disease has been active, and recover from that (regression to the mean). Only the "
        "difference between arms is an effect of treatment."
    )
    return [f"{title}, mean of those seen at both times: {'; '.join(parts)}. {end}"]


def _criterion(one: Mapping[str, Any]) -> str:
    """A criterion in words: "relapse in the 365 days before: at least 2"."""
    low, high = one["low"], one["high"]
    if low is not None and high is not None:
        bounds = f"{number(low)} to {number(high)}"
    else:
        bounds = f"at least {number(low)}" if low is not None else f"at most {number(high)}"
    what = spoken(one["name"]).lower() if one["kind"] != "port" else spoken(one["name"])
    if one["kind"] == "record":
        return f"{what} in the {tenth(one['within_days'])} days before: {bounds}"
    return f"{labelled(what[:1].lower() + what[1:], one['unit'])}: {bounds}"


def _entry(data: TrialData, names: Sequence[str]) -> _Rows:
    rows: _Rows = [("", "Virtual patients", [count(arm.size) for arm in data.arms])]
    for name in dict.fromkeys((_AGE, _DURATION, *names)):
        cells = [_median(arm, name) for arm in data.arms]
        if any(cell != NONE for cell in cells):
            label = labelled(spoken(name), _UNITS.get(name, ""))
            rows.append(("", f"{label}, median (IQR)", cells))
    drawn = [arm.patients.get(_DRAWN) for arm in data.arms]
    if all(column is not None and len(column) for column in drawn):
        total = [count(int(column.sum())) for column in drawn]
        first = [share(int((column == 1).sum()), len(column)) for column in drawn]
        rows += [("", "Lives drawn", total), ("", "Places filled by the first life, n (%)", first)]
        unsolved = [arm.patients.get(_FAILED) for arm in data.arms]
        if all(column is not None for column in unsolved):
            cells = [count(int(column.sum())) for column in unsolved]
            rows.append(("", "Lives that could not be solved", cells))
    return rows


def _again(data: TrialData, history: Mapping[str, Any]) -> _Rows:
    """Who meets the criteria on records in the life before entry as the arm itself tells it."""
    rows: _Rows = []
    for one in (one for one in history["criteria"] if one["kind"] == "record"):
        low = -math.inf if one["low"] is None else one["low"]
        high = math.inf if one["high"] is None else one["high"]
        cells = []
        for arm in data.arms:
            made, days = arm.records["name"] == one["name"], arm.records["time"]
            recent = arm.records[made & (days > -one["within_days"]) & (days <= 0)]
            seen = recent.groupby("patient").size().reindex(arm.patients["patient"], fill_value=0)
            cells.append(share(int(((seen >= low) & (seen <= high)).sum()), arm.size))
        rows.append(("", f"Met when told again: {_criterion(one)}, n (%)", cells))
    return rows


def _median(arm: ArmData, name: str) -> str:
    if name not in arm.patients.columns:
        return NONE
    values = arm.patients[name].to_numpy(float)
    values = values[np.isfinite(values)]
    if not len(values):
        return NONE
    low, middle, high = (float(q) for q in np.quantile(values, (0.25, 0.5, 0.75)))
    return spread(middle, low, high)


def _regression(data: TrialData, history: Mapping[str, Any]) -> tuple[Block, ...]:
    """The rate of what criteria count, in the year before entry and the first year after it."""
    names = [one["name"] for one in history["criteria"] if one["kind"] == "record"]
    if not names or not is_long(float(data.run.get("follow_up_days", 0))):
        return ()
    rows: _Rows = []
    said: list[Block] = []
    for name in names:
        found = [events_of(arm, followed(arm), name) for arm in data.arms]
        rows += [
            ("group", spoken(name), ()),
            ("sub", "more than a year before entry", [_rate(e, -math.inf, -1) for e in found]),
            ("sub", "in the year before entry", [_rate(e, -1, 0) for e in found]),
            ("sub", "in the first year after entry", [_rate(e, 0, 1) for e in found]),
            ("sub", "in the second year after entry", [_rate(e, 1, 2) for e in found]),
        ]
        said += [Prose(text) for text in _sentences(data, name, found)]
    title = "Events per patient and year about entry, by arm (95% interval)"
    return (*by_arm(title, "", data.titles, rows), *said)


def _rate(events: Events, start: float, stop: float) -> str:
    start = max(start, -1e3)  # longer than any life
    found = event_rate(events.counts(start, stop), events.people.years(start, stop))
    value, low, high = together(found.value, found.low, found.high)
    return NONE if value == NONE else f"{value} ({low} to {high})"


def _sentences(data: TrialData, name: str, found: Sequence[Events]) -> list[str]:
    """What happens to the rate where nothing is given; that much of any fall is selection."""
    texts = []
    for arm, events in zip(data.arms, found, strict=True):
        if arm.info.get("given") or len(arm.rows("infuse")):
            continue
        before, after = (
            events.counts(a, b).sum() / max(events.people.years(a, b).sum(), 1e-9)
            for a, b in ((-1.0, 0.0), (0.0, 1.0))
        )
        if before > 0:
            first, then = together(float(before), float(after))
            texts.append(
                f"{spoken(name)}, {arm.title}: {first} per patient in the year before entry, "
                f"{then} in the first year after it, though nothing was given. A fall of "
                f"{100 * (1 - after / before):.0f}% is regression to the mean: people enter a "
                "trial when their disease has been active, and a comparison of each patient "
                "with the year before would take this for an effect."
            )
    return texts
