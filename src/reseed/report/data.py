"""What the page is made from: a trial folder, read."""

from __future__ import annotations

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

Track = tuple[NDArray[np.floating], NDArray[np.float64], str]
"""A variable in one arm: values (patient, time), days on the study clock (time,), unit."""


@dataclass(frozen=True)
class ArmData:
    """One arm: its entry in run.json, and its tables (pandas) as the store returns them.

    `track` gives a variable's values by its name, or None where the run did not keep it.
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
        return self.outcomes[self.outcomes["endpoint"] == endpoint]

    def known(self, endpoint: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The values of a measured endpoint that are known, and what each of them counts for.

        See `reseed.stats.censoring_weights`; a rate's patients count alike.
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

        Recovery after a graft is no endpoint of an arm without any, where others have one; nor is
        any other that describes nobody there.
        """
        arms = self.arms
        if any(e["name"] == endpoint and e.get("kind") == "sustained" for e in self.endpoints):
            arms = tuple(arm for arm in arms if len(arm.rows("infuse"))) or arms
        pairs = ((arm, self.estimates.get((arm.name, endpoint))) for arm in arms)
        known = tuple((arm, found) for arm, found in pairs if found is not None)
        return tuple((arm, found) for arm, found in known if found.n) or known

    def kind(self, endpoint: str) -> str:
        """The kind of an endpoint's estimates, as `Estimate` says; "" without any."""
        found = self.of(endpoint)
        return found[0][1].kind if found else ""


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

    def track(variable: str) -> Track | None:
        try:
            values = store.read_trajectories(folder, name, variables=[variable])
        except (FileNotFoundError, KeyError, InvalidInput):  # not asked for in this run
            return None
        days = values["time"].to_numpy().astype(float)
        return values.to_numpy()[:, 0, :], days, values.attrs["units"][variable]

    return ArmData(
        index=index,
        name=name,
        title=info.get("title") or name,
        info=info,
        patients=store.read_patients(folder, name),
        records=store.read_records(folder, name),
        outcomes=store.read_outcomes(folder, name),
        solutions=store.read_solutions(folder, name),
        track=track,
    )
