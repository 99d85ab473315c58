"""Schedule: a course laid on the study clock of a cohort; procedures stand at its boundaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.jump import Jump
from reseed.nouns.key import Key


@dataclass(frozen=True, slots=True)
class Entry:
    """Something worth a line in the records: where it comes from, what, how much."""

    source: str
    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Moment:
    """What a procedure sees. `values` maps public port names to their values just before.

    `patient` addresses this patient's draws. `covariates` maps names to numbers and `parameters`
    parameter ids to this patient's values. `ordinal` counts the earlier boundaries of the same
    name, and `occurrence` how often this one was met before (both 0 at first); together they
    address a draw. `carried` is whatever the previous procedure of this patient handed on, or None.
    """

    time: float
    patient: int
    ordinal: int
    occurrence: int
    values: Mapping[str, float]
    covariates: Mapping[str, float]
    parameters: Mapping[str, float]
    carried: Any
    key: Key


@dataclass(frozen=True, slots=True)
class Turn:
    """What a procedure answers.

    `jumps` happen now or later (their times say); `again` is the time at which the same
    procedure is to be met once more, or None; what is pending under a tag in `cancel` is
    dropped, and an infusion that runs under it stops, which leaves a record of source `stop`;
    `end` ends the patient's follow-up, with its reason.
    """

    carried: Any = None
    jumps: tuple[Jump, ...] = ()
    entries: tuple[Entry, ...] = ()
    again: float | None = None
    cancel: tuple[str, ...] = ()
    end: str = ""


class Procedure(Protocol):
    """Anything that maps a Moment to a Turn; it must be picklable and draw only by address."""

    def __call__(self, moment: Moment) -> Turn: ...


@dataclass(frozen=True, slots=True)
class Boundary:
    """A procedure and the time at which each patient first meets it: (patient,), days.

    Another procedure may cancel it by its `tag`.
    """

    name: str
    times: NDArray[np.float64]
    procedure: Procedure
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Known jumps as arrays of shape (patient, jump), and boundaries in their order.

    `targets` and `tags` have one entry per jump column; a value of NaN means no such jump for
    that patient. At equal times jumps come before procedures, and both keep their order here.
    `origin` is the day of infusion on the study clock, (patient,). `end` is the last day, `start`
    each patient's first, (patient,): before day 0 where a life before the study is told; None is
    day 0 for everybody. A course may go on after `end`: what is later does not happen. A jump or
    a procedure before a patient's first day is refused.
    """

    times: NDArray[np.float64]
    values: NDArray[np.float64]
    targets: tuple[str, ...]
    tags: tuple[str, ...]
    boundaries: tuple[Boundary, ...]
    origin: NDArray[np.float64]
    end: float
    start: NDArray[np.float64] | None = None

    def first_days(self) -> NDArray[np.float64]:
        """Each patient's first day: (patient,)."""
        return np.zeros(len(self.origin)) if self.start is None else self.start
