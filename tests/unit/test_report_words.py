"""Numbers, units, sources and sentences as the report prints them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from reseed.nouns.estimate import Estimate
from reseed.report.links import linked
from reseed.report.names import labelled, quantity, spoken, unit_text
from reseed.report.numbers import number, percent_interval, share, spread, spreads, together
from reseed.report.page import css_text
from reseed.report.sections.differences import Contrast, Side, with_day
from reseed.report.sections.findings import sentence
from reseed.report.sections.summary import quartiles
from reseed.report.variables import legible, show_of
from reseed.stats import Bounded


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.5, "0.5"), (12.345, "12.3"), (1234.5, "1234"), (5.2e9, "5.2 × 10⁹"),
     (-0.25, "−0.25"), (1e-5, "1 × 10⁻⁵"), (math.nan, "–"), (999.6, "1000")],
)  # fmt: skip
def test_number(value, text):
    """Three significant digits, powers of ten in print, a dash for nothing."""
    assert number(value) == text


def test_spread_has_one_precision():
    """The three numbers of a median with its quartiles carry the same decimals."""
    assert spread(11, 10, 12) == "11 (10 to 12)"
    assert spread(38.31, 32, 44.5) == "38.3 (32.0 to 44.5)"
    assert spread(12, 10, math.nan, absent="not reached") == "12 (10 to not reached)"
    assert spread(*[math.nan] * 3, absent="not reached") == "not reached"


def test_a_row_has_one_precision():
    """All cells of a row carry the same decimals, and nothing at all is 0."""
    assert spreads([(-0.6472, -0.85, -0.3), (-1.152, -1.4, 0)]) == (
        "−0.65 (−0.85 to −0.30)", "−1.15 (−1.40 to 0)",
    )  # fmt: skip
    assert spreads([(0, 0, 0.0667), (math.nan,) * 3]) == ("0 (0 to 0.0667)", "–")
    assert spreads([(2.5, math.nan, math.nan)]) == ("2.5",)
    assert together(0.0004, 0.5) == ("0.000", "0.500")


def test_counts_have_no_decimals_that_say_nothing():
    """Half a dose is 1.5 and not 1.50; thousands of cells are whole, and of one kind."""
    assert spread(1, 1, 1.5) == "1.0 (1.0 to 1.5)"
    assert spread(-0.5, -1, 0) == "−0.5 (−1.0 to 0)"
    assert spread(16010.5, 10199.2, 27945) == "16\u202f010 (10\u202f199 to 27\u202f945)"
    assert together(10730, 223854.0) == ("10\u202f730", "224\u202f000")
    assert together(5e9, 2e10) == ("5 × 10⁹", "2 × 10¹⁰")


def test_shares():
    """Counts with per cent; an empty arm has no share."""
    assert share(12, 200) == "12 (6.0%)"
    assert share(0, 0) == "0"
    assert percent_interval(0.045, 0.024, 0.083) == "4.5 (2.4 to 8.3)"


@pytest.mark.parametrize(
    ("unit", "text"),
    [("1e9 cell/L", "10⁹ cells/L"), ("mg_per_m2", "mg/m²"), ("cell/uL", "cells/µL"),
     ("1/day", "per day"), ("year", "years"), ("", ""), ("kg/m^2", "kg/m²"), ("ug/L", "µg/L")],
)  # fmt: skip
def test_units(unit, text):
    """Units as a clinician writes them."""
    assert unit_text(unit) == text


def test_labels_say_a_unit_once():
    """A title that names its unit does not name it twice; ten to a power gets its times sign."""
    assert labelled("Days of neutropenia", "day") == "Days of neutropenia"
    assert labelled("Weight", "kg") == "Weight, kg"
    assert quantity("0.5", "1e9 cell/L") == "0.5 × 10⁹ cells/L"
    assert spoken("blood_cd34") == "Blood CD34+"


def test_links_keep_every_character():
    """Pieces joined are the text; full stops and brackets of the sentence are not in the link."""
    text = "Smith (doi:10.1000/a(b)c.), PMID: 123456; see PMC99 and javascript:alert(1)."
    pieces = linked(text)
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.href for piece in pieces if piece.href] == [
        "https://doi.org/10.1000/a(b)c",
        "https://pubmed.ncbi.nlm.nih.gov/123456/",
        "https://pmc.ncbi.nlm.nih.gov/articles/PMC99/",
    ]


def test_css_text_cannot_leave_its_string():
    """Quotes, braces and line ends are escaped; what a browser reads back is the text."""
    import re

    text = 'a"}\n</style>é'
    escaped = css_text(text)
    assert not set(escaped) & set('"}<>\n')
    back = re.sub(r"\\([0-9a-f]+) ", lambda found: chr(int(found[1], 16)), escaped)
    assert back == text


def contrast(measure: str, first: Side, *others: Side, title: str = "Engraftment") -> Contrast:
    return Contrast({"kind": "sustained"}, title, measure, False, (first, *others))


DAY = Bounded(10, 9, 11)


def test_a_sentence_claims_a_clear_difference():
    """How much, which way, and with which interval; earlier and lower are turned round."""
    late = Side("B", Bounded(13, 12, 14), Bounded(3, 1.6, 4.4))
    assert sentence(contrast("median", Side("A", DAY), late)) == (
        "Engraftment: median day 10 with A; median day 13 with B: 3.0 days later "
        "(95% CI 1.6 to 4.4)."
    )
    early = Side("B", Bounded(9, 9, 9), Bounded(-1, -2, -1))
    assert "1 day earlier (95% CI 1 to 2)" in sentence(contrast("median", Side("A", DAY), early))
    rare = Side("B", Bounded(10, 5, 18), Bounded(-30, -45.25, -14))
    told = sentence(contrast("share", Side("A", Bounded(40, 30, 50)), rare, title="Infection"))
    assert "30.0 percentage points lower (95% CI 14.0 to 45.2)" in told
    more = Side("B", Bounded(1.6606, 1, 2), Bounded(0.6606, 0.3651, 0.9561))
    told = sentence(contrast("mean", Side("A", Bounded(1, 0.8, 1.2)), more, title="Transfusions"))
    assert "mean 1.00 with A; mean 1.66 with B: 0.66 more (95% CI 0.37 to 0.96)" in told


@pytest.mark.parametrize("low", [-1.0, 0.0, 0.04])
def test_a_sentence_claims_nothing_that_its_interval_does_not_bear(low):
    """An interval that holds zero, touches it, or is printed so, makes no difference."""
    side = Side("B", Bounded(13, 9, 14), Bounded(3.2, low, 5))
    told = sentence(contrast("median", Side("A", DAY), side))
    assert "no difference could be told (difference 3.2 days, 95% CI" in told
    assert "later" not in told and "−0" not in told


def test_a_sentence_says_why_arms_are_not_compared():
    """Too few patients; a median that the band does not hold; one arm alone has its interval."""
    few = Side("B", Bounded(13, 12, 14), None, "too few patients to compare")
    told = sentence(contrast("median", Side("A", DAY), few))
    assert told.endswith("median day 13 with B: too few patients to compare.")
    barely = Side("B", Bounded(30, 20, math.nan), None, "not compared")
    assert "median barely reached with B" in sentence(contrast("median", Side("A", DAY), barely))
    never = Side("B", Bounded(*[math.nan] * 3))
    assert sentence(contrast("median", Side("A", DAY), never)).endswith("not reached with B.")
    alone = sentence(contrast("median", Side("A", DAY)))
    assert alone == "Engraftment: median day 10 (95% CI 9 to 11)."


def test_small_concentrations_have_a_small_unit() -> None:
    """An axis in µg/L rather than in thousandths of mg/L; counts keep theirs."""
    show = show_of("filgrastim_concentration", "mg/L")
    assert legible(show, "mg/L", 0.02).unit == "ug/L"
    assert legible(show, "mg/L", 5e-5).unit == "ng/L"
    assert legible(show, "mg/L", 3.0) == show
    counts = show_of("neutrophils", "cell/L")
    assert legible(counts, "cell/L", 1e-3) == counts


def test_a_median_by_the_toss_of_a_coin_is_none() -> None:
    """Half had the event, give or take chance, and the upper quartile is not reached."""
    ends = [np.array([row]) for row in (0.55, 0.4, 0.7)]
    toss = Estimate(
        endpoint="e",
        arm="a",
        kind="cumulative_incidence",
        times=np.array([30.0]),
        estimate=ends[0],
        low=ends[1],
        high=ends[2],
        at_risk=np.array([10]),
        median=20.0,
        q25=9.0,
        q75=math.nan,
        n=10,
        missing=0,
        unit="day",
    )
    assert quartiles(toss) == "about 50% had it; no median"
    sure = dataclasses.replace(toss, low=np.array([0.51]))
    assert quartiles(sure) == "20 (9 to not reached)"


def test_a_title_says_its_day_once() -> None:
    """Fifteen years are not five; a title with parts is set off."""
    assert with_day("Overall survival to 15 years", "at", "15 years") == (
        "Overall survival to 15 years"
    )
    assert with_day("Overall survival to 15 years", "at", "5 years").endswith("15 years at 5 years")
    confirmed = "Progression-free survival, confirmed at 6 months"
    assert with_day(confirmed, "at", "5 years") == f"{confirmed}, at 5 years"


def test_hazards_and_ports_have_words() -> None:
    """No raw names where a physician reads."""
    assert spoken("death_background") == "Death from other causes"
    assert spoken("graves_disease") == "Graves' disease"
    assert spoken("clones_survived").startswith("Autoreactive clones")


def test_a_day_is_said_once():
    """A title that says how many days it is about needs no day."""
    assert with_day("Survival for 60 days", "at", "day 60") == "Survival for 60 days"
    assert with_day("Survival", "at", "day 60") == "Survival at day 60"


def test_the_floor_of_an_axis_keeps_its_unit():
    """Counts told per microlitre are cut where they were in 10⁹/L, at 0.01 × 10⁹/L."""
    bare = dataclasses.replace(show_of("neutrophils"), levels=())
    few = legible(bare, "cell/L", 1e9)
    assert (few.unit, few.floor) == ("cell/uL", pytest.approx(10))
