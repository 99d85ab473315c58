"""Stages that follow one another: visits, conditions, what stops and what begins, and the files."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from examples import cohort, module, system

from reseed.base.errors import InvalidInput
from reseed.course import in_words, plan
from reseed.course.orders import orders
from reseed.course.procedures import PROCEDURES
from reseed.engine import Solver, solve
from reseed.engine.solver import REFERENCE
from reseed.nouns.course import Course, Give, Quantity, Stage
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.scenario import Arm
from reseed.nouns.schedule import Entry, Moment, Turn
from reseed.nouns.system import System
from reseed.nouns.trajectories import Trajectories
from reseed.spec import find_library, read_course, read_scenario
from reseed.trial.setup import set_up

DRUGS = ("one", "two", "three")
GIVE = """[[stage.give]]
drug = "{name}"
dose = "10 mg"
days = "0.."
steady = true
hour = 0
"""
SWITCH = """[stage.switch]
to = "{to}"
visits = "10 day"
after = "20 day"
[[stage.switch.when]]
port = "score"
rises_by = 1
"""
ENTRY = 'title = "T"\norigin = "entry"\n'


def stage(name: str, more: str = "") -> str:
    """A stage that gives the drug of its name."""
    return f'[[stage]]\nname = "{name}"\ntitle = "{name.title()}"\n{GIVE.format(name=name)}{more}'


CHAIN = (
    ENTRY
    + stage("one", SWITCH.format(to="two"))
    + stage("two", SWITCH.format(to="three"))
    + stage("three")
)


def course_of(tmp_path: Path, text: str) -> Course:
    """The course of a text."""
    path = tmp_path / "chain.toml"
    path.write_text(text, encoding="utf-8")
    return read_course(path)


def illness(rise: float, until: float = 1e9) -> System:
    """A score that rises by so much a day, up to a level; and three rates that drugs set."""
    rates = "".join(f"{name} = 0; {name} has mg_per_day; " for name in DRUGS)
    text = f"""
        {rates} rise has per_day; most has unity; none has per_day; none = 0;
        score has unity; score = 0; score' = piecewise(rise, score < most, none);
        """
    ports = [(name, name, "dose", "mg/day", "dose") for name in DRUGS]
    shown = [(f"rate_{name}", name, "rate", "mg/day", "out") for name in DRUGS]
    return system(
        module(
            "illness",
            text,
            [*ports, *shown, ("score", "score", "factor", "", "out")],
            {"rise": (rise, "1/day"), "most": (until, "1")},
        )
    )


def followed(
    course: Course, model: System, end: float = 200.0, solver: Solver | None = None
) -> tuple[Trajectories, Records]:
    """Two patients to the end, the rates of the drugs on every day."""
    people = cohort(2)
    schedule = plan(course, people, model, infusion_day=30.0, end=end)
    shown = tuple(f"rate_{name}" for name in DRUGS)
    probe = Probe(shown, np.arange(0.5, end, 1.0))
    return solve(model, people, schedule, probe, key=Key(1), solver=solver or Solver())


def switches(records: Records) -> list[tuple[float, str]]:
    """Day and name of the first patient's records of switching."""
    rows = zip(records.patient, records.time, records.source, records.name, strict=True)
    return [
        (float(day), name) for who, day, source, name in rows if who == 0 and source == "switch"
    ]


def test_without_breakthrough_nobody_ever_switches(tmp_path: Path) -> None:
    """The score stays: the first drug is given to the end, and no other."""
    found, records = followed(course_of(tmp_path, CHAIN), illness(0.0))
    assert switches(records) == []
    np.testing.assert_array_equal(found.values[0, 0], 10.0)
    np.testing.assert_array_equal(found.values[0, 1:], 0.0)


@pytest.mark.parametrize("method", [None, sorted(REFERENCE)[0]])
def test_the_sequence_is_gone_through_at_visits(tmp_path: Path, method: str | None) -> None:
    """A rise of 1 in 25 days: counted from day 20 of a stage on, seen at visits ten days apart.

    On both engines. At every time exactly one drug is given.
    """
    solver = Solver(method=method) if method else None
    found, records = followed(course_of(tmp_path, CHAIN), illness(0.04), solver=solver)
    assert switches(records) == [(50.0, "switch to two"), (100.0, "switch to three")]
    given = found.values[0]
    np.testing.assert_allclose(given.sum(axis=0), 10.0)
    for row, (first, last) in enumerate(((0, 50), (50, 100), (100, 200))):
        np.testing.assert_allclose(given[row, first:last], 10.0)


