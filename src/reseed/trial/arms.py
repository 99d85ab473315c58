"""An arm's System: its modules, with the values that replace theirs."""

from __future__ import annotations

from reseed.model import compile_model
from reseed.nouns.course import Quantity
from reseed.nouns.module import Module
from reseed.nouns.scenario import Arm, Scenario
from reseed.nouns.system import System
from reseed.spec import arm_modules, base_modules


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


def natural_system(scenario: Scenario) -> System:
    """The System of people before any treatment; InvalidInput as in `system_of`."""
    modules = base_modules(scenario)
    there = {f"{module.name}__{row.id}" for module in modules for row in module.parameters}
    overrides = {name: quantity for name, quantity in scenario.parameters if name in there}
    return compile_model(modules, f"{scenario.name}/before", overrides)


def system_of(scenario: Scenario, arm: Arm) -> System:
    """The System of one arm; InvalidInput where its modules do not fit together."""
    modules, overrides = parts_of(scenario, arm)
    return compile_model(modules, f"{scenario.name}/{arm.name}", overrides)


def parts_of(scenario: Scenario, arm: Arm) -> tuple[tuple[Module, ...], dict[str, Quantity]]:
    """The modules of one arm, and the values that replace theirs."""
    modules = arm_modules(scenario, arm)
    there = {f"{module.name}__{row.id}" for module in modules for row in module.parameters}
    return modules, {
        name: quantity
        for name, (quantity, layer) in overrides_of(scenario, arm).items()
        if name in there or layer != "scenario"
    }
