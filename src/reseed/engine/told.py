"""Told: what became of patients, before it is put into Trajectories and Records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.schedule import Entry

Vector = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(slots=True)
class Told:
    """Per patient, as in Trajectories; `records` are (time, Entry) in order of time."""

    end_time: Vector
    end_reason: list[str]
    status: Whole
    status_time: Vector
    status_state: list[str]
    rung: Whole
    steps: Whole
    records: list[list[tuple[float, Entry]]]


def blank(count: int) -> Told:
    """For patients of whom nothing is known yet."""
    return Told(
        end_time=np.zeros(count),
        end_reason=[""] * count,
        status=np.zeros(count, dtype=np.int64),
        status_time=np.full(count, np.nan),
        status_state=[""] * count,
        rung=np.zeros(count, dtype=np.int64),
        steps=np.zeros(count, dtype=np.int64),
        records=[[] for _ in range(count)],
    )


def join(parts: Sequence[Told]) -> Told:
    """Those of several parts, one after the other."""
    if not parts:
        return blank(0)
    return Told(
        end_time=np.concatenate([part.end_time for part in parts]),
        end_reason=[reason for part in parts for reason in part.end_reason],
        status=np.concatenate([part.status for part in parts]),
        status_time=np.concatenate([part.status_time for part in parts]),
        status_state=[state for part in parts for state in part.status_state],
        rung=np.concatenate([part.rung for part in parts]),
        steps=np.concatenate([part.steps for part in parts]),
        records=[records for part in parts for records in part.records],
    )
