"""Infuse: the graft goes back; a share of its living CD34+ cells homes to the marrow.

Every homed CD34+ cell counts as one neutrophil progenitor; platelet progenitors are seeded as a
fraction of the patient's own resting pool (see library/models/infuse for values and sources).
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
_UNITS = {"homing": "", "platelet_seed": ""}
_MILLION = 1e6  # the platelet seed is given per 1e6 CD34+ cells per kg


@dataclass(frozen=True, slots=True)
class Infuse:
    """Adds homed cells to the progenitor pools named by `targets` (neutrophil, platelet)."""

    scales: Mapping[str, float]
    weight: float
    targets: tuple[str, str]

    def __call__(self, moment: Moment) -> Turn:
        values = read(moment, "infuse", self.scales)
        graft = graft_of(moment)
        weight = moment.covariates["weight"] * self.weight
        viable = graft.cd34_per_kg * graft.viable
        pool = moment.values["platelet_progenitor_baseline"]
        neutrophil = viable * weight * values["homing"]
        platelet = viable / _MILLION * values["platelet_seed"] * pool
        jumps = (
            Jump(moment.time, self.targets[0], neutrophil, "graft"),
            Jump(moment.time, self.targets[1], platelet, "graft"),
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
    return Infuse(factors(system, "infuse", _UNITS), weight_factor(cohort), targets)
