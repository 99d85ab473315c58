"""Freeze: cryopreservation; the share of cells that is there to be thawed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.course.procedures.common import factors, graft_of, hand_on, read
from reseed.nouns.cohort import Cohort
from reseed.nouns.schedule import Moment, Turn
from reseed.nouns.system import System

RECORDS: tuple[str, ...] = ()  # the names it leaves behind
_UNITS = {"recovery": ""}


@dataclass(frozen=True, slots=True)
class Freeze:
    """Marks the graft as frozen and keeps the share that survives preparation."""

    scales: Mapping[str, float]

    def __call__(self, moment: Moment) -> Turn:
        graft = graft_of(moment)
        viable = graft.viable * read(moment, "freeze", self.scales)["recovery"]
        return Turn(hand_on(moment, graft, viable=viable, frozen=True))


def build(system: System, cohort: Cohort, last: float, tags: tuple[str, ...]) -> Freeze:
    """The procedure for one system."""
    return Freeze(factors(system, "freeze", _UNITS))
