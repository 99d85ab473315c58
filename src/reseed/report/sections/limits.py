"""Limits: what this page does not say."""

from __future__ import annotations

from reseed.report.blocks import Block, Items
from reseed.report.data import TrialData
from reseed.report.links import linked

_ALWAYS = (
    "Results are the output of a model. They are not clinical evidence.",
    "reseed is not a medical device. Nothing here may guide the care of a patient.",
    "The patients are virtual: an ensemble that the model can produce, not a sample of people.",
    "Intervals and bands hold the variation between virtual patients and their limited number. "
    "The uncertainty of the parameters is not in them unless it is said so.",
    "Assumed parameters are marked in the table of parameters; results may rest on them.",
)
_TWINS = (
    "The arms hold the same virtual patients, so intervals of single arms say nothing exact "
    "about the difference between arms, which is more certain than they suggest."
)


def build(data: TrialData) -> tuple[Block, ...]:
    """The scenario's own limits, then those of every report."""
    own = tuple(linked(str(text)) for text in data.run.get("limits", ()))
    twins = (_TWINS,) if data.run.get("design") == "twins" else ()
    return (Items((*own, *_ALWAYS, *twins)),)
