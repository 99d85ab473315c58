"""Harvest: aphereses on consecutive days until enough CD34+ cells are in the bag.

T, B and NK cells come along in proportion.

Cells per kg of one apheresis = blood CD34+ x processed volume x collection efficiency / weight
(CE2 as defined by Ford & Chapple; see library/models/harvest for values and sources).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from reseed.base.keys import normals
from reseed.course.procedures.common import factors, read, weight_factor
from reseed.nouns.cohort import Cohort
from reseed.nouns.graft import Graft
from reseed.nouns.key import Key
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

RECORDS = (
    "blood_cd34",
    "apheresis",
    "cd34_collected",
    "aphereses",
    "harvest failure",
)  # the names it leaves behind
_UNITS = {
    "collection_efficiency": "",
    "efficiency_cv": "",
    "volume": "L",
    "minimum_blood_cd34": "cell/L",
    "target_cd34": "cell/kg",
    "minimum_cd34": "cell/kg",
    "cd3_per_cd34": "",
    "cd19_per_cd34": "",
    "nk_per_cd34": "",
}
_ONE_DAY = 1.0
CLONES = ("clones_survived", "clones_returned", "clones_arisen")
MEMORY = ("memory_cd4_before", "memory_cd4_after")


@dataclass(frozen=True, slots=True)
class Harvest:
    """Met daily from the first day of its window to `last`; stops mobilising drugs when done."""

    scales: Mapping[str, float]
    weight: float
    last: float
    tags: tuple[str, ...]

    def __call__(self, moment: Moment) -> Turn:
        values = read(moment, "harvest", self.scales)
        weight = moment.covariates["weight"] * self.weight
        before = (moment.carried or {}).get("graft") or Graft(0.0, 0.0, 1.0, 0, 0.0)
        if before.frozen:
            raise ValueError("a frozen graft is in hand: harvest everything before freezing")
        if before.origin != "self" or before.corrected:
            raise ValueError("a donor's or a corrected graft is in hand: harvest before that")
        blood = moment.values["blood_cd34"]
        entries = [Entry("harvest", "blood_cd34", blood, "cell/L")]
        graft = before
        if blood >= values["minimum_blood_cd34"]:
            cells = blood * values["volume"] * _efficiency(moment, values) / weight
            entries.append(Entry("harvest", "apheresis", cells, "cell/kg"))
            graft = Graft(
                cd34_per_kg=before.cd34_per_kg + cells,
                cd3_per_kg=before.cd3_per_kg + cells * values["cd3_per_cd34"],
                viable=1.0,
                collections=before.collections + 1,
                volume_litres=before.volume_litres + values["volume"],
                clones_per_memory_cd4=before.clones_per_memory_cd4 or _clones(moment),
                cd19_per_kg=before.cd19_per_kg + cells * values["cd19_per_cd34"],
                nk_per_kg=before.nk_per_kg + cells * values["nk_per_cd34"],
            )
        carried = {**(moment.carried or {}), "graft": graft}
        enough = graft.cd34_per_kg >= values["target_cd34"]
        tomorrow = moment.time + _ONE_DAY
        if not enough and tomorrow <= self.last + 1e-9:
            return Turn(carried=carried, entries=tuple(entries), again=tomorrow)
        entries.append(Entry("harvest", "cd34_collected", graft.cd34_per_kg, "cell/kg"))
        entries.append(Entry("harvest", "aphereses", float(graft.collections), ""))
        failed = graft.cd34_per_kg < values["minimum_cd34"]
        end = "harvest failure" if failed else ""
        return Turn(carried=carried, entries=tuple(entries), cancel=self.tags, end=end)


def _clones(moment: Moment) -> float:
    """Autoreactive clones for each memory CD4 cell, where the model has them."""
    if CLONES[0] not in moment.values:
        return 0.0
    cells = sum(moment.values[name] for name in MEMORY)
    return sum(moment.values[name] for name in CLONES) / max(cells, 1.0)


def _efficiency(moment: Moment, values: Mapping[str, float]) -> float:
    """This apheresis's efficiency: the patient's own, varied on the logit scale, below 1."""
    typical = values["collection_efficiency"]
    key = Key(moment.key.seed, "harvest/efficiency")
    draw = float(normals(key, moment.patient, draw=moment.ordinal, occurrence=moment.occurrence))
    # a CV on the natural scale, carried to the logit scale by the derivative there
    spread = values["efficiency_cv"] / (1.0 - typical)
    return 1.0 / (1.0 + math.exp(-(math.log(typical / (1.0 - typical)) + spread * draw)))


def build(system: System, cohort: Cohort, last: float, tags: tuple[str, ...]) -> Harvest:
    """The procedure for one system, cohort and window."""
    return Harvest(factors(system, "harvest", _UNITS), weight_factor(cohort), last, tags)
