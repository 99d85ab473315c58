"""Process: CD34+ selection; what it loses of CD34+ cells and what it takes out of T cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.course.procedures.common import factors, graft_of, hand_on, read
from reseed.nouns.cohort import Cohort
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

RECORDS = ("cd34_processed",)  # the names it leaves behind
_UNITS = {"cd34_recovery": "", "cd3_log_depletion": ""}


@dataclass(frozen=True, slots=True)
class Process:
    """CD34+ times its recovery; CD3+ less its depletion in powers of ten."""

    scales: Mapping[str, float]

    def __call__(self, moment: Moment) -> Turn:
        values = read(moment, "process", self.scales)
        graft = graft_of(moment)
        cd34 = graft.cd34_per_kg * values["cd34_recovery"]
        cd3 = graft.cd3_per_kg * 10.0 ** -values["cd3_log_depletion"]
        entries = (Entry("process", "cd34_processed", cd34, "cell/kg"),)
        return Turn(hand_on(moment, graft, cd34_per_kg=cd34, cd3_per_kg=cd3), entries=entries)


def build(system: System, cohort: Cohort, last: float, tags: tuple[str, ...]) -> Process:
    """The procedure for one system."""
    return Process(factors(system, "process", _UNITS))
