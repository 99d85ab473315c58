"""The compiled engine against mathematics: conservation, positivity, exponentials of matrices.

Tolerances shrink and the error with them; doses lie at each patient's own times, events where a
closed form says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import by_hand
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm

from reseed.base.keys import uniforms
from reseed.engine import Solver, solve
from reseed.nouns.cohort import Cohort
from reseed.nouns.expression import Expression
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import StateEvent, System
from reseed.nouns.trajectories import Trajectories

Array = NDArray[np.float64]
METHODS = pytest.mark.parametrize("method", ["Rodas5P", "Rodas4"])
KEY = Key(3)


def system_of(
    states: Mapping[str, tuple[float, Expression]],
    parameters: Mapping[str, float] | None = None,
    events: Sequence[StateEvent] = (),
) -> System:
    """States as (initial value, rate); everything can be looked at."""
    return by_hand.system_of(states, events, parameters)


def solved(
    system: System,
    times: Array,
    patients: int = 1,
    *,
    solver: Solver | None = None,
    parameters: Mapping[str, Array] | None = None,
    doses: Sequence[tuple[str, Array, Array]] = (),
) -> tuple[Trajectories, Records]:
    """All states at these times; a dose is (state, times, amounts), one of each patient."""
    empty = np.zeros((patients, 0))
    schedule = Schedule(
        np.column_stack([empty, *(when for _, when, _ in doses)]),
        np.column_stack([empty, *(amount for _, _, amount in doses)]),
        tuple(target for target, _, _ in doses),
        ("",) * len(doses),
        (),
        np.zeros(patients),
        float(times[-1]),
    )
    course, records = solve(
        system,
        Cohort(np.arange(patients), (), {}, dict(parameters or {})),
        schedule,
        Probe(system.states, times),
        key=KEY,
        solver=solver or Solver(),
    )
    assert not course.status.any()
    return course, records


# --- conservation and positivity -----------------------------------------------------------------

CHAIN = 12
RATES = tuple(float(rate) for rate in np.geomspace(0.03, 300.0, CHAIN))  # stiff: four decades


def closed_chain() -> System:
    """Cells that pass through compartments in a ring, part of them by saturable steps."""
    names = [f"c{i}" for i in range(CHAIN)]
    flows: list[Expression] = [
        ("*", rate, name) if i % 3 else ("/", ("*", rate, name), ("+", 1.0, name))
        for i, (name, rate) in enumerate(zip(names, RATES, strict=True))
    ]
    rates = [("-", flows[i - 1], flows[i]) for i in range(CHAIN)]
    starts = [1.0, *(0.0,) * (CHAIN - 1)]
    return system_of(dict(zip(names, zip(starts, rates, strict=True), strict=True)))


@METHODS
@pytest.mark.parametrize("rtol", [1e-4, 1e-8])
def test_what_goes_round_is_never_lost(method: str, rtol: float) -> None:
    """A sum that the rates keep is kept by every step and sample to the last digits."""
    patients, times = 16, np.linspace(0.0, 200.0, 401)
    days = 50.0 * uniforms(Key(1, "day"), np.arange(patients))
    amounts = 10.0 * uniforms(Key(1, "amount"), np.arange(patients))
    course, _ = solved(
        closed_chain(), times, patients, solver=Solver(method=method, rtol=rtol),
        doses=[("c4", days, amounts)],
    )  # fmt: skip
    given = 1.0 + np.where(times > days[:, None], amounts[:, None], 0.0)
    np.testing.assert_allclose(course.values.sum(axis=1), given, rtol=1e-12)


@METHODS
@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-8])
def test_nothing_falls_below_zero_by_more_than_the_tolerance(method: str, rtol: float) -> None:
    """Compartments that fill late and empty fast stay positive within ten absolute tolerances."""
    times = np.concatenate([[0.0], np.geomspace(1e-4, 200.0, 800)])
    solver = Solver(method=method, rtol=rtol)
    course, _ = solved(closed_chain(), times, solver=solver)
    assert course.values.min() > -10.0 * rtol * solver.atol_share


@METHODS
def test_a_drug_that_is_gone_leaves_no_trace(method: str) -> None:
    """After hundreds of half-lives: nothing that counts, and no number so small that it is slow."""
    system = system_of({"drug": (1.0, ("*", -5.0, "drug")), "x": (0.0, ("cos", "time"))})
    course, _ = solved(system, np.linspace(0.0, 1000.0, 801), solver=Solver(method=method))
    left = np.abs(course.values[0, 0, 40:])
    assert left.max() < 1e-9
    assert np.all((left == 0.0) | (left > 1e-30))


# --- two compartments ----------------------------------------------------------------------------

LOSS, OUT, BACK = 0.7, 1.1, 0.4  # per day
PATIENTS, END = 24, 12.0


def two_compartments() -> System:
    """A drug in blood and tissue; each patient's loss is its own."""
    return system_of(
        {
            "blood": (0.0, ("-", ("*", BACK, "tissue"), ("*", ("+", "loss", OUT), "blood"))),
            "tissue": (0.0, ("-", ("*", OUT, "blood"), ("*", BACK, "tissue"))),
        },
        {"loss": LOSS},
    )


