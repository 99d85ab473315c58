"""Exact stochastic simulation: channels alone, one firing at a time, against laws of probability.

`Solver(exact_below=inf)` never leaps. Where nothing else moves, the direct method is used; beside
states that move, the integrated rates of each channel.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from by_hand import CODES, followed, system_of
from kernels import WIDTHS
from scipy import stats

from reseed.base.keys import uniforms
from reseed.engine import Solver
from reseed.engine.kernel.direct import is_direct
from reseed.nouns.expression import Expression
from reseed.nouns.key import Key
from reseed.nouns.system import Channel, Hazard, StateEvent, System

INF = float("inf")
EXACT = Solver(exact_below=INF)
MANY = 20_000
Change = tuple[Expression, Mapping[str, float]]


def counting(
    counts: Mapping[str, float],
    channels: Mapping[str, Change],
    *,
    events: Sequence[StateEvent] = (),
    parameters: Mapping[str, float] | None = None,
    rules: Sequence[tuple[str, Expression]] = (),
    moving: Mapping[str, tuple[float, Expression]] | None = None,
    hazards: Sequence[Hazard] = (),
) -> System:
    """Counts that start so and change by channels, and what moves besides."""
    states = {name: (start, 0.0) for name, start in counts.items()} | dict(moving or {})
    return dataclasses.replace(
        system_of(states, events, parameters, rules, hazards),
        discrete=tuple(counts),
        channels=tuple(
            Channel(name, rate, tuple(changes.items()))
            for name, (rate, changes) in channels.items()
        ),
    )


def immigration(start: float = 0.0, **more: object) -> System:
    """Arrivals at k = 10 a day, each staying for an exponential time of mean 1/mu = 2 days."""
    channels = {"in": ("k", {"x": 1.0}), "out": (("*", "mu", "x"), {"x": -1.0})}
    given = {"k": 10.0, "mu": 0.5}
    return counting({"x": start}, channels, parameters=given, **more)  # type: ignore[arg-type]


def assert_law(counts: np.ndarray, law: object) -> None:
    """Chi-squared over cells of about a thirtieth each."""
    inner = np.unique(law.ppf(np.linspace(0.0, 1.0, 31)[1:-1]))  # type: ignore[attr-defined]
    chances = np.diff(law.cdf(inner), prepend=0.0, append=1.0)  # type: ignore[attr-defined]
    cells = np.bincount(np.searchsorted(inner, counts), minlength=len(chances))
    held = chances * len(counts) > 5
    assert (
        stats.chisquare(cells[held], chances[held] / chances[held].sum() * cells[held].sum()).pvalue
        > 1e-5
    )


# --- laws ----------------------------------------------------------------------------------------


def test_immigration_and_death_is_poisson() -> None:
    """From nobody, the number at time t is Poisson with mean k/mu (1 - exp(-mu t))."""
    times = [0.0, 0.3, 1.0, 3.0, 10.0]
    course, _ = followed(immigration(), times, ids=range(5 * MANY), solver=EXACT)
    assert not course.status.any()
    for place, time in enumerate(times[1:], 1):
        mean = 20.0 * -np.expm1(-0.5 * time)
        found = course.values[:, 0, place]
        np.testing.assert_array_equal(found, np.round(found))
        assert abs(found.mean() - mean) < 4.5 * np.sqrt(mean / len(found))
        assert abs(found.var() - mean) < 4.5 * np.sqrt((mean + 2 * mean**2) / len(found))
        assert_law(found, stats.poisson(mean))


def test_births_alone_are_geometric() -> None:
    """Yule's process from one: after ln 8 times the mean time of a division, geometric (1/8)."""
    system = counting({"x": 1.0}, {"divide": ("x", {"x": 1.0})})
    course, _ = followed(system, [0.0, np.log(8.0)], ids=range(MANY), solver=EXACT)
    assert_law(course.values[:, 0, -1], stats.geom(1 / 8))


def test_molecules_that_change_to_and_fro_are_binomial() -> None:
    """Fifty of A, to B at 2 and back at 1: each is in B with 2/3 (1 - exp(-3 t)) on its own."""
    channels = {
        "to": (("*", 2.0, "a"), {"a": -1.0, "b": 1.0}),
        "fro": ("b", {"a": 1.0, "b": -1.0}),
    }
    system = counting({"a": 50.0, "b": 0.0}, channels)
    course, _ = followed(system, [0.0, 0.2, 2.0], ids=range(MANY), solver=EXACT)
    np.testing.assert_array_equal(course.values.sum(axis=1), 50.0)
    for place, time in ((1, 0.2), (2, 2.0)):
        chance = 2 / 3 * -np.expm1(-3 * time)
        assert_law(course.values[:, 1, place], stats.binom(50, chance))


