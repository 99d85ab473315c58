"""Events by the rules of SBML: delays, priorities, values of two moments, what is dropped, chance.

SBML Level 3 Version 2, section 4.11. Expected values are to be had by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from by_hand import CODES, FALLING, followed, last, system_of
from kernels import WIDTHS

from reseed.base.errors import InvalidInput
from reseed.engine import Solver
from reseed.engine.kernel.hosting import hosted
from reseed.nouns.expression import Expression
from reseed.nouns.jump import Jump
from reseed.nouns.schedule import Boundary, Moment, Turn
from reseed.nouns.system import Hazard, StateEvent, System

HALF_LIFE = np.log(2.0)


# --- delays and the values of two moments --------------------------------------------------------


@pytest.mark.parametrize(
    ("at_trigger", "expected"), [(True, 1.0 + 0.5), (False, 1.0 + 0.5 * np.exp(-2.0))]
)
def test_a_delay_and_the_moment_of_its_values(at_trigger: bool, expected: float) -> None:
    """x falls below 1/2 at ln 2; two days later y becomes 1 + x of the one or the other moment."""
    event = StateEvent(
        "e", ("lt", "x", 0.5), (("y", ("+", "x", 1.0)),), delay=2.0, at_trigger=at_trigger
    )
    system = system_of({"x": (1.0, FALLING), "y": (0.0, 0.0)}, [event])
    course, records = followed(system, [0.0, HALF_LIFE + 1.99, HALF_LIFE + 2.01, 5.0])
    np.testing.assert_allclose(course.values[0, 1], [0.0, 0.0, expected, expected], rtol=1e-6)
    np.testing.assert_allclose(records.time, [HALF_LIFE + 2.0], rtol=1e-6)


def test_every_patient_has_an_own_delay() -> None:
    """The delay is a formula, computed at the moment of the trigger: here it is a share of x."""
    share = np.linspace(0.0, 6.0, 41)
    event = StateEvent("e", ("lt", "x", 0.5), (("x", 3.0),), delay=("*", "share", "x"))
    system = system_of({"x": (1.0, FALLING)}, [event], {"share": 1.0})
    _, records = followed(system, [0.0, 4.0], ids=range(41), parameters={"share": share})
    once = records.time[np.unique(records.patient, return_index=True)[1]]
    np.testing.assert_allclose(once, HALF_LIFE + 0.5 * share, rtol=1e-6)


def test_an_event_can_wait_several_times_at_once() -> None:
    """A clock strikes every day from 1 on; each stroke is heard two and a half days later."""
    events = [
        StateEvent("strike", ("ge", "clock", 1.0), (("clock", 0.0),)),
        StateEvent("heard", ("ge", "clock", 1.0), (("count", ("+", "count", 1.0)),), delay=2.5,
                   at_trigger=False),
    ]  # fmt: skip
    system = system_of({"clock": (0.0, 1.0), "count": (0.0, 0.0)}, events)
    course, records = followed(system, np.arange(0.0, 8.1, 0.25), ["count"])
    heard = records.time[np.array(records.name) == "heard"]
    np.testing.assert_allclose(heard, [3.5, 4.5, 5.5, 6.5, 7.5], rtol=1e-8)
    assert course.values[0, 0, -1] == 5.0


def test_an_event_sets_and_does_not_add() -> None:
    """What is assigned is there to the last digit, in a state as in a parameter."""
    event = StateEvent("e", ("ge", "time", 1.0), (("x", 0.1), ("p", 0.3)), delay=0.0)
    system = system_of({"x": (1e17, 0.0)}, [event], {"p": 1e17})
    course, _ = followed(system, [0.0, 1.0, 2.0], ["x", "p"])
    np.testing.assert_array_equal(course.values[0, :, 1:], [[0.1, 0.1], [0.3, 0.3]])


# --- several at one moment -----------------------------------------------------------------------


def test_two_events_of_one_moment_exchange_their_values() -> None:
    """Both read what was there when they came true, whichever is carried out first."""
    events = [
        StateEvent("one", ("ge", "time", 1.0), (("a", "b"),)),
        StateEvent("two", ("ge", "time", 1.0), (("b", "a"),)),
    ]
    states = {"a": (3.0, 0.0), "b": (5.0, 0.0)}
    assert last(system_of(states, events), 2.0, "a", "b") == [5.0, 3.0]


def digits(order: Sequence[tuple[int, Expression | None]], **more: object) -> System:
    """Events of one moment that write their digits behind each other, with their priorities."""
    events = [
        StateEvent(
            f"e{digit}",
            ("ge", "time", 1.0),
            (("log", ("+", ("*", 10.0, "log"), float(digit))), ("p", ("+", "p", 10.0))),
            priority=priority,
            at_trigger=False,
            **more,  # type: ignore[arg-type]
        )
        for digit, priority in order
    ]
    return system_of({"log": (0.0, 0.0)}, events, {"p": 0.0})


def test_the_most_urgent_is_first() -> None:
    """Priorities 2, 3, none and 1: those with one in their order, then the other."""
    system = digits([(1, 2.0), (2, 3.0), (3, None), (4, 1.0)])
    assert last(system, 2.0, "log") == [2143.0]


def test_priorities_are_looked_at_again_after_each() -> None:
    """Each event raises p by 10: what was last, with 15 - p, stays so; p - 5 comes to the front."""
    system = digits([(1, 9.0), (2, ("-", "p", 5.0)), (3, ("-", 8.0, "p")), (4, 7.0)])
    # 1 (9), then p = 10: 2 has 5, 3 has -2, 4 has 7; then p = 20: 2 has 15, 3 has -12
    assert last(system, 2.0, "log") == [1423.0]


def test_priorities_decide_where_delays_meet() -> None:
    """Fired at different times, due at the same."""
    events = [
        StateEvent("early", ("ge", "time", 1.0), (("log", ("+", ("*", 10.0, "log"), 1.0)),),
                   delay=3.0, priority=1.0, at_trigger=False),
        StateEvent("late", ("ge", "time", 2.0), (("log", ("+", ("*", 10.0, "log"), 2.0)),),
                   delay=2.0, priority=2.0, at_trigger=False),
    ]  # fmt: skip
    assert last(system_of({"log": (0.0, 0.0)}, events), 5.0, "log") == [21.0]


def test_what_is_due_at_one_time_is_so_for_all_its_digits() -> None:
    """0.1 + 0.2 is not 0.3 to the last digit, but these two are of one moment: priorities count."""
    events = [
        StateEvent("one", ("ge", "time", 0.1), (("log", ("+", ("*", 10.0, "log"), 1.0)),),
                   delay=0.2, priority=2.0, at_trigger=False),
        StateEvent("two", ("ge", "time", 0.0), (("log", ("+", ("*", 10.0, "log"), 2.0)),),
                   delay=0.3, priority=1.0, at_trigger=False, initial=False),
    ]  # fmt: skip
    assert 0.1 + 0.2 > 0.3
    assert last(system_of({"log": (0.0, 0.0)}, events), 1.0, "log") == [12.0]


def test_chance_decides_between_equals() -> None:
    """Three of the same priority: each of six orders is as likely as another."""
    system = digits([(1, 1.0), (2, 1.0), (3, 1.0)])
    count = 6_000
    course, _ = followed(system, [0.0, 2.0], ["log"], ids=range(count))
    orders, often = np.unique(course.values[:, 0, -1], return_counts=True)
    assert orders.tolist() == [123.0, 132.0, 213.0, 231.0, 312.0, 321.0]
    assert np.sum((often - count / 6) ** 2 / (count / 6)) < 25.0  # chi-squared, 5 degrees: 1e-4


@pytest.mark.parametrize("solver", [*(Solver(width=width) for width in WIDTHS), Solver(threads=2)])
def test_chance_knows_nothing_of_the_company(solver: Solver) -> None:
    """A patient alone, in another order, and at every lane width has the same luck."""
    system = digits([(1, None), (2, None), (3, None), (4, None)])
    together, _ = followed(system, [0.0, 2.0], ["log"], ids=range(100))
    turned, _ = followed(system, [0.0, 2.0], ["log"], ids=range(99, -1, -1), solver=solver)
    np.testing.assert_array_equal(together.values, turned.values[::-1])
    alone, _ = followed(system, [0.0, 2.0], ["log"], ids=[57], solver=solver)
    assert alone.values[0, 0, -1] == together.values[57, 0, -1]


def test_a_chain_of_one_moment_is_followed_to_its_end() -> None:
    """One turns the next true, ten times, each with a delay of 0; no time passes."""
    events = [
        StateEvent(f"e{i}", ("ge", "x", float(i)), (("x", i + 1.0),), delay=0.0)
        for i in range(1, 11)
    ]
    system = system_of({"x": (0.0, 0.0)}, events)
    course, records = followed(system, [0.0, 1.0, 2.0], doses=[("x", 1.0, 1.0)])
    assert course.values[0, 0].tolist() == [0.0, 11.0, 11.0]
    assert records.name == tuple(f"e{i}" for i in range(1, 11))
    np.testing.assert_array_equal(records.time, 1.0)


# --- what is dropped -----------------------------------------------------------------------------


@pytest.mark.parametrize(("persistent", "expected"), [(True, 1.0), (False, 0.0)])
def test_what_is_no_longer_true_is_dropped(persistent: bool, expected: float) -> None:
    """True from 1 to 2, due at 3: a persistent event is carried out all the same."""
    trigger = ("and", ("ge", "time", 1.0), ("lt", "time", 2.0))
    event = StateEvent("e", trigger, (("y", 1.0),), delay=2.0, persistent=persistent)
    assert last(system_of({"y": (0.0, 0.0)}, [event]), 5.0, "y") == [expected]


def test_what_was_dropped_may_fire_again() -> None:
    """sin t > 1/2 holds for 2.09 days of each 6.28: shorter than the delay, then longer."""
    trigger = ("gt", ("sin", "time"), 0.5)
    for delay, expected in ((2.2, 0.0), (2.0, 3.0)):
        event = StateEvent("e", trigger, (("y", ("+", "y", 1.0)),), delay=delay, persistent=False,
                           at_trigger=False)  # fmt: skip
        system = system_of({"y": (0.0, 0.0), "w": (0.0, ("cos", "time"))}, [event])
        course, records = followed(system, [0.0, 18.0], ["y"], solver=Solver(longest=0.5))
        assert course.values[0, 0, -1] == expected
        due = np.pi / 6 + 2 * np.pi * np.arange(3) + delay
        np.testing.assert_allclose(records.time, due[: int(expected)], atol=1e-6)


@pytest.mark.parametrize(("persistent", "expected"), [(True, 12.0), (False, 1.0)])
def test_an_event_takes_another_s_reason_away(persistent: bool, expected: float) -> None:
    """Both come true at once; the first turns the second's trigger false before its turn."""
    events = [
        StateEvent("first", ("ge", "x", 1.0), (("x", 0.0), ("log", 1.0)), priority=2.0),
        StateEvent("second", ("ge", "x", 1.0), (("log", ("+", ("*", 10.0, "log"), 2.0)),),
                   priority=1.0, persistent=persistent, at_trigger=False),
    ]  # fmt: skip
    system = system_of({"x": (0.0, 0.5), "log": (0.0, 0.0)}, events)
    assert last(system, 3.0, "log") == [expected]


