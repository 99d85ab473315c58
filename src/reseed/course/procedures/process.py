"""Process: a graft is enriched for CD34+ cells, or T and B cells are taken out of it.

One procedure for all methods: what it recovers of CD34+ cells, and by how many powers of ten it
lowers T, B and NK cells. Its settings say which method (see library/models/process).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.course.procedures.common import factors, graft_of, hand_on, read
from reseed.nouns.cohort import Cohort
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

RECORDS = (
    "cd34_processed",
    "cd3_processed",
    "cd34_purity",
)  # the names it leaves behind
_UNITS = {
    "cd34_recovery": "",
    "cd34_purity": "",
    "cd3_log_depletion": "",
    "cd3_spared": "",
    "cd19_log_depletion": "",
    "nk_log_depletion": "",
}


@dataclass(frozen=True, slots=True)
class Process:
    """CD34+ times its recovery; the others less their depletion in powers of ten.

    `cd3_spared` is the share of T cells that a method lets pass, such as those with gamma-delta
    receptors; the depletion is that of the others.
    """

    scales: Mapping[str, float]

    def __call__(self, moment: Moment) -> Turn:
        values = read(moment, "process", self.scales)
        graft = graft_of(moment)
        cd34 = graft.cd34_per_kg * values["cd34_recovery"]
        spared = values["cd3_spared"]
        left = spared + (1.0 - spared) * 10.0 ** -values["cd3_log_depletion"]
        cd3 = graft.cd3_per_kg * left
        carried = hand_on(
            moment,
            graft,
            cd34_per_kg=cd34,
            cd3_per_kg=cd3,
            cd19_per_kg=graft.cd19_per_kg * 10.0 ** -values["cd19_log_depletion"],
            nk_per_kg=graft.nk_per_kg * 10.0 ** -values["nk_log_depletion"],
        )
        entries = (
            Entry("process", "cd34_processed", cd34, "cell/kg"),
            Entry("process", "cd3_processed", cd3, "cell/kg"),
            Entry("process", "cd34_purity", values["cd34_purity"], ""),
        )
        return Turn(carried, entries=entries)


def build(system: System, cohort: Cohort, last: float, tags: tuple[str, ...]) -> Process:
    """The procedure for one system."""
    return Process(factors(system, "process", _UNITS))
