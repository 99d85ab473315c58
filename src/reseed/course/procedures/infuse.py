"""Infuse: the graft goes back; a share of its living CD34+ cells homes to the marrow.

Every homed CD34+ cell counts as one neutrophil progenitor; platelet and red progenitors and
short-term repopulating cells are seeded as a fraction of the patient's own resting pools. Living
T, B and NK cells join the patient's, where the model has them (see library/models/infuse for values
and sources), and with memory T cells a whole number of autoreactive clones.

Long-term stem cells are few, so they are whole numbers: from Poisson's law, with a mean of their
frequency among living CD34+ cells times the number of these. Corrected and other cells have a law
each, which is the same as telling them apart one by one. Where the model has niches, they settle
only as far as these are empty (`settle.py`). Each whole number takes one addressed uniform.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from reseed.base.ports import find_port
from reseed.course.procedures.chance import binomial, poisson, uniform_of
from reseed.course.procedures.common import factors, graft_of, hand_over, read, weight_factor
from reseed.course.procedures.settle import NICHES, share_settled
from reseed.course.procedures.wait_for_washout import still_waiting
from reseed.nouns.cohort import Cohort
from reseed.nouns.graft import Graft
from reseed.nouns.jump import Jump
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

RECORDS = (
    "cd34_infused",
    "cd3_infused",
    "cd19_infused",
    "nk_infused",
    "stem_cells_infused",
    "stem_cells_settled",
    "corrected_infused",
    "corrected_settled",
    "short_term_corrected",
)  # the names it leaves behind
_T_CELLS = {  # port of the T cells to the parameter with their share of CD3+ cells
    "naive_cd4_cells": "naive_cd4_share",
    "memory_cd4_before": "memory_cd4_share",
    "naive_cd8_cells": "naive_cd8_share",
    "memory_cd8_before": "memory_cd8_share",
    "regulatory_cells": "regulatory_share",
}
_B_CELLS = {"naive_b_body": "naive_b_share", "memory_b_body": "memory_b_share"}
_SEEDS = {  # port of a pool to that of its size at rest, and the parameter with the seed
    "platelet_progenitors": ("platelet_progenitor_baseline", "platelet_seed"),
    "red_progenitors": ("red_progenitor_baseline", "red_seed"),
    "short_term_cells": ("short_term_baseline", "short_term_seed"),
}
_UNITS = {
    "homing": "",
    "stem_cell_frequency": "",
    **dict.fromkeys((seed for _, seed in _SEEDS.values()), ""),
    **dict.fromkeys((*_T_CELLS.values(), *_B_CELLS.values()), ""),
}
_MILLION = 1e6  # seeds are given per 1e6 CD34+ cells per kg


@dataclass(frozen=True, slots=True)
class Infuse:
    """Adds what is in the bag to the states of the model, by their public names in `states`.

    The bag is empty then: another infusion needs another graft.
    """

    scales: Mapping[str, float]
    weight: float
    states: Mapping[str, str]

    def __call__(self, moment: Moment) -> Turn:
        if days := still_waiting(moment):
            return Turn(moment.carried, again=moment.time + days)
        values = read(moment, "infuse", self.scales)
        graft = graft_of(moment)
        weight = moment.covariates["weight"] * self.weight
        stem_cells = _stem_cells(moment, graft, weight * values["stem_cell_frequency"])
        stem = "donor_stem_cells" if graft.origin == "donor" else "host_stem_cells"
        home = self._settled(moment, *stem_cells)
        added = {
            **self._progenitors(moment, graft, weight, values),
            **self._lymphocytes(moment, graft, weight, values),
            stem: home[0],
            "corrected_stem_cells": home[1],
        }
        jumps = tuple(
            Jump(moment.time, self.states[port], amount, "graft")
            for port, amount in added.items()
            if port in self.states
        )
        carried = hand_over(moment, graft, stem_cells=int(sum(stem_cells)))
        entries = _entries(graft, *stem_cells)
        if "empty_niches" in self.states:
            entries = (*entries, Entry("infuse", "stem_cells_settled", sum(home), "cell"))
            if graft.corrected:
                short = math.floor(graft.corrected * added.get("short_term_cells", 0.0))
                entries = (
                    *entries,
                    Entry("infuse", "corrected_settled", home[1], "cell"),
                    Entry("infuse", "short_term_corrected", short, "cell"),
                )
        return Turn(carried, jumps, entries)

    def _progenitors(
        self, moment: Moment, graft: Graft, weight: float, values: Mapping[str, float]
    ) -> dict[str, float]:
        """Committed and short-term cells, by port."""
        viable = graft.cd34_per_kg * graft.viable
        added = {"neutrophil_progenitors": viable * weight * values["homing"]}
        for pool, (resting, seed) in _SEEDS.items():
            if pool in self.states:
                size = moment.values[resting]
                added[_own(pool, graft, self.states)] = viable / _MILLION * values[seed] * size
        return added

    def _lymphocytes(
        self, moment: Moment, graft: Graft, weight: float, values: Mapping[str, float]
    ) -> dict[str, float]:
        """T, B and NK cells and autoreactive clones, by port."""
        living = graft.viable * weight
        t_cells, b_cells = graft.cd3_per_kg * living, graft.cd19_per_kg * living
        added = {port: t_cells * values[share] for port, share in _T_CELLS.items()}
        added |= {port: b_cells * values[share] for port, share in _B_CELLS.items()}
        if "nk_ratio" in self.states:
            added["nk_ratio"] = graft.nk_per_kg * living / moment.values["nk_rest"]
        if "clones_returned" in self.states:
            added["clones_returned"] = _clones(moment, graft, t_cells * values["memory_cd4_share"])
        return added

    def _settled(self, moment: Moment, plain: float, corrected: float) -> tuple[float, float]:
        """How many of each find a niche: all of them where no niches are modelled."""
        arrivals = plain + corrected
        if not arrivals or not {*NICHES} <= self.states.keys():
            return plain, corrected
        share = share_settled(moment, arrivals)
        number = binomial(uniform_of(moment, "infuse/settled"), arrivals, share)
        number = min(number, math.floor(moment.values[NICHES[0]]))
        # a niche takes whichever comes; no more of a kind than there are
        chosen = binomial(
            uniform_of(moment, "infuse/corrected_settled"), number, corrected / arrivals
        )
        chosen = min(max(chosen, number - plain), corrected)
        return number - chosen, chosen


def _entries(graft: Graft, plain: float, corrected: float) -> tuple[Entry, ...]:
    """What was infused: living cells per kg, and whole numbers of stem cells."""
    cells = {
        "cd34_infused": graft.cd34_per_kg,
        "cd3_infused": graft.cd3_per_kg,
        "cd19_infused": graft.cd19_per_kg,
        "nk_infused": graft.nk_per_kg,
    }
    entries = [Entry("infuse", name, n * graft.viable, "cell/kg") for name, n in cells.items()]
    entries.append(Entry("infuse", "stem_cells_infused", plain + corrected, "cell"))
    if graft.corrected:
        entries.append(Entry("infuse", "corrected_infused", corrected, "cell"))
    return tuple(entries)


def _own(pool: str, graft: Graft, states: Mapping[str, str]) -> str:
    """A donor's cells have a pool of their own where the model tells them apart."""
    donors = f"donor_{pool}"
    return donors if graft.origin == "donor" and donors in states else pool