# --- the first moment, and samples ---------------------------------------------------------------


@pytest.mark.parametrize("delay", [None, 0.0])
@pytest.mark.parametrize(("initial", "expected"), [(False, 7.0), (True, 0.0)])
def test_a_trigger_that_is_true_at_the_start(
    delay: float | None, initial: bool, expected: float
) -> None:
    """It fires then if it counts as false before; the first sample shows what it has done."""
    event = StateEvent("e", ("ge", "time", 0.0), (("y", 7.0),), initial=initial, delay=delay)
    course, _ = followed(system_of({"y": (0.0, 0.0)}, [event]), [0.0, 1.0])
    np.testing.assert_array_equal(course.values[0, 0], expected)


@pytest.mark.parametrize("delay", [None, 0.0])
def test_samples_before_and_after_what_happens_at_their_time(delay: float | None) -> None:
    """A dose at 1 and one at the end, each answered by an event: before both, or after both."""
    event = StateEvent(
        "answer", ("ge", "x", 10.0), (("x", ("-", "x", 9.0)), ("n", ("+", "n", 1.0))), delay=delay
    )
    system = system_of({"x": (0.0, 0.0), "n": (0.0, 0.0)}, [event])
    doses = [("x", 1.0, 10.0), ("x", 3.0, 10.0)]
    before, _ = followed(system, [0.0, 1.0, 2.0, 3.0], doses=doses, after=False)
    np.testing.assert_array_equal(before.values[0], [[0, 0, 1, 1], [0, 0, 1, 1]])
    after, _ = followed(system, [0.0, 1.0, 2.0, 3.0], doses=doses)
    np.testing.assert_array_equal(after.values[0], [[0, 1, 1, 2], [0, 1, 1, 2]])
    np.testing.assert_array_equal(after.end_time, 3.0)


