"""The course in years: rates of what recurs, and quantities that are told by their mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.blocks import Block, Figure, Text
from reseed.report.clock import is_long
from reseed.report.data import TrialData
from reseed.report.drawing.years import Mean, draw_means, draw_rates, mean_of
from reseed.report.names import labelled, spoken
from reseed.report.numbers import NONE, count, number, tenth, together
from reseed.report.sections.by_arm import by_arm
from reseed.report.variables import face_of, scale
from reseed.report.yearly import Events, Years, by_year, events_of, followed, recurrent, spans

_NOTE = (
    "Events per patient and year under observation, with 95% intervals that allow for patients "
    "who have many. Years count from study entry."
)
_TOLD = " Those before it are the patients' own lives, as far as they had the disease by then."
_CRITERION = (
    " Patients enter when this has been frequent: that the rate is lower after entry than just "
    "before it, without any treatment too, is regression to the mean."
)
_BEFORE = (
    "Before entry, the mean of those who had the disease by then; the number falls the further "
    "one looks back. Dark band: 95% interval of the mean; pale band: the middle half of patients."
)


def build(data: TrialData) -> tuple[Block, ...]:
    """Quantities on the axis of years first, then the rates."""
    if not is_long(float(data.run.get("follow_up_days", 0))):
        return ()
    return (*_means(data), *_rates(data))


def _means(data: TrialData) -> list[Block]:
    infusion = float(data.run.get("infusion_day", 0))
    blocks: list[Block] = []
    for variable in data.run.get("show", ()):
        if face_of(data.run, variable, "").time != "years":
            continue
        arms: list[tuple[int, str, Mean]] = []
        unit = ""
        for arm in data.arms:
            track = arm.track(variable)
            if track is None or not np.isfinite(track[0]).any():
                continue
            values, days, unit = track
            factor = scale(unit, face_of(data.run, variable, unit).unit or unit)
            arms.append((arm.index, arm.title, mean_of(values * factor, days)))
        if arms:
            blocks.append(_mean(data, variable, unit, arms, infusion))
    return blocks


def _mean(
    data: TrialData,
    variable: str,
    unit: str,
    arms: Sequence[tuple[int, str, Mean]],
    infusion: float,
) -> Figure:
    show = face_of(data.run, variable, unit)
    label = labelled(show.title, show.unit or unit)
    levels = " and ".join(number(level) for level in show.levels)
    notes = (_BEFORE, *((f"Dashes across: {levels} ({show.source}).",) if levels else ()))
    caption = f"{show.title} in years from study entry, by arm"
    return Figure(caption, partial(draw_means, show, label, arms, infusion), notes)


def _rates(data: TrialData) -> list[Block]:
    infusion = float(data.run.get("infusion_day", 0))
    last = (infusion + float(data.run.get("follow_up_days", 0))) / DAYS_PER_YEAR
    last = round(last) if abs(last - round(last)) < 0.2 else last
    people = {arm.name: followed(arm) for arm in data.arms}
    blocks: list[Block] = []
    rows: list[tuple[str, str, Sequence[Text]]] = []
    for name in recurrent(data):
        found = [events_of(arm, people[arm.name], name) for arm in data.arms]
        blocks.append(_rate(data, name, found, last, infusion))
        rows += _lines(name, found, last)
    if not rows:
        return []
    notes = (f"{NONE}: nobody at risk. Number of events in brackets after the interval.",)
    title = "Events per patient and year, by arm (95% interval; events)"
    return [*blocks, *by_arm(title, "Years from entry", data.titles, rows, notes)]


def _rate(
    data: TrialData, name: str, found: Sequence[Events], last: float, infusion: float
) -> Figure:
    years = [by_year(events, last) for events in found]
    arms = [(a.index, a.title, y) for a, y in zip(data.arms, years, strict=True) if y]
    label = f"{spoken(name)}: events per patient and year"
    caption = f"{spoken(name)}: annualised rate by year from study entry, by arm"
    history = data.run.get("cohort", {}).get("history") or {}
    criteria = {one["name"] for one in history.get("criteria", ()) if one["kind"] == "record"}
    note = _NOTE + (_TOLD if history else "") + (_CRITERION if name in criteria else "")
    return Figure(caption, partial(draw_rates, label, arms, infusion), (note,))


def _lines(
    name: str, found: Sequence[Events], last: float
) -> list[tuple[str, str, Sequence[Text]]]:
    """The rate of each stretch of years in each arm."""
    first = min((float(e.people.first.min(initial=0)) for e in found), default=0) / DAYS_PER_YEAR
    rows: list[tuple[str, str, Sequence[Text]]] = [("group", spoken(name), ())]
    for start, stop in spans(first, last):
        cells = _cells([events.between(start, stop) for events in found])
        rows.append(("sub", stretch(start, stop), cells))
    return rows


def stretch(start: float, stop: float) -> str:
    """A stretch of years in words: "2 to 1 before", "1st after", "3 to 5 after"."""
    if stop <= 0:
        if stop == 0:
            return "last year before entry" if start == -1 else f"last {tenth(-start)} before entry"
        return f"{tenth(-start)} to {tenth(-stop)} before entry"
    return "first year" if (start, stop) == (0, 1) else f"{tenth(start)} to {tenth(stop)}"


def _cells(arms: Sequence[Years]) -> list[str]:
    """The rate in each arm, all with as many decimals; the number of events in brackets."""
    rates = together(
        *(n for years in arms for n in (years.rate.value, years.rate.low, years.rate.high))
    )
    texts = []
    for at, years in enumerate(arms):
        value, low, high = rates[3 * at : 3 * at + 3]
        text = f"{value} ({low} to {high}; {count(years.events)})"
        texts.append(NONE if value == NONE else text)
    return texts
