"""Predictions: a study of everybody is the trial itself; small studies scatter as they must."""

from __future__ import annotations

import numpy as np
import pytest

from reseed.base.keys import uniforms
from reseed.nouns.key import Key
from reseed.stats import (
    cumulative_incidence,
    interval_of,
    kaplan_meier,
    median_times,
    middles,
    shares,
)

DRAW = np.random.Generator(np.random.Philox(3))
TIME = np.round(DRAW.exponential(6.0, 90))  # many ties
STATUS = DRAW.integers(0, 3, 90)
EVERYBODY = (np.arange(90)[None, :] + 0.5) / 90


@pytest.mark.parametrize("day", [0.0, 1.0, 4.5, 7.0, 15.0])
def test_a_study_of_everybody_has_the_curve_of_the_trial(day: float) -> None:
    """Person by person, with ties, censoring and competing events: Aalen-Johansen, Kaplan-Meier."""
    curve = cumulative_incidence(TIME, STATUS, [day])
    assert shares(TIME, STATUS, EVERYBODY, day, False)[0] == pytest.approx(curve.estimate[0])
    event = (STATUS == 1).astype(np.int64)
    survival = kaplan_meier(TIME, event, [day])
    assert shares(TIME, event, EVERYBODY, day, True)[0] == pytest.approx(survival.estimate[0])


def test_medians_of_everybody() -> None:
    """The time by which half have had it; infinite where they never have."""
    event = (STATUS == 1).astype(np.int64)
    reached = kaplan_meier(TIME, event, [1.0]).reached[1]
    assert median_times(TIME, event, EVERYBODY, True)[0] == reached
    assert np.isinf(median_times(TIME, np.zeros(90, int), EVERYBODY, False)[0])
    values = np.arange(90.0)
    assert middles(values, np.ones(len(values)), EVERYBODY, "median")[0] == 44.5
    assert middles(values, np.ones(len(values)), EVERYBODY, "mean")[0] == 44.5


def test_values_are_drawn_as_often_as_they_count() -> None:
    """One that stands for three patients is drawn three times as often as one for one."""
    values, weights = np.array([0.0, 1.0]), np.array([1.0, 3.0])
    uniform = (np.arange(4000) + 0.5)[None, :] / 4000
    assert middles(values, weights, uniform, "mean")[0] == 0.75


def test_studies_scatter_as_the_binomial_law_says() -> None:
    """Four hundred studies of fifty people of whom three in ten have the event."""
    time, status = np.full(1000, 10.0), (np.arange(1000) < 300).astype(np.int64)
    uniform = uniforms(Key(1, "test"), np.arange(50)[None, :], replicate=np.arange(400)[:, None])
    found = shares(time, status, uniform, 10.0, False)
    assert found.mean() == pytest.approx(0.3, abs=0.01)
    assert found.std() == pytest.approx(np.sqrt(0.3 * 0.7 / 50), rel=0.1)
    low, high = interval_of(found)
    assert 0.16 <= low <= 0.2 and 0.4 <= high <= 0.45
    again = uniforms(Key(1, "test"), np.arange(20)[None, :], replicate=np.arange(400)[:, None])
    np.testing.assert_array_equal(again, uniform[:, :20])  # a smaller study is part of a larger one


def test_ends_that_are_not_reached_are_infinite() -> None:
    """One study in ten never gets there."""
    low, high = interval_of(np.array([np.inf, *range(9)]))
    assert low == 0.0 and np.isinf(high)
