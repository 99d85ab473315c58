"""What the procedures share: parameters in the unit that a formula needs, and the graft at hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from reseed.base.ports import parameter_unit
from reseed.base.units import convert
from reseed.nouns.cohort import Cohort
from reseed.nouns.graft import Graft
from reseed.nouns.schedule import Moment
from reseed.nouns.system import System


def factors(system: System, module: str, units: Mapping[str, str]) -> dict[str, float]:
    """For each parameter of a procedure's module, the factor to the unit that is wanted."""
    return {
        name: convert(1.0, parameter_unit(system, f"{module}__{name}"), unit)
        for name, unit in units.items()
    }


def read(moment: Moment, module: str, scales: Mapping[str, float]) -> dict[str, float]:
    """This patient's values of a procedure's parameters, in the wanted units."""
    return {name: moment.parameters[f"{module}__{name}"] * scale for name, scale in scales.items()}


def graft_of(moment: Moment) -> Graft:
    """The graft handed on so far; ValueError where there is none, or it has been infused."""
    graft = (moment.carried or {}).get("graft")
    if not isinstance(graft, Graft):
        raise ValueError("no graft in hand: none was harvested or supplied, or it was infused")
    return graft


def hand_on(moment: Moment, graft: Graft, **changes: Any) -> dict[str, Any]:
    """What is carried, with the graft changed."""
    return {**(moment.carried or {}), "graft": dataclasses.replace(graft, **changes)}


def hand_over(moment: Moment, graft: Graft, **changes: Any) -> dict[str, Any]:
    """What is carried once the graft is in the body: the bag is empty, what it held is known."""
    left = {name: value for name, value in (moment.carried or {}).items() if name != "graft"}
    return {**left, "infused": dataclasses.replace(graft, **changes)}


def weight_factor(cohort: Cohort) -> float:
    """From the cohort's unit of weight to kg."""
    unit = next(column.unit for column in cohort.columns if column.name == "weight")
    return convert(1.0, unit, "kg")
