"""TrialResult: a finished trial folder as one object, and as the document that `--json` prints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reseed import store
from reseed.nouns.estimate import Estimate

SCHEMA = "reseed.trial/1"
AVERAGES = ("mean", "rate")


@dataclass(frozen=True, slots=True)
class TrialResult:
    """Where the trial is and what was run; everything else is read from the folder."""

    folder: Path
    run: dict[str, Any]

    @property
    def failed(self) -> int:
        """How many patients could not be solved, over all arms."""
        return sum(self.failed_in(arm["name"]) for arm in self.run["arms"])

    def failed_in(self, arm: str) -> int:
        """How many patients of an arm could not be solved."""
        return int((store.read_solutions(self.folder, arm)["status"] != 0).sum())

    def _lives(self, arm: str) -> dict[str, dict[str, int]]:
        """Lives before entry that were told for an arm, and those that could not be solved."""
        if not self.run["cohort"]["history"]:
            return {}
        patients = store.read_patients(self.folder, arm)
        told, failed = (int(patients[name].sum()) for name in ("lives_drawn", "lives_failed"))
        return {"lives": {"told": told, "failed": failed}}

    def estimates(self) -> list[Estimate]:
        """All estimates of the trial."""
        return store.read_estimates(self.folder)

    def summary(self) -> dict[str, Any]:
        """The document that `reseed trial --json` prints; fractions from 0 to 1."""
        estimates = self.estimates()
        arms = {}
        for name in (arm["name"] for arm in self.run["arms"]):
            own = [estimate for estimate in estimates if estimate.arm == name]
            arms[name] = {
                "patients": self.run["patients"],
                "failed": self.failed_in(name),
                **self._lives(name),
                "endpoints": {
                    e.endpoint: _curve(e) for e in own if len(e.times) and e.kind not in AVERAGES
                },
                "averages": {e.endpoint: _average(e) for e in own if e.kind in AVERAGES},
                "medians": {e.endpoint: _median(e) for e in own if not math.isnan(e.median)},
            }
        return {
            "schema": SCHEMA,
            "scenario": self.run["scenario"],
            "seed": self.run["seed"],
            "folder": str(self.folder),
            "failed": sum(arm["failed"] for arm in arms.values()),
            "arms": arms,
        }


def _curve(estimate: Estimate) -> list[dict[str, float | None]]:
    rows = zip(estimate.times, estimate.estimate, estimate.low, estimate.high, strict=True)
    names = ("time_days", "estimate", "low", "high")
    return [dict(zip(names, map(_number, row), strict=True)) for row in rows]


def _average(estimate: Estimate) -> dict[str, float | str | None]:
    names = ("estimate", "low", "high")
    numbers = {name: _number(float(getattr(estimate, name)[-1])) for name in names}
    return {"kind": estimate.kind, **numbers, "unit": estimate.unit}


def _median(estimate: Estimate) -> dict[str, float | str | None]:
    return {
        "median": _number(estimate.median),
        "q25": _number(estimate.q25),
        "q75": _number(estimate.q75),
        "unit": estimate.unit,
    }


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else float(value)
