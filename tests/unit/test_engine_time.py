"""Rates that jump with time: no pulse is stepped over, whenever it comes and however short.

Expected values are areas under pulses, to be had by hand.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from examples import cohort, schedule
from kernels import WIDTHS
from numpy.typing import NDArray

from reseed.base.errors import InvalidInput
from reseed.engine import Solver, solve
from reseed.engine.kernel.switches import hold
from reseed.engine.kernel.truths import sorted_out
from reseed.model import load_antimony
from reseed.nouns.cohort import Cohort
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import Channel, Hazard, System

METHODS = pytest.mark.parametrize("method", ["Rodas5P", "Rodas4", "LSODA", "Radau"])
END = 100.0


def model(body: str) -> System:
    """The System of the inside of a model's text; `x` is looked at."""
    return load_antimony(f"model m\n x = 0;\n {body}\nend", "m")


def followed(
    system: System, times: NDArray[np.float64] | None = None, *,
    people: Cohort | None = None, plan: Schedule | None = None, solver: Solver | None = None,
) -> tuple[NDArray[np.float64], Records]:  # fmt: skip
    """`x` of everybody at these times, (patient, time), and the records."""
    people, probe = people or cohort(1), Probe(("x",), np.array([END]) if times is None else times)
    plan = plan or schedule(len(people.ids), float(probe.times[-1]))
    found, records = solve(system, people, plan, probe, key=Key(1), solver=solver)
    assert not found.status.any()
    return found.values[:, 0], records


@METHODS
@pytest.mark.parametrize(
    ("body", "area"),
    [
        ("x' = piecewise(1, time > 57.3 && time < 57.301, 0);", 0.001),
        ("x' = piecewise(1, 57.3 <= time, 0) - piecewise(1, !(time < 57.301), 0);", 0.001),
        ("a = 57.3; w = 1e-4; x' = piecewise(1/w, (time - a)/w >= 0 && a + w > time, 0);", 1.0),
        ("x' = piecewise(1, 2*(100 - time) < 85.4 && -time > -57.301, 0);", 0.001),
        ("x' = piecewise(1, abs(time - 50) < 0.01, 0);", 0.02),
        ("x' = piecewise(1, max(time - 50, 50 - time) < 0.01, 0);", 0.02),
        ("x' = 10*(time > 50)*(time < 50.01);", 0.1),
        ("x' = piecewise(1, time == 50, 0);", 0.0),
        ("x' = piecewise(1, time != 50, 0);", END),
        ("x' = piecewise(1, time > 200, 0) + piecewise(1, time > -5, 0);", END),
        ("x' = piecewise(1, 0*time > 1, 0) + piecewise(1, 0*time < 1, 0);", END),
        ("x' = piecewise(1, time - floor(time) < 0.001, 0);", 0.1),
        ("x' = piecewise(1, time % 7 < 0.5, 0);", 15 * 0.5),
        ("x' = piecewise(2, 7*(time/7 - floor(time/7)) < 0.5, 0);", 15.0),
        ("phase := time - floor(time/8)*8; on := phase < 0.5; x' = on;", 13 * 0.5),
        ("x' = floor(time);", 99 * 50.0),
        ("x' = ceil(time);", 101 * 50.0),
        ("x' = ceil(-time/2);", -2 * 49 * 25.0),
        ("x' = piecewise(1, floor(time) == 42, 0);", 1.0),
        ("x' = max(0, time - 90);", 50.0),
    ],
)
def test_pulses_are_met(method: str, body: str, area: float) -> None:
    """With default settings, by every method, exactly where they stand."""
    (found,), _ = followed(model(body), solver=Solver(method=method))
    np.testing.assert_allclose(found[-1], area, rtol=1e-6, atol=1e-9)


@METHODS
def test_every_patient_has_a_pulse_of_its_own(method: str) -> None:
    """When it begins and how long it lasts are parameters, different or the same for everybody."""
    text = "piecewise(1, time > begin, 0) - piecewise(1, time > begin + days, 0)"
    system = model(f"begin = 10; days = 0.5; x' = {text};")
    begin = np.array([3.0, 57.003, 120.0, -0.005, 99.995, np.pi])
    days = np.array([0.01, 0.001, 5.0, 0.01, 0.01, 1e-7])
    people = dataclasses.replace(cohort(6), parameters={"begin": begin, "days": days})
    found, _ = followed(system, people=people, solver=Solver(method=method))
    expected = np.clip(begin + days, 0, END) - np.clip(begin, 0, END)
    np.testing.assert_allclose(found[:, -1], expected, rtol=1e-6, atol=1e-9)


