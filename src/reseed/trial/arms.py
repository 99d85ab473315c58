"""Which modules an arm needs, and its System."""

from __future__ import annotations

from collections.abc import Sequence

from reseed.model import compile_model
from reseed.nouns.course import Course, Quantity
from reseed.nouns.module import Module
from reseed.nouns.scenario import Arm, Scenario
from reseed.nouns.system import System

_SUPPLY = ("out", "owns")


def modules_of(scenario: Scenario, arm: Arm) -> tuple[Module, ...]:
    """The base modules, those of the course's drugs and procedures, and what all these need."""
    by_name = {module.name: module for module in scenario.modules}
    chosen = {name: by_name[name] for name in scenario.base}
    drugs, procedures = _named(arm.course)
    for module in scenario.modules:
        doses = {port.name for port in module.ports if port.direction == "dose"}
        if doses & drugs or module.name in procedures:
            chosen[module.name] = module
    while needed := _needed(chosen, scenario.modules):
        chosen.update({module.name: module for module in needed})
    return tuple(chosen[name] for name in sorted(chosen))


def _named(course: Course) -> tuple[set[str], set[str]]:
    drugs = {give.drug for stage in course.stages for give in stage.gives}
    procedures = {do.procedure for stage in course.stages for do in stage.procedures}
    return drugs, procedures


def _needed(chosen: dict[str, Module], available: Sequence[Module]) -> list[Module]:
    """Modules that alone supply what a chosen one reads or changes and nobody chosen supplies."""
    supplied = {port.name for m in chosen.values() for port in m.ports if port.direction in _SUPPLY}
    wanted = {
        port.name
        for module in chosen.values()
        for port in module.ports
        if port.direction in ("in", "shares")
        and port.quantity != "covariate"
        and "default=" not in port.note
    } - supplied
    owners = [
        [m for m in available if any(p.name == name and p.direction in _SUPPLY for p in m.ports)]
        for name in sorted(wanted)
    ]
    return [found[0] for found in owners if len(found) == 1]


def overrides_of(scenario: Scenario, arm: Arm) -> dict[str, tuple[Quantity, str]]:
    """Values that replace those of the modules, and the layer that won, by parameter id.

    Scenario < course (settings of its procedures) < arm.
    """
    layers = {name: (quantity, "scenario") for name, quantity in scenario.parameters}
    for stage in arm.course.stages:
        for do in stage.procedures:
            for name, quantity in do.settings:
                layers[f"{do.procedure}__{name}"] = (quantity, f"course {arm.course.name}")
    layers |= {name: (quantity, f"arm {arm.name}") for name, quantity in arm.parameters}
    return layers


def system_of(scenario: Scenario, arm: Arm) -> System:
    """The System of one arm; InvalidInput where its modules do not fit together."""
    modules = modules_of(scenario, arm)
    there = {f"{module.name}__{row.id}" for module in modules for row in module.parameters}
    overrides = {
        name: quantity
        for name, (quantity, layer) in overrides_of(scenario, arm).items()
        if name in there or layer != "scenario"
    }
    return compile_model(modules, f"{scenario.name}/{arm.name}", overrides)