def test_what_happens_before_the_first_visit_does_not_count(tmp_path: Path) -> None:
    """The score rises fivefold in the first 20 days and then no more."""
    _, records = followed(course_of(tmp_path, CHAIN), illness(0.5, until=5.0))
    assert switches(records) == []


def test_a_level_counts_from_the_first_visit(tmp_path: Path) -> None:
    """At least 3 from day 30 on; at most 100 at once."""
    high = CHAIN.replace("rises_by = 1", "at_least = 3")
    _, records = followed(course_of(tmp_path, high), illness(0.1))
    assert switches(records) == [(30.0, "switch to two"), (50.0, "switch to three")]
    low = CHAIN.replace("rises_by = 1", 'at_most = "10000 percent"')
    _, records = followed(course_of(tmp_path, low), illness(0.1))
    assert switches(records) == [(20.0, "switch to two"), (40.0, "switch to three")]


def test_any_of_several_conditions_is_enough(tmp_path: Path) -> None:
    """A second one that holds earlier decides."""
    more = '[[stage.switch.when]]\nport = "score"\nat_least = 2.5\n'
    text = CHAIN.replace("rises_by = 1\n", f"rises_by = 1\n{more}", 1)
    _, records = followed(course_of(tmp_path, text), illness(0.1))
    assert switches(records)[0] == (30.0, "switch to two")


def test_without_a_time_to_wait_the_rise_counts_from_the_switch_on(tmp_path: Path) -> None:
    """Visits on day 0 and every ten days; 1 in 10 days is just enough at each."""
    text = CHAIN.replace('after = "20 day"\n', "")
    _, records = followed(course_of(tmp_path, text), illness(0.11))
    assert switches(records) == [(10.0, "switch to two"), (20.0, "switch to three")]


def test_a_stage_may_begin_with_doses_of_its_own_days(tmp_path: Path) -> None:
    """Infusions on days 0 and 10 after the switch, and the old drug is gone."""
    given = 'drug = "three"\ndose = "5 mg"\nover = "24 h"\nhour = 0\ndays = [0, 10]\n'
    last = f'[[stage]]\nname = "three"\ntitle = "Three"\n[[stage.give]]\n{given}'
    text = ENTRY + stage("one", SWITCH.format(to="three")) + last
    found, records = followed(course_of(tmp_path, text), illness(0.04))
    assert switches(records) == [(50.0, "switch to three")]
    days = np.flatnonzero(found.values[0, 2])
    np.testing.assert_array_equal(days, [50, 60])
    assert not found.values[0, 0, 50:].any()


def test_origin_moves_day_zero(tmp_path: Path) -> None:
    """Day 0 is the infusion on study day 30, unless the course counts from entry."""
    text = 'title = "T"\n' + stage("one", SWITCH.format(to="two")) + stage("two")
    found, records = followed(course_of(tmp_path, text), illness(0.04))
    np.testing.assert_array_equal(np.flatnonzero(found.values[0, 0])[[0, -1]], [30, 79])
    assert switches(records) == [(80.0, "switch to two")]


# --- procedures that fail ------------------------------------------------------------------------

HARVEST = '[[stage.procedure]]\ndo = "harvest"\ndays = 5\nhour = 0\n'
LATER = """[[stage]]
name = "later"
title = "Later"
[[stage.give]]
drug = "two"
dose = "5 mg"
over = "24 h"
hour = 0
days = [20]
"""
WATCHING = """[[stage]]
name = "watching"
title = "Watching"
[stage.switch]
to = "three"
visits = "10 day"
[[stage.switch.when]]
failed = "harvest"
"""


@dataclass(frozen=True)
class Collects:
    """A harvest that has collected something, and fails or does not."""

    fails: bool

    def __call__(self, moment: Moment) -> Turn:
        end = "harvest failure" if self.fails else ""
        return Turn(
            carried={"graft": "a bag"}, entries=(Entry("harvest", "bag", 1.0, ""),), end=end
        )


