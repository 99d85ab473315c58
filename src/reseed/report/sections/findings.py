"""Sentences of the summary, made from the differences; no claim goes beyond its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reseed.report.data import TrialData
from reseed.report.numbers import NONE
from reseed.report.sections.benefit import benefits
from reseed.report.sections.differences import (
    Contrast,
    Side,
    contrasts,
    shown,
)
from reseed.stats import Bounded

_ORDER = ("sustained", "first", "confirmed", "composite", "count", "rate")
_WAYS = {
    "median": ("later", "earlier"),
    "share": ("higher", "lower"),
    "mean": ("more", "fewer"),
    "rate": ("more", "fewer"),
}
_UNITS = {"median": " days", "share": " percentage points", "mean": "", "rate": " a year"}


def findings(data: TrialData, endpoints: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What was asked, a sentence each: the endpoints told first, then each patient's gains.

    Where a scenario does not say what to tell first: recovery, infections and deaths, counts.
    """
    names = {endpoint["name"] for endpoint in endpoints}
    found = [c for c in contrasts(data) if c.endpoint["name"] in names]
    chosen = found if data.run.get("summary") else asked(found)
    said = {c.endpoint["name"]: sentence(c, named=len(data.arms) > 1) for c in chosen}
    gained = benefits(data, endpoints)
    for name, text in gained:
        if name in said:
            said[name] = f"{said[name]} {text}"
    return (*said.values(), *(text for name, text in gained if not name))


def asked(found: Sequence[Contrast]) -> tuple[Contrast, ...]:
    """Times of recovery, then what happens after the origin, then counts of it.

    Survival only where no incidence without competing events tells of death.
    """
    deaths = any(
        c.endpoint.get("kind") == "first" and not c.survival and not c.endpoint.get("competing")
        for c in found
    )
    kept = [
        c
        for c in found
        if c.endpoint.get("kind") in _ORDER
        and not (c.survival and deaths)
        and (c.endpoint.get("from_day") or 0) >= 0
    ]
    return tuple(sorted(kept, key=lambda c: _ORDER.index(c.endpoint["kind"])))


def sentence(contrast: Contrast, named: bool = False) -> str:
    """Each arm's value, and against the first arm only what the interval bears.

    A single arm is `named` where the trial has others, of which there is nothing to say.
    """
    first, *others = contrast.sides
    head = f"{contrast.title}: {_value(contrast, first)}"
    if not others:
        own = f" with {first.arm}" if named else ""
        return f"{head}{_interval(contrast, first.value)}{own}."
    parts = [f"{head} with {first.arm}"]
    for side in others:
        told = f": {side.hurdle}" if side.hurdle else ""
        if side.difference:
            told = f": {_difference(contrast, side.difference)}"
        parts.append(f"{_value(contrast, side)} with {side.arm}{told}")
    return "; ".join(parts) + "."


def _difference(contrast: Contrast, gap: Bounded) -> str:
    """A claim, if the interval excludes zero also as it is printed."""
    middle, low, high = shown(contrast, gap.value, gap.low, gap.high)
    if gap.low <= 0 <= gap.high or _zero(low) or _zero(high):
        size = _with_unit(contrast.measure, middle)
        return f"no difference could be told (difference {size}, 95% CI {low} to {high})"
    more, less = _WAYS[contrast.measure]
    if gap.value < 0:
        middle, low, high = shown(contrast, -gap.value, -gap.high, -gap.low)
    way = more if gap.value > 0 else less
    return f"{_with_unit(contrast.measure, middle)} {way} (95% CI {low} to {high})"


def _value(contrast: Contrast, side: Side) -> str:
    text = shown(contrast, side.value.value)[0]
    if contrast.measure == "median":
        if text == NONE:
            return "median not reached"
        return f"median day {text}" if side.value.known else "median barely reached"
    if contrast.measure == "rate":
        return f"{text} a year"
    return f"{text}%" if contrast.measure == "share" else f"mean {text}"


def _interval(contrast: Contrast, value: Bounded) -> str:
    if not value.known:
        return ""
    low, high = shown(contrast, value.low, value.high)
    return f" (95% CI {low} to {high})"


def _with_unit(measure: str, text: str) -> str:
    return "1 day" if measure == "median" and text == "1" else text + _UNITS[measure]


def _zero(text: str) -> bool:
    return not set(text) - set("−0.")
