"""History: the life that patients lead before they enter a study, and when they may enter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a patient must show at a visit to be let in: a number between two bounds.

    `kind` says what `name` is: `record` (how often it was recorded in the `within` days before),
    `port` (a quantity of the model, in `unit`), or `covariate` (age grows with the years). With
    `covariate`, the number at entry becomes a covariate of that name.
    """

    kind: str
    name: str
    low: float
    high: float
    unit: str = ""
    within: float = 0.0
    covariate: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Patients begin at onset; they are seen every `visit` days, for at most `longest` days."""

    visit: float
    longest: float
    criteria: tuple[Criterion, ...]
    source: str
    status: str
