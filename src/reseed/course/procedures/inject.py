"""Inject: purified stem cells of a donor, counted in a tube, into a vein.

Each cell is competent, comes to the marrow and founds a clone with one chance, so that the number
of those is drawn from Poisson's law; they settle as far as niches are empty (`settle.py`). Both
draws are by addressed uniforms. See library/models/inject for values and sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.base.ports import find_port
from reseed.course.procedures.chance import binomial, poisson, uniform_of
from reseed.course.procedures.common import factors, read
from reseed.course.procedures.settle import share_settled
from reseed.course.procedures.wait_for_washout import still_waiting
from reseed.nouns.cohort import Cohort
from reseed.nouns.jump import Jump
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

RECORDS = ("cells_injected", "stem_cells_settled")  # the names it leaves behind
_UNITS = {"cells": "cell", "frequency": ""}


@dataclass(frozen=True, slots=True)
class Inject:
    """Adds whole numbers of stem cells to `target`, the donor's."""

    scales: Mapping[str, float]
    target: str

    def __call__(self, moment: Moment) -> Turn:
        if days := still_waiting(moment):
            return Turn(moment.carried, again=moment.time + days)
        values = read(moment, "inject", self.scales)
        competent = poisson(
            uniform_of(moment, "inject/competent"), values["cells"] * values["frequency"]
        )
        share = share_settled(moment, competent)
        number = binomial(uniform_of(moment, "inject/settled"), competent, share)
        entries = (
            Entry("inject", "cells_injected", values["cells"], "cell"),
            Entry("inject", "stem_cells_settled", number, "cell"),
        )
        return Turn(moment.carried, (Jump(moment.time, self.target, number, "graft"),), entries)


def build(system: System, cohort: Cohort, last: float, tags: tuple[str, ...]) -> Inject:
    """The procedure for one system."""
    return Inject(factors(system, "inject", _UNITS), find_port(system, "donor_stem_cells").symbol)
