"""What a trial sees of the true course: visits, noise, drop-out, nothing after the end."""

from dataclasses import replace

import numpy as np
import pytest

from reseed.base.errors import InvalidInput
from reseed.nouns.key import Key
from reseed.nouns.trajectories import Trajectories
from reseed.readout import DROP_OUT, observe

KEY = Key(8)


def course(patients: int, days: float = 100.0, step: float = 1.0) -> Trajectories:
    """Constant counts of 2e9 per litre and a constant drug concentration."""
    times = np.arange(0.0, days + step / 2, step)
    nothing = ("",) * patients
    zeros = np.zeros(patients, dtype=np.int64)
    return Trajectories(
        ids=np.arange(patients),
        variables=("neutrophils", "busulfan_concentration"),
        units=("cell/L", "mg/L"),
        times=times,
        values=np.full((patients, 2, times.size), 1.0) * np.array([[[2e9], [0.7]]]),
        end_time=np.full(patients, days),
        end_reason=nothing,
        status=zeros,
        status_time=np.full(patients, np.nan),
        status_state=nothing,
        rung=zeros,
        steps=zeros,
    )


def test_without_noise_the_truth_is_seen() -> None:
    """Every day, every patient."""
    seen = observe(course(3), key=KEY)
    assert seen.days.tolist() == list(range(101))
    assert np.all(seen.of("neutrophils") == 2e9)
    assert seen.unit("neutrophils") == "cell/L"
    with pytest.raises(KeyError, match="cortisol"):
        seen.of("cortisol")


def test_noise_is_lognormal_about_the_truth() -> None:
    """Median 1, the stated coefficient of variation, days independent, drugs without noise."""
    seen = observe(course(2000), key=KEY, count_cv=0.1)
    factors = seen.of("neutrophils") / 2e9
    assert np.median(factors) == pytest.approx(1, abs=0.001)
    assert factors.std() / factors.mean() == pytest.approx(0.1, rel=0.02)
    assert abs(np.corrcoef(factors[:, 3], factors[:, 4])[0, 1]) < 5 / np.sqrt(2000)
    assert np.all(seen.of("busulfan_concentration") == 0.7)


def test_noise_belongs_to_patient_and_day() -> None:
    """Not to the batch, the variables asked for, or how finely the course was kept."""
    whole = observe(course(20), key=KEY, count_cv=0.1)
    fine = observe(course(20, step=0.25), key=KEY, count_cv=0.1, variables=["neutrophils"])
    assert np.array_equal(whole.of("neutrophils"), fine.of("neutrophils"))
    one = course(20)
    one = replace(
        one, ids=one.ids[7:8], values=one.values[7:8], end_time=one.end_time[7:8], end_reason=("",)
    )  # noqa: E501
    alone = observe(one, key=KEY, count_cv=0.1)
    assert np.array_equal(alone.of("neutrophils")[0], whole.of("neutrophils")[7])


def test_nothing_is_seen_after_the_end() -> None:
    """The visit on the day of death comes before it; the next one does not happen."""
    given = course(1)
    given = replace(given, end_time=np.array([40.3]), end_reason=("death",))
    seen = observe(given, key=KEY)
    values = seen.of("neutrophils")[0]
    assert not np.isnan(values[:41]).any() and np.isnan(values[41:]).all()
    assert seen.reason == ("death",)


def test_drop_out_is_exponential() -> None:
    """At 2 per year, a share exp(-2 * 100 / 365.25) stays for 100 days."""
    seen = observe(course(20_000), key=KEY, dropout_per_year=2.0)
    left = np.array([reason == DROP_OUT for reason in seen.reason])
    assert np.mean(~left) == pytest.approx(np.exp(-200 / 365.25), abs=0.02)
    assert np.all(seen.end[~left] == 100) and np.all(seen.end[left] < 100)
    first = np.flatnonzero(left)[0]
    assert np.array_equal(np.isnan(seen.of("neutrophils")[first]), seen.days > seen.end[first])


def test_death_comes_before_a_later_drop_out() -> None:
    """Whatever is first ends follow-up."""
    given = course(5000)
    given = replace(given, end_time=np.full(5000, 50.0), end_reason=("death",) * 5000)
    seen = observe(given, key=KEY, dropout_per_year=2.0)
    died = np.array([reason == "death" for reason in seen.reason])
    assert np.all(seen.end[died] == 50) and np.all(seen.end[~died] < 50)
    assert np.mean(died) == pytest.approx(np.exp(-100 / 365.25), abs=0.03)


def test_days_of_inexact_times_are_whole() -> None:
    """A time that rounding put just below a whole number belongs to the day it means."""
    given = course(1, days=3)
    given = replace(given, times=np.array([0.0, 1.0 - 1e-12, 2.0, 3.0]))
    assert observe(given, key=KEY).days.tolist() == [0, 1, 2, 3]


def test_unknown_port_is_refused() -> None:
    """With the names that there are."""
    with pytest.raises(InvalidInput, match="one of neutrophils"):
        observe(course(1), key=KEY, variables=["cortisol"])
