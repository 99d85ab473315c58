"""Simulated patients by dose of cells, in the groups of a published study."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.report.data import ArmData, TrialData
from reseed.report.variables import scale
from reseed.stats import cumulative_incidence

FEW = 5  # with fewer simulated patients a median says nothing


@dataclass(frozen=True, slots=True)
class Pairs:
    """Patients of one arm: infused dose, day and status (1: event, 2: competing, 0: censored)."""

    dose: NDArray[np.float64]
    day: NDArray[np.float64]
    status: NDArray[np.int64]

    def within(self, group: Group) -> Pairs:
        """Those of a group of doses; its lower bound belongs to it, its upper one does not."""
        inside = (self.dose >= group.low) & (self.dose < group.high)
        return Pairs(self.dose[inside], self.day[inside], self.status[inside])


@dataclass(frozen=True, slots=True)
class Group:
    """A published group: bounds (open ones infinite) in `unit`, median day, patients, its use."""

    endpoint: str
    low: float
    high: float
    unit: str
    median: float
    n: int | None
    fitted: bool
    note: str


@dataclass(frozen=True, slots=True)
class Met:
    """A published group and the patients of one arm in it; no days where they are too few."""

    group: Group
    arm: ArmData
    n: int
    q25: float
    median: float
    q75: float

    @property
    def few(self) -> bool:
        """Whether the patients are too few for a median."""
        return self.n < FEW

    @property
    def difference(self) -> float:
        """Simulated minus published median in days, NaN if there is no simulated one."""
        return self.median - self.group.median


def groups_of(study: Mapping[str, Any]) -> tuple[Group, ...]:
    """The groups of a study as run.json carries them."""
    return tuple(
        Group(
            endpoint=row["endpoint"],
            low=-math.inf if row["low"] is None else float(row["low"]),
            high=math.inf if row["high"] is None else float(row["high"]),
            unit=row["unit"],
            median=float(row["median_days"]),
            n=row["n"],
            fitted=row["used"] == "fitted",
            note=row["note"],
        )
        for row in study["groups"]
    )


def pairs_of(arm: ArmData, endpoint: str, unit: str) -> Pairs:
    """The arm's patients who were given a graft and whose endpoint is known, dose in `unit`."""
    records = arm.rows("infuse", "cd34_infused")
    doses = records.groupby("patient")["value"].sum()
    factor = scale(str(records["unit"].iloc[0]), unit) if len(records) else 1.0
    rows = arm.outcome(endpoint)
    known = rows[np.isfinite(rows["time"].to_numpy(float)) & rows["patient"].isin(doses.index)]
    dose = factor * doses.reindex(known["patient"]).to_numpy(float)
    return Pairs(dose, known["time"].to_numpy(float), known["status"].to_numpy(int))


def met(data: TrialData, group: Group) -> tuple[Met, ...]:
    """Each arm's patients in a group; quantiles as those of all engraftment on the page.

    Where some arms have patients in the group, those that have none are left out: their doses may
    lie elsewhere by design.
    """
    found = []
    for arm in data.arms:
        part = pairs_of(arm, group.endpoint, group.unit).within(group)
        days = np.full(3, np.nan)
        if len(part.day) >= FEW:
            days = cumulative_incidence(part.day, part.status, [0.0]).reached
        low, middle, high = (float(day) for day in days)
        found.append(Met(group, arm, len(part.day), low, middle, high))
    return tuple(one for one in found if one.n) or tuple(found)