def given(patients: int = PATIENTS) -> tuple[Array, Array, Array]:
    """Each patient's loss, and days and amounts of three doses: (patient,), (patient, 3) twice."""
    ids = np.arange(patients)
    loss = LOSS * (0.5 + 2.0 * uniforms(Key(2, "loss"), ids))
    gaps = 0.5 + 3.0 * uniforms(Key(2, "day"), ids[:, None], draw=np.arange(3))
    amounts = 1.0 + 9.0 * uniforms(Key(2, "amount"), ids[:, None], draw=np.arange(3))
    return loss, np.cumsum(gaps, axis=1), amounts


def in_closed_form(loss: Array, days: Array, amounts: Array, times: Array) -> Array:
    """(patient, compartment, time), each dose by the exponential of the matrix of rates."""
    made = np.zeros((len(loss), 2, len(times)))
    for row, own in enumerate(loss):
        matrix = np.array([[-own - OUT, BACK], [OUT, -BACK]])
        for day, amount in zip(days[row], amounts[row], strict=True):
            for place in np.flatnonzero(times > day):
                made[row, :, place] += expm(matrix * (times[place] - day))[:, 0] * amount
    return made


def errors_at(method: str, rtol: float) -> tuple[float, float]:
    """The largest error over the scale of a state, and the mean number of steps."""
    loss, days, amounts = given()
    times = np.linspace(0.0, END, 37)
    doses = [("blood", days[:, i], amounts[:, i]) for i in range(3)]
    course, _ = solved(
        two_compartments(), times, PATIENTS, solver=Solver(method=method, rtol=rtol),
        parameters={"loss": loss}, doses=doses,
    )  # fmt: skip
    scale = np.maximum(amounts.max(axis=1), 1.0)[:, None, None]
    error = np.abs(course.values - in_closed_form(loss, days, amounts, times)) / scale
    return float(error.max()), float(course.steps.mean())


@METHODS
def test_the_error_follows_the_tolerance(method: str) -> None:
    """Doses at own times: errors of a few tolerances, which shrink as the tolerance does."""
    rtols = np.array([1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10])
    errors, steps = zip(*(errors_at(method, rtol) for rtol in rtols), strict=True)
    assert np.all(np.array(errors) < 5.0 * rtols)
    # by at least half a decade per decade, and by nearly one over all
    assert np.all(np.diff(np.log10(errors)) < -0.5)
    assert np.log10(errors[0] / errors[-1]) > 0.8 * np.log10(rtols[0] / rtols[-1])
    assert np.all(np.diff(steps) >= 0)


@METHODS
def test_more_accuracy_costs_what_the_order_says(method: str) -> None:
    """A hundredth of the tolerance takes no more than the (order + 1)th root of 100 more steps."""
    order = {"Rodas5P": 4, "Rodas4": 3}[method]
    few, many = (errors_at(method, rtol)[1] for rtol in (1e-6, 1e-10))
    assert many / few < 1.3 * 1e4 ** (1.0 / (order + 1))


@METHODS
def test_a_probe_at_a_dose_sees_the_value_before_it(method: str) -> None:
    """Patients are looked at exactly at their own dose, at the next moment, and at day 0."""
    patients = 9
    loss, days, amounts = given(patients)
    days = np.round(days * 4.0) / 4.0  # many meet the same probe times, exactly
    times = np.arange(0.0, 12.25, 0.25)
    moments = np.sort(np.concatenate([times, times[:-1] + 1e-9]))
    doses = [("blood", days[:, i], amounts[:, i]) for i in range(3)]
    doses += [("blood", np.zeros(patients), np.full(patients, 2.0))]
    course, _ = solved(
        two_compartments(), moments, patients, solver=Solver(method=method, rtol=1e-9),
        parameters={"loss": loss}, doses=doses,
    )  # fmt: skip
    every_day = np.column_stack([days, np.zeros(patients)])
    every_amount = np.column_stack([amounts, np.full(patients, 2.0)])
    expected = in_closed_form(loss, every_day, every_amount, moments)
    np.testing.assert_allclose(course.values, expected, atol=1e-7)
    np.testing.assert_array_equal(course.values[:, :, 0], 0.0)
    np.testing.assert_allclose(course.values[:, 0, 1], 2.0, rtol=1e-8)


