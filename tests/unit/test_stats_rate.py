"""Rates: against Poisson's exact interval, a negative binomial law, and known ratios."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2

from reseed.stats import Bounded, event_rate, rate_ratio
from reseed.stats.rate import dispersion


def test_without_overdispersion_it_is_the_exact_interval_of_garwood() -> None:
    """Six events in ten years: 0.22 to 1.31 a year; none in ten: at most 0.37."""
    found = event_rate([1, 1, 1, 1, 1, 1, 0, 0, 0, 0], np.ones(10))
    assert (found.value, found.low, found.high) == pytest.approx(
        (0.6, chi2.ppf(0.025, 12) / 20, chi2.ppf(0.975, 14) / 20)
    )
    none = event_rate(np.zeros(10), np.ones(10))
    assert (none.value, none.low, none.high) == pytest.approx((0, 0, -math.log(0.025) / 10))


def test_time_counts_not_people() -> None:
    """Those watched longer weigh more, and who was not watched does not count at all."""
    found = event_rate([1.0, 9.0, math.nan, 5.0], [1.0, 9.0, 2.0, 0.0])
    assert found.value == 1.0
    assert math.isnan(event_rate([], []).value)


def test_overdispersion_widens_the_interval_as_a_negative_binomial_law_does() -> None:
    """Mean 2, shape 1, one year each: the variance of a count is 6, three times Poisson's."""
    draw = np.random.Generator(np.random.Philox(2))
    counts = draw.negative_binomial(1, 1 / 3, 4000)
    years = np.ones(4000)
    assert dispersion(counts, years) == pytest.approx(3, rel=0.1)
    found = event_rate(counts, years)
    width = 2 * 1.96 * math.sqrt(6 / 4000)
    assert found.high - found.low == pytest.approx(width, rel=0.06)


@pytest.mark.parametrize("shape", [0.5, 1e9])
def test_intervals_cover(shape: float) -> None:
    """Among 60 people watched for one to five years: in about 95 of 100 trials."""
    draw = np.random.Generator(np.random.Philox(3))
    covered = []
    for _ in range(400):
        years = draw.uniform(1, 5, 60)
        frailty = draw.gamma(shape, 1 / shape, 60)
        found = event_rate(draw.poisson(0.4 * frailty * years), years)
        covered.append(found.low <= 0.4 <= found.high)
    assert 0.90 <= np.mean(covered) <= 0.99


def test_ratio_by_hand() -> None:
    """Equal on the logarithmic scale: 2 with a factor of e^5 from legs of 3 and 4."""
    first = Bounded(1.0, math.exp(-3), math.exp(3))
    other = Bounded(2.0, 2 * math.exp(-4), 2 * math.exp(4))
    found = rate_ratio(first, other)
    assert (found.value, found.low, found.high) == pytest.approx(
        (2, 2 * math.exp(-5), 2 * math.exp(5))
    )


def test_ratio_where_an_arm_has_no_event() -> None:
    """None in the other: from 0 up to a bound. None in the first: no ratio."""
    none, some = Bounded(0.0, 0.0, 0.1), Bounded(0.5, 0.4, 0.6)
    assert rate_ratio(some, none) == Bounded(0.0, 0.0, pytest.approx(0.25))
    assert not rate_ratio(none, some).known
