"""Endpoint: a clinical outcome as its field defines it."""

from __future__ import annotations

from dataclasses import dataclass

from reseed.nouns.among import Among
from reseed.nouns.course import Quantity

Steps = tuple[tuple[float, float], ...]
"""Pairs of numbers: from a level on, a value."""

Setting = str | float | Quantity | tuple[str, ...] | Steps


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A row of the table of outcomes. `kind` names the adjudicator in `reseed.readout`.

    `settings` are the adjudicator's own keys, e.g. port, at_least, days. Times are days after
    `origin` (`infusion` or `entry`), looked at from `from_day` to `to_day` (inclusive). `better` is
    `less` or `more` (of a value, or of the time until the event), "" where the kind decides. It
    tells of patients who meet every condition of `among`; the others have no row in the table.
    """

    name: str
    title: str
    definition: str
    kind: str
    origin: str
    from_day: float
    to_day: float
    settings: tuple[tuple[str, Setting], ...]
    competing: tuple[str, ...]
    source: str
    better: str = ""
    among: tuple[Among, ...] = ()