@METHODS
def test_a_rate_of_time_itself_is_integrated(method: str) -> None:
    """x' = (cos t - x) stiffly, and y' = t^2 exp(-t): time derivatives enter the steps."""
    system = system_of(
        {
            "x": (0.0, ("*", 1e3, ("-", ("cos", "time"), "x"))),
            "y": (0.0, ("*", "time", "time", ("exp", ("neg", "time")))),
        }
    )
    times = np.linspace(0.0, 10.0, 41)
    stiff = 1e3
    swing = stiff / (1.0 + stiff**2)
    x = swing * (stiff * np.cos(times) + np.sin(times) - stiff * np.exp(-stiff * times))
    y = 2.0 - np.exp(-times) * (times**2 + 2.0 * times + 2.0)
    # a stiff state that follows time is right at the ends of steps of any length: what holds the
    # samples between them is the interpolant's own part in the error test
    for rtol in (1e-5, 1e-6, 1e-9):
        course, _ = solved(system, times, solver=Solver(method=method, rtol=rtol))
        np.testing.assert_allclose(course.values[0, 0], x, rtol=0.0, atol=40.0 * rtol)
        np.testing.assert_allclose(course.values[0, 0, -1], x[-1], rtol=0.0, atol=5.0 * rtol)
        np.testing.assert_allclose(course.values[0, 1], y, rtol=0.0, atol=5.0 * rtol)


# --- events --------------------------------------------------------------------------------------


@METHODS
@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-8])
def test_an_event_is_found_at_its_time(method: str, rtol: float) -> None:
    """x = exp(-k t) falls below each patient's own level at ln(1/level)/k, within the tolerance."""
    patients = 60
    ids = np.arange(patients)
    k, level = 0.2 + uniforms(Key(4, "k"), ids), 0.05 + 0.9 * uniforms(Key(4, "level"), ids)
    system = system_of(
        {"x": (1.0, ("neg", ("*", "k", "x"))), "hits": (0.0, 0.0)},
        {"k": 1.0, "level": 0.5},
        [StateEvent("fall", ("lt", "x", "level"), (("hits", ("+", "hits", 1.0)),))],
    )
    course, records = solved(
        system, np.linspace(0.0, 30.0, 7), patients, solver=Solver(method=method, rtol=rtol),
        parameters={"k": k, "level": level},
    )  # fmt: skip
    np.testing.assert_array_equal(records.patient, ids)
    np.testing.assert_array_equal(course.values[:, 1, -1], 1.0)
    expected = np.log(1.0 / level) / k
    # an error of the state moves the time by that over the slope, which is k * level
    allowed = 5.0 * rtol / (k * level) + 1e-9
    assert np.all(np.abs(records.time - expected) < allowed)
    assert set(records.name) == {"fall"} and set(records.source) == {"event"}


@METHODS
def test_events_that_restart_themselves_keep_their_period(method: str) -> None:
    """A store that empties at a constant rate and is filled at 0.1 has the period of arithmetic."""
    system = system_of(
        {"store": (1.0, -0.3)},
        {},
        [StateEvent("fill", ("le", "store", 0.1), (("store", 1.0),))],
    )
    _, records = solved(system, np.array([0.0, 100.0]), solver=Solver(method=method))
    np.testing.assert_allclose(records.time, 3.0 * np.arange(1, 34), rtol=1e-9)


@METHODS
def test_two_events_in_one_step_are_told_in_their_order(method: str) -> None:
    """Levels close together are passed within a step; the assignment of the first is felt."""
    system = system_of(
        {"x": (0.0, 1.0), "first": (0.0, 0.0), "second": (0.0, 0.0)},
        {},
        [
            StateEvent("later", ("ge", "x", 1.001), (("second", "first"),)),
            StateEvent("sooner", ("ge", "x", 1.0), (("first", 7.0),)),
        ],
    )
    course, records = solved(system, np.array([0.0, 5.0]), solver=Solver(method=method))
    assert records.name == ("sooner", "later")
    np.testing.assert_allclose(records.time, [1.0, 1.001], atol=1e-9)
    np.testing.assert_array_equal(course.values[0, 1:, -1], [7.0, 7.0])


# --- what only parameters decide -----------------------------------------------------------------


@pytest.mark.parametrize("own", [False, True])
def test_a_condition_of_parameters_alone_chooses(own: bool) -> None:
    """A model may choose between moving formulas by a constant, or by a patient's covariate."""
    choice = ("piecewise", ("neg", "x"), ("gt", "sex", 0.5), ("*", -2.0, "x"))
    system = system_of({"x": (1.0, choice)}, {"sex": 1.0})
    parameters = {"sex": np.array([1.0, 0.0])} if own else {}
    course, _ = solved(system, np.array([0.0, 1.0]), 2, parameters=parameters)
    rates = np.array([1.0, 2.0]) if own else np.ones(2)
    np.testing.assert_allclose(course.values[:, 0, 1], np.exp(-rates), rtol=1e-5)


def test_a_formula_without_a_value_is_a_failure() -> None:
    """A Hill function of 0/0 is no number, and its patient is coded."""
    ratio = ("^", ("/", "a", "b"), 1.5)
    system = system_of({"x": (0.0, ("/", ratio, ("+", 1.0, ratio)))}, {"a": 0.0, "b": 0.0})
    nothing = np.zeros((1, 0))
    course, _ = solve(
        system, Cohort(np.arange(1), (), {}, {}),
        Schedule(nothing, nothing, (), (), (), np.zeros(1), 1.0),
        Probe(("x",), np.array([1.0])), key=KEY,
    )  # fmt: skip
    assert course.status[0] != 0
