"""Batches of a block back into one, in the order of the patients."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

import numpy as np

from reseed.trial.batch import Batch

T = TypeVar("T")


def merge(batches: Sequence[Batch]) -> Batch:
    """One batch from consecutive ones."""
    if len(batches) == 1:
        return batches[0]
    cohorts = [batch.cohort for batch in batches]
    first = cohorts[0]
    cohort = dataclasses.replace(
        first,
        ids=np.concatenate([c.ids for c in cohorts]),
        covariates=_columns([c.covariates for c in cohorts]),
        parameters=_columns([c.parameters for c in cohorts]),
    )
    shared = ("variables", "units", "times")
    return Batch(
        cohort,
        _joined([batch.trajectories for batch in batches], shared),
        _joined([batch.records for batch in batches], ()),
        _joined([batch.outcomes for batch in batches], ()),
        _joined([batch.follow_up for batch in batches], ()),
    )


def _columns(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _joined(parts: Sequence[T], shared: Sequence[str]) -> T:
    """Frozen data classes of parallel columns, end to end; `shared` fields are all the same."""
    first: Any = parts[0]
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(first):
        if field.name in shared:
            continue
        columns = [getattr(part, field.name) for part in parts]
        if isinstance(columns[0], np.ndarray):
            changes[field.name] = np.concatenate(columns)
        else:
            changes[field.name] = tuple(chain.from_iterable(columns))
    return dataclasses.replace(first, **changes)