def harvested(
    monkeypatch: pytest.MonkeyPatch, course: Course, fails: bool, method: str | None = None
) -> tuple[Trajectories, Records]:
    """Two patients whose harvest fails or not."""
    monkeypatch.setitem(PROCEDURES, "harvest", lambda *_: Collects(fails))
    return followed(course, illness(0.0), solver=Solver(method=method) if method else None)


def test_without_more_a_failure_ends_follow_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`if_fails` is "end" where nothing is said: nothing is known of them after day 5."""
    for said in ("", 'if_fails = "end"\n'):
        course = course_of(tmp_path, ENTRY + stage("one", HARVEST + said) + LATER)
        found, records = harvested(monkeypatch, course, True)
        assert found.end_reason == ("harvest failure",) * 2
        np.testing.assert_array_equal(found.end_time, 5.0)
        assert "end" in records.source


@pytest.mark.parametrize("method", [None, sorted(REFERENCE)[0]])
def test_who_stays_gets_nothing_more_of_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str | None
) -> None:
    """The drug that runs stops on day 5, the one of day 20 is not begun; the failure is recorded.

    On both engines. Where the harvest succeeds both are given.
    """
    course = course_of(tmp_path, ENTRY + stage("one", HARVEST + 'if_fails = "stay"\n') + LATER)
    found, records = harvested(monkeypatch, course, True, method)
    assert found.end_reason == ("", "") and np.all(found.end_time == 200.0)
    np.testing.assert_allclose(found.values[0, 0], np.where(np.arange(200) < 5, 10.0, 0.0))
    assert not found.values[0, 1].any()
    rows = zip(records.patient, records.source, records.time, records.name, strict=True)
    of_first = [row[2:] for row in rows if row[:2] == (0, "harvest")]
    assert of_first == [(5.0, "bag"), (5.0, "harvest failure")]
    found, records = harvested(monkeypatch, course, False, method)
    np.testing.assert_allclose(found.values[0, 0], 10.0)
    np.testing.assert_array_equal(np.flatnonzero(found.values[0, 1]), [20])
    assert "harvest failure" not in records.name


def test_a_switch_that_waits_for_the_failure_keeps_patients_in_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third drug begins at the first visit after day 5; without a failure it never does."""
    text = ENTRY + stage("one", HARVEST) + LATER + WATCHING + stage("three")
    course = course_of(tmp_path, text)
    found, records = harvested(monkeypatch, course, True)
    assert switches(records) == [(10.0, "switch to three")]
    np.testing.assert_allclose(found.values[0, 2], np.where(np.arange(200) < 10, 0.0, 10.0))
    found, records = harvested(monkeypatch, course, False)
    assert switches(records) == [] and not found.values[0, 2].any()


def test_what_follows_a_failure_reads_as_words(tmp_path: Path) -> None:
    """Whether patients are followed on, and what a visit looks for."""
    text = ENTRY + stage("one", HARVEST) + LATER + WATCHING + stage("three")
    first, _, watching, _ = in_words(course_of(tmp_path, text))
    assert "the harvest has failed: nothing more of the course follows, and the patient is" in first
    assert watching == (
        "Watching. Days count from study entry. Patients are seen from day 0 on, and nothing is "
        "given. Visits every 10 days, the first at the start. "
        "Switch to three when a visit finds that the harvest has failed."
    )
    (alone,) = in_words(course_of(tmp_path, ENTRY + stage("one", HARVEST)))
    assert "the harvest has failed: follow-up ends." in alone


def test_a_procedure_that_never_fails_is_waited_for_in_vain(tmp_path: Path) -> None:
    """That is said before anything is solved."""
    text = (ENTRY + stage("one", HARVEST) + WATCHING + stage("three")).replace("harvest", "thaw")
    arm = Arm("thawed", "Thawed", course_of(tmp_path, text))
    scenario = read_scenario("autologous-recovery", find_library())
    with pytest.raises(InvalidInput, match="watching: failed: found thaw; expected one of harvest"):
        set_up(dataclasses.replace(scenario, arms=(arm,)))


# --- orders --------------------------------------------------------------------------------------


def given_as(**changes: object) -> list[tuple[float, float]]:
    """(day, amount) of the orders of 10 mg every 28 days from day 2 on, to day 100."""
    settings = {
        "drug": "one", "dose": Quantity(10.0, "mg"), "days": (2.0,), "hours": 0.0, "hour": 0.0,
        "per_day": 1, "every": 28.0,
    }  # fmt: skip
    give = Give(**{**settings, **changes})  # type: ignore[arg-type]
    own = Stage("s", "S", (give,), ())
    found = orders(give, own, cohort(1), illness(0.0), 100.0)
    return [(order.day, float(order.amounts[0])) for order in found]


