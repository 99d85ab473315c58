"""Wait for wash-out: an infusion is put off until too little of an antibody is left to harm it.

Measured each day from the planned one on; procedures that infuse ask `still_waiting`. The days that
drugs of the course are given on do not move with it; endpoints count from the cells that came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.base.ports import find_port
from reseed.base.units import convert
from reseed.course.procedures.common import factors, read
from reseed.nouns.cohort import Cohort
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

PORT = "stem_cell_antibody"  # what an antibody against stem cells calls its concentration
RECORDS = ("days_waited", "antibody_at_infusion")  # the names it leaves behind
_UNITS = {"below": "mg/L", "every": "day", "longest": "day"}
_CARRIED = "waits"  # the days until an infusion that waits is tried again


@dataclass(frozen=True, slots=True)
class WaitForWashout:
    """Lets go when the level is below, or when the longest wait is over."""

    scales: Mapping[str, float]
    level: float

    def __call__(self, moment: Moment) -> Turn:
        values = read(moment, "wait_for_washout", self.scales)
        level = moment.values[PORT] * self.level
        waited = moment.occurrence * values["every"]
        if level > values["below"] and waited + values["every"] <= values["longest"]:
            carried = {**(moment.carried or {}), _CARRIED: values["every"]}
            return Turn(carried, again=moment.time + values["every"])
        entries = (
            Entry("wait_for_washout", "days_waited", waited, "day"),
            Entry("wait_for_washout", "antibody_at_infusion", level, "mg/L"),
        )
        return Turn({**(moment.carried or {}), _CARRIED: 0.0}, entries=entries)


def still_waiting(moment: Moment) -> float:
    """In how many days an infusion is to be tried again; 0: now."""
    return float((moment.carried or {}).get(_CARRIED, 0.0))


def build(system: System, cohort: Cohort, last: float, tags: tuple[str, ...]) -> WaitForWashout:
    """The procedure for one system."""
    port = find_port(system, PORT)
    level = convert(1.0, port.unit, "mg/L")
    return WaitForWashout(factors(system, "wait_for_washout", _UNITS), level)
