"""Differences between arms: against numbers by hand, SciPy, and shifts that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest, t, ttest_ind

from reseed.nouns.estimate import Estimate
from reseed.stats import (
    Bounded,
    cumulative_incidence,
    hybrid,
    mean,
    median_day,
    proportion,
    risk_at,
    welch,
)

NAN = float("nan")


def curve(days: np.ndarray, end: float = 60.0) -> Estimate:
    """The incidence of an event that each has on a day; those later than the end are censored."""
    grid = np.arange(0.0, end + 1)
    status = (days <= end).astype(int)
    found = cumulative_incidence(np.minimum(days, end), status, grid)
    return Estimate("a", "e", "cumulative_incidence", grid, found.estimate, found.low, found.high,
                    found.at_risk, *(found.reached[[1, 0, 2]]), "day", len(days), 0)  # fmt: skip


def test_risk_difference_of_newcombe() -> None:
    """His table II, method 10: 56/70 against 48/80 gives 0.2, 0.0524 to 0.3339."""
    other, first = Bounded(0.8, 0.6916, 0.8769), Bounded(0.6, 0.4905, 0.7004)
    found = hybrid(first, other)
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=2e-4)


def test_risk_difference_by_hand() -> None:
    """Legs of 3, 4, 5 and 12 per cent; nobody in either arm still has an interval; it turns."""
    first, other = Bounded(0.20, 0.08, 0.24), Bounded(0.50, 0.47, 0.55)
    found = hybrid(first, other)
    assert (found.value, found.low, found.high) == pytest.approx((0.30, 0.25, 0.43))
    back = hybrid(other, first)
    assert (back.value, back.low, back.high) == pytest.approx((-0.30, -0.43, -0.25))
    none = hybrid(Bounded(0.0, 0.0, 0.06), Bounded(0.0, 0.0, 0.05))
    assert (none.value, none.low, none.high) == pytest.approx((0.0, -0.06, 0.05))
    certain = hybrid(Bounded(0.0, 0.0, 0.06), Bounded(1.0, 0.95, 1.0))
    assert 0.9 < certain.low < certain.high == 1.0


def test_risk_at_a_day_is_that_of_the_curve() -> None:
    """At the horizon and between days; nothing before the first day."""
    estimate = curve(np.array([3.0, 5.0, 99.0, 99.0]))
    assert [risk_at(estimate, day).value for day in (2, 4.5, 60)] == [0.0, 0.25, 0.5]
    assert risk_at(estimate, 60).low == estimate.low[-1]
    assert not risk_at(estimate, -1).known


def test_welch_is_that_of_scipy() -> None:
    """Unequal size and spread; patients without a value are left out."""
    draw = np.random.Generator(np.random.Philox(4))
    first, other = draw.normal(10, 1, 40), draw.normal(11, 4, 25)
    found = welch([*first, NAN], other)
    judge = ttest_ind(other, first, equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((judge.low, judge.high))
    assert found.value == pytest.approx(other.mean() - first.mean())
    student = t.interval(0.95, 39, first.mean(), first.std(ddof=1) / math.sqrt(40))
    assert (mean(first).low, mean(first).high) == pytest.approx(student)


def test_a_share_has_its_exact_interval() -> None:
    """Clopper and Pearson, as SciPy has it; never outside 0 to 1, nor without a width."""
    for hits, people in ((0, 20), (57, 60), (12, 40), (20, 20)):
        found = proportion([1.0] * hits + [0.0] * (people - hits) + [NAN])
        judge = binomtest(hits, people).proportion_ci(method="exact")
        assert found.value == pytest.approx(hits / people)
        assert (found.low, found.high) == pytest.approx((judge.low, judge.high))
    weighted = proportion([1.0, 0.0] * 30, [2.0, 2.0] * 30)
    plain = proportion([1.0, 0.0] * 30)
    assert (weighted.low, weighted.high) == pytest.approx((plain.low, plain.high), abs=0.005)
    uneven = proportion([1.0, 0.0] * 30, [5.0, 5.0, *[0.2] * 58])
    assert uneven.high - uneven.low > plain.high - plain.low
    assert not proportion([]).known


def test_welch_without_spread_has_no_interval() -> None:
    """One transfusion each tells nothing of spread; one arm with some is enough; nobody is NaN."""
    same = welch([0.1] * 30, [0.1] * 30)
    assert same.value == 0 and not same.known
    half = welch([1.0] * 30, [1.0] * 15 + [2.0] * 15)
    judge = t.interval(0.95, 29, 0.5, math.sqrt(15 / 58 / 30))
    assert (half.low, half.high) == pytest.approx(judge)
    assert math.isnan(welch([], [1.0, 2.0]).value) and not mean([]).known


def test_median_of_a_curve_and_its_band() -> None:
    """The band crosses one half around the median; near one half at the end it does not."""
    found = median_day(curve(np.repeat(np.arange(8.0, 16.0), 10)))
    assert found.value == 11 and found.low <= 11 <= found.high < 14
    barely = median_day(curve(np.array([10.0] * 21 + [99.0] * 19)))
    assert barely.value == 10 and not barely.known
    assert not hybrid(barely, found).known


def test_median_difference_finds_a_known_shift() -> None:
    """Engraftment three days later: told in the middle, and covered in at least 95 of 100."""
    draw = np.random.Generator(np.random.Philox(11))
    found = []
    for _ in range(100):
        first = np.ceil(9 + draw.gamma(4.0, 1.2, 60))
        other = np.ceil(12 + draw.gamma(4.0, 1.2, 60))
        found.append(hybrid(median_day(curve(first)), median_day(curve(other))))
    assert np.mean([one.value for one in found]) == pytest.approx(3.0, abs=0.25)
    assert np.mean([one.low <= 3 <= one.high for one in found]) >= 0.95
    assert np.mean([one.low > 0 for one in found]) > 0.8


def test_the_same_numbers_have_the_same_bits() -> None:
    """Nothing is drawn."""
    days = np.repeat(np.arange(8.0, 16.0), 5)
    assert repr(median_day(curve(days))) == repr(median_day(curve(days)))
