"""Lives that begin before the study does, and luck that is not the id's."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from examples import cohort, module, schedule, system

from reseed.base.errors import InvalidInput
from reseed.engine import Solver, solve
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.module import HazardRow, Port
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System

KEY = Key(5)
METHODS = pytest.mark.parametrize("method", ["Rodas5P", "LSODA"])
EARLIER = 300.25  # days


def struck() -> System:
    """A load that grows, is topped up by an event, and is struck by a recurrent hazard."""
    return system(
        module(
            "life",
            """
            load = 1; load has unity; speed has per_day; risk has per_day;
            load' = -speed*load; rate := risk*load; rate has per_day;
            hits = 0; hits has unity;
            half has unity; half = 0.5; full has unity; full = 2;
            refill: at (load < half), t0 = false: load = full;
            """,
            [
                ("load", "load", "factor", "", "out"),
                ("hits", "hits", "factor", "", "out"),
                Port("refill", "refill", "event", "", "out", ""),
            ],
            {"speed": (0.02, "1/day"), "risk": (0.03, "1/day")},
            [HazardRow("strike", "rate", True, "", (("hits", 1.0),))],
        )
    )


def noted(moment: Moment) -> Turn:
    """A procedure that writes down the load it sees and adds to it."""
    entry = Entry("test", "seen", moment.values["load"], "")
    return Turn(entries=(entry,), jumps=(Jump(moment.time, "life__load", 0.25),))


@METHODS
def test_a_life_told_from_an_earlier_day_is_the_same_life(method: str) -> None:
    """Everything 300 days earlier: the same values, records and luck, at times less 300 days."""
    model, patients = struck(), 6
    times = np.linspace(0.0, 400.0, 81)
    plain = schedule(patients, 400.0, [Jump(50.0, "life__load", 1.0)], [(120.0, noted)])
    shifted = dataclasses.replace(
        plain,
        times=plain.times - EARLIER,
        boundaries=tuple(
            dataclasses.replace(one, times=one.times - EARLIER) for one in plain.boundaries
        ),
        start=np.full(patients, -EARLIER),
        end=400.0 - EARLIER,
    )
    solver = Solver(method=method, rtol=1e-9)
    probe = Probe(("load", "hits"), times)
    first, told = solve(model, cohort(patients), plain, probe, key=KEY, solver=solver)
    probe = Probe(("load", "hits"), times - EARLIER)
    second, again = solve(model, cohort(patients), shifted, probe, key=KEY, solver=solver)
    np.testing.assert_allclose(second.values, first.values, rtol=1e-5, atol=1e-6)
    assert (again.name, again.source) == (told.name, told.source)
    np.testing.assert_allclose(again.time + EARLIER, told.time, atol=1e-5)
    np.testing.assert_allclose(second.end_time, 400.0 - EARLIER)


@METHODS
def test_each_patient_begins_on_its_own_day(method: str) -> None:
    """Nothing is known before a patient's first day; that day shows the initial value."""
    first_days = np.array([-100.0, 0.0, -30.5])
    plan = dataclasses.replace(schedule(3, 10.0), start=first_days)
    times = np.array([-100.0, -60.0, -30.5, 0.0, 10.0])
    solved, _ = solve(
        struck(), cohort(3), plan, Probe(("load",), times), key=KEY, solver=Solver(method=method)
    )
    load = solved.values[:, 0]
    expected = times[None, :] < first_days[:, None]
    np.testing.assert_array_equal(np.isnan(load), expected)
    assert load[0, 0] == load[1, 3] == load[2, 2] == 1.0


def test_a_long_life_before_the_study_is_no_storm() -> None:
    """More than 500 events in the years before day 0, none of them on one day too many."""
    model = struck()
    names = list(model.parameters)
    defaults = list(model.defaults)
    defaults[names.index("life__risk")] = 0.3
    model = dataclasses.replace(model, defaults=tuple(defaults))
    plan = dataclasses.replace(schedule(1, 1.0), start=np.array([-4000.0]))
    solved, records = solve(model, cohort(1), plan, Probe((), np.zeros(0)), key=KEY)
    assert solved.status[0] == 0 and len(records.time) > 600


@METHODS
def test_luck_addresses_the_draws(method: str) -> None:
    """Patients 0 and 1 with the luck of 7 are struck when patient 7 is."""
    probe, plan = Probe(("hits",), np.array([100.0])), schedule(2, 100.0)
    solver = Solver(method=method)
    lucky = dataclasses.replace(cohort(2), luck=np.array([7, 7]))
    _, told = solve(struck(), lucky, plan, probe, key=KEY, solver=solver)
    _, own = solve(struck(), cohort(1, start=7), schedule(1, 100.0), probe, key=KEY, solver=solver)
    for patient in (0, 1):
        np.testing.assert_array_equal(told.time[told.patient == patient], own.time)
    assert len(own.time) > 0


def test_a_first_day_that_is_none_is_refused() -> None:
    """NaN, infinite, or of the wrong shape."""
    for start in (np.array([np.nan]), np.array([-np.inf]), np.zeros(2)):
        plan = dataclasses.replace(schedule(1, 1.0), start=start)
        with pytest.raises(InvalidInput, match="start"):
            solve(struck(), cohort(1), plan, Probe((), np.zeros(0)), key=KEY)


@METHODS
def test_what_is_before_the_first_day_is_refused(method: str) -> None:
    """A dose would be given in full on the first day: whose it is, and when the first day is."""
    first_days = np.array([0.0, -30.0, 5.0])
    plan = schedule(3, 10.0, [Jump(-10.0, "life__load", 1.0)], [(2.0, lambda moment: Turn())])
    plan = dataclasses.replace(plan, start=first_days)
    with pytest.raises(InvalidInput) as refused:
        solve(struck(), cohort(3), plan, Probe((), np.zeros(0)), key=KEY, solver=Solver(method))
    faults = {fault.place: fault for fault in refused.value.faults}
    assert faults.keys() == {"jump 0 of life__load", "boundary boundary 0"}
    assert faults["jump 0 of life__load"].found == "day -10 (row 0; 2 of 3 patients)"
    assert faults["boundary boundary 0"].expected.endswith("5")
    plan.values[[0, 2]] = np.nan  # no such jump for these
    solve(struck(), cohort(3), dataclasses.replace(plan, boundaries=()),
          Probe((), np.zeros(0)), key=KEY, solver=Solver(method))  # fmt: skip


@METHODS
def test_what_is_later_than_the_end_does_not_happen(method: str) -> None:
    """A course may be longer than what is told of it."""
    plan = schedule(1, 10.0, [Jump(11.0, "life__load", 100.0)], [(12.0, lambda moment: 1 / 0)])
    solved, records = solve(
        struck(), cohort(1), plan, Probe(("load",), np.array([10.0, 12.0])), key=KEY,
        solver=Solver(method),
    )  # fmt: skip
    assert not solved.status.any() and solved.end_time[0] == 10.0
    assert solved.values[0, 0, 0] < 50.0 and np.isnan(solved.values[0, 0, 1])
    assert "procedure" not in records.source
