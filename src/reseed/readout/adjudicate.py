"""From observations and records to clinical outcomes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.nouns.cohort import Cohort
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.key import Key
from reseed.nouns.outcomes import Outcomes
from reseed.nouns.records import Records
from reseed.nouns.trajectories import Trajectories
from reseed.readout.among import whom
from reseed.readout.cases import TOLERANCE, Cases, Verdicts, names_in, undefined_where
from reseed.readout.kinds import KINDS, REFERS
from reseed.readout.observations import Observations

ORIGINS = ("infusion", "entry")
INFUSING = ("infuse", "inject")  # procedures that give cells: sources of their records


def adjudicate(
    observations: Observations,
    records: Records,
    trajectories: Trajectories,
    endpoints: Sequence[Endpoint],
    origin: NDArray[np.float64],
    first_days: NDArray[np.float64] | None = None,
    cohort: Cohort | None = None,
    grafts: bool = False,
    key: Key | None = None,
) -> Outcomes:
    """Outcomes of all patients, ordered by patient and then by endpoint.

    `origin` is the planned day of infusion on the study clock, (patient,): whose cells came on a
    later day is counted from that day. `first_days` is the day on which the telling begins, and
    `cohort` holds the covariates of those of whom an endpoint tells. A patient
    whose solution failed has no outcome; nor has one whose follow-up ended before the infusion, in
    time-to-event endpoints that count from there. In a trial that gives `grafts` whoever was not
    infused has no outcome of what counts from the infusion and looks at nothing before.
    What is sampled once more is drawn by `key.seed`.
    InvalidInput with every endpoint that cannot be adjudicated.
    """
    _check(endpoints)
    without = _not_infused(observations.ids, records) if grafts else None
    origin = _infused_on(observations.ids, records, np.asarray(origin, dtype=np.float64))
    key = key or Key(0)
    cases = {
        name: _cases(observations, records, name, origin, first_days, key, endpoints)
        for name in ORIGINS
    }
    verdicts: dict[str, Verdicts] = {}
    chosen: dict[str, NDArray[np.bool_]] = {}
    faults = []
    # those that refer to other endpoints come after all others
    for endpoint in sorted(endpoints, key=lambda e: e.kind in REFERS):
        try:
            found = KINDS[endpoint.kind](cases[endpoint.origin], endpoint, verdicts)
            chosen[endpoint.name] = _chosen(endpoint, observations.ids, cohort)
        except (KeyError, ValueError) as error:
            faults.append(_fault(endpoint, str(error.args[0]), "settings that fit"))
            continue
        missing = trajectories.status != 0
        if without is not None and endpoint.origin == "infusion" and endpoint.from_day >= 0:
            missing = missing | without
        verdicts[endpoint.name] = undefined_where(missing, found)
    if faults:
        raise InvalidInput(faults)
    return _table(observations.ids, endpoints, verdicts, chosen)


def _chosen(endpoint: Endpoint, ids: NDArray[np.int64], cohort: Cohort | None) -> NDArray[np.bool_]:
    if not endpoint.among:
        return np.ones(len(ids), dtype=bool)
    if cohort is None:
        raise ValueError("among needs the covariates of a cohort")
    return whom(endpoint, cohort)


def _not_infused(ids: NDArray[np.int64], records: Records) -> NDArray[np.bool_]:
    """Who has no record of an infusion: (patient,)."""
    given = np.array([source == "infuse" for source in records.source], dtype=bool)
    return ~np.isin(ids, records.patient[given])


def _infused_on(
    ids: NDArray[np.int64], records: Records, planned: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The day of the first cells where that is later than planned, else what was planned."""
    given = np.array([source in INFUSING for source in records.source], dtype=bool)
    first = np.full(len(ids), np.inf)
    order = np.argsort(ids)
    places = order[np.searchsorted(ids, records.patient[given], sorter=order)]
    np.minimum.at(first, places, records.time[given])
    day = np.floor(first + TOLERANCE)
    return np.where(np.isfinite(day) & (day > np.floor(planned + TOLERANCE)), day, planned)


def _cases(
    observations: Observations, records: Records, origin_name: str, origin: NDArray[np.float64],
    first_days: NDArray[np.float64] | None, key: Key, endpoints: Sequence[Endpoint],
) -> Cases:  # fmt: skip
    """Observations and records on the clock that starts at the midnight before the origin."""
    start = np.zeros(len(observations.ids)) if origin_name == "entry" else origin
    day0 = np.floor(start + TOLERANCE).astype(np.int64)
    followed = observations.end >= start - TOLERANCE
    first = None if first_days is None else first_days - day0
    own = tuple(endpoint for endpoint in endpoints if endpoint.origin == origin_name)
    return Cases(observations, records, day0, observations.end - day0, followed, first, key, own)


def _table(
    ids: NDArray[np.int64],
    endpoints: Sequence[Endpoint],
    verdicts: dict[str, Verdicts],
    chosen: dict[str, NDArray[np.bool_]],
) -> Outcomes:
    """Verdicts by endpoint as rows by patient; none where an endpoint does not tell of one."""
    names = [endpoint.name for endpoint in endpoints]
    rows = [verdicts[name] for name in names]

    def column(part: str) -> NDArray:
        return np.stack([getattr(row, part) for row in rows], axis=1).ravel()[there]

    if not rows:
        nothing = np.array([])
        return Outcomes(nothing.astype(int), (), nothing, nothing.astype(int), nothing, (), nothing)
    there = np.flatnonzero(np.stack([chosen[name] for name in names], axis=1).ravel())
    units = [unit for patient in zip(*(row.unit for row in rows), strict=True) for unit in patient]
    return Outcomes(
        patient=np.repeat(ids, len(rows))[there],
        endpoint=tuple(names[place % len(names)] for place in there),
        time=column("time"),
        status=column("status"),
        value=column("value"),
        unit=tuple(units[place] for place in there),
        after=column("after"),
    )


def _check(endpoints: Sequence[Endpoint]) -> None:
    """InvalidInput with every endpoint of an unknown kind, origin or reference."""
    by_name = {endpoint.name: endpoint for endpoint in endpoints}
    faults = []
    for endpoint in endpoints:
        if endpoint.kind not in KINDS:
            faults.append(_fault(endpoint, repr(endpoint.kind), f"one of {', '.join(KINDS)}"))
        if endpoint.origin not in ORIGINS:
            faults.append(_fault(endpoint, repr(endpoint.origin), f"one of {', '.join(ORIGINS)}"))
        if endpoint.kind in REFERS:
            for name in names_in(endpoint, REFERS[endpoint.kind], ()):
                other = by_name.get(name)
                if other is None or other.kind in REFERS or other.origin != endpoint.origin:
                    expected = "another endpoint of the scenario with the same origin"
                    faults.append(_fault(endpoint, f"endpoint {name!r}", expected))
    if faults:
        raise InvalidInput(faults)


def _fault(endpoint: Endpoint, found: str, expected: str) -> Fault:
    return Fault(f"endpoint {endpoint.name}", endpoint.kind, found, expected)
