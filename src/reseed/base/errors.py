"""What can go wrong, as values and exceptions.

ReseedError
├── InvalidInput      a file or a call that cannot be accepted; carries every Fault found
├── UnsupportedModel  a model construct that reseed refuses, by its name
└── Incomplete        a run that stopped before its end; says how to go on
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one place of one file: what was found, what was expected."""

    file: str
    place: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: found {self.found}; expected {self.expected}"


@dataclass(frozen=True, slots=True)
class Unknown(Fault):
    """A name that nothing has: `place` is the kind of thing, `expected` a hint."""

    def __str__(self) -> str:
        return f"no {self.place} {self.found}; {self.expected}"


class ReseedError(Exception):
    """Any error that reseed raises on purpose; its text is meant for the user."""


class InvalidInput(ReseedError):
    """Input that is refused; `faults` holds every fault, not only the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        if count == 1 and isinstance(self.faults[0], Unknown):
            super().__init__(str(self.faults[0]))
            return
        head = f"{count} fault{'s' if count != 1 else ''} in the input"
        super().__init__("\n".join([head, *(f"  {fault}" for fault in self.faults)]))

    def __reduce__(self) -> tuple[type[InvalidInput], tuple[tuple[Fault, ...]]]:
        """Made again from its faults, so that it survives the way from a worker process."""
        return type(self), (self.faults,)


class UnsupportedModel(ReseedError):
    """A model construct that reseed does not support, named, with the place where it stands."""


class Incomplete(ReseedError):
    """A run that ended before all its blocks were written; the text says how to resume it."""