def test_a_sample_after_a_procedure() -> None:
    """What a procedure of the first or last day adds is in that day's sample."""

    def add(moment: Moment) -> Turn:
        return Turn(jumps=(Jump(moment.time, "x", 5.0, ""),))

    system = system_of({"x": (0.0, 0.0)}, [])
    boundaries = [Boundary(f"day {day}", np.array([float(day)]), add) for day in (0, 2)]
    after, _ = followed(system, [0.0, 1.0, 2.0], boundaries=boundaries)
    np.testing.assert_array_equal(after.values[0, 0], [5.0, 5.0, 10.0])
    before, _ = followed(system, [0.0, 1.0, 2.0], boundaries=boundaries, after=False)
    np.testing.assert_array_equal(before.values[0, 0], [0.0, 5.0, 5.0])


def test_smooth_samples_are_the_same_before_and_after() -> None:
    """Where nothing jumps the two differ by rounding alone."""
    system = system_of({"x": (1.0, FALLING)}, [])
    times = np.linspace(0.0, 5.0, 33).tolist()
    before, after = (followed(system, times, after=which)[0].values for which in (False, True))
    np.testing.assert_allclose(before, after, rtol=1e-12)
    np.testing.assert_allclose(after[0, 0], np.exp(-np.array(times)), rtol=1e-5)


