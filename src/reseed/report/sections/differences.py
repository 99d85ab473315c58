"""What differs between arms of different people: each other arm against the first, in a table."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reseed.nouns.estimate import Estimate
from reseed.report.blocks import Block, Column, Row, Table
from reseed.report.clock import moment
from reseed.report.data import TIMED, ArmData, TrialData, seen_from
from reseed.report.names import labelled, spoken
from reseed.report.numbers import NONE, minus, together
from reseed.report.variables import readable, scale
from reseed.stats import Bounded, hybrid, mean, median_day, rate_ratio, risk_at, welch

FEW = 20  # with fewer patients in an arm nothing is compared
TWINS = (
    "Every arm has the same virtual patients: they are compared patient by patient, in the section "
    "on benefit, and not as groups of different people."
)
_NOTES = (
    "Differences in days, in percentage points, in events per year, or in the unit of the means. "
    "Days, per cent and rates: Newcombe's hybrid of the two arms' intervals. Measured values are "
    "compared by their means, with Welch's interval, since medians of counts move in steps. "
    f"{NONE}: fewer than {FEW} "
    "patients in an arm, a median that is not or barely reached (the interval of the incidence "
    "on the last day holds 50%), or no spread.",
    "Many endpoints are compared, and the intervals are not adjusted for that. They reflect the "
    "number of virtual patients only.",
)
_LABELS = {"median": ", median day", "share": ", %", "mean": ", mean", "rate": ", per year"}


@dataclass(frozen=True, slots=True)
class Side:
    """An endpoint in one arm; `difference` is that from the first arm, where `hurdle` is "".

    A rate has a `ratio` to that of the first arm too, if that is above 0.
    """

    arm: str
    value: Bounded
    difference: Bounded | None = None
    hurdle: str = ""
    ratio: Bounded | None = None


@dataclass(frozen=True, slots=True)
class Contrast:
    """An endpoint over the arms; `measure` is `median` (days), `share` (%), `mean` or `rate`."""

    endpoint: Mapping[str, Any]
    title: str
    measure: str
    survival: bool
    sides: tuple[Side, ...]


def build(data: TrialData) -> tuple[Block, ...]:
    """The table; nothing where there is one arm, or the same people in all of them."""
    if len(data.arms) < 2:
        return ()
    rows = _rows(data, contrasts(data)) if compared(data) else ()
    if not rows:
        return ()
    two = len(data.arms) == 2
    columns = (
        Column("Endpoint", "left", 38),
        Column(data.titles[0], "right", 19),
        Column(data.titles[1] if two else "Other arm", "right", 19),
        Column("Difference (95% CI)", "right", 24),
    )
    against = f"{data.titles[1] if two else 'each other arm'} minus {data.titles[0]}"
    return (Table(f"Differences between arms: {against}", columns, rows, _NOTES),)


def compared(data: TrialData) -> bool:
    """Whether arms are compared: there are two, of different people."""
    return len(data.arms) > 1 and data.run.get("design", "parallel") == "parallel"


def contrasts(data: TrialData) -> tuple[Contrast, ...]:
    """Every endpoint that has an estimate in the first arm, in the scenario's order.

    One that cannot be seen by its last day is left out.
    """
    found = ((endpoint, data.of(endpoint["name"])) for endpoint in data.endpoints)
    return tuple(
        _contrast(endpoint, pairs, compared(data))
        for endpoint, pairs in found
        if pairs and pairs[0][0] == data.arms[0] and _seen(endpoint, pairs[0][1])
    )


def _seen(endpoint: Mapping[str, Any], estimate: Estimate) -> bool:
    return estimate.kind not in TIMED or not end_of(endpoint, estimate) < seen_from(endpoint)


def title_of(endpoint: Mapping[str, Any]) -> str:
    """An endpoint's title, or its name in words."""
    return endpoint.get("title") or spoken(endpoint["name"])


def end_of(endpoint: Mapping[str, Any], estimate: Estimate) -> float:
    """The last day an endpoint is looked at, as its definition or else its curve says."""
    last = float(estimate.times[-1]) if len(estimate.times) else math.nan
    to_day = endpoint.get("to_day")
    return last if to_day is None else float(to_day)


def title_at_end(endpoint: Mapping[str, Any], estimate: Estimate) -> str:
    """The title with the last day: "Death by day 100"; no day where the title has one."""
    title, end = title_of(endpoint), end_of(endpoint, estimate)
    said = re.search(r"\bday[s]? ?[+−-]?\d", title, re.IGNORECASE)
    day = moment(end) if math.isfinite(end) and not said else ""
    if estimate.kind == "survival":
        plain = title if "surviv" in title.lower() else f"{title}: free of it"
        return with_day(plain, "at", day)
    return with_day(title, "by", day)


def with_day(title: str, word: str, day: str) -> str:
    """A title with its day, "Survival at 5 years", unless it says so; set off if it has parts."""
    number = day.removeprefix("day ")
    if not day or re.search(rf"\b({re.escape(day)}|{re.escape(number)} days)\b", title):
        return title
    return f"{title}, {word} {day}" if "," in title else f"{title} {word} {day}"


