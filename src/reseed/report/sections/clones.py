"""Clones over time: endpoints that ask the same of clones on several days, as one figure each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from reseed.report.blocks import Block, Figure, Prose
from reseed.report.clock import is_long
from reseed.report.data import ArmData, TrialData
from reseed.report.drawing.bands import Band, band_of, draw_bands
from reseed.report.drawing.broken import draw_broken
from reseed.report.names import labelled
from reseed.report.variables import Show

_SHOWN = {
    "alive": Show("Clones of stem cells alive", logarithmic=True),
    "seen": Show("Clones seen in a sample of blood", logarithmic=True),
    "estimated": Show("Clones in blood by estimate", logarithmic=True),
    "late": Show("Late wave: corrected blood that stem cells have made", "percent"),
}
_ENOUGH = 3  # days: fewer are no course
_READ = (
    "Clones of corrected cells, each known by its integration site. Lines are medians of the "
    "patients living and followed on the days of the endpoints, with straight lines between them; "
    "the band holds the middle 50%, the thin lines the middle 90%. The early wave is what came "
    "with the graft as short-lived cells; the late wave is what long-term stem cells have made since."
)


def build(data: TrialData) -> tuple[Block, ...]:
    """A figure for each measure of clones that the trial has on three days or more."""
    figures = tuple(_figure(data, measure, over_time(data, measure)) for measure in _SHOWN
                    if over_time(data, measure))  # fmt: skip
    return (Prose(_READ), *figures) if figures else ()


def over_time(data: TrialData, measure: str) -> tuple[Mapping[str, Any], ...]:
    """The endpoints of this measure of clones by day; none if there are too few for a course."""
    found = [e for e in data.endpoints if e.get("kind") == "clones" and _measure(e) == measure]
    found = sorted(found, key=lambda endpoint: float(endpoint["settings"]["day"]))
    return tuple(found) if len(found) >= _ENOUGH and measure in _SHOWN else ()