def test_hazards_and_events_of_the_host_live_together() -> None:
    """A hazard of rate 1 adds 1 each time; an event with a delay takes all away every time."""
    event = StateEvent("clear", ("ge", "n", 5.0), (("n", 0.0), ("gone", ("+", "gone", "n"))),
                       delay=0.1, at_trigger=False)  # fmt: skip
    hit = Hazard("hit", 1.0, True, "", (("n", 1.0),))
    system = system_of({"n": (0.0, 0.0), "gone": (0.0, 0.0)}, [event], hazards=[hit])
    course, records = followed(system, [0.0, 20.0], ids=range(300))
    names = np.array(records.name)
    hits = np.bincount(records.patient[names == "hit"], minlength=300)
    np.testing.assert_array_equal(course.values[:, :, -1].sum(axis=1), hits)
    assert abs(hits.mean() - 20.0) < 5 * np.sqrt(20.0 / 300)


def test_host_and_kernel_agree_to_the_last_digit() -> None:
    """Whether an event fires does not change by another with a delay that has the same product.

    A dose lifts x to where k x is c but for the rounding of c: whether that is enough is a matter
    of the last digit, and whoever looks must see the same.
    """
    product = ("*", "k", "x")
    enough = StateEvent("enough", ("ge", ("-", product, "c"), 0.0), (("n", 1.0),))
    late = StateEvent("late", ("ge", "x", 0.5), (("m", 1.0),), delay=product)
    states = {"x": (0.0, 0.0), "n": (0.0, 0.0), "m": (0.0, 0.0)}
    k, x = np.random.default_rng(1).uniform(0.5, 2.0, 200), 0.7
    found = [
        followed(
            system_of(states, events, {"k": 1.0, "c": 1.0}), [0.0, 1.0, 2.0], ["n"],
            ids=range(200), parameters={"k": k, "c": k * x}, doses=[("x", 1.0, x)],
        )[0].values
        for events in ([enough], [enough, late])
    ]  # fmt: skip
    assert not hosted(system_of(states, [enough])) and hosted(system_of(states, [enough, late]))
    assert 20 < found[0][:, 0, -1].sum() < 200  # some are a little below
    np.testing.assert_array_equal(*found)