@METHODS
def test_a_pulse_that_a_dose_or_an_event_brings(method: str) -> None:
    """The time it is counted from is set while the patient is solved."""
    system = model("since = -9; x' = piecewise(1, time < since + 0.01, 0);\n"
                   " at (time > 60.3): since = time;\n"
                   " at (x > 0.015): since = since + 20;")  # fmt: skip
    plan = schedule(1, END, [Jump(12.25, "since", 21.25)])
    times = np.array([12.0, 13.0, 61.0, 100.0])
    (found,), _ = followed(system, times, plan=plan, solver=Solver(method=method))
    # the dose's pulse, half of the event's, and then one from there to 20.01 days after it
    np.testing.assert_allclose(found, [0, 0.01, 0.01 + 0.7, 0.02 + 20], rtol=1e-5)


@METHODS
def test_an_event_that_lasts_for_a_minute_is_met(method: str) -> None:
    """A trigger of time alone, or of time and states."""
    system = model("y = 1; y' = 0.01; x' = 0;\n at (time > 20.5 && time < 20.501): x = x + 1;\n"
                   " at (time > 70.2 && time < 70.201 && y > 1.5): x = x + 10;\n"
                   " at (time > 40.2 && time < 40.201 && y > 1.5): x = x + 100;")  # fmt: skip
    (found,), _ = followed(system, solver=Solver(method=method))
    assert found[-1] == 11.0


@METHODS
def test_a_hazard_may_be_a_pulse(method: str) -> None:
    """One that nobody survives, for a minute: all fall in it."""
    system = model("risk := piecewise(1e6, time > 31.1 && time < 31.101, 0); x' = 0;")
    system = dataclasses.replace(system, hazards=(Hazard("stroke", "risk", False, "dead", ()),))
    people = cohort(20)
    _, records = followed(system, np.array([0.0]), people=people, plan=schedule(20, END),
                          solver=Solver(method=method))  # fmt: skip
    struck = records.time[np.array(records.source) == "hazard"]
    assert len(struck) == 20 and np.all((struck > 31.1) & (struck < 31.101))


@pytest.mark.parametrize("exact_below", [1e9, 5.0])
def test_whole_numbers_that_arrive_in_pulses(exact_below: float) -> None:
    """Ten on average in a quarter of an hour, ten more a month later: one by one, or in leaps."""
    text = "piecewise(1000, time > 31.1 && time < 31.11, 0) + 1000*(time > 61 && time < 61.01)"
    system = model(f"arrival := {text}; x' = 0;")
    system = dataclasses.replace(
        system, discrete=("x",), channels=(Channel("arrive", "arrival", (("x", 1.0),)),)
    )
    found, _ = followed(
        system, np.array([31.0, 50.0, 100.0]), people=cohort(1000),
        plan=schedule(1000, END), solver=Solver(exact_below=exact_below),
    )  # fmt: skip
    assert not found[:, 0].any()
    for mean, counts in ((10, found[:, 1]), (20, found[:, 2])):
        assert np.array_equal(counts, np.round(counts))
        assert abs(counts.mean() - mean) < 4 * np.sqrt(mean / 1000)
        assert 0.8 < counts.var() / mean < 1.2


@METHODS
def test_a_life_that_begins_before_day_0(method: str) -> None:
    """Weekly pulses on negative days, too."""
    system = model("x' = piecewise(1, time - 7*floor(time/7) < 0.25, 0);")
    plan = dataclasses.replace(schedule(2, 14.0), start=np.array([-28.0, -27.9]))
    times = np.array([-14.0, 0.0, 14.0])
    found, _ = followed(
        system, times, people=cohort(2), plan=plan, solver=Solver(method=method)
    )  # fmt: skip
    np.testing.assert_allclose(found[0], [0.5, 1.0, 1.5], rtol=1e-6)
    np.testing.assert_allclose(found[1], [0.4, 0.9, 1.4], rtol=1e-6)


