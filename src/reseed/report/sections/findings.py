"""One sentence per main endpoint, made from the numbers; no claim goes beyond its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.estimate import Estimate
from reseed.report.data import ArmData, TrialData
from reseed.report.names import spoken, unit_text
from reseed.report.numbers import tenth, together
from reseed.report.variables import readable, scale

_MOST = 3


@dataclass(frozen=True, slots=True)
class Middle:
    """A median of one arm with its 95% interval; NaN where it is not reached."""

    arm: str
    median: float
    low: float
    high: float


def findings(data: TrialData) -> tuple[str, ...]:
    """Up to three sentences: times of sustained recovery first, then measured amounts."""
    timed = [e for e in data.endpoints if e.get("kind") == "sustained"]
    measured = [e for e in data.endpoints if data.kind(e["name"]) == "distribution"]
    sentences = []
    for endpoint in (*timed[:2], *measured[:1]):
        middles, unit = _middles(data, endpoint)
        if middles:
            title = endpoint.get("title") or spoken(endpoint["name"])
            sentences.append(sentence(title, unit, middles))
    return tuple(sentences[:_MOST])


def _middles(data: TrialData, endpoint: Mapping[str, Any]) -> tuple[list[Middle], str]:
    """Each arm's median and interval, and the unit, of an endpoint that has estimates."""
    found = data.of(endpoint["name"])
    if not found:
        return [], ""
    if found[0][1].kind == "distribution":
        unit = next((estimate.unit for _, estimate in found if estimate.unit), "")
        factor = scale(unit, readable(unit))
        return [_of_values(arm, e, factor) for arm, e in found], unit_text(readable(unit))
    return [_of_curve(arm, estimate) for arm, estimate in found], "days"


def _of_curve(arm: ArmData, estimate: Estimate) -> Middle:
    """The interval holds the days at which the curve's band crosses one half."""
    falls = estimate.kind == "survival"
    reach = estimate.low if falls else estimate.high
    late = estimate.high if falls else estimate.low
    crossed = (lambda row: row <= 0.5) if falls else (lambda row: row >= 0.5)
    low, high = (_first(estimate.times, crossed(row)) for row in (reach, late))
    return Middle(arm.title, estimate.median, low, high)


def _first(times: NDArray[np.float64], there: NDArray[np.bool_]) -> float:
    places = np.flatnonzero(there)
    return float(times[places[0]]) if len(places) else math.nan


def _of_values(arm: ArmData, estimate: Estimate, factor: float) -> Middle:
    """The interval of a median by order statistics (binomial, normal approximation)."""
    values = arm.outcome(estimate.endpoint)["value"].to_numpy(float)
    ordered = np.sort(values[np.isfinite(values)])
    if not len(ordered):
        return Middle(arm.title, math.nan, math.nan, math.nan)
    half, reach = len(ordered) / 2, 0.98 * math.sqrt(len(ordered))
    low = ordered[max(int(math.floor(half - reach)), 0)]
    high = ordered[min(int(math.ceil(half + reach)), len(ordered) - 1)]
    return Middle(arm.title, *(factor * float(q) for q in (estimate.median, low, high)))


def sentence(title: str, unit: str, middles: Sequence[Middle]) -> str:
    """What the medians say, and whether their intervals let the arms be told apart."""
    reached = [m for m in middles if math.isfinite(m.median)]
    if not reached:
        return f"{title}: the median was not reached in any arm."
    left_out = [m.arm for m in middles if not math.isfinite(m.median)]
    tail = f" It was not reached with {', '.join(left_out)}." if left_out else ""
    one = reached[0]
    if len(middles) == 1:
        return f"{title}: median {_with(one.median, unit)} (95% CI {_range(one)})."
    if len(reached) == 1:
        return f"{title}: median {_full(one, unit)}.{tail}"
    least = min(reached, key=lambda m: m.median)
    most = max(reversed(reached), key=lambda m: m.median)
    if least.median == most.median:
        arms = "both arms" if len(middles) == len(reached) == 2 else "all arms that reached it"
        intervals = "; ".join(f"{m.arm} {_range(m)}" for m in reached)
        return f"{title}: median {_with(least.median, unit)} in {arms} (95% CI: {intervals}).{tail}"
    return _contrast(title, unit, least, most, len(reached)) + tail


def _contrast(title: str, unit: str, least: Middle, most: Middle, arms: int) -> str:
    between = "" if arms == 2 else "between "
    body = f"{title}: median {between}{_full(least, unit)} and {_full(most, unit)}"
    if _separate(least, most):
        gap = _with(most.median - least.median, unit)
        return f"{body}. They are {gap} apart, and their intervals do not overlap."
    return f"{body}. Their intervals overlap or touch: this run does not tell the two apart."


def _full(middle: Middle, unit: str) -> str:
    return f"{_with(middle.median, unit)} with {middle.arm} (95% CI {_range(middle)})"


def _separate(least: Middle, most: Middle) -> bool:
    """Whether the intervals have no day in common; one that is not known does not separate."""
    return math.isfinite(least.high) and math.isfinite(most.low) and least.high < most.low


def _range(middle: Middle) -> str:
    low, high = together(middle.low, middle.high, absent="not reached")
    return f"{low} to {high}"


def _with(value: float, unit: str) -> str:
    text = tenth(value)
    if unit == "days" and text == "1":
        return "1 day"
    return f"{text} {unit}" if unit else text
