"""A published number beside the model's own, with what a study of its size could have found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.base.keys import uniforms
from reseed.nouns.estimate import Estimate
from reseed.nouns.key import Key
from reseed.report.clock import is_long
from reseed.report.data import ArmData, TrialData, seen_from
from reseed.report.variables import readable, scale
from reseed.stats import interval_of, mean, median_times, middles, quantiles, risk_at, shares

MEASURED = ("distribution", "mean")  # kinds of estimates of values, not of times
STUDIES = 400
"""Studies that are drawn for each prediction: ten in each tail of 2.5 per cent."""
LARGEST = 2_000
"""Patients of a drawn study at most; a larger one is drawn with so many, which is wider."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A published row and one arm: all numbers in `unit`, "%" for shares.

    `low` and `high` bound 95 % of what studies of `drawn` patients find in the model, NaN where
    their number is not known.
    """

    row: Mapping[str, Any]
    arm: ArmData
    unit: str
    published: tuple[float, float, float]
    model: float
    low: float
    high: float
    drawn: int | None

    @property
    def judged(self) -> bool:
        """Whether there is anything to hold the published number against."""
        return not math.isnan(self.low)

    @property
    def missed(self) -> bool:
        """Whether the published number lies outside of what the model predicts."""
        return self.judged and not self.low <= self.published[0] <= self.high


def predictions(data: TrialData) -> tuple[Prediction, ...]:
    """Every published number whose endpoint this run can judge, for each arm that it is about."""
    rows = [row for study in data.run.get("evidence", ()) for row in study.get("outcomes", ())]
    pairs = [
        (row, arm)
        for row in rows
        for arm in data.arms
        if row["course"] in ("", arm.info.get("course")) and _judges(data, row, arm)
    ]
    if not pairs:
        return ()
    largest = max((min(effective(row) or 1, LARGEST) for row, _ in pairs), default=1)
    draws = _draws(int(data.run.get("seed", 0)), largest)
    return tuple(_prediction(data, row, arm, draws) for row, arm in pairs)


def effective(row: Mapping[str, Any]) -> int | None:
    """How many patients of a study count for a number, None where it does not say.

    Few studies follow all their patients to the day of a share, and a drawn study does. So many
    fully followed patients have the standard error that the published interval shows: p (1 - p) /
    SE^2, at most all of them. Without an interval, all of them.
    """
    n, share = row["n"], row["measure"] == "share"
    if n is None or not share or row["low"] is None or not 0 < row["value"] < 1:
        return n
    z = NormalDist().inv_cdf(0.5 + float(row["level"]) / 200)
    error = (row["high"] - row["low"]) / (2 * z)
    if error <= 0:
        return int(n)
    return max(1, min(int(n), round(row["value"] * (1 - row["value"]) / error**2)))


def _judges(data: TrialData, row: Mapping[str, Any], arm: ArmData) -> bool:
    """Whether the arm has an estimate of that kind, up to the day of the row and seen by then."""
    estimate = data.estimates.get((arm.name, row["endpoint"]))
    if estimate is None or estimate.n == 0:
        return False
    if row["measure"] == "share":
        endpoint = next((e for e in data.endpoints if e["name"] == row["endpoint"]), {})
        day = float(row["day"])
        return _reaches(estimate, day) and day + 1.0 >= seen_from(endpoint)
    return row["measure"] == "median" or estimate.kind in MEASURED


def _reaches(estimate: Estimate, day: float) -> bool:
    return len(estimate.times) > 0 and day <= float(estimate.times[-1]) + 1.0


def _draws(seed: int, size: int) -> NDArray[np.float64]:
    """Uniform numbers (study, patient); a smaller study takes the first of each row."""
    study, patient = np.arange(STUDIES)[:, None], np.arange(size)[None, :]
    return uniforms(Key(seed, "report/prediction"), patient, replicate=study)


def _prediction(
    data: TrialData, row: Mapping[str, Any], arm: ArmData, draws: NDArray[np.float64]
) -> Prediction:
    estimate = data.estimates[arm.name, row["endpoint"]]
    unit, own, theirs = _scales(row, estimate)
    table = arm.outcome(row["endpoint"])
    bounds = (math.nan, math.nan)
    drawn = effective(row)
    uniform = draws[:, : min(drawn, LARGEST)] if drawn else None
    if estimate.kind in MEASURED:
        values, weights = arm.known(row["endpoint"])
        model = (
            mean(values, weights).value
            if row["measure"] == "mean"
            else float(quantiles(values, (0.5,), weights)[0])
        )
        if uniform is not None:
            bounds = interval_of(middles(values, weights, uniform, row["measure"]))
    else:
        known = np.isfinite(table["time"].to_numpy(float))
        time = table["time"].to_numpy(float)[known]
        status = table["status"].to_numpy(np.int64)[known]
        survival = estimate.kind == "survival"
        share = row["measure"] == "share"
        day = min(row["day"], float(estimate.times[-1])) if share else 0.0
        model = risk_at(estimate, day).value if share else _median(estimate)
        if uniform is not None:
            found = (
                shares(time, status, uniform, day, survival)
                if share
                else median_times(time, status, uniform, survival)
            )
            bounds = interval_of(found)
    value, low, high = (
        math.nan if row[key] is None else theirs * float(row[key])
        for key in ("value", "low", "high")
    )
    ends = own * bounds[0], own * bounds[1]
    return Prediction(row, arm, unit, (value, low, high), own * model, *ends, drawn)


def _median(estimate: Estimate) -> float:
    return math.inf if math.isnan(estimate.median) else estimate.median


def _scales(row: Mapping[str, Any], estimate: Estimate) -> tuple[str, float, float]:
    """The unit that is shown, and the factors of the model's and the published numbers."""
    if row["measure"] == "share":
        return "%", 100.0, 100.0
    if estimate.kind not in MEASURED:
        days = scale(row["unit"], "day")
        unit = "year" if is_long(days * row["value"]) else "day"
        return unit, scale("day", unit), scale(row["unit"], unit)
    unit = readable(estimate.unit)
    if not unit or not row["unit"]:
        return unit or row["unit"], 1.0, 1.0
    return unit, scale(estimate.unit, unit), scale(row["unit"], unit)
