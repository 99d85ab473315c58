"""Published recovery of blood after grafts: cohorts, how they were treated, and what was seen.

Regimens come from the library's courses where there is one, else they are written here; what was
not in what we read is assumed, and says so. A study's error is shared by all its rows of one kind
(definitions, care, growth factor), so that its own contrast between doses counts for more than the
difference from another study.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from reseed.nouns.course import Give, Quantity
from reseed.spec import find_library, read_course

STUDY_SD = {"neutrophils": 1.5, "platelets": 2.0}
"""Between studies, days: a guess; the misfits after the fit are printed beside it."""


@dataclass(frozen=True)
class Dose:
    """CD34+ cells per kg: a lognormal law (median, SD of logs) between two bounds.

    `counted` says where: before freezing (some die in thawing), or living cells as infused.
    """

    median: float
    spread: float
    low: float = 0.5e6
    high: float = 100e6
    counted: str = "before freezing"


@dataclass(frozen=True)
class Arm:
    """A cohort: what was given, its graft (None: none), and covariates other than the library's."""

    gives: tuple[Give, ...]
    graft: Dose | None
    assumed: str
    covariates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Target:
    """A published median day of an arm; `n` patients, `sd` days between them.

    `low` and `high` are the published range, NaN if there is none. Rows `of_leukaemia` fit one
    number of their own, which no other patient has.
    """

    study: str
    arm: str
    port: str
    level: float
    day: float
    n: int
    sd: float
    source: str
    low: float = float("nan")
    high: float = float("nan")
    of_leukaemia: bool = False

    def name(self) -> str:
        """Arm, line and level (1e9 cells/L)."""
        return f"{self.arm}, {self.port} {self.level / 1e9:g}"


def given(drug: str, dose: str, days: Sequence[float], hours: float, per_day: int = 1) -> Give:
    """A drug on some days, from nine in the morning."""
    value, unit = dose.split(" ")
    return Give(drug, Quantity(float(value), unit), tuple(days), hours, 9.0, per_day)


def of_library(name: str, stop: bool = False) -> tuple[Give, ...]:
    """What a course of the library gives in the three weeks before its graft and after it.

    Antibodies against lymphocytes act on no cell that is counted here and are left out. Filgrastim
    ends as the course says only with `stop`: else it outlasts recovery, which changes no day of it.
    """
    found = read_course(find_library().path("courses", name))
    return tuple(
        give if stop else replace(give, until_port="", until_level=None)
        for stage in found.stages
        for give in stage.gives
        if give.drug not in ("rabbit_atg", "horse_atg", "rituximab") and min(give.days) > -21
    )


LEUKAEMIC = (("leukaemic_marrow", 1.0),)
BEAM = "regimen not seen: BEAM, filgrastim from day 5, as for all who had chemotherapy"
CY = "regimen not seen: cyclophosphamide 200 mg/kg, as for autoimmune disease"


@cache
def arms() -> dict[str, Arm]:
    """The cohorts by name."""
    beam, cy = of_library("beam"), of_library("cyclophosphamide-atg")
    factor = given("filgrastim", "5 ug_per_kg", range(5, 36), 0.0)
    of_leukaemia = (
        given("busulfan", "0.8 mg_per_kg", (-7, -6, -5, -4), 2.0, 4),
        given("etoposide", "1800 mg_per_m2", (-3,), 4.0),
        factor,
    )
    alone = tuple(replace(give, days=(-3, -2, -1, 0)) for give in cy if give.drug != "filgrastim")
    at_once = given("filgrastim", "5 ug_per_kg", range(36), 0.0)
    late = given("filgrastim", "5 ug_per_kg", range(6, 36), 0.0)
    spread = "the spread of doses"
    return {
        "Allan <2": Arm(beam, Dose(2.0e6, 0.7, high=2e6, counted="viable"), f"{BEAM}; {spread}"),
        "Allan 2-5": Arm(beam, Dose(2.0e6, 0.7, 2e6, 5e6, "viable"), f"{BEAM}; {spread}"),
        "Allan >5": Arm(beam, Dose(2.0e6, 0.7, 5e6, counted="viable"), f"{BEAM}; {spread}"),
        "Ketterer 2.5-15": Arm(beam, Dose(7.6e6, 1.0, 2.5e6, 15e6), "all had BEAM"),
        "Ketterer >15": Arm(beam, Dose(7.6e6, 1.0, 15e6), "all had BEAM"),
        "Mayo": Arm(cy, Dose(3.83e6, 0.39), CY),
        "Nash": Arm(
            (*(give for give in of_library("scot") if give.drug != "filgrastim"), at_once),
            Dose(4e6, 0.4, low=2.5e6), "doses above 2.5e6/kg; filgrastim from day 0 (from memory)",
        ),
        "Mexico": Arm(
            of_library("cyclophosphamide-mexico"),
            Dose(5.68e6, 0.64, 1e6, 37.8e6, "viable"), "days and doses of filgrastim",
        ),
        "children": Arm(beam, Dose(6.5e6, 0.5), f"{BEAM}; adults; {spread}"),
        "BuCyE": Arm(of_library("bu-cy-etoposide"), Dose(5e6, 0.5), "the doses of CD34+ cells"),
        "lupus": Arm(cy, Dose(5e6, 0.4), "the doses of CD34+ cells"),
        "AML 5-10": Arm(of_leukaemia, Dose(9e6, 0.6, 5e6, 10e6), "drugs, spread", LEUKAEMIC),
        "AML >10": Arm(of_leukaemia, Dose(9e6, 0.6, 10e6), "drugs, spread", LEUKAEMIC),
        "no graft": Arm((*alone, late), None, "days from the last dose; filgrastim from day 6"),
        "BEAM, no graft": Arm(beam, None, "days from the day of a graft; filgrastim as with one"),
    }  # fmt: skip


