"""Days as a reader counts them: days where follow-up is short, years where it is long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.numbers import tenth

LONG = 3 * DAYS_PER_YEAR
"""From so many days on, a time is told in years."""


@dataclass(frozen=True, slots=True)
class Zero:
    """What the days of a trial count from: its study day, and its name ("" if it has none)."""

    day: float
    event: str

    @property
    def axis(self) -> str:
        """The label of an axis of days: "Days after infusion"."""
        return f"Days after {self.event}" if self.event else "Day of the course"

    @property
    def since(self) -> str:
        """As a caption says it: "from infusion"."""
        return f"from {self.event}" if self.event else "of the course"

    @property
    def after(self) -> str:
        """As a sentence says it: "after infusion"."""
        return f"after {self.event}" if self.event else "of the course"


def zero_of(run: Mapping[str, Any]) -> Zero:
    """The infusion where an arm has one, else study entry if courses count from there.

    Courses that lead up to an infusion which is not part of the trial have days of their own.
    """
    infusion, arms = float(run.get("infusion_day", 0)), run.get("arms", ())
    origins = {arm["origin"] for arm in arms if "origin" in arm}
    if any("infuse" in arm.get("modules", ()) for arm in arms) or not origins:
        return Zero(infusion, "infusion")
    return Zero(0.0, "study entry") if origins == {"entry"} else Zero(infusion, "")


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
