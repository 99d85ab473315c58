"""Assessment: what is looked at only at planned visits, and how well it is told there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assessment:
    """A port that is rated, or a record that a scan finds, at entry and then again and again.

    One of `port` and `record` is "". Visits are on study day 0 and every `every` days after the
    infusion. A rating is the port's value with an error of standard deviation `sd` (in the
    port's unit), as the nearest of `levels`, where there are any.
    """

    port: str
    record: str
    every: float
    levels: tuple[float, ...]
    sd: float
    source: str
