"""Correct: gene transfer or editing of CD34+ cells in culture.

Cells are lost on the way, long-term stem cells more than others, and a share of those that are
left carries the corrected gene (values and sources: library/models/correct).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.course.procedures.common import factors, graft_of, hand_on, read
from reseed.nouns.cohort import Cohort
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

RECORDS = ("cd34_corrected", "corrected_share")  # the names it leaves behind
_UNITS = {"cd34_recovery": "", "stem_cells_kept": "", "corrected": ""}


@dataclass(frozen=True, slots=True)
class Correct:
    """Fewer CD34+ cells, fewer long-term stem cells among them, some of them corrected.

    ValueError for a frozen graft.
    """

    scales: Mapping[str, float]

    def __call__(self, moment: Moment) -> Turn:
        values = read(moment, "correct", self.scales)
        graft = graft_of(moment)
        if graft.frozen:
            raise ValueError("the graft is frozen: correct it before, or thaw it first")
        cd34 = graft.cd34_per_kg * values["cd34_recovery"]
        kept = graft.stem_cells_kept * values["stem_cells_kept"]
        # who is corrected already stays so
        corrected = 1.0 - (1.0 - graft.corrected) * (1.0 - values["corrected"])
        entries = (
            Entry("correct", "cd34_corrected", cd34, "cell/kg"),
            Entry("correct", "corrected_share", corrected, ""),
        )
        changes = {"cd34_per_kg": cd34, "stem_cells_kept": kept, "corrected": corrected}
        return Turn(hand_on(moment, graft, **changes), entries=entries)


def build(system: System, cohort: Cohort, last: float, tags: tuple[str, ...]) -> Correct:
    """The procedure for one system."""
    return Correct(factors(system, "correct", _UNITS))
