"""Infuse: the graft goes back; a share of its living CD34+ cells homes to the marrow.

Every homed CD34+ cell counts as one neutrophil progenitor; platelet progenitors are seeded as a
fraction of the patient's own resting pool. Living CD3+ cells join the patient's T cells, where the
model has them (see library/models/infuse for values and sources), and with their memory cells a
whole number of autoreactive clones, drawn from Poisson's law by one addressed uniform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.base.keys import uniforms
from reseed.base.ports import find_port
from reseed.course.procedures.chance import poisson
from reseed.course.procedures.common import factors, graft_of, read, weight_factor
from reseed.course.procedures.wait_for_washout import still_waiting
from reseed.nouns.cohort import Cohort
from reseed.nouns.graft import Graft
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
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
    clones: str  # the state that counts them, or ""

    def __call__(self, moment: Moment) -> Turn:
        if days := still_waiting(moment):
            return Turn(moment.carried, again=moment.time + days)
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
        if self.clones:
            memory = t_cells * values["memory_cd4_share"]
            number = _clones(moment, graft, memory)
            jumps = (*jumps, Jump(moment.time, self.clones, number, "graft"))
        entries = (
            Entry("infuse", "cd34_infused", viable, "cell/kg"),
            Entry("infuse", "cd3_infused", graft.cd3_per_kg * graft.viable, "cell/kg"),
        )
        return Turn(moment.carried, jumps, entries)


def _clones(moment: Moment, graft: Graft, memory: float) -> float:
    """How many autoreactive clones come back with so many memory CD4 cells."""
    uniform = uniforms(Key(moment.key.seed, "infuse/clones"), moment.patient, draw=moment.ordinal)
    return poisson(float(uniform), graft.clones_per_memory_cd4 * memory)


def build(system: System, cohort: Cohort, last: float, tags: tuple[str, ...]) -> Infuse:
    """The procedure for one system and cohort."""
    targets = (
        find_port(system, "neutrophil_progenitors").symbol,
        find_port(system, "platelet_progenitors").symbol,
    )
    ports = {port.name: port.symbol for port in system.ports}
    t_cells = {ports[name]: share for name, share in _T_CELLS.items() if name in ports}
    clones = ports.get("clones_returned", "")
    scales, weight = factors(system, "infuse", _UNITS), weight_factor(cohort)
    return Infuse(scales, weight, targets, t_cells, clones)
