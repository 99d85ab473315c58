"""Thaw: the share of CD34+ cells that is alive after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.course.procedures.common import factors, graft_of, hand_on, read
from reseed.nouns.cohort import Cohort
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

RECORDS = ("cd34_viable",)  # the names it leaves behind
_UNITS = {"recovery": ""}


@dataclass(frozen=True, slots=True)
class Thaw:
    """Lowers the living share by the recovery; a graft that is not frozen is left as it is."""

    scales: Mapping[str, float]

    def __call__(self, moment: Moment) -> Turn:
        graft = graft_of(moment)
        recovery = read(moment, "thaw", self.scales)["recovery"] if graft.frozen else 1.0
        viable = graft.viable * recovery
        entries = (Entry("thaw", "cd34_viable", graft.cd34_per_kg * viable, "cell/kg"),)
        return Turn(hand_on(moment, graft, viable=viable, frozen=False), entries=entries)


def build(system: System, cohort: Cohort, last: float, tags: tuple[str, ...]) -> Thaw:
    """The procedure for one system."""
    return Thaw(factors(system, "thaw", _UNITS))
