"""Setup: everything that the workers need, once; the same for every batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.probe import Probe
from reseed.nouns.scenario import Scenario
from reseed.nouns.system import System
from reseed.readout import visit_days
from reseed.spec.endpoint import PORTS
from reseed.trial.arms import natural_system, system_of
from reseed.trial.course_faults import faults_of_courses
from reseed.trial.endpoints import judgeable

IDS_PER_ARM = 10_000_000  # parallel arms have different people: ids do not overlap


@dataclass(frozen=True, slots=True)
class Setup:
    """A scenario with its arms' systems, by the arm's number.

    `probe` and `units` say what is kept; a variable that an arm's system lacks (a drug of the
    other arm) stays missing there. `natural` is the system of people before they enter, where
    the cohort tells of that.
    """

    scenario: Scenario
    systems: Mapping[int, System]
    natural: System | None
    probe: Probe
    units: tuple[str, ...]
    end: float
    left_out: tuple[tuple[str, str], ...]  # endpoints that this run cannot judge, and why
    shortened: tuple[str, ...]  # endpoints whose window is longer than the follow-up


def set_up(
    scenario: Scenario,
    patients: int | None = None,
    days: float | None = None,
    seed: int | None = None,
    arms: Sequence[int] | None = None,
) -> Setup:
    """Apply what the caller changed and compile the arms; InvalidInput names every fault.

    `arms` numbers those that are wanted (all by default). Without any of them that has it, a
    variable of the scenario's `show` is left out.
    """
    given = {"patients": patients, "follow_up_days": days, "seed": seed}
    _check(given)
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    scenario = dataclasses.replace(scenario, **changed)
    faults = faults_of_courses(scenario)
    systems = {}
    for number in range(len(scenario.arms)) if arms is None else arms:
        try:
            systems[number] = system_of(scenario, scenario.arms[number])
        except InvalidInput as error:
            faults += [fault for fault in error.faults if fault not in faults]
    natural = None
    if scenario.cohort.history:
        try:
            natural = natural_system(scenario)
        except InvalidInput as error:
            faults += [fault for fault in error.faults if fault not in faults]
    if faults:
        raise InvalidInput(faults)
    endpoints, left_out = judgeable(scenario, systems.values())
    windows = {endpoint.name: endpoint.to_day for endpoint in scenario.endpoints}
    shortened = tuple(e.name for e in endpoints if e.to_day < windows[e.name])
    scenario = dataclasses.replace(scenario, endpoints=endpoints)
    units = {port.name: port.unit for system in systems.values() for port in system.ports}
    variables = tuple(name for name in variables_of(scenario) if name in units)
    end = scenario.infusion_day + scenario.follow_up_days
    visits = [visit_days(one, scenario.infusion_day, end) for one in scenario.assessments]
    before = _days_before() if scenario.cohort.history else np.empty(0)
    times = np.concatenate([before, _days(scenario.infusion_day, end, visits)])
    probe = Probe(variables, times)
    kept = tuple(units[name] for name in variables)
    return Setup(scenario, systems, natural, probe, kept, end, left_out, shortened)


def gives_grafts(scenario: Scenario) -> bool:
    """Whether any arm infuses a graft: then endpoints from the infusion are about who had it."""
    return any(
        do.procedure == "infuse"
        for arm in scenario.arms
        for stage in arm.course.stages
        for do in stage.procedures
    )


def ids_start(scenario: Scenario, arm: int) -> int:
    """The first patient id of an arm."""
    return 0 if scenario.design == "twins" else arm * IDS_PER_ARM


def arm_number(scenario: Scenario, name: str) -> int:
    """Where an arm stands; InvalidInput names the arms that exist."""
    names = [arm.name for arm in scenario.arms]
    if name not in names:
        raise InvalidInput([Fault(scenario.name, "arm", name, f"one of {', '.join(names)}")])
    return names.index(name)


def place_of(scenario: Scenario, arm: str, patient: int) -> tuple[int, int]:
    """Where an arm stands, and a patient within it, who is counted from 0 there or told by id.

    InvalidInput names an unknown arm or a number that no patient can have.
    """
    number = arm_number(scenario, arm)
    first = ids_start(scenario, number)
    index = patient - first if patient >= first else patient
    if not 0 <= index < IDS_PER_ARM:
        expected = f"0 to {IDS_PER_ARM - 1}, or an id of arm {arm} ({first} or above)"
        raise InvalidInput([Fault(scenario.name, "patient", str(patient), expected)])
    return number, index


def variables_of(scenario: Scenario) -> tuple[str, ...]:
    """What is shown and what the endpoints look at, each once."""
    wanted = [*scenario.show, *(port for e in scenario.endpoints for port in _ports(e))]
    return tuple(dict.fromkeys(wanted))


def _ports(endpoint: Endpoint) -> list[str]:
    named = [str(value) for name, value in endpoint.settings if name == "port"]
    return [*named, *PORTS.get(endpoint.kind, ())]


def _days(
    infusion: float, end: float, visits: Sequence[NDArray[np.int64]] = ()
) -> NDArray[np.float64]:
    """Days from study entry to the end: each until day 100, then every week, then every month.

    And those of planned visits.
    """
    last = np.floor(end)
    hundred, year = np.floor(infusion) + 100.0, np.floor(infusion) + 371.0
    days = [
        np.arange(0.0, min(last, hundred) + 1.0),
        np.arange(hundred + 7.0, min(last, year) + 1.0, 7.0),
        np.arange(year + 30.0, last + 1.0, 30.0),
    ]
    return np.unique(np.concatenate([*days, [last], *visits]))


def _days_before() -> NDArray[np.float64]:
    """Every three months of the last five years before entry; earlier than that few are ill."""
    return -91.0 * np.arange(20.0, 0.0, -1.0)


def _check(given: dict[str, float | None]) -> None:
    limits = {"patients": (1, IDS_PER_ARM), "follow_up_days": (1, 36_525), "seed": (0, 2**64 - 1)}
    faults = []
    for name, (low, high) in limits.items():
        value = given[name]
        if value is not None and not low <= value <= high:
            faults.append(Fault("call", name, str(value), f"{low} to {high}"))
    if faults:
        raise InvalidInput(faults)
