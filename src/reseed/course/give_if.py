"""A drug given on those days alone on which a count is low."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.nouns.jump import Jump
from reseed.nouns.schedule import Entry, Moment, Turn


@dataclass(frozen=True, slots=True)
class GiveIf:
    """At each time of giving: give it if the port is at or below the level, else leave it out.

    `amounts` maps what addresses a patient's draws to the amount of one dose.
    """

    drug: str
    target: str
    amounts: Mapping[int, float]
    times: tuple[float, ...]
    watched: str
    level: float
    tag: str

    def __call__(self, moment: Moment) -> Turn:
        following = moment.occurrence + 1
        again = self.times[following] if following < len(self.times) else None
        if moment.values[self.watched] > self.level:
            return Turn(carried=moment.carried, again=again)
        return Turn(
            carried=moment.carried,
            jumps=(Jump(moment.time, self.target, self.amounts[moment.patient], self.tag),),
            entries=(Entry("give", given_of(self.drug), 1.0, ""),),
            again=again,
        )


def given_of(drug: str) -> str:
    """What it is called in the records that a drug was given because a count was low."""
    return f"{drug} given"
