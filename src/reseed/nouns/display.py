"""Display: how a quantity over time is to be drawn and judged in a report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Display:
    """The face of a port; "" leaves the choice to the report.

    Numbers are in `unit`. `scale` is `linear` or `log`; `time` is `recovery` (days first, then
    years) or `years` (from before study entry, with the mean). `levels` are drawn across,
    `normal` is the range of health. `better` is `less` or `more`; two values that differ by
    less than `same` are called the same.
    """

    port: str
    title: str = ""
    unit: str = ""
    scale: str = ""
    time: str = ""
    levels: tuple[float, ...] = ()
    normal: tuple[float, float] | None = None
    better: str = ""
    same: float = 0.0
    source: str = ""
