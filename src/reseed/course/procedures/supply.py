"""Supply: a graft that comes from outside the course, with a composition of its own.

From a donor: mobilised blood, marrow or cord blood; or the patient's own, stored before. Which
source it is, the name of the procedure says; each has a module with its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.course.procedures.common import factors, read
from reseed.nouns.cohort import Cohort
from reseed.nouns.graft import Graft
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

RECORDS = ("cd34_supplied", "cd3_supplied")  # the names it leaves behind
_CELLS = ("cd34_per_kg", "cd3_per_kg", "cd19_per_kg", "nk_per_kg")
_DONOR = {"hla": "", "ccr5_deleted": ""}
_GENOTYPES = ("", "CCR5 wt/d32", "CCR5 d32/d32")


@dataclass(frozen=True, slots=True)
class Supply:
    """A fresh graft of the composition that the module `name` gives for this patient.

    ValueError where a graft is in hand already.
    """

    name: str
    donor: bool
    scales: Mapping[str, float]

    def __call__(self, moment: Moment) -> Turn:
        carried = moment.carried or {}
        if "graft" in carried:
            raise ValueError("a graft is in hand already")
        values = read(moment, self.name, self.scales)
        graft = Graft(
            viable=1.0,
            collections=0,
            volume_litres=0.0,
            genotype=_GENOTYPES[round(values["ccr5_deleted"])] if self.donor else "",
            hla=round(values["hla"]) if self.donor else 10,
            origin="donor" if self.donor else "self",
            cd34_per_kg=values["cd34_per_kg"],
            cd3_per_kg=values["cd3_per_kg"],
            cd19_per_kg=values["cd19_per_kg"],
            nk_per_kg=values["nk_per_kg"],
        )
        entries = (
            Entry(self.name, "cd34_supplied", graft.cd34_per_kg, "cell/kg"),
            Entry(self.name, "cd3_supplied", graft.cd3_per_kg, "cell/kg"),
        )
        return Turn({**carried, "graft": graft}, entries=entries)


@dataclass(frozen=True, slots=True)
class Source:
    """Builds the procedure of one source for one system."""

    name: str
    donor: bool = True

    def __call__(
        self, system: System, cohort: Cohort, last: float, tags: tuple[str, ...]
    ) -> Supply:
        units = {**dict.fromkeys(_CELLS, "cell/kg"), **(_DONOR if self.donor else {})}
        return Supply(self.name, self.donor, factors(system, self.name, units))


SOURCES = {
    "donate_blood": Source("donate_blood"),
    "donate_marrow": Source("donate_marrow"),
    "donate_cord": Source("donate_cord"),
    "take_stored": Source("take_stored", donor=False),
}