def _stem_cells(moment: Moment, graft: Graft, share: float) -> tuple[float, float]:
    """How many long-term stem cells there are without and with the corrected gene.

    `share`: of them, for each viable CD34+ cell per kg.
    """
    mean = share * graft.cd34_per_kg * graft.viable * graft.stem_cells_kept
    return (
        _draw(moment, "infuse/stem_cells", mean * (1.0 - graft.corrected)),
        _draw(moment, "infuse/corrected_stem_cells", mean * graft.corrected),
    )


def _clones(moment: Moment, graft: Graft, memory: float) -> float:
    """How many autoreactive clones come back with so many memory CD4 cells."""
    return _draw(moment, "infuse/clones", graft.clones_per_memory_cd4 * memory)


def _draw(moment: Moment, stream: str, mean: float) -> float:
    """A whole number from Poisson's law."""
    return poisson(uniform_of(moment, stream), mean)


def build(system: System, cohort: Cohort, last: float, tags: tuple[str, ...]) -> Infuse:
    """The procedure for one system and cohort; KeyError without progenitors of the blood."""
    for needed in ("neutrophil_progenitors", "platelet_progenitors"):
        find_port(system, needed)
    states = {port.name: port.symbol for port in system.ports}
    return Infuse(factors(system, "infuse", _UNITS), weight_factor(cohort), states)
