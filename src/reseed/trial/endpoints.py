"""Which endpoints a run can judge, and how far it follows them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping

from reseed.course import RECORDS, given_of, record_of
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.scenario import Scenario
from reseed.nouns.system import System
from reseed.spec.endpoint import REFERENCES


def judgeable(
    scenario: Scenario, systems: Iterable[System]
) -> tuple[tuple[Endpoint, ...], tuple[tuple[str, str], ...]]:
    """The scenario's endpoints as this run can judge them, and those left out, each with why.

    A window that is longer than the follow-up ends with it. An endpoint on a day beyond the
    follow-up, or on something that no arm of the run can leave in its records, is left out; so
    is one that rests on an endpoint that is left out.
    """
    recorded = recordable(scenario, systems)
    kept: dict[str, Endpoint] = {}
    left: list[tuple[str, str]] = []
    for endpoint in sorted(scenario.endpoints, key=lambda e: e.kind in REFERENCES):
        last = scenario.follow_up_days
        if endpoint.origin != "infusion":
            last += scenario.infusion_day
        why = _why_not(dict(endpoint.settings), last, recorded, {name for name, _ in left})
        if why:
            left.append((endpoint.name, why))
        else:
            to_day = min(endpoint.to_day, last)
            kept[endpoint.name] = dataclasses.replace(endpoint, to_day=to_day)
    order = [endpoint.name for endpoint in scenario.endpoints]
    left.sort(key=lambda pair: order.index(pair[0]))
    return tuple(kept[name] for name in order if name in kept), tuple(left)


def recordable(scenario: Scenario, systems: Iterable[System]) -> set[str]:
    """Every name that the records of a run may carry."""
    names: set[str] = set()
    for system in systems:
        names |= {port.name for port in system.ports if port.quantity == "event"}
        names |= {hazard.name for hazard in system.hazards}
        names |= {hazard.ends for hazard in system.hazards if hazard.ends}
    for arm in scenario.arms:
        for stage in arm.course.stages:
            for do in stage.procedures:
                names |= set(RECORDS.get(do.procedure, ()))
            names |= {given_of(give.drug) for give in stage.gives if give.only_port}
        names |= {record_of(stage) for stage in arm.course.switched_to()}
    return names


def _why_not(
    settings: Mapping[str, object], last: float, recorded: Collection[str], left: Collection[str]
) -> str:
    day = settings.get("day")
    if isinstance(day, int | float):
        confirm = settings.get("confirm", 0)
        day += confirm if isinstance(confirm, int | float) else 0
        if day > last:
            return f"it is judged on day {day:g}, and follow-up ends on day {last:g}"
    for other in _names(settings.get("endpoints", settings.get("endpoint", ()))):
        if other in left:
            return f"it rests on {other}"
    names = _names(settings.get("records", settings.get("record", ())))
    if settings.get("port"):  # then records are events too, beside what the port shows
        return ""
    if names and not set(names) & set(recorded):
        return f"no module or procedure of the arms leaves a record of {' or '.join(names)}"
    return ""


def _names(wanted: object) -> list[str]:
    """A setting that is one name or several."""
    return [wanted] if isinstance(wanted, str) else list(wanted)  # type: ignore[call-overload]
