"""Hazards and discrete species obey the laws of chance; `python -m bench.chance` draws millions.

The random numbers have addresses, so a law that holds here holds on every machine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from bench.chance_systems import ALONE, draw, ending, recurring, system_of
from bench.channel_laws import births_and_deaths, kendall
from bench.findings import Finding, counts_of, mean_of, share_of, times_of, variance_of
from bench.laws import LAWS, Law
from reseed.base.keys import exponentials
from reseed.engine import Solver, solve
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import Channel, Hazard, System

Vector = NDArray[np.float64]
DRAWS = 20_000


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_the_law_holds(law: Law) -> None:
    """Every mean, share, variance and distribution, at 20,000 draws."""
    findings = law.measure(DRAWS, 1)
    assert findings and all(found.draws > 1_000 for found in findings)
    assert [found for found in findings if not found.holds] == []


def test_every_law_is_told_in_a_sentence() -> None:
    """And under a name of its own."""
    assert len({law.name for law in LAWS}) == len(LAWS)
    assert all(law.about for law in LAWS)


# --- whether the comparisons could fail ----------------------------------------------------------


def sample() -> np.random.Generator:
    """Numbers of numpy, which obey their laws."""
    return np.random.default_rng(11)


@pytest.mark.parametrize(
    "compare",
    [
        lambda shift: mean_of("", sample().normal(shift, 1.0, DRAWS), 0.0, 1.0),
        lambda shift: variance_of("", sample().normal(0.0, 1.0 + shift, DRAWS), 1.0),
        lambda shift: share_of("", sample().random(DRAWS) < 0.3 + shift, 0.3),
        lambda shift: times_of("", sample().exponential(1.0 + shift, DRAWS), stats.expon.cdf),
        lambda shift: counts_of(
            "",
            sample().poisson(6.0 + 4 * shift, DRAWS) + 0.0,
            stats.poisson.pmf(np.arange(40), 6.0),
        ),
    ],
)
def test_a_comparison_sees_an_error_of_a_few_per_cent(compare: Callable[[float], Finding]) -> None:
    """It holds for numbers of the law, and does not for numbers that are 5 % off."""
    assert compare(0.0).holds
    assert not compare(0.05).holds


def test_another_seed_draws_other_numbers() -> None:
    """The same law from other addresses."""
    one, two = (LAWS[0].measure(1_000, seed)[0].observed for seed in (1, 2))
    assert one != two


# --- what the laws do not say --------------------------------------------------------------------


def clone(start: float, birth: float = 0.3, death: float = 0.3) -> System:
    """One discrete species that divides and dies."""
    return system_of("clone", counts={"n": start}, channels=births_and_deaths("c", birth, death))


def counted(system: System, ids: NDArray[np.int64], times: Vector, solver: Solver) -> Vector:
    """(patient, time): a species `n` at these times."""
    nothing = np.zeros((len(ids), 0))
    schedule = Schedule(nothing, nothing, (), (), (), np.zeros(len(ids)), float(times[-1]))
    solved, _ = solve(
        system, Cohort(ids, (), {}, {}), schedule, Probe(("n",), times), key=Key(1), solver=solver
    )
    assert not solved.status.any()
    return solved.values[:, 0]


def test_below_the_limit_nothing_depends_on_it() -> None:
    """Counts that never reach 100 are followed one by one whether or not leaps are allowed."""
    ids, times = np.arange(400), np.linspace(0.0, 6.0, 25)
    alone = counted(clone(20.0), ids, times, ALONE)
    leaping = counted(clone(20.0), ids, times, Solver(exact_below=100.0))
    small = alone.max(axis=1) < 60  # of day 6; between samples there may be more
    assert small.sum() > 300
    np.testing.assert_array_equal(leaping[small], alone[small])
    early = counted(clone(20.0), ids, times, Solver(exact_below=10.0))
    assert not np.array_equal(early, alone)


def test_steps_of_one_are_followed_one_by_one() -> None:
    """Between close samples a count changes by 0, 1 or -1, and stays whole."""
    times = np.linspace(0.0, 4.0, 4001)
    n = counted(clone(10.0), np.arange(40), times, ALONE)
    np.testing.assert_allclose(n, np.round(n), atol=1e-12)
    jumps = np.diff(np.round(n))
    assert set(np.unique(jumps)) <= {-2.0, -1.0, 0.0, 1.0, 2.0}
    assert np.mean(np.abs(jumps) == 2) < 1e-4 < np.mean(np.abs(jumps) == 1)


def test_counts_are_whole_in_every_sample() -> None:
    """So that a readout may ask whether a count is 15."""
    n = counted(clone(10.0), np.arange(200), np.linspace(0.0, 4.0, 37), ALONE)
    np.testing.assert_array_equal(n, np.round(n))


def test_what_has_died_out_stays_so() -> None:
    """None comes from none, in single steps and after leaps."""
    times = np.linspace(0.0, 12.0, 49)
    for start, solver in ((3.0, ALONE), (150.0, Solver(exact_below=40.0))):
        n = counted(clone(start, 0.2, 1.1), np.arange(400), times, solver)
        dead = n < 0.5
        assert 0.5 < dead[:, -1].mean() and dead.any()
        assert np.all(dead[:, 1:] >= dead[:, :-1]) and n.min() >= 0.0


def test_leaps_and_single_steps_agree_on_the_mean() -> None:
    """Above and below `exact_below`: 120 cells that grow slowly, by three limits."""
    expected = kendall(120, lambda t: 0.3, lambda t: 0.25, 2.0, 400)
    mean = float(expected @ np.arange(len(expected)))
    variance = float(expected @ (np.arange(len(expected)) - mean) ** 2)
    system = clone(120.0, 0.3, 0.25)
    for limit in (float("inf"), 150.0, 30.0):
        solver = Solver(exact_below=limit)
        drawn = draw(system, DRAWS, 2.0, seed=3, solver=solver).last["n"]
        assert mean_of("mean", drawn, mean, variance).holds
        assert variance_of("variance", drawn, variance, margin=0.05).holds
        np.testing.assert_array_equal(drawn, np.round(drawn))


def test_leaps_take_fewer_steps() -> None:
    """A leap is many events in one step."""
    ids, end = np.arange(20), 3.0
    nothing = np.zeros((20, 0))
    schedule = Schedule(nothing, nothing, (), (), (), np.zeros(20), end)
    steps = [
        solve(
            clone(1000.0), Cohort(ids, (), {}, {}), schedule, Probe((), np.array([])),
            key=Key(1), solver=Solver(exact_below=limit),
        )[0].steps.mean()
        for limit in (100.0, 1e9)
    ]  # fmt: skip
    assert steps[0] < 100 < 1000 < steps[1]


def test_a_channel_that_also_counts_counts_its_own_firings() -> None:
    """Arrivals are added to a continuous state too: it is the number of them, leaps or not."""
    system = system_of(
        "arrivals",
        states={"arrived": (0.0, 0.0)},
        counts={"n": 0.0},
        channels=[Channel("arrive", 40.0, (("n", 1.0), ("arrived", 1.0)))],
    )
    for limit in (float("inf"), 60.0):
        last = draw(system, 2_000, 5.0, seed=4, solver=Solver(exact_below=limit)).last
        np.testing.assert_allclose(last["arrived"], last["n"], rtol=1e-12)
        assert mean_of("mean", last["n"], 200.0, 200.0).holds


def test_hazards_strike_where_their_integral_reaches_the_threshold() -> None:
    """Times are the thresholds of `reseed.base.keys` over the rate, to within the tolerance."""
    system = system_of("known", hazards=[recurring("known", 0.5)])
    drawn = draw(system, 500, 20.0, seed=9)
    key = Key(9, "hazard/known")
    ids = drawn.patients["known"]
    firsts = np.flatnonzero(np.diff(ids, prepend=-1) > 0)
    number = np.arange(len(ids)) - np.repeat(firsts, np.diff([*firsts, len(ids)]))
    gaps = np.diff(drawn.times["known"], prepend=0.0)
    gaps[firsts] = drawn.times["known"][firsts]
    expected = exponentials(key, ids, occurrence=number) / 0.5
    np.testing.assert_allclose(gaps, expected, rtol=1e-9, atol=1e-8)


def test_times_do_not_depend_on_the_tolerance() -> None:
    """A hazard that follows a curved state: tighter tolerances move times by the tolerance."""
    system = system_of(
        "curved",
        states={"wear": (1.0, ("*", 0.3, "wear"))},
        hazards=[ending("curved", ("*", 0.01, "wear"))],
    )
    best = draw(system, 500, 60.0, seed=1, solver=Solver(rtol=1e-11)).firsts("curved")
    errors = [
        np.max(np.abs(
            draw(system, 500, 60.0, seed=1, solver=dataclasses.replace(ALONE, rtol=rtol))
            .firsts("curved") - best
        ))
        for rtol in (1e-4, 1e-6, 1e-8)
    ]  # fmt: skip
    assert errors[0] < 1e-2 and errors[1] < 1e-4 and errors[2] < 1e-6


def test_what_strikes_once_strikes_once() -> None:
    """A hazard that neither recurs nor ends adds its amount once; who is spared keeps nothing."""
    once = Hazard("once", 0.3, False, "", (("mark", 2.0),))
    system = system_of("once", states={"mark": (0.0, 0.0)}, hazards=[once])
    drawn = draw(system, 5_000, 4.0, seed=2)
    counts = drawn.counts("once")
    assert set(counts) == {0.0, 1.0}
    np.testing.assert_array_equal(drawn.last["mark"], 2.0 * counts)
    assert share_of("struck", counts > 0, -np.expm1(-1.2)).holds


def test_arms_share_their_luck() -> None:
    """Half the hazard: the same patients, later, at the time at which the same threshold is met."""
    full, half = (
        draw(system_of("arm", hazards=[ending("arm", rate)]), 500, 400.0, seed=5).firsts("arm")
        for rate in (0.2, 0.1)
    )
    np.testing.assert_allclose(half, 2.0 * full, rtol=1e-8)