def shown(contrast: Contrast, *values: float) -> tuple[str, ...]:
    """Values side by side: days and per cent to one decimal, means as the whole contrast needs."""
    if contrast.measure in ("mean", "rate"):
        return together(*values, *_numbers(contrast))[: len(values)]
    whole = contrast.measure == "median" and all(f"{v:.1f}"[-2:] in (".0", "an") for v in values)
    places = 0 if whole else 1
    rounded = (round(value, places) + 0.0 for value in values)  # no minus in front of 0
    return tuple(minus(f"{v:.{places}f}") if math.isfinite(v) else NONE for v in rounded)


def _numbers(contrast: Contrast) -> list[float]:
    """Every number of a contrast that is printed."""
    gaps = [side.difference for side in contrast.sides if side.difference]
    return [
        *(side.value.value for side in contrast.sides),
        *(number for gap in gaps for number in (gap.value, gap.low, gap.high)),
    ]


def _contrast(
    endpoint: Mapping[str, Any], pairs: Sequence[tuple[ArmData, Estimate]], compare: bool
) -> Contrast:
    estimate = pairs[0][1]
    measure, title = _measure(endpoint, estimate), title_of(endpoint)
    unit = next((e.unit for _, e in pairs if e.unit), "")
    if measure == "share":
        title = title_at_end(endpoint, estimate)
    elif measure == "mean":
        title = labelled(title, readable(unit))
    factor = {"share": 100.0, "mean": scale(unit, readable(unit))}.get(measure, 1.0)
    sides = tuple(
        _side(endpoint, measure, factor, pairs[0], pair, compare and place > 0)
        for place, pair in enumerate(pairs)
    )
    return Contrast(endpoint, title, measure, estimate.kind == "survival", sides)


def _measure(endpoint: Mapping[str, Any], estimate: Estimate) -> str:
    if estimate.kind not in TIMED:
        return "rate" if estimate.kind == "rate" else "mean"
    return "median" if endpoint.get("kind") == "sustained" else "share"


def _side(
    endpoint: Mapping[str, Any],
    measure: str,
    factor: float,
    first: tuple[ArmData, Estimate],
    own: tuple[ArmData, Estimate],
    compare: bool,
) -> Side:
    arm, estimate = own
    value = _value(endpoint, measure, own)
    side = Side(arm.title, value.times(factor))
    if not compare:
        return side
    if measure == "mean":
        (one, light), (two, heavy) = (arm.known(e.endpoint) for arm, e in (first, own))
        gap = welch(one, two, (light, heavy))
    else:
        gap = hybrid(_value(endpoint, measure, first), value)
    hurdle = _hurdle(measure, min(first[1].n, estimate.n), gap)
    if hurdle:
        return Side(arm.title, side.value, None, hurdle)
    ratio = rate_ratio(_value(endpoint, measure, first), value) if measure == "rate" else None
    return Side(arm.title, side.value, gap.times(factor), "", ratio)


def _value(endpoint: Mapping[str, Any], measure: str, pair: tuple[ArmData, Estimate]) -> Bounded:
    arm, estimate = pair
    if measure == "mean":
        return mean(*arm.known(estimate.endpoint))
    if measure == "median":
        return median_day(estimate)
    return risk_at(estimate, end_of(endpoint, estimate))


def _hurdle(measure: str, n: int, gap: Bounded) -> str:
    """Why there is no comparison, "" where there is one."""
    if n < FEW:
        return "too few patients to compare"
    if gap.known:
        return ""
    if measure == "median":
        return "not compared, since a median is not or barely reached"
    if measure == "mean" and math.isfinite(gap.value):
        return "not compared, since all patients of an arm have the same value"
    return "not compared, since nothing is known of one of them"


def _rows(data: TrialData, found: Sequence[Contrast]) -> tuple[Row, ...]:
    """One row per endpoint; with more than two arms under a heading for each other arm."""
    rows: list[Row] = []
    for title in dict.fromkeys(data.titles[1:]):
        cells = [
            _cells(contrast, side)
            for contrast in found
            for side in contrast.sides[1:]
            if side.arm == title
        ]
        if cells and len(data.arms) > 2:
            rows.append(Row((title,), "group"))
        rows += [Row(part) for part in cells]
    return tuple(rows)


def _cells(contrast: Contrast, side: Side) -> tuple[str, ...]:
    measure, gap = contrast.measure, side.difference
    first, other = shown(contrast, *(_plain(measure, s.value) for s in (contrast.sides[0], side)))
    difference = NONE
    if gap:
        middle, low, high = shown(contrast, gap.value, gap.low, gap.high)
        difference = f"{middle} ({low} to {high})"
    if side.ratio and side.ratio.known:
        middle, low, high = together(side.ratio.value, side.ratio.low, side.ratio.high)
        difference += f"; ratio {middle} ({low} to {high})"
    return contrast.title + _LABELS[measure], first, other, difference


def _plain(measure: str, value: Bounded) -> float:
    """The value, but no median that is barely reached."""
    return value.value if measure != "median" or value.known else math.nan
