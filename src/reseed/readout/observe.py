"""Visits, measurement noise, ratings and drop-out: from the true course to what a trial sees."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.keys import exponentials, normals
from reseed.base.time import DAYS_PER_YEAR
from reseed.nouns.assessment import Assessment
from reseed.nouns.follow_up import FollowUp
from reseed.nouns.key import Key
from reseed.nouns.trajectories import Trajectories
from reseed.readout.observations import Observations

DROP_OUT = "drop-out"
"""The reason with which follow-up ends for a patient who leaves the trial."""


def observe(
    trajectories: Trajectories,
    *,
    key: Key,
    count_cv: float = 0.0,
    dropout_per_year: float = 0.0,
    variables: Sequence[str] | None = None,
    assessments: Sequence[Assessment] = (),
    infusion_day: float = 0.0,
    exact: Collection[str] = (),
) -> Observations:
    """One visit per study day, at the first time of that day that the trajectories hold.

    Counts (units with cells) get multiplicative lognormal noise of coefficient of variation
    `count_cv` about the true value as median; what `assessments` names is seen on the days of
    `visit_days` only, as rated; other quantities have no noise. Noise is addressed by patient
    and study day; what `exact` names has none: no laboratory counts it. Patients drop out at a
    constant rate from study entry on. Nothing is seen after the end of follow-up. `variables`
    picks some. Only `key.seed` is used. InvalidInput if a variable, or the day of a visit, is not
    in the trajectories.
    """
    names = trajectories.variables if variables is None else tuple(variables)
    unknown = [name for name in names if name not in trajectories.variables]
    if unknown:
        known = ", ".join(trajectories.variables)
        raise InvalidInput(
            [Fault("endpoints", "port", name, f"one of {known}") for name in unknown]
        )
    seen_until = follow_up(trajectories, key, dropout_per_year)
    end, reason = seen_until.until, seen_until.reason
    whole = np.floor(trajectories.times + 1e-9).astype(np.int64)  # 2.9999999 is day 3
    days, first = np.unique(whole, return_index=True)
    seen = trajectories.times[first][None, :] <= end[:, None]
    columns = [trajectories.variables.index(name) for name in names]
    last = float(trajectories.times[-1]) if trajectories.times.size else 0.0
    planned = {one: visit_days(one, infusion_day, last) for one in assessments}
    ratings = {one.port: one for one in assessments if one.port in names}
    _check_days(days, {name: planned[one] for name, one in ratings.items()})
    values = np.empty((len(trajectories.ids), len(names), len(days)))
    for row, (name, column) in enumerate(zip(names, columns, strict=True)):
        true = trajectories.values[:, column][:, first].astype(np.float64)
        if name in ratings:
            one = ratings[name]
            true = rated(one, true, trajectories.ids, days, key)
            true = np.where(np.isin(days, planned[one]), true, np.nan)
        elif count_cv > 0 and name not in exact and _is_count(trajectories.units[column]):
            true = true * _noise(name, trajectories.ids, days, key, count_cv)
        values[:, row] = np.where(seen, true, np.nan)
    units = tuple(trajectories.units[column] for column in columns)
    scans = {one.record: planned[one] for one in assessments if one.record}
    return Observations(trajectories.ids, names, units, days, values, end, reason, scans)


def visit_days(assessment: Assessment, infusion_day: float, last: float) -> NDArray[np.int64]:
    """Study days of an assessment: entry, then at whole intervals after the day of infusion."""
    start = int(np.floor(infusion_day + 1e-9))
    intervals = np.arange(1.0, max(last - start, 0.0) / assessment.every + 1.0)
    after = start + np.round(intervals * assessment.every).astype(np.int64)
    return np.unique(np.concatenate([[0], after[after <= last]]))


def rated(
    assessment: Assessment,
    true: NDArray[np.float64],
    ids: NDArray[np.int64],
    days: NDArray[np.int64],
    key: Key,
) -> NDArray[np.float64]:
    """What a rater writes down: (patient, visit). Half-way between two levels is the upper one."""
    seen = true
    if assessment.sd > 0:
        stream = Key(key.seed, f"rating/{assessment.port}")
        seen = seen + assessment.sd * normals(stream, ids[:, None], occurrence=days)
    if not assessment.levels:
        return seen
    levels = np.array(assessment.levels)
    nearest = levels[np.searchsorted((levels[1:] + levels[:-1]) / 2, seen, side="right")]
    return np.where(np.isnan(seen), np.nan, nearest)


def _check_days(days: NDArray[np.int64], planned: Mapping[str, NDArray[np.int64]]) -> None:
    """InvalidInput with every port whose visits fall on days that were not kept."""
    faults = []
    for name, visits in planned.items():
        lost = np.setdiff1d(visits, days)
        if lost.size:
            expected = "trajectories that hold every day of a visit"
            faults.append(Fault("observation", name, f"no value on day {lost[0]}", expected))
    if faults:
        raise InvalidInput(faults)


def follow_up(trajectories: Trajectories, key: Key, dropout_per_year: float) -> FollowUp:
    """Until when the trial sees each patient, and why no longer: drop-out counts from entry."""
    end, reason = trajectories.end_time.astype(np.float64), trajectories.end_reason
    if dropout_per_year <= 0:
        return FollowUp(end, reason)
    waiting = exponentials(Key(key.seed, "dropout"), trajectories.ids)
    left = waiting / dropout_per_year * DAYS_PER_YEAR
    gone = left < end
    reasons = (DROP_OUT if out else why for out, why in zip(gone, reason, strict=True))
    return FollowUp(np.where(gone, left, end), tuple(reasons))


def _noise(
    name: str, ids: NDArray[np.int64], days: NDArray[np.int64], key: Key, cv: float
) -> NDArray[np.float64]:
    """Factors (patient, visit) with median 1."""
    stream = Key(key.seed, f"observation/{name}")
    return np.exp(np.sqrt(np.log1p(cv**2)) * normals(stream, ids[:, None], occurrence=days))


def _is_count(unit: str) -> bool:
    return "cell" in unit
