"""Rates of events that come again: closed forms, clusters, and people without time at risk."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reseed.stats import rate


def test_a_rate_is_events_over_time() -> None:
    """Six events in four and a half years."""
    assert rate([1, 2, 3], [1.0, 2.0, 1.5]).value == pytest.approx(6 / 4.5)


def test_the_interval_is_that_of_a_ratio() -> None:
    """With one year each, the variance is that of the mean number of events."""
    events = np.array([0.0, 1.0, 1.0, 2.0, 5.0])
    found = rate(events, np.ones(5))
    error = math.sqrt(events.var(ddof=1) / 5) / events.mean()
    assert found.low == pytest.approx(events.mean() * math.exp(-1.959963984540054 * error))
    assert found.high == pytest.approx(events.mean() * math.exp(1.959963984540054 * error))


def test_events_in_clusters_widen_the_interval() -> None:
    """Ten events in one person say less than one event in each of ten."""
    spread = rate([1] * 10 + [0] * 10, [1.0] * 20)
    cluster = rate([10] + [0] * 19, [1.0] * 20)
    assert spread.value == cluster.value and cluster.high > spread.high


def test_nobody_has_an_event() -> None:
    """The upper bound is the Poisson one: 3.69 events are missed by chance in 2.5 per cent."""
    found = rate([0, 0], [1.0, 3.0])
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(3.6888794541139363 / 4)


def test_nothing_is_known_without_time() -> None:
    """No time at risk has no rate; one person has no interval."""
    assert math.isnan(rate([], []).value) and math.isnan(rate([0], [0.0]).high)
    alone = rate([2], [4.0])
    assert alone.value == 0.5 and math.isnan(alone.low)
