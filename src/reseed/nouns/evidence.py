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
class Evidence:
    """A folder of the library: a published study with its title, its source and its rows."""

    name: str
    title: str
    source: str
    groups: tuple[DoseGroup, ...]
