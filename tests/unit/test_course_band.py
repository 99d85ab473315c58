"""Doses by bands of a covariate: each patient is in one, and is given its dose alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from examples import cohort, one_compartment, system

from reseed.base.errors import InvalidInput
from reseed.course import in_words, plan
from reseed.spec import read_course

COURSE = """title = "T"

[[stage]]
name = "one"
title = "One"

[[stage.give]]
drug = "drug"
dose = "5 mg_per_kg"
over = "3 h"
days = [-1]

[stage.give.among]
covariate = "weight"
below = "16 kg"

[[stage.give]]
drug = "drug"
dose = "3 mg_per_kg"
over = "3 h"
days = [-1]

[stage.give.among]
covariate = "weight"
at_least = "16000 g"
"""
WEIGHTS = np.array([10.0, 15.9, 16.0, 40.0])


def written(folder: Path, text: str) -> Path:
    """A course file with that text."""
    path = folder / "bands.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_patient_is_given_the_dose_of_one_band(tmp_path: Path) -> None:
    """10 and 15.9 kg get 5 mg/kg, 16 and 40 kg get 3: a bound belongs to the upper band."""
    course = read_course(written(tmp_path, COURSE))
    people = cohort(4, weight=(0.0, "kg"))
    people = dataclasses.replace(people, covariates={"weight": WEIGHTS})
    schedule = plan(course, people, system(one_compartment()), infusion_day=2.0, end=10.0)
    begun = np.where(schedule.values > 0, schedule.values, np.nan)
    assert (np.isfinite(begun).sum(axis=1) == 1).all()
    milligrams = np.nansum(begun, axis=1) * 3 / 24
    np.testing.assert_allclose(milligrams, [50.0, 79.5, 48.0, 120.0])
    ended = np.nansum(schedule.values, axis=1)
    np.testing.assert_allclose(ended, 0.0, atol=1e-9)


def test_a_band_is_told_in_words(tmp_path: Path) -> None:
    """Both doses stand in the course, each with those who get it."""
    told = in_words(read_course(written(tmp_path, COURSE)))[0]
    assert "on day −1, in patients with a weight below 16 kg." in told
    assert "in patients with a weight of at least 16000 g." in told


@pytest.mark.parametrize(
    ("band", "place", "found"),
    [
        ("", "stage[1].give[1].among", "no bound"),
        ('at_least = "20 kg"\nbelow = "16 kg"', "stage[1].give[1].among.below", "16 kg"),
        ('above = "20 kg"', "stage[1].give[1].among.above", "unknown"),
    ],
)
def test_a_band_that_holds_nobody_is_refused(
    tmp_path: Path, band: str, place: str, found: str
) -> None:
    """With the file, the place, and what would be right."""
    text = COURSE.replace('below = "16 kg"', band, 1)
    with pytest.raises(InvalidInput) as caught:
        read_course(written(tmp_path, text))
    faults = [fault for fault in caught.value.faults if fault.place == place]
    assert len(faults) == 1 and found in faults[0].found
