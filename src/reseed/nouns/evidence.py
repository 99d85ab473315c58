"""Evidence: what a published study saw, to stand beside a trial's own results."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoseGroup:
    """A row of `dose-response.tsv`: the patients of one range of doses, and their median day.

    Doses are in `unit`; `low` belongs to the group, `high` does not, None is open. `used` is
    `fitted` if a parameter of the library was chosen by this row, else `not used`.
    """

    endpoint: str
    low: float | None
    high: float | None
    unit: str
    median_days: float
    n: int | None  # None where the source does not say
    used: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """A row of `outcomes.tsv`: one number that a study published for one of its arms.

    `course` is the course whose arms it stands beside, "" for every arm. `measure` is `share` (of
    the endpoint's curve at `day`, a fraction), `median` or `mean`; `value`, `low` and `high` are in
    `unit`, the bounds an interval of confidence `level` (per cent), None where none is given.
    """

    study: str
    course: str
    endpoint: str
    measure: str
    day: float | None
    n: int | None  # None where the source does not say
    value: float
    low: float | None
    high: float | None
    level: float | None
    unit: str
    used: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A folder of the library: a published study with its title, its source and its rows."""

    name: str
    title: str
    source: str
    groups: tuple[DoseGroup, ...]
    outcomes: tuple[Published, ...] = ()