# --- failures ------------------------------------------------------------------------------------


def test_a_storm_of_one_moment_is_stopped() -> None:
    """Two events that undo each other for ever, without time passing, are coded; others go on."""
    events = [
        StateEvent("up", ("ge", "x", "level"), (("x", 0.0),), delay=0.0),
        StateEvent("down", ("lt", "x", "level"), (("x", 2.0),), delay=0.0),
    ]
    system = system_of({"x": (0.0, 1.0)}, events, {"level": 1.0})
    levels = np.array([1.0, 100.0])
    course, _ = followed(system, [0.0, 5.0], ids=[0, 1], parameters={"level": levels})
    assert course.status.tolist() == [CODES["event storm"], 0]
    np.testing.assert_allclose(course.status_time[0], 1.0, rtol=1e-8)
    assert course.status_state[0] in ("up", "down")


@pytest.mark.parametrize("delay", [-1.0, ("ln", -1.0)])
def test_a_delay_that_is_none_is_a_failure(delay: Expression) -> None:
    """Below zero or no number: coded, with the event's name."""
    event = StateEvent("e", ("ge", "time", 1.0), (("y", 1.0),), delay=delay)
    course, _ = followed(system_of({"y": (0.0, 0.0)}, [event]), [0.0, 2.0])
    assert course.status.tolist() == [CODES["delay"]] and course.status_state == ("e",)


def test_the_reference_leaves_them_to_the_compiled_engine() -> None:
    """One clear error, not another meaning."""
    event = StateEvent("e", ("ge", "time", 1.0), (("y", 1.0),), delay=1.0)
    system = system_of({"y": (0.0, 0.0)}, [event])
    with pytest.raises(InvalidInput, match="delays"):
        followed(system, [0.0, 1.0], solver=Solver("LSODA"), after=False)


# --- who carries them out ------------------------------------------------------------------------


def pair(one: Expression, other: Expression, reads: Expression = 1.0) -> System:
    """Two events; the second assigns what may depend on the first."""
    events = [StateEvent("one", one, (("a", 1.0),)), StateEvent("two", other, (("b", reads),))]
    states = {"a": (0.0, 0.0), "b": (0.0, 0.0), "x": (0.0, 1.0)}
    return system_of(states, events, rules=[("twice", ("*", 2.0, "a"))])


def test_events_that_can_never_meet_stay_in_the_kernel() -> None:
    """Where order cannot matter the kernel needs no help; where it can, SBML's order counts."""
    high, low = ("gt", "x", 2.0), ("lt", "x", 1.0)
    assert not hosted(pair(high, high))  # neither reads the other
    assert hosted(pair(high, high, "twice"))  # by a rule
    assert not hosted(pair(high, low, "twice"))  # never together
    assert not hosted(pair(("and", ("ge", "x", "b"), "a"), ("gt", "b", "x"), "twice"))
    assert hosted(pair(("ge", "x", 1.0), ("le", "x", 1.0), "twice"))
    assert hosted(pair(high, ("gt", "a", 0.0)))  # one turns the other true
    assert hosted(pair(("or", high, low), low, "twice"))
