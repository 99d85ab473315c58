"""Staying: who is followed on after a procedure that failed, without the rest of the course."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reseed.nouns.schedule import Entry, Moment, Procedure, Turn

_FAILED = "failed"  # under which the names of procedures that failed are carried


@dataclass(frozen=True, slots=True)
class Staying:
    """A procedure that ends no follow-up: where it would, that is a record of it instead.

    What is given and done in the rest of the course, under the tags `rest`, is dropped then; what
    follows the course is not.
    """

    name: str
    procedure: Procedure
    rest: tuple[str, ...]

    def __call__(self, moment: Moment) -> Turn:
        turn = self.procedure(moment)
        if not turn.end:
            return turn
        carried = turn.carried or {}
        return replace(
            turn,
            carried={**carried, _FAILED: (*carried.get(_FAILED, ()), self.name)},
            entries=(*turn.entries, Entry(self.name, turn.end, 1.0, "")),
            cancel=tuple(dict.fromkeys((*turn.cancel, *self.rest))),
            end="",
        )


def has_failed(moment: Moment, name: str) -> bool:
    """Whether a procedure has failed in this patient before."""
    return name in (moment.carried or {}).get(_FAILED, ())