@METHODS
def test_a_formula_of_time_is_shown_at_its_own_time(method: str) -> None:
    """What is looked at is computed from the time of the sample, also where it jumps."""
    system = model("on := time >= 5; x' = on; late := time > 5;")
    probe = Probe(("x", "on", "late"), np.array([4.0, 5.0, 6.0]))
    found, _ = solve(
        system, cohort(1), schedule(1, 6.0), probe, key=Key(1), solver=Solver(method=method)
    )
    np.testing.assert_allclose(found.values[0], [[0, 0, 1], [0, 1, 1], [0, 0, 1]], atol=1e-9)


@METHODS
def test_a_sample_at_the_time_of_an_event_shows_the_state_before_it(method: str) -> None:
    """As at a dose; of an event on the first day, too."""
    system = model("x' = 0; on := x > 50;\n at (time >= 5): x = x + 100;\n"
                   " at (time >= 0), t0 = false: x = 1;")  # fmt: skip
    probe = Probe(("x", "on"), np.array([0.0, 4.0, 5.0, 6.0]))
    found, _ = solve(
        system, cohort(1), schedule(1, 6.0), probe, key=Key(1), solver=Solver(method=method)
    )
    np.testing.assert_array_equal(found.values[0], [[0, 1, 1, 101], [0, 0, 0, 1]])


def test_fifteen_years_of_daily_hours() -> None:
    """5,475 pulses of an hour, on and off to the last one."""
    system = model("x' = 24*piecewise(1, time - floor(time) < 1/24, 0);")
    (found,), _ = followed(system, np.array([5475.0]))
    np.testing.assert_allclose(found[-1], 5475.0, rtol=1e-9)


@pytest.mark.parametrize("width", WIDTHS)
def test_neighbours_with_other_pulses_change_nothing(width: int) -> None:
    """Alone or in lanes beside each other, to the last bit."""
    pulses = "piecewise(1, time > begin, 0) + 5*(time/every - floor(time/every) < 0.01)"
    system = model(f"begin = 10; every = 3; k = 0.3; x' = {pulses} - k*x;")
    rng = np.random.default_rng(3)
    drawn = {"begin": rng.uniform(0, 90, 9), "every": rng.uniform(1, 20, 9)}
    people = dataclasses.replace(cohort(9), parameters=drawn)
    times = np.linspace(0, END, 41)
    together, _ = followed(system, times, people=people, solver=Solver(width=width))
    for row in range(9):
        alone = dataclasses.replace(
            cohort(1, start=row), parameters={n: column[[row]] for n, column in drawn.items()}
        )
        found, _ = followed(system, times, people=alone, solver=Solver(width=1))
        assert found.tobytes() == together[[row]].tobytes()


@METHODS
@pytest.mark.parametrize(
    ("body", "formula"),
    [
        ("x' = piecewise(1, sin(time) > 0.9, 0);", "sin(time) > 0.9"),
        ("x' = piecewise(1, time < x + 1, 0);", "time < (x + 1)"),
        ("gone := exp(-time) < 1e-3; x' = gone;", "exp(-(time)) < 0.001"),
        ("x' = floor(time^2);", "floor(time^2)"),
    ],
)
def test_what_jumps_otherwise_is_refused_by_its_formula(
    method: str, body: str, formula: str
) -> None:
    """Its times cannot be told beforehand; with a bound on steps it is solved."""
    with pytest.raises(InvalidInput, match="longest") as refused:
        followed(model(body), solver=Solver(method=method))
    assert refused.value.faults[0].found == formula
    followed(model(body), np.array([1.0]), solver=Solver(method=method, longest=0.1))


def test_what_no_rate_reads_is_free() -> None:
    """A quantity to be looked at, a trigger that is searched for, and conditions on states."""
    followed(model("shown := sin(time) > 0.9; x' = 1; at (sin(time) > 0.9): x = x;"))
    followed(model("y = 1; y' = -0.1*y; x' = piecewise(1, y < 0.5, 0);"))


def test_a_system_that_does_not_jump_with_time_is_left_alone() -> None:
    """Smooth in time, or choosing by states and parameters: the same System, no switch."""
    for body in ("x' = 1 + sin(time);", "k = 1; x' = piecewise(1, k > 0.5, 2)*floor(k) - x;",
                 "x' = piecewise(1, x < 0.5, 0);"):  # fmt: skip
        system = sorted_out(model(body))
        assert hold(system).system is system
