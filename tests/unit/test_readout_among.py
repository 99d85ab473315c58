"""Endpoints that tell of some patients only: women, children, those above a dose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reseed.base.errors import InvalidInput
from reseed.nouns.among import Among
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.course import Quantity
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.key import Key
from reseed.nouns.records import Records
from reseed.nouns.trajectories import Trajectories
from reseed.readout import read_out
from reseed.readout.among import whom
from reseed.spec.endpoint import read_endpoint
from reseed.stats import estimate

YOUNG = Among("age", high=Quantity(40.0, "year"))
WOMAN = Among("sex", "female")
FAILURE = Endpoint("failure", "Ovarian failure", "", "first", "entry", 0.0, 100.0,
                   (("records", ("failure",)),), (), "test", "", (WOMAN, YOUNG))  # fmt: skip
TEXT = """
title = "x"
definition = "x"
kind = "first"
origin = "entry"
from_day = 0
to_day = 10
source = "x"

[settings]
records = ["failure"]

[[among]]
"""


def people() -> Cohort:
    """A young woman, a man, an older woman, a woman of just 40."""
    columns = (Covariate("sex", "", ("female", "male")), Covariate("age", "month"))
    values = {"sex": np.array([0.0, 1, 0, 0]), "age": 12.0 * np.array([30.0, 30, 50, 40])}
    return Cohort(np.arange(4), columns, values, {})


def found(endpoint: Endpoint, cohort: Cohort | None):
    times = np.arange(0.0, 101.0)
    trajectories = Trajectories(
        np.arange(4), ("n",), ("",), times, np.ones((4, 1, 101)), np.full(4, 100.0), ("",) * 4,
        np.zeros(4, dtype=int), np.full(4, np.nan), ("",) * 4, np.zeros(4, dtype=int),
        np.ones(4, dtype=int),
    )  # fmt: skip
    records = Records(np.array([0, 2]), np.array([30.0, 40.0]), ("event",) * 2, ("failure",) * 2,
                      np.ones(2), ("",) * 2)  # fmt: skip
    return read_out(trajectories, records, (endpoint,), key=Key(1), count_cv=0.0,
                    dropout_per_year=0.0, origin=np.zeros(4), cohort=cohort)  # fmt: skip


def test_only_those_it_tells_of_have_a_row_and_count() -> None:
    outcomes = found(FAILURE, people())
    assert outcomes.patient.tolist() == [0, 3]
    assert (outcomes.time.tolist(), outcomes.status.tolist()) == ([30.0, 100.0], [1, 0])
    summary = estimate(outcomes, FAILURE, "arm")
    assert (summary.n, summary.missing, summary.estimate[-1]) == (2, 0, 0.5)


def test_bounds_are_included_and_in_their_own_unit() -> None:
    older = replace(FAILURE, among=(Among("age", low=Quantity(480.0, "")),))
    assert whom(FAILURE, people()).tolist() == [True, False, False, True]
    assert whom(older, people()).tolist() == [False, False, True, True]


def test_nobody_may_be_left() -> None:
    nobody = replace(FAILURE, among=(Among("age", high=Quantity(1.0, "year")),))
    outcomes = found(nobody, people())
    assert len(outcomes.patient) == 0
    assert estimate(outcomes, nobody, "arm").n == 0


@pytest.mark.parametrize(
    ("endpoint", "cohort", "told"),
    [
        (FAILURE, None, "covariates"),
        (replace(FAILURE, among=(Among("height"),)), people(), "height"),
        (replace(FAILURE, among=(Among("sex", "woman"),)), people(), "woman"),
    ],
)
def test_what_the_cohort_does_not_have_is_named(endpoint, cohort, told) -> None:
    with pytest.raises(InvalidInput, match=told):
        found(endpoint, cohort)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ('covariate = "age"', "neither a level nor a bound"),
        ('covariate = "sex"\nlevel = "female"\nat_least = 1', "a level and bounds"),
        ('covariate = "age"\nat_least = "9 year"\nat_most = "8 year"', "at least 9 year"),
    ],
)
def test_a_condition_needs_a_level_or_bounds(tmp_path: Path, condition: str, told: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(TEXT + condition)
    with pytest.raises(InvalidInput, match=told):
        read_endpoint(path)


def test_a_condition_says_in_words_whom_it_means() -> None:
    assert str(WOMAN) == "sex is female"
    assert str(YOUNG) == "age at most 40 year"
