"""Curves over time: worked by hand, and laws that any of them must keep."""

import numpy as np
import pytest

from reseed.stats import cumulative_incidence, kaplan_meier
from reseed.stats.cumulative_incidence import standard_error

# Ten people: events of cause 1 at 1, 3, 3, 6; of cause 2 at 2, 5; censored at 3, 4, 7, 7.
TIME = np.array([1, 2, 3, 3, 3, 4, 5, 6, 7, 7], dtype=float)
STATUS = np.array([1, 2, 1, 1, 0, 0, 2, 1, 0, 0])


def random_trial(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two causes and censoring on whole days, so with many ties."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    causes = np.stack([rng.exponential(mean, n) for mean in (20, 50, 40)])
    return np.floor(causes.min(axis=0)), np.array([1, 2, 0])[causes.argmin(axis=0)]


def aalen_johansen(time: np.ndarray, status: np.ndarray, day: float) -> tuple[float, float, float]:
    """Free of events, cause 1, cause 2 by a day: the product of matrices, day by day."""
    state = np.array([1.0, 0.0, 0.0])
    for knot in np.unique(time[time <= day]):
        at_risk = np.sum(time >= knot)
        one, two = (np.sum((time == knot) & (status == cause)) / at_risk for cause in (1, 2))
        state = state @ np.array([[1 - one - two, one, two], [0, 1, 0], [0, 0, 1]])
    return tuple(state)


def test_incidence_worked_by_hand() -> None:
    """1/10; S = .8, then .8 * 2/8 more; S = .6, lost to .6 * 3/4; .45 * 1/3 more."""
    curve = cumulative_incidence(TIME, STATUS, [0, 1, 2, 3, 5, 6, 7])
    assert curve.estimate == pytest.approx([0, 0.1, 0.1, 0.3, 0.3, 0.45, 0.45])
    assert curve.at_risk.tolist() == [10, 10, 9, 8, 4, 3, 2]
    other = cumulative_incidence(TIME, STATUS, [2, 5], cause=2)
    assert other.estimate == pytest.approx([0.1, 0.25])


@pytest.mark.parametrize("seed", range(5))
def test_incidence_is_aalen_and_johansen(seed: int) -> None:
    """Against the product of transition matrices; causes and the event-free add to one."""
    time, status = random_trial(60, seed)
    days = [0.0, 3.0, 10.5, time.max()]
    one, two = (cumulative_incidence(time, status, days, cause=k).estimate for k in (1, 2))
    for place, day in enumerate(days):
        free, first, second = aalen_johansen(time, status, day)
        assert (one[place], two[place]) == pytest.approx((first, second), abs=1e-12)
        assert one[place] + two[place] + free == pytest.approx(1)


@pytest.mark.parametrize("seed", range(5))
def test_standard_error_is_that_of_statsmodels(seed: int) -> None:
    """Wherever statsmodels has one."""
    from statsmodels.duration.survfunc import CumIncidenceRight

    time, status = random_trial(80, seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        theirs = np.asarray(CumIncidenceRight(time, status).cinc_se[0])
    ours = standard_error(time, status, 1)
    known = np.isfinite(theirs)
    assert known.sum() > 10  # the last time may have none
    assert ours[known] == pytest.approx(theirs[known], rel=1e-9, abs=1e-12)


def test_standard_error_without_competition_is_greenwoods() -> None:
    """And without censoring the binomial one."""
    time = np.arange(1.0, 41.0)
    share = time[:-1] / 40
    error = standard_error(time, np.ones(40, dtype=int), 1)
    assert error[:-1] == pytest.approx(np.sqrt(share * (1 - share) / 40))
    assert error[-1] == pytest.approx(0, abs=1e-7)


def test_last_event_of_all_keeps_its_interval() -> None:
    """Nobody is left at the end, some died: statsmodels has no error there, we do."""
    time = np.repeat(np.arange(1.0, 11.0), 2)
    status = np.array([1] * 15 + [2] * 3 + [1] * 2)
    curve = cumulative_incidence(time, status, [10.0, 28.0])
    assert curve.estimate == pytest.approx([0.85, 0.85])
    assert np.all((curve.low > 0.5) & (curve.low < 0.85) & (curve.high > 0.85) & (curve.high < 1))
    # without censoring it is a binomial share
    error = standard_error(time, status, 1)[-1]
    assert error == pytest.approx(np.sqrt(0.85 * 0.15 / 20))


def test_interval_worked_by_hand() -> None:
    """0.1 of ten: error sqrt(.1 * .9 / 10), bounds .1 ** exp(-+1.96 error / (.1 ln .1))."""
    curve = cumulative_incidence(TIME, STATUS, [1])
    width = 1.959964 * np.sqrt(0.009) / (0.1 * np.log(0.1))
    bounds = sorted([0.1 ** np.exp(width), 0.1 ** np.exp(-width)])
    assert [curve.low[0], curve.high[0]] == pytest.approx(bounds, rel=1e-6)


def test_intervals_cover() -> None:
    """Close to 95 % of 400 trials of 100 hold the true share, with competing deaths."""
    truth = 50 / 70 * (1 - np.exp(-20 * (1 / 20 + 1 / 50)))
    held = 0
    for seed in range(400):
        rng = np.random.Generator(np.random.Philox(key=1000 + seed))
        causes = np.stack([rng.exponential(mean, 100) for mean in (20, 50, 40)])
        status = np.array([1, 2, 0])[causes.argmin(axis=0)]
        curve = cumulative_incidence(causes.min(axis=0), status, [20.0])
        held += curve.low[0] <= truth <= curve.high[0]
    assert 0.92 <= held / 400 <= 0.98


def test_survival_worked_by_hand() -> None:
    """Events at 1, 3, 3 and 6 only: .9, .9 * 6/8, that * 2/3."""
    curve = kaplan_meier(TIME, STATUS == 1, [0, 1, 3, 6, 7])
    assert curve.estimate == pytest.approx([1, 0.9, 0.675, 0.45, 0.45])
    assert curve.at_risk.tolist() == [10, 10, 8, 3, 2]
    assert np.all(curve.low <= curve.estimate) and np.all(curve.estimate <= curve.high)


def test_both_agree_without_competition() -> None:
    """Then the one is the complement of the other."""
    time, status = random_trial(100, 9)
    days = np.arange(30.0)
    incidence = cumulative_incidence(time, status == 1, days)
    survival = kaplan_meier(time, status == 1, days)
    assert incidence.estimate == pytest.approx(1 - survival.estimate)
    assert np.array_equal(incidence.reached, survival.reached, equal_nan=True)
    assert np.array_equal(incidence.at_risk, survival.at_risk)


def test_competing_deaths_lower_the_incidence() -> None:
    """1 - Kaplan-Meier counts people who can no longer have the event."""
    time, status = random_trial(300, 2)
    incidence = cumulative_incidence(time, status, [30.0]).estimate
    assert incidence < 1 - kaplan_meier(time, status == 1, [30.0]).estimate - 0.05


@pytest.mark.parametrize("curve", [cumulative_incidence, kaplan_meier])
def test_events_on_day_zero_count_there(curve) -> None:
    """Two of four at time 0: half is reached at once."""
    found = curve([0, 0, 3, 5], [1, 1, 1, 0], [0, 1, 5])
    assert found.estimate[:2] == pytest.approx([0.5, 0.5])
    assert found.at_risk.tolist() == [4, 2, 1]
    assert found.reached[:2].tolist() == [0, 0]


@pytest.mark.parametrize("curve", [cumulative_incidence, kaplan_meier])
def test_times_before_the_origin(curve) -> None:
    """An endpoint may be looked at from a day before the infusion."""
    found = curve([-3, -1, 2, 4], [1, 0, 1, 0], [-4, -3, 0, 2])
    share = np.array([0, 0.25, 0.25, 0.625])
    expected = share if curve is cumulative_incidence else 1 - share
    assert found.estimate == pytest.approx(expected)


@pytest.mark.parametrize("curve", [cumulative_incidence, kaplan_meier])
def test_quartiles_are_exact_times(curve) -> None:
    """Of the data, not of the grid; a quarter of twelve is three; the third is never reached."""
    found = curve([1.3, 2.2, 3.7, 4.1, 5.9, 6.4, 9, 9, 9, 9, 9, 9], [1] * 6 + [0] * 6, [0.0])
    assert found.reached[:2].tolist() == [3.7, 6.4]
    assert np.isnan(found.reached[2])


@pytest.mark.parametrize("curve", [cumulative_incidence, kaplan_meier])
def test_nothing_is_said_beyond_the_data(curve) -> None:
    """Unless everybody had an event: then the curve has come to its end."""
    found = curve([1, 2, 3], [1, 1, 0], [3, 4])
    assert not np.isnan(found.estimate[0]) and np.isnan(found.estimate[1])
    assert np.isnan(found.low[1]) and np.isnan(found.high[1]) and found.at_risk[1] == 0
    assert not np.isnan(curve([1, 2, 3], [1, 0, 1], [4]).estimate[0])


@pytest.mark.parametrize("curve", [cumulative_incidence, kaplan_meier])
def test_extremes(curve) -> None:
    """Nobody there; nobody with the event; everybody with it."""
    nobody = curve([], [], [0, 1])
    assert np.isnan(nobody.estimate).all() and nobody.at_risk.tolist() == [0, 0]
    without = curve([5, 5], [0, 0], [5])
    everyone = curve([1, 2], [1, 1], [5])
    start, end = (0, 1) if curve is cumulative_incidence else (1, 0)
    assert (without.estimate[0], everyone.estimate[0]) == (start, end)
    assert np.isnan(without.reached).all()


def test_none_of_many_is_not_certainty() -> None:
    """0 of 200 events: the exact upper bound is 1.83 %, near the rule of three; 1 of 1 likewise."""
    time, none = np.full(200, 100.0), np.zeros(200, dtype=int)
    incidence = cumulative_incidence(time, none, [0, 50, 100])
    np.testing.assert_array_equal(incidence.low, 0.0)
    np.testing.assert_allclose(incidence.high, [0.0, 0.018276, 0.018276], atol=1e-6)
    survival = kaplan_meier(time, none, [0, 100])
    np.testing.assert_allclose(survival.low, [1.0, 1 - 0.018276], atol=1e-6)
    everyone = cumulative_incidence(np.arange(1, 201), np.ones(200, dtype=int), [200])
    np.testing.assert_allclose(everyone.low, 1 - 0.018276, atol=1e-6)


@pytest.mark.parametrize("curve", [cumulative_incidence, kaplan_meier])
def test_order_of_patients_plays_no_part(curve) -> None:
    """And ties are not jittered: twice the same is the same to the last bit."""
    time, status = random_trial(200, 4)
    status = np.minimum(status, 1)
    days = np.arange(40.0)
    one, two = curve(time, status, days), curve(time[::-1], status[::-1], days)
    for name in ("estimate", "low", "high", "at_risk", "reached"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True)


@pytest.mark.parametrize("curve", [cumulative_incidence, kaplan_meier])
@pytest.mark.parametrize(("time", "status"), [([1, 2], [1]), ([np.nan], [1]), ([1.0], [-1])])
def test_columns_that_do_not_fit_are_refused(curve, time: list, status: list) -> None:
    """Rather than silently dropped."""
    with pytest.raises(ValueError, match="must be"):
        curve(time, status, [0])
