"""Sums that are known of some patients only, since the follow-up of others was cut off."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reseed.report.pairs import pair_weights
from reseed.stats import censoring_weights, kaplan_meier, mean, quantiles, welch

LAST = 10.0


def followed(size: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Deaths at 0.08 a year, drop-outs at 0.05, the end at 10: time, status, true years of life."""
    chance = np.random.default_rng(seed)
    death = np.minimum(chance.exponential(1 / 0.08, size), LAST)
    cut = chance.exponential(1 / 0.05, size)
    return np.minimum(death, cut), (death <= cut).astype(int), death


def test_nobody_cut_off_counts_for_more_than_one() -> None:
    assert censoring_weights([3.0, 1.0, 10.0], [1, 1, 1]).tolist() == [1.0, 1.0, 1.0]


def test_those_who_stay_count_for_those_who_were_cut_off() -> None:
    """Of four, one leaves on day 2: the two who know their sum later share what he would have."""
    weights = censoring_weights([1.0, 2.0, 3.0, 10.0], [1, 0, 1, 1])
    assert weights == pytest.approx([1.0, 0.0, 1.5, 1.5])


def test_who_knows_his_sum_on_the_day_on_which_another_leaves_was_not_at_risk_later() -> None:
    """Events come before censoring at the same time, as in Kaplan and Meier's curve."""
    assert censoring_weights([2.0, 2.0, 5.0], [1, 0, 1]) == pytest.approx([1.0, 0.0, 2.0])


def test_the_weights_make_up_the_whole_number_of_patients() -> None:
    time, status, _ = followed(500)
    assert status[time == LAST].all()
    assert censoring_weights(time, status).sum() == pytest.approx(500)


def test_mean_years_of_life_are_the_area_under_the_survival_curve() -> None:
    """An identity: the weighted mean is the restricted mean of Kaplan and Meier's curve."""
    time, status, _ = followed(400)
    weighted = mean(time[status == 1], censoring_weights(time, status)[status == 1])
    knots = np.concatenate([[0.0], np.sort(time)])
    curve = kaplan_meier(time, status & (time < LAST), knots)
    area = float(np.sum(curve.estimate[:-1] * np.diff(knots)))
    assert weighted.value == pytest.approx(area, rel=1e-9)


def test_the_dead_do_not_count_for_more_than_their_share() -> None:
    """Complete cases alone say too few years of life; the weighted mean does not."""
    time, status, truth = followed(4000)
    known = status == 1
    weighted = mean(time[known], censoring_weights(time, status)[known])
    assert weighted.low < truth.mean() < weighted.high
    plain = mean(time[known])
    assert plain.high < truth.mean()
    median = quantiles(time[known], (0.3,), censoring_weights(time, status)[known])[0]
    assert median == pytest.approx(np.quantile(truth, 0.3), rel=0.08)


def test_intervals_of_weighted_means_hold_the_truth_as_often_as_they_say() -> None:
    """In 400 trials of 200 patients; they take the weights for given, so rather more often."""
    expected = (1 - np.exp(-0.08 * LAST)) / 0.08
    held = 0
    for seed in range(400):
        time, status, _ = followed(200, seed)
        known = status == 1
        found = mean(time[known], censoring_weights(time, status)[known])
        held += found.low <= expected <= found.high
    assert 0.93 <= held / 400 <= 0.99


def test_arms_of_equal_weights_are_compared_as_without() -> None:
    one, two = np.arange(20.0), np.arange(30.0) + 1
    assert welch(one, two, (np.full(20, 2.0), np.full(30, 3.0))) == welch(one, two)


def test_a_patient_without_time_counts_once() -> None:
    weights = censoring_weights([np.nan, 1.0, 2.0, np.nan], [1, 0, 1, 0])
    assert weights == pytest.approx([1.0, 0.0, 2.0, 0.0])


def test_twins_who_drop_out_together_are_weighted_as_pairs() -> None:
    """Years gained by the same people in two arms, one drop-out for both: the truth comes back."""
    chance, size = np.random.default_rng(3), 100_000
    lives = [np.minimum(chance.exponential(1 / rate, size), 15.0) for rate in (0.03, 0.06)]
    cut = chance.exponential(1 / 0.03, size)
    columns = {}
    for side, life in zip(("one", "two"), lives, strict=True):
        columns[f"time_{side}"] = np.minimum(life, cut)
        columns[f"status_{side}"] = (life <= cut).astype(int)
    both = pd.DataFrame(columns)
    whole = (both["status_one"] + both["status_two"] == 2).to_numpy()
    gained = lives[0] - lives[1]
    found = mean(gained[whole], pair_weights(both)[whole])
    assert found.low < gained.mean() < found.high
    apart = censoring_weights(both["time_one"], both["status_one"])
    apart = apart * censoring_weights(both["time_two"], both["status_two"])
    assert mean(gained[whole], apart[whole]).high < gained.mean()  # what multiplying would say
