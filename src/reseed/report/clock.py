"""Days as a reader counts them: days where follow-up is short, years where it is long."""

from __future__ import annotations

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.numbers import tenth

LONG = 3 * DAYS_PER_YEAR
"""From so many days on, a time is told in years."""


def is_long(days: float) -> bool:
    """Whether a span of days is told in years."""
    return days >= LONG


def moment(day: float) -> str:
    """A point of time in words: "day 100", "15 years"."""
    return f"{tenth(day / DAYS_PER_YEAR)} years" if is_long(day) else f"day {tenth(day)}"


def axis_label(days: float, origin: str) -> str:
    """The label of an axis that ends at so many days: "Years after infusion"."""
    return f"{'Years' if is_long(days) else 'Days'} after {origin}"


def per_mark(days: float) -> float:
    """Days in one unit of such an axis."""
    return DAYS_PER_YEAR if is_long(days) else 1.0
