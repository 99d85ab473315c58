"""The summary: what a reader takes away at one glance, one column per arm."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reseed.base.time import DAYS_PER_YEAR
from reseed.nouns.estimate import Estimate
from reseed.report.blocks import Block, Items, Text
from reseed.report.clock import is_long
from reseed.report.data import TIMED, ArmData, TrialData, seen_from
from reseed.report.names import labelled
from reseed.report.numbers import NONE, count, percent_interval, share, spread, spreads
from reseed.report.sections.by_arm import by_arm
from reseed.report.sections.differences import TWINS, compared, end_of, title_at_end, title_of
from reseed.report.sections.findings import findings
from reseed.report.variables import readable, scale
from reseed.stats import Bounded, mean

SUMS = ("time_below", "time_above", "count", "utility_years")
"""Kinds of endpoints that are sums over time, of which a drop-out leaves a part unknown."""

_Spread = tuple[float, float, float]
_UNKNOWN = (math.nan, math.nan, math.nan)
NOT_YET = "not yet seen"

_Row = tuple[str, str, Sequence[Text]]


def build(data: TrialData) -> tuple[Block, ...]:
    """Sentences made from the numbers, and the key table."""
    told = first_told(data)
    rows = (*_counts(data), *_endpoints(data, told))
    caption = "Key results by arm"
    tables = by_arm(caption, "", data.titles, rows, _notes(data, told))
    sentences = findings(data, told)
    return (*((Items(sentences),) if sentences else ()), *tables)


def full(data: TrialData) -> tuple[Block, ...]:
    """Every endpoint, where the summary tells of some."""
    if len(first_told(data)) == len(data.endpoints):
        return ()
    rows = _endpoints(data, data.endpoints)
    return by_arm("All endpoints by arm", "", data.titles, rows, _notes(data, data.endpoints))


def first_told(data: TrialData) -> tuple[Mapping[str, Any], ...]:
    """The endpoints that the scenario wants told first; all, where it names none."""
    names = data.run.get("summary") or ()
    return tuple(e for e in data.endpoints if e["name"] in names) or data.endpoints


def _notes(data: TrialData, endpoints: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return (
        "IQR: interquartile range, the quarter points of the virtual patients. CI: confidence "
        "interval. The intervals reflect the number of virtual patients only: more patients "
        "narrow them without making the model truer.",
        *_missing(data, endpoints),
        *((TWINS,) if len(data.arms) > 1 and not compared(data) else ()),
    )


def at_end(endpoint: Mapping[str, Any], estimate: Estimate) -> str:
    """The curve at the end of the endpoint's window in per cent, with its interval."""
    return on_day(endpoint, estimate, end_of(endpoint, estimate))


def on_day(endpoint: Mapping[str, Any], estimate: Estimate, day: float) -> str:
    """The curve on a day in per cent, with its interval, once there was anything to see."""
    if day < seen_from(endpoint):
        return NOT_YET
    at = int(np.searchsorted(estimate.times, day + 1e-9, "right")) - 1
    if at < 0:
        return NONE
    return percent_interval(estimate.estimate[at], estimate.low[at], estimate.high[at])


def quartiles(estimate: Estimate) -> str:
    """The median with its quartiles, in the shown unit; a time may be "not reached"."""
    timed = estimate.kind in TIMED
    if timed and about_half(estimate):
        return "about 50% had it; no median"
    years = timed and len(estimate.times) > 0 and is_long(float(estimate.times[-1]))
    factor = 1.0 if timed else scale(estimate.unit, readable(estimate.unit))
    factor = 1 / DAYS_PER_YEAR if years else factor
    values = (factor * q for q in (estimate.median, estimate.q25, estimate.q75))
    text = spread(*values, absent="not reached" if timed else NONE)
    return f"{text} years" if years and math.isfinite(estimate.q25) else text


def about_half(estimate: Estimate) -> bool:
    """Whether a time has a median only by the toss of a coin: the curve ends near one half."""
    if not math.isfinite(estimate.median) or math.isfinite(estimate.q75):
        return False
    known = np.flatnonzero(np.isfinite(estimate.estimate))
    return len(known) > 0 and bool(estimate.low[known[-1]] <= 0.5 <= estimate.high[known[-1]])


def quarters(estimate: Estimate | None) -> _Spread:
    """Median and quartiles of measured values, in the shown unit."""
    if estimate is None:
        return _UNKNOWN
    factor = scale(estimate.unit, readable(estimate.unit))
    return factor * estimate.median, factor * estimate.q25, factor * estimate.q75


def average(estimate: Estimate | None) -> _Spread:
    """A mean or a rate with its interval, in the shown unit."""
    if estimate is None or not len(estimate.times):
        return _UNKNOWN
    rows = (estimate.estimate, estimate.low, estimate.high)
    return as_shown(Bounded(*(float(row[-1]) for row in rows)), estimate.unit)


def as_shown(value: Bounded, unit: str) -> _Spread:
    """A value with its interval, in the shown unit."""
    shown = value.times(scale(unit, readable(unit)))
    return shown.value, shown.low, shown.high


