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

    `low` and `high` are the published range, NaN if there is none. Rows `of_leukaemia` fit one number
    of their own, which no other patient has.
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


def given(drug: str, dose: str, days: Sequence[float], hours: float = 0.0, per_day: int = 1) -> Give:
    """A drug on some days, from nine in the morning."""
    value, unit = dose.split(" ")
    return Give(drug, Quantity(float(value), unit), tuple(days), hours, 9.0, per_day)


def growth_factor(first: int, dose: float = 5.0) -> Give:
    """Filgrastim daily from a day on. It outlasts recovery, which changes no day of recovery."""
    return given("filgrastim", f"{dose:g} ug_per_kg", range(first, 36))


def of_library(name: str, first: int) -> tuple[Give, ...]:
    """The conditioning of a library course, antibodies against lymphocytes left out.

    These act on no cell that is counted here. Filgrastim begins on day `first`.
    """
    found = read_course(find_library().path("courses", name))
    gives = [
        replace(give, until_port="", until_level=None)
        for stage in found.stages
        if stage.name != "mobilisation"
        for give in stage.gives
        if give.drug not in ("rabbit_atg", "horse_atg", "filgrastim")
    ]
    return (*gives, growth_factor(first))


FRACTIONS = ((-5.0, -4.0), 2)  # total body irradiation of 8 Gy: days, fractions per day


LEUKAEMIC = (("leukaemic_marrow", 1.0),)


@cache
def arms() -> dict[str, Arm]:
    """The cohorts by name."""
    beam = of_library("beam-atg", 5)
    fours = [given("cyclophosphamide", "50 mg_per_kg", (-5, -4, -3, -2), 1.0)]
    split = [given("cyclophosphamide", "50 mg_per_kg", (-11, -10, -2, -1), 2.0)]
    irradiation = given("total_body_irradiation", "2 Gy", *FRACTIONS[:1], per_day=FRACTIONS[1])
    twos = given("cyclophosphamide", "60 mg_per_kg", (-3, -2), 1.0)
    unknown = "regimen, growth factor (from day 5): not seen"
    return {
        "Allan <2": Arm(beam, Dose(2.0e6, 0.7, high=2e6, counted="viable"), f"BEAM; {unknown}"),
        "Allan 2-5": Arm(beam, Dose(2.0e6, 0.7, 2e6, 5e6, "viable"), f"BEAM; {unknown}"),
        "Allan >5": Arm(beam, Dose(2.0e6, 0.7, 5e6, counted="viable"), f"BEAM; {unknown}"),
        "Ketterer 2.5-15": Arm(beam, Dose(7.6e6, 1.0, 2.5e6, 15e6), "BEAM; filgrastim from day 5"),
        "Ketterer >15": Arm(beam, Dose(7.6e6, 1.0, 15e6), "BEAM; filgrastim from day 5"),
        "Mayo": Arm(of_library("cyclophosphamide-atg", 5), Dose(3.83e6, 0.39), f"Cy 200; {unknown}"),
        "Nash": Arm(
            (irradiation, twos, growth_factor(0)),
            Dose(4e6, 0.4, low=2.5e6), "dose above the required 2.5e6; filgrastim from day 0",
        ),
        "Mexico": Arm(
            (*split, given("filgrastim", "10 ug_per_kg", range(-9, -2)), growth_factor(3)),
            Dose(5.68e6, 0.64, 1e6, 37.8e6, "viable"), "filgrastim from day 3",
        ),
        "children": Arm(
            (given("melphalan", "200 mg_per_m2", (-2,), 0.5), growth_factor(5)),
            Dose(6.5e6, 0.5), f"adults after melphalan; {unknown}",
        ),
        "BuCyE": Arm(
            (
                given("busulfan", "0.8 mg_per_kg", (-7, -6, -5), 2.0, 4),
                given("etoposide", "400 mg_per_m2", (-5, -4), 2.0),
                given("cyclophosphamide", "50 mg_per_kg", (-3, -2), 1.0),
                growth_factor(5),
            ),
            Dose(5e6, 0.5), "dose; filgrastim from day 5",
        ),
        "lupus": Arm((*fours, growth_factor(5)), Dose(5e6, 0.4), "dose; filgrastim from day 5"),
        "AML 5-10": Arm(
            (
                given("busulfan", "0.8 mg_per_kg", (-7, -6, -5, -4), 2.0, 4),
                given("etoposide", "1800 mg_per_m2", (-3,), 4.0),
                growth_factor(5),
            ),
            Dose(9e6, 0.6, 5e6, 10e6), "dose law; doses of drugs; filgrastim from day 5",
            LEUKAEMIC,
        ),
        "AML >10": Arm(
            (
                given("busulfan", "0.8 mg_per_kg", (-7, -6, -5, -4), 2.0, 4),
                given("etoposide", "1800 mg_per_m2", (-3,), 4.0),
                growth_factor(5),
            ),
            Dose(9e6, 0.6, 10e6), "dose law; doses of drugs; filgrastim from day 5",
            LEUKAEMIC,
        ),
        "no graft": Arm((given("cyclophosphamide", "50 mg_per_kg", (-3, -2, -1, 0), 1.0),
                         growth_factor(6)), None, "filgrastim from day 6"),
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
