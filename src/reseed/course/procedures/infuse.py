"""Infuse: the graft goes back; a share of its living CD34+ cells homes to the marrow.

Every homed CD34+ cell counts as one neutrophil progenitor; platelet progenitors are seeded as a
fraction of the patient's own resting pool. Living CD3+ cells join the patient's T cells, where the
model has them (see library/models/infuse for values and sources).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.base.ports import find_port
from reseed.course.procedures.common import factors, graft_of, read, weight_factor
from reseed.nouns.cohort import Cohort
from reseed.nouns.jump import Jump
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

RECORDS = ("cd34_infused", "cd3_infused")  # the names it leaves behind
_T_CELLS = {  # port of the T cells to the parameter with their share of CD3+ cells
    "naive_cd4_cells": "naive_cd4_share",
    "memory_cd4_before": "memory_cd4_share",
    "naive_cd8_cells": "naive_cd8_share",
    "memory_cd8_before": "memory_cd8_share",
    "regulatory_cells": "regulatory_share",
}
_UNITS = {"homing": "", "platelet_seed": "", **dict.fromkeys(_T_CELLS.values(), "")}
_MILLION = 1e6  # the platelet seed is given per 1e6 CD34+ cells per kg


@dataclass(frozen=True, slots=True)
class Infuse:
    """Adds homed cells to the progenitor pools named by `targets` (neutrophil, platelet).

    `t_cells` maps states to the parameter with their share of the graft's CD3+ cells.
    """

    scales: Mapping[str, float]
    weight: float
    targets: tuple[str, str]
    t_cells: Mapping[str, str]

    def __call__(self, moment: Moment) -> Turn:
        values = read(moment, "infuse", self.scales)
        graft = graft_of(moment)
        weight = moment.covariates["weight"] * self.weight
        viable = graft.cd34_per_kg * graft.viable
        pool = moment.values["platelet_progenitor_baseline"]
        neutrophil = viable * weight * values["homing"]
        platelet = viable / _MILLION * values["platelet_seed"] * pool
        t_cells = graft.cd3_per_kg * graft.viable * weight
        jumps = (
            Jump(moment.time, self.targets[0], neutrophil, "graft"),
            Jump(moment.time, self.targets[1], platelet, "graft"),
            *(
                Jump(moment.time, state, t_cells * values[share], "graft")
                for state, share in self.t_cells.items()
            ),
        )
        entries = (
            Entry("infuse", "cd34_infused", viable, "cell/kg"),
            Entry("infuse", "cd3_infused", graft.cd3_per_kg * graft.viable, "cell/kg"),
        )
        return Turn(moment.carried, jumps, entries)


def build(system: System, cohort: Cohort, last: float, tags: tuple[str, ...]) -> Infuse:
    """The procedure for one system and cohort."""
    targets = (
        find_port(system, "neutrophil_progenitors").symbol,
        find_port(system, "platelet_progenitors").symbol,
    )
    ports = {port.name: port.symbol for port in system.ports}
    t_cells = {ports[name]: share for name, share in _T_CELLS.items() if name in ports}
    return Infuse(factors(system, "infuse", _UNITS), weight_factor(cohort), targets, t_cells)