def test_a_steady_rate_gives_the_same_amount_and_stops_at_the_end() -> None:
    """10 mg in 28 days, from the first day to the last."""
    rate = 10.0 / 28.0
    for per_day in (1, 2):
        days, amounts = zip(*given_as(steady=True, per_day=per_day), strict=True)
        assert days == (2.0, 100.0)
        assert amounts == pytest.approx((per_day * rate, -per_day * rate))


def test_doses_without_end_are_given_to_the_end() -> None:
    """Infusions of a day, the last before day 100."""
    starts = [day for day, amount in given_as(hours=24.0) if amount > 0]
    assert starts == [2.0, 30.0, 58.0, 86.0]
    assert sum(amount for _, amount in given_as(hours=24.0)) == pytest.approx(0.0)


# --- files and words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ('to = "two"', 'to = "tow"', "stage[1].switch.to", 'did you mean "two"'),
        ('to = "three"', 'to = "one"', "stage[2].switch.to", "a stage further down"),
        ('visits = "10 day"', 'visits = "1 min"', "stage[1].switch.visits", "at least an hour"),
        ('visits = "10 day"', 'visits = "1 kg"', "stage[1].switch.visits", "unit of time"),
        ("rises_by = 1", "rises_by = 0", "stage[1].switch.when[1].rises_by", "above 0"),
        ("rises_by = 1", "", "stage[1].switch.when[1]", "one of rises_by, at_least, at_most"),
        ("rises_by = 1", "rises_by = nan", "stage[1].switch.when[1].rises_by", "a number"),
        ("rises_by = 1", "rises_by = 1\nat_most = 2", "stage[1].switch.when[1]", "one of rises"),
        ("steady = true", "every = '1 h'", "stage[1].give[1].every", "at least 1 day"),
        ('days = "0.."', "days = [0]", "stage[1].give[1].days", "days without end"),
        ("steady = true", "steady = true\nover = '1 h'", "stage[1].give[1].over", "no duration"),
        ('name = "two"\ntitle = "Two"', 'name = "two"\ntitle = "Two"\n[[stage.procedure]]\n'
         'do = "thaw"\ndays = 1\n', "stage[2].procedure", "none in a stage that begins"),
        ('drug = "two"\ndose = "10 mg"\ndays = "0.."', 'drug = "two"\ndose = "10 mg"\n'
         'days = "-1.."', "stage[2].give[1].days", "days from 0 on"),
        ('origin = "entry"', 'origin = "enter"', "origin", "one of infusion, entry"),
        ('port = "score"\nrises_by = 1', "rises_by = 1", "stage[1].switch.when[1]", "port and"),
        ('port = "score"\nrises_by = 1', 'failed = "harvest"\nrises_by = 1',
         "stage[1].switch.when[1]", "no level"),
        ('port = "score"\nrises_by = 1', 'port = "score"\nfailed = "harvest"',
         "stage[1].switch.when[1]", "one of port and failed"),
        ('name = "two"\ntitle = "Two"', 'name = "two"\ntitle = "Two"\n[[stage]]\n'
         'name = "none"\ntitle = "None"\n', "stage[2]", "done in it, or a switch"),
    ],
)  # fmt: skip
def test_slips_of_a_switch_are_told_with_their_place(
    tmp_path: Path, old: str, new: str, place: str, expected: str
) -> None:
    """Each has its key and its remedy."""
    assert old in CHAIN
    with pytest.raises(InvalidInput) as raised:
        course_of(tmp_path, CHAIN.replace(old, new, 1))
    found = {fault.place: fault.expected for fault in raised.value.faults}
    assert expected in found[place]


def test_the_rule_reads_as_words(tmp_path: Path) -> None:
    """What a clinic would write down."""
    first, second, third = in_words(course_of(tmp_path, CHAIN))
    assert first == (
        "One. Days count from study entry. One 10 mg daily, taken as a steady rate, from day 0 on. "
        "Visits every 10 days, the first after 20 days. "
        "Switch to two when a visit finds score up by 1 since the first visit."
    )
    assert second.startswith("Two. Begins with a switch, on its day 0.")
    assert "Visits" not in third