def test_pairs_meet_and_are_lost() -> None:
    """2 x -> nothing at x (x - 1)/2 from 4: two waits at 6 and 1; the chance of each number."""
    rate = ("/", ("*", "x", ("-", "x", 1.0)), 2.0)
    system = counting({"x": 4.0}, {"meet": (rate, {"x": -2.0})})
    course, _ = followed(system, [0.0, 0.3], ids=range(MANY), solver=EXACT)
    four = np.exp(-6 * 0.3)
    two = 6 / 5 * (np.exp(-0.3) - four)
    found = [np.mean(course.values[:, 0, -1] == number) for number in (4.0, 2.0, 0.0)]
    assert np.allclose(found, [four, two, 1 - four - two], atol=5 * 0.5 / np.sqrt(MANY))


# --- what happens besides ------------------------------------------------------------------------


@pytest.mark.parametrize("delay", [None, 0.0, 1.0])
def test_events_read_and_set_counts(delay: float | None) -> None:
    """A count that grows at 5 a day is taken down from 10: ten waits, and the delay, then again."""
    event = StateEvent(
        "full", ("ge", "x", 10.0), (("x", 0.0), ("n", ("+", "n", 1.0))), delay=delay,
        at_trigger=False,
    )  # fmt: skip
    system = counting({"x": 0.0, "n": 0.0}, {"in": (5.0, {"x": 1.0})}, events=[event])
    assert is_direct(system)
    course, records = followed(system, [0.0, 40.0], ids=range(500), solver=EXACT)
    first = records.time[np.unique(records.patient, return_index=True)[1]]
    assert len(first) == 500
    assert stats.kstest(first - (delay or 0.0), stats.gamma(10, scale=0.2).cdf).pvalue > 1e-4
    often = np.bincount(records.patient, minlength=500)
    np.testing.assert_array_equal(course.values[:, 1, -1], often)


def test_rates_that_jump_with_time_and_doses() -> None:
    """Arrivals from day 2 to 3 only, deaths at 1 a day, and a dose of 30 on day 4."""
    open_days = ("and", ("ge", "time", 2.0), ("lt", "time", 3.0))
    channels = {
        "in": (("piecewise", 40.0, open_days, 0.0), {"x": 1.0}),
        "out": ("x", {"x": -1.0}),
    }
    system = counting({"x": 0.0}, channels)
    assert is_direct(system)
    course, _ = followed(
        system, [0.0, 2.0, 3.0, 4.0, 5.0], ids=range(MANY), doses=[("x", 4.0, 30.0)], solver=EXACT
    )
    x = course.values[:, 0]
    np.testing.assert_array_equal(x[:, 1], 0.0)
    mean = 40.0 * -np.expm1(-1.0)
    assert_law(x[:, 2], stats.poisson(mean))
    assert x[:, 3].min() >= 30.0
    survivors = mean * np.exp(-2.0) + 30.0 / np.e
    spread = np.sqrt(mean * np.exp(-2.0) + 30.0 / np.e * (1 - 1 / np.e))
    assert abs(x[:, 4].mean() - survivors) < 4.5 * spread / np.sqrt(MANY)


def test_samples_before_and_after_a_dose() -> None:
    """With nothing to fire, the counts are what the doses make them."""
    system = counting({"x": 3.0}, {"never": (0.0, {"x": 1.0})})
    doses = [("x", 1.0, 4.0), ("x", 2.0, 1.0)]
    for after, expected in ((False, [3.0, 3.0, 7.0]), (True, [3.0, 7.0, 8.0])):
        course, _ = followed(system, [0.0, 1.0, 2.0], doses=doses, after=after, solver=EXACT)
        assert course.values[0, 0].tolist() == expected


@pytest.mark.parametrize("moving", [False, True])
def test_counts_beside_states_that_move(moving: bool) -> None:
    """Arrivals at 20 y with y = exp(-t), or the same y as a rule of time: 20 (1 - exp(-t))."""
    channels = {"in": (("*", 20.0, "y"), {"x": 1.0})}
    if moving:
        system = counting({"x": 0.0}, channels, moving={"y": (1.0, ("neg", "y"))})
    else:
        system = counting({"x": 0.0}, channels, rules=[("y", ("exp", ("neg", "time")))])
    assert not is_direct(system)
    course, _ = followed(system, [0.0, 1.0, 5.0], ["x"], ids=range(4000), solver=EXACT)
    for place, time in ((1, 1.0), (2, 5.0)):
        assert_law(course.values[:, 0, place], stats.poisson(20.0 * -np.expm1(-time)))