def _rows() -> tuple[Target, ...]:
    """All rows: neutrophils (0.5 or 1.0e9/L), then platelets (20 or 50e9/L)."""
    n, p = "neutrophils", "platelets"
    allan, ketterer = "Allan 2002", "Ketterer 1998, CO0510-CO0513"
    mayo, gunn = "Mayo Clinic Florida, AABB 2024", "Gunn 2003, CO0515-CO0518"
    return (
        Target("Allan", "Allan <2", n, 0.5e9, 13, 17, 2.5, allan),
        Target("Allan", "Allan 2-5", n, 0.5e9, 14, 14, 2.5, allan),
        Target("Allan", "Allan >5", n, 0.5e9, 12, 5, 2.5, allan),
        Target("Ketterer", "Ketterer 2.5-15", n, 1e9, 12, 105, 2.0, ketterer, 7, 17),
        Target("Ketterer", "Ketterer >15", n, 1e9, 11, 41, 2.0, ketterer, 8, 16),
        Target("Mayo", "Mayo", n, 0.5e9, 11.41, 47, 2.5, mayo),
        Target("Nash", "Nash", n, 0.5e9, 9, 34, 1.5, "Nash 2007, CO0204", 7, 13),
        Target("Mexico", "Mexico", n, 0.5e9, 8, 617, 2.0, "PMC6857075, CO0144", 2, 14),
        Target("children", "children", n, 0.5e9, 12.4, 13, 2.7, "doi of scilit bda3798"),
        Target("BuCyE", "BuCyE", n, 0.5e9, 10, 40, 2.0, "bmt2014327"),
        Target("lupus", "lupus", n, 0.5e9, 11, 17, 2.5, "Blood 110:5107, CO0584"),
        Target("no graft", "no graft", n, 0.5e9, 17.5, 5, 4.0, "14-21 days, from memory"),
        Target("no graft", "BEAM, no graft", n, 0.5e9, 21, 5, 4.0, "three weeks, from memory"),
        Target("Allan", "Allan <2", p, 20e9, 17, 17, 4.0, allan),
        Target("Allan", "Allan 2-5", p, 20e9, 12, 14, 3.5, allan),
        Target("Allan", "Allan >5", p, 20e9, 10, 5, 3.5, allan),
        Target("Ketterer", "Ketterer 2.5-15", p, 50e9, 14, 105, 4.0, ketterer, 8, 180),
        Target("Ketterer", "Ketterer >15", p, 50e9, 11, 41, 3.5, ketterer, 7, 24),
        Target("Mayo", "Mayo", p, 20e9, 14.40, 47, 4.0, mayo),
        Target("Nash", "Nash", p, 20e9, 11, 34, 4.0, "Nash 2007, CO0205", 7, 25),
        Target("Mexico", "Mexico", p, 20e9, 4, 617, 3.0, "PMC6857075, CO0145", 0, 11),
        Target("BuCyE", "BuCyE", p, 20e9, 14, 40, 4.0, "bmt2014327"),
        Target("lupus", "lupus", p, 20e9, 12, 17, 4.0, "Blood 110:5107, CO0585"),
        Target("Gunn", "AML 5-10", p, 20e9, 28, 29, 10.0, gunn, of_leukaemia=True),
        Target("Gunn", "AML >10", p, 20e9, 14, 29, 5.0, gunn, of_leukaemia=True),
        Target("Gunn", "AML 5-10", p, 50e9, 46, 29, 20.0, gunn, of_leukaemia=True),
        Target("Gunn", "AML >10", p, 50e9, 19, 29, 8.0, gunn, of_leukaemia=True),
    )


TARGETS = _rows()
