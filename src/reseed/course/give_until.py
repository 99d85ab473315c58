"""A drug given day by day until a count has recovered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.nouns.jump import Jump
from reseed.nouns.schedule import Entry, Moment, Turn


@dataclass(frozen=True, slots=True)
class GiveUntil:
    """At each time of giving: stop for good after `days` days in a row at or above the level.

    `amounts` maps what addresses a patient's draws to the amount of one dose. How many in a row
    were seen is carried, for each such order on its own.
    """

    drug: str
    target: str
    amounts: Mapping[int, float]
    times: tuple[float, ...]
    watched: str
    level: float
    days: int
    per_day: int
    tag: str

    def __call__(self, moment: Moment) -> Turn:
        carried = dict(moment.carried or {})
        counter = f"{self.tag}/{moment.ordinal}"
        seen = carried.get(counter, 0)
        seen = seen + 1 if moment.values[self.watched] >= self.level else 0
        carried[counter] = seen
        if seen >= self.days * self.per_day:
            entry = Entry("give", stop_of(self.drug), 1.0, "")
            return Turn(carried=carried, entries=(entry,))
        amount = self.amounts[moment.patient]
        following = moment.occurrence + 1
        return Turn(
            carried=carried,
            jumps=(Jump(moment.time, self.target, amount, self.tag),),
            again=self.times[following] if following < len(self.times) else None,
        )


def stop_of(drug: str) -> str:
    """What it is called in the records that a drug was stopped because a count had recovered."""
    return f"{drug} stopped"
