"""Doses adjusted to measured exposure: closed forms of a linear drug, bounds, errors, the files."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from examples import cohort, one_compartment

from reseed.base.errors import InvalidInput
from reseed.course import in_words, plan
from reseed.course.orders import doses
from reseed.engine import solve
from reseed.model import compile_model
from reseed.nouns.course import Course, Do, Give, Quantity, Stage
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.spec import find_library, read_course, read_module

EXACT = {"assay_cv": Quantity(0.0, ""), "estimation_cv": Quantity(0.0, "")}
TARGET = Quantity(20.0, "mg*day/L")  # four doses of 100 mg at 20 L/day give just that
FOUR = (0.0, 8.0, 16.0, 24.0)
HALF_LIFE = Quantity(0.5 * float(np.log(2)), "day")  # V 10 L, CL 20 L/day


def exposures(
    clearance: np.ndarray,
    last_day: float = 7.0,
    day: float = 7.0,
    days: tuple[float, ...] = FOUR,
    before: float = 0.0,
    **settings: Quantity,
) -> tuple[np.ndarray, Records]:
    """Cumulative areas of people with these clearances (L/day), in mg*day/L, and the records."""
    adjusting = read_module(find_library().path("models", "adjust_dose"))
    values = {"target_auc": TARGET, **EXACT, **settings}
    overrides = {f"adjust_dose__{name}": value for name, value in values.items()}
    one = compile_model([one_compartment(), adjusting], "adjusting", overrides)
    people = dataclasses.replace(cohort(len(clearance)), parameters={"drug__CL": clearance})
    give = Give("drug", Quantity(100.0, "mg"), days, 3.0, 0.0, 1)
    do = Do("adjust_dose", day, last_day, 20.0, drug="drug")
    stages = [Stage("therapy", "Therapy", (give,), (do,))]
    if before:
        early = Give("drug", Quantity(before, "mg"), (-9.0,), 3.0, 0.0, 1)
        stages.insert(0, Stage("earlier", "Earlier", (early,), ()))
    laid = plan(Course("c", "C", "", tuple(stages), ()), people, one, infusion_day=10, end=60)
    found, records = solve(one, people, laid, Probe(("drug_auc",), np.array([60.0])), key=Key(3))
    assert not found.status.any()
    return found.values[:, 0, 0], records


def of(records: Records, name: str) -> Mapping[int, list[float]]:
    """The values of a record by patient, in the order of time."""
    rows: dict[int, list[float]] = {}
    for patient, what, value in zip(records.patient, records.name, records.value, strict=True):
        if what == name:
            rows.setdefault(int(patient), []).append(float(value))
    return rows


def test_everybody_meets_the_target_if_the_measurement_is_true() -> None:
    """M + (M/G) f R is the target whatever the clearance; the factor is (4 CL/20 - 1)/3."""
    clearance = np.array([14.0, 20.0, 25.0])
    areas, records = exposures(clearance)
    assert areas == pytest.approx(20.0, rel=1e-3)
    factors = [of(records, "dose_factor")[patient][0] for patient in range(3)]
    assert factors == pytest.approx((4 * clearance / 20 - 1) / 3, rel=1e-3)
    measured = [of(records, "measured_auc")[patient][0] for patient in range(3)]
    assert measured == pytest.approx(24 * 100 / clearance, rel=1e-3)


def test_a_dose_changes_within_bounds() -> None:
    """A fast and a slow patient get one and a half times, and half, of what was planned."""
    clearance = np.array([50.0, 7.0])
    areas, records = exposures(clearance)
    assert [of(records, "dose_factor")[patient] for patient in (0, 1)] == [[1.5], [0.5]]
    assert areas == pytest.approx((100 + 300 * np.array([1.5, 0.5])) / clearance, rel=1e-3)


def test_the_error_of_one_measurement_is_that_of_the_exposure() -> None:
    """The area over the target is true over measured: lognormal, with the two errors together."""
    errors = {"assay_cv": Quantity(0.06, ""), "estimation_cv": Quantity(0.08, "")}
    areas, _ = exposures(np.full(400, 20.0), **errors)
    spread = np.log(areas / 20.0)
    assert np.std(spread) == pytest.approx(0.1, rel=0.1)
    assert np.mean(spread) == pytest.approx(0, abs=0.015)


def test_measuring_again_halves_what_is_left_of_the_error() -> None:
    """Three measurements with errors of their own come nearer than one."""
    errors = {"assay_cv": Quantity(0.1, ""), "tail_half_life": HALF_LIFE}
    daily = (0.0, 1.0, 2.0, 3.0)
    fast = np.full(200, 20.0)
    once, _ = exposures(fast, days=daily, day=0.0, last_day=0.0, **errors)
    thrice, records = exposures(fast, days=daily, day=0.0, last_day=2.0, **errors)
    assert np.std(np.log(thrice)) < 0.8 * np.std(np.log(once))
    assert all(len(found) == 3 for found in of(records, "measured_auc").values())


def test_what_is_still_to_come_is_added_by_the_half_life() -> None:
    """Measured 8 h after the start, two fifths are still to come, and are not lost."""
    short, _ = exposures(np.array([20.0]), day=-0.5, last_day=-0.5)
    whole, _ = exposures(np.array([20.0]), day=-0.5, last_day=-0.5, tail_half_life=HALF_LIFE)
    assert short[0] > 22
    assert whole[0] == pytest.approx(20.0, rel=1e-3)


def test_what_was_given_before_does_not_count() -> None:
    """An earlier stage with the same drug leaves an area of 10 that is not of this treatment."""
    areas, _ = exposures(np.array([20.0]), before=200.0)
    assert areas[0] == pytest.approx(10.0 + 20.0, rel=1e-3)


STAGE = """title = "T"
[[stage]]
name = "s"
title = "S"
[[stage.give]]
drug = "busulfan"
dose = "3.2 mg_per_kg"
over = "3 h"
days = "-7..-4"
{more}
"""
ADJUST = '[[stage.procedure]]\ndo = "adjust_dose"\ndays = -6\n{drug}'


@pytest.mark.parametrize(
    ("more", "part"),
    [
        (ADJUST.format(drug=""), "a drug of its stage"),
        (ADJUST.format(drug='drug = "melphalan"'), "a drug of its stage"),
        ('[[stage.procedure]]\ndo = "thaw"\ndrug = "busulfan"\ndays = 0', "no drug for thaw"),
        (
            ADJUST.format(drug='drug = "busulfan"\nhour = 8').replace("-6", "-7"),
            "after the first dose of busulfan",
        ),
        (
            'every = "2 day"\n' + ADJUST.format(drug='drug = "busulfan"'),
            "without until, steady, every",
        ),
    ],
)
def test_courses_that_cannot_be_are_refused(tmp_path: Path, more: str, part: str) -> None:
    """A drug of the stage whose doses are all planned, and only where it is asked for."""
    path = tmp_path / "c.toml"
    path.write_text(STAGE.format(more=more), encoding="utf-8")
    with pytest.raises(InvalidInput, match=part):
        read_course(path, find_library())


def test_the_course_says_it_in_words() -> None:
    """The drug is named, and when it is measured."""
    library = find_library()
    course = read_course(Path(library.path("courses", "busulfan-adjusted-daily")), library)
    text = " ".join(in_words(course))
    measured = "The exposure to busulfan is measured daily from day −6 to day −4, and its further"
    assert f"{measured} doses are scaled." in text


BANDS = """
[[stage.give.band]]
below = "9 kg"
dose = "4 mg_per_kg"
[[stage.give.band]]
below = "{second}"
dose = "{dose}"
"""


def test_doses_by_bands_of_weight() -> None:
    """Whoever weighs less than a bound has its dose; at the bound, that of the next band."""
    bands = ((9.0, Quantity(4.0, "mg_per_kg")), (16.0, Quantity(50.0, "mg")))
    give = Give("drug", Quantity(3.0, "mg_per_kg"), (0.0,), 3.0, 0.0, 1, bands=bands)
    weights = np.array([8.0, 9.0, 15.9, 16.0])
    people = dataclasses.replace(cohort(4, weight=(1.0, "kg")), covariates={"weight": weights})
    assert doses(give, people, "mg").tolist() == [32.0, 50.0, 50.0, 48.0]


@pytest.mark.parametrize(
    ("second", "dose", "part"),
    [
        ("9 kg", "4.8 mg_per_kg", "a higher weight each time"),
        ("9 L", "4.8 mg_per_kg", "a body weight, in kg"),
        ("16 kg", "2 cell_per_kg", "an amount as that of the dose"),
    ],
)
def test_bands_that_cannot_be_are_refused(
    tmp_path: Path, second: str, dose: str, part: str
) -> None:
    """Weights that rise, and doses of one kind."""
    path = tmp_path / "c.toml"
    path.write_text(STAGE.format(more=BANDS.format(second=second, dose=dose)), encoding="utf-8")
    with pytest.raises(InvalidInput, match=part):
        read_course(path, find_library())
