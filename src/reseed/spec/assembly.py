"""Which modules an arm is made of: found by the ports that its course and they themselves name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reseed.nouns.course import Course
from reseed.nouns.module import Module, Port
from reseed.nouns.scenario import Arm, Scenario
from reseed.spec.module import default_of, is_optional

SUPPLIES = ("out", "owns")
NEEDS = ("in", "shares")


@dataclass(frozen=True, slots=True)
class Gap:
    """A port that a module needs and that no module, or more than one, could supply."""

    module: str
    port: Port
    owners: tuple[str, ...]


def arm_modules(scenario: Scenario, arm: Arm) -> tuple[Module, ...]:
    """The modules of an arm, by name.

    Base modules, those that own the `dose` ports of its drugs, those of its procedures, and
    those that alone supply what all these need; an input with a default pulls in nothing.
    """
    covariates = [row.covariate.name for row in scenario.cohort.rows]
    drugs, procedures = named_in(arm.course)
    return assemble(scenario.base, drugs, procedures, scenario.modules, covariates)[0]


def base_modules(scenario: Scenario) -> tuple[Module, ...]:
    """The modules of people who are not treated: the scenario's own, and what they need."""
    covariates = [row.covariate.name for row in scenario.cohort.rows]
    return assemble(scenario.base, (), (), scenario.modules, covariates)[0]


def assemble(
    base: Iterable[str],
    drugs: Iterable[str],
    procedures: Iterable[str],
    available: Sequence[Module],
    covariates: Iterable[str],
) -> tuple[tuple[Module, ...], tuple[Gap, ...]]:
    """Modules by name, and the needs that nothing meets; unknown names are passed over."""
    by_name = {module.name: module for module in available}
    wanted = set(drugs)
    chosen = {name: by_name[name] for name in (*base, *procedures) if name in by_name}
    for module in available:
        if any(port.direction == "dose" and port.name in wanted for port in module.ports):
            chosen[module.name] = module
    gaps: dict[tuple[str, str], Gap] = {}
    given = set(covariates)
    while True:
        added = False
        for module, port in _needs(list(chosen.values()), given):
            owners = [m for m in available if _supplies(m, port.name)]
            if len(owners) == 1:
                chosen[owners[0].name] = owners[0]
                added = True
            else:
                names = tuple(owner.name for owner in owners)
                gaps[(module.name, port.name)] = Gap(module.name, port, names)
        if not added:
            break
    met = {p.name for m in chosen.values() for p in m.ports if p.direction in SUPPLIES}
    left = tuple(gap for gap in gaps.values() if gap.port.name not in met)
    return tuple(chosen[name] for name in sorted(chosen)), left


def named_in(course: Course) -> tuple[list[str], list[str]]:
    """The drugs and the procedures of a course, in the order of their first mention."""
    drugs = dict.fromkeys(give.drug for stage in course.stages for give in stage.gives)
    procedures = dict.fromkeys(do.procedure for stage in course.stages for do in stage.procedures)
    return list(drugs), list(procedures)


def outputs(modules: Iterable[Module]) -> dict[str, Port]:
    """What may be observed of modules, by public name; events and hazards are no quantities."""
    return {
        port.name: port
        for module in modules
        for port in module.ports
        if port.direction in SUPPLIES and port.quantity != "event"
    }


def _supplies(module: Module, name: str) -> bool:
    return any(port.name == name and port.direction in SUPPLIES for port in module.ports)


def _needs(chosen: Sequence[Module], covariates: set[str]) -> list[tuple[Module, Port]]:
    """Ports that are needed and neither supplied by a chosen module, nor given, nor optional."""
    supplied = {p.name for m in chosen for p in m.ports if p.direction in SUPPLIES} | covariates
    return [
        (module, port)
        for module in chosen
        for port in module.ports
        if port.direction in NEEDS
        and port.name not in supplied
        and not (port.direction == "in" and default_of(port.note))
        and not is_optional(port)
    ]
