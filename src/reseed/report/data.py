"""What the page is made from: a trial folder, read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import InvalidInput
from reseed.nouns.estimate import Estimate
from reseed.stats import censoring_weights

TIMED = ("cumulative_incidence", "survival")
"""Kinds of estimates that are curves over time; all others are of one value a patient."""

_SAME = 1e-9  # days; an end and what brought it about have the same time

Track = tuple[NDArray[np.floating], NDArray[np.float64], str]
"""A variable in one arm: values (patient, time), days on the study clock (time,), unit."""


@dataclass(frozen=True)
class ArmData:
    """One arm as a trial sees it: its entry in run.json, and its tables (pandas).

    What happens to a patient after a drop-out is in none of them: `solutions` have the end of
    follow-up, `records` stop with it, and so does `track`, which gives a variable's values by its
    name, or None where the run did not keep it.
    """

    index: int
    name: str
    title: str
    info: Mapping[str, Any]
    patients: Any
    records: Any
    outcomes: Any
    solutions: Any
    track: Callable[[str], Track | None]

    @property
    def size(self) -> int:
        """How many patients the arm has, solved or not."""
        return len(self.patients)

    def amounts(self, source: str, name: str, pick: str = "last") -> NDArray[np.float64]:
        """Each patient's last value (or `sum`) of a record; patients without it are left out."""
        groups = self.rows(source, name).groupby("patient", sort=True)["value"]
        return (groups.sum() if pick == "sum" else groups.last()).to_numpy(float)

    def rows(self, source: str, name: str = "") -> Any:
        """The records of a source, and of a name if one is given."""
        if name:
            return self._parts.get((source, name), self.records.iloc[:0])
        return self.records[self.records["source"] == source]

    @cached_property
    def _parts(self) -> Mapping[tuple[str, str], Any]:
        """The records by source and name: many sections ask for them."""
        return dict(iter(self.records.groupby(["source", "name"], sort=False)))

    def outcome(self, endpoint: str) -> Any:
        """The adjudicated rows of an endpoint: patient, time, status, value, unit."""
        return self._by_endpoint.get(endpoint, self.outcomes.iloc[:0])

    @cached_property
    def _by_endpoint(self) -> Mapping[str, Any]:
        """The outcomes by endpoint: many sections ask for them."""
        return dict(iter(self.outcomes.groupby("endpoint", sort=False)))

    def known(self, endpoint: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The values of a measured endpoint that are known, and what each of them counts for.

        See `reseed.stats.censoring_weights`. Not for rates, whose time is what was watched.
        """
        rows = self.outcome(endpoint)
        values, status = rows["value"].to_numpy(float), rows["status"].to_numpy()
        weights = censoring_weights(rows["time"].to_numpy(float), status)
        return values[status == 1], weights[status == 1]

    @property
    def ends(self) -> Mapping[int, str]:
        """Why each patient's follow-up ended early, by id; others are absent."""
        table = self.solutions[self.solutions["end_reason"].fillna("") != ""]
        return dict(zip(table["patient"], table["end_reason"], strict=True))


@dataclass(frozen=True)
class TrialData:
    """A whole trial: run.json, arms in their order, estimates by (arm, endpoint), scenario text."""

    run: Mapping[str, Any]
    arms: tuple[ArmData, ...]
    estimates: Mapping[tuple[str, str], Estimate] = field(default_factory=dict)
    scenario: str = ""

    @property
    def endpoints(self) -> tuple[Mapping[str, Any], ...]:
        """The endpoints of the scenario in its order, as run.json describes them."""
        return tuple(self.run.get("endpoints", ()))

    @property
    def titles(self) -> tuple[str, ...]:
        """The arms' titles."""
        return tuple(arm.title for arm in self.arms)

    def of(self, endpoint: str) -> tuple[tuple[ArmData, Estimate], ...]:
        """The arms that have an estimate of an endpoint, with it.

        Recovery counted from the infusion is no endpoint of an arm without any graft, where others
        have one; nor is any other that describes nobody there.
        """
        arms = self.arms
        own = next((e for e in self.endpoints if e["name"] == endpoint), {})
        if own.get("kind") == "sustained" and own.get("origin") != "entry":
            arms = tuple(arm for arm in arms if len(arm.rows("infuse"))) or arms
        pairs = ((arm, self.estimates.get((arm.name, endpoint))) for arm in arms)
        known = tuple((arm, found) for arm, found in pairs if found is not None)
        return tuple((arm, found) for arm, found in known if found.n) or known

    def kind(self, endpoint: str) -> str:
        """The kind of an endpoint's estimates, as `Estimate` says; "" without any."""
        found = self.of(endpoint)
        return found[0][1].kind if found else ""


def seen_from(endpoint: Mapping[str, Any]) -> float:
    """The first day after its origin on which an endpoint can be seen; infinite if never."""
    day = endpoint.get("seen_from", 0.0)
    return math.inf if day is None else float(day)


def read_trial(folder: Path) -> TrialData:
    """Read a trial folder through `reseed.store`; an arm without trajectories has None."""
    import reseed.store as store

    run = store.read_run(folder)
    arms = tuple(_read_arm(folder, index, info) for index, info in enumerate(run["arms"]))
    estimates = {(item.arm, item.endpoint): item for item in store.read_estimates(folder)}
    try:
        scenario = store.read_scenario_text(folder)
    except (OSError, UnicodeDecodeError):  # the page needs it only to name changed settings
        scenario = ""
    return TrialData(run, arms, estimates, scenario)


def _read_arm(folder: Path, index: int, info: Mapping[str, Any]) -> ArmData:
    import reseed.store as store

    name = info["name"]
    solutions = as_seen(store.read_solutions(folder, name))
    ids, until = solutions["patient"].to_numpy(np.int64), solutions["end_time"].to_numpy(float)

    def track(variable: str) -> Track | None:
        try:
            values = store.read_trajectories(folder, name, variables=[variable])
        except (FileNotFoundError, KeyError, InvalidInput):  # not asked for in this run
            return None
        days = values["time"].to_numpy().astype(float)
        return seen(values.to_numpy()[:, 0, :], days, until), days, values.attrs["units"][variable]

    return ArmData(
        index=index,
        name=name,
        title=info.get("title") or name,
        info=info,
        patients=store.read_patients(folder, name),
        records=_while_seen(store.read_records(folder, name), ids, until),
        outcomes=store.read_outcomes(folder, name),
        solutions=solutions,
        track=track,
    )


def as_seen(solutions: Any) -> Any:
    """A table of solutions whose ends are those that the trial saw: a drop-out ends follow-up."""
    own = {"end_time": solutions["seen_until"], "end_reason": solutions["seen_reason"]}
    return solutions.assign(**own).drop(columns=["seen_until", "seen_reason"])


def seen(
    values: NDArray[np.floating], days: NDArray[np.float64], until: NDArray[np.float64]
) -> NDArray[np.floating]:
    """Values (patient, time) with gaps after the day up to which each patient is seen."""
    if not len(days) or (until >= days[-1]).all():
        return values
    return np.where(days[None, :] <= until[:, None] + _SAME, values, np.nan).astype(values.dtype)


def _while_seen(records: Any, ids: NDArray[np.int64], until: NDArray[np.float64]) -> Any:
    """The records up to the end of each patient's follow-up."""
    if not len(records) or not len(ids):
        return records
    patients = records["patient"].to_numpy(np.int64)
    order = np.argsort(ids, kind="stable")
    place = order[np.minimum(np.searchsorted(ids[order], patients), len(ids) - 1)]
    known = (ids[place] != patients) | (records["time"].to_numpy(float) <= until[place] + _SAME)
    return records[known]