def average_label(endpoint: Mapping[str, Any], estimate: Estimate) -> str:
    """The label of `average`: "Annualised relapse rate, per year (95% CI)"."""
    title = labelled(title_of(endpoint), readable(estimate.unit))
    return f"{title} (95% CI)" if estimate.kind == "rate" else f"{title}, mean (95% CI)"


def unit_of(found: Sequence[tuple[ArmData, Estimate]]) -> str:
    """The unit in which a measured endpoint is shown; an arm without values may not know it."""
    return readable(next((estimate.unit for _, estimate in found if estimate.unit), ""))


def end_label(endpoint: Mapping[str, Any], estimate: Estimate) -> str:
    """The label of `at_end`: "Death by day 100, % (95% CI)"."""
    return f"{title_at_end(endpoint, estimate)}, % (95% CI)"


def _counts(data: TrialData) -> list[_Row]:
    failed = [int((arm.solutions["status"] != 0).sum()) for arm in data.arms]
    rows: list[_Row] = [
        ("", "Virtual patients", [count(arm.size) for arm in data.arms]),
        (
            "",
            "Not solved, n (%)",
            [share(part, arm.size) for part, arm in zip(failed, data.arms, strict=True)],
        ),
    ]
    grafted = _grafted(data)
    if any(grafted):
        cells = [share(part, arm.size) for part, arm in zip(grafted, data.arms, strict=True)]
        rows.append(("", "Received the graft, n (%)", cells))
    return rows


def _endpoints(data: TrialData, endpoints: Sequence[Mapping[str, Any]]) -> list[_Row]:
    rows: list[_Row] = []
    for endpoint in endpoints:
        found = {arm.name: estimate for arm, estimate in data.of(endpoint["name"])}
        if not found:
            continue
        one = next(iter(found.values()))
        held = [found.get(arm.name) for arm in data.arms]
        if one.kind in ("mean", "rate"):
            rows.append(("", average_label(endpoint, one), spreads([average(e) for e in held])))
            continue
        if one.kind == "distribution":
            unit = unit_of(data.of(endpoint["name"]))
            label = f"{labelled(title_of(endpoint), unit)}, median (IQR)"
            middles = [quarters(e) for e in held]
            rows.append(("", label, spreads(middles)))
            if _tells_nothing(middles):
                label = f"{labelled(title_of(endpoint), unit)}, mean (95% CI)"
                rows.append(("", label, spreads(_means(data, endpoint["name"], found))))
            continue
        if endpoint.get("kind") == "sustained":
            label = f"{title_of(endpoint)}, median day (IQR)"
            rows.append(("", label, [quartiles(e) if e else NONE for e in held]))
        cells = [at_end(endpoint, e) if e else NONE for e in held]
        rows.append(("", end_label(endpoint, one), cells))
    return rows


def _tells_nothing(middles: Sequence[_Spread]) -> bool:
    """Whether medians and quartiles are one number in several arms, as of what few have."""
    known = {number for cell in middles for number in cell if math.isfinite(number)}
    return len(middles) > 1 and len(known) == 1


def _means(data: TrialData, endpoint: str, found: Mapping[str, Estimate]) -> list[_Spread]:
    """The mean of each arm, with its interval."""
    return [
        as_shown(mean(*arm.known(endpoint)), found[arm.name].unit)
        if arm.name in found
        else _UNKNOWN
        for arm in data.arms
    ]


def _grafted(data: TrialData) -> list[int]:
    """Patients per arm who received the graft."""
    return [int(arm.rows("infuse")["patient"].nunique()) for arm in data.arms]


def _missing(data: TrialData, endpoints: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Notes on whom the endpoints do not describe, and why, if there is anybody."""
    alike: dict[str, list[str]] = {}
    cut: dict[str, list[str]] = {}
    grafted = _grafted(data)
    without = {arm.name: arm.size - n for arm, n in zip(data.arms, grafted, strict=True)}
    ungrafted = False
    for endpoint in endpoints:
        found = [(arm, e.missing) for arm, e in data.of(endpoint["name"])]
        gaps = [(arm.title, missing) for arm, missing in found if missing]
        from_infusion = endpoint.get("origin") == "infusion" and any(grafted)
        if gaps and from_infusion and all(n == without[arm.name] for arm, n in found):
            ungrafted = True
        elif gaps:
            inside = ", ".join(f"{title}: {count(number)}" for title, number in gaps)
            which = cut if endpoint.get("kind") in SUMS else alike
            which.setdefault(inside, []).append(title_of(endpoint))
    counts = ", ".join(count(number) for number in grafted if number)
    arms = "" if all(grafted) else " of an arm with one"
    first = (
        f"Endpoints from infusion describe only patients{arms} who received the graft ({counts})."
    )
    return (
        *((first,) if ungrafted else ()),
        *(
            f"Cut off before the sum was known, so that others count for them ({gaps}): "
            f"{'; '.join(titles)}."
            for gaps, titles in cut.items()
        ),
        *(
            f"Left out of the rows, since the patient has no such value ({gaps}): "
            f"{'; '.join(titles)}."
            for gaps, titles in alike.items()
        ),
    )