def test_exact_means_that_counts_never_leap() -> None:
    """A thousand at rest, beside a clock that moves: each arrival and death is one of its own."""
    channels = {"in": (1000.0, {"x": 1.0}), "out": ("x", {"x": -1.0, "deaths": 1.0})}
    system = counting({"x": 1000.0, "deaths": 0.0}, channels, moving={"clock": (0.0, 1.0)})
    course, _ = followed(system, [0.0, 0.5], ids=range(300), solver=EXACT)
    x = course.values[:, 0, -1]
    np.testing.assert_array_equal(x, np.round(x))
    mean, spread = 1000.0, np.sqrt(1000.0 * (1 - np.exp(-1.0)))
    assert abs(x.mean() - mean) < 4.5 * spread / np.sqrt(300)
    assert abs(x.std() / spread - 1) < 4.5 / np.sqrt(600)
    assert np.all(course.steps > course.values[:, 1, -1])


@pytest.mark.parametrize("after", [False, True])
def test_samples_of_counts_that_leap(after: bool) -> None:
    """A thousand at rest by leaps, and a dose of 500 on day 1: before it, or after it."""
    channels = {"in": (1000.0, {"x": 1.0}), "out": ("x", {"x": -1.0})}
    system = counting({"x": 1000.0}, channels)
    course, _ = followed(
        system, [0.0, 1.0, 1.5], ids=range(500), doses=[("x", 1.0, 500.0)], after=after
    )
    x = course.values[:, 0]
    np.testing.assert_array_equal(x, np.round(x))
    means = [1000.0, 1500.0 if after else 1000.0, 1000.0 + 500.0 * np.exp(-0.5)]
    assert np.all(np.abs(x.mean(axis=0) - means) < 5 * np.sqrt(1000.0 / 500))


def test_who_may_go_the_direct_way() -> None:
    """Nothing else may move, and no rate or condition may change between firings."""
    assert is_direct(immigration())
    assert not is_direct(immigration(moving={"y": (1.0, ("neg", "y"))}))
    assert not is_direct(immigration(hazards=[Hazard("risk", 1.0, False, "", ())]))
    late = StateEvent("late", ("ge", "time", "x"), (("x", 0.0),))
    assert not is_direct(immigration(events=[late]))
    timed = StateEvent("timed", ("ge", "time", 5.0), (("x", 0.0),))
    assert is_direct(immigration(events=[timed]))


# --- addresses, and failures ---------------------------------------------------------------------


def test_every_wait_has_an_address() -> None:
    """Arrivals at 3 a day: the n-th wait of a patient is that of its own uniform number."""
    system = counting({"x": 0.0}, {"in": (3.0, {"x": 1.0})})
    patients, times = [0, 5, 2**40 + 3], np.linspace(0.0, 10.0, 101)
    course, _ = followed(system, times.tolist(), ids=patients, solver=EXACT)
    for row, patient in enumerate(patients):
        drawn = uniforms(Key(3, "direct"), patient, occurrence=np.arange(100))
        arrivals = np.cumsum(-np.log(drawn) / 3.0)
        np.testing.assert_array_equal(course.values[row, 0], np.searchsorted(arrivals, times))


@pytest.mark.parametrize("solver", [*(Solver(width=width) for width in WIDTHS), Solver(threads=2)])
def test_the_company_changes_nothing(solver: Solver) -> None:
    """Alone or together, in any order, at any width: the same patients, events and all."""
    event = StateEvent("full", ("ge", "x", 25.0), (("x", 0.0),), delay=0.3)
    system = immigration(events=[event])
    times = np.linspace(0.0, 30.0, 31).tolist()
    everyone, _ = followed(system, times, ids=range(300), solver=EXACT)
    some = [299, 17, 120, 3]
    own = dataclasses.replace(solver, exact_below=INF)
    few, _ = followed(system, times, ids=some, solver=own)
    np.testing.assert_array_equal(few.values, everyone.values[some])


def test_a_rate_below_zero_is_a_failure() -> None:
    """A net rate that turns negative is coded, with the channel's name; so is one that is none."""
    channels = {"in": (1.0, {"x": 1.0}), "net": (("-", "p", "x"), {"x": 1.0})}
    system = counting({"x": 0.0}, channels, parameters={"p": 5.0})
    levels = np.array([5.0, np.nan])
    course, _ = followed(system, [0.0, 50.0], ids=[0, 1], parameters={"p": levels}, solver=EXACT)
    assert course.status.tolist() == [CODES["negative rate"], CODES["not a number"]]
    assert course.status_state == ("channel net", "channel net")


def test_an_explosion_is_stopped() -> None:
    """Pairs that make a third: infinitely many in finite time. The budget ends it."""
    system = counting({"x": 10.0}, {"grow": (("*", "x", "x"), {"x": 1.0})})
    solver = Solver(exact_below=INF, budget=50, rungs=0)
    course, _ = followed(system, [0.0, 1.0], solver=solver)
    assert course.status.tolist() == [CODES["step budget"]]
    assert 0.05 < course.status_time[0] < 0.5
