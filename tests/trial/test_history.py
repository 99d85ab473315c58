"""Lives before a study: who enters, what they bring, and that batches change nothing."""

from __future__ import annotations

import dataclasses
import importlib
import re
import time
from pathlib import Path

import numpy as np
import pytest

from reseed import store
from reseed.base.errors import InvalidInput
from reseed.cohort import live
from reseed.engine import Solver
from reseed.nouns.cohort_design import CohortDesign
from reseed.nouns.course import Quantity
from reseed.nouns.key import Key
from reseed.spec import find_library, read_cohort, read_scenario
from reseed.trial import run_trial
from reseed.trial.batch import run_batch
from reseed.trial.setup import Setup, set_up

YEAR = 365.25
SOLVER = Solver(rtol=1e-5)


@pytest.fixture(scope="module")
def setup() -> Setup:
    """A few patients with multiple sclerosis, followed to day 100."""
    return set_up(read_scenario("ms-autologous", find_library()), patients=12, days=100.0)


def test_everybody_who_enters_meets_the_criteria(setup: Setup) -> None:
    """Two relapses in the year before, disability from 2 to 6, ages 18 to 55, after a first day."""
    assert setup.natural is not None
    design = setup.scenario.cohort
    people, first_days = live(setup.natural, design, np.arange(40), Key(1), SOLVER)
    told = people.covariates
    assert np.all(told["relapses_last_year"] >= 2)
    assert np.all((told["disability_at_entry"] >= 2) & (told["disability_at_entry"] <= 6))
    assert np.all((told["age"] >= 18) & (told["age"] <= 55))
    np.testing.assert_allclose(told["disease_duration"] * YEAR, -first_days)
    assert np.all(first_days < 0) and people.luck is not None


def test_a_place_is_filled_alike_alone_and_among_others(setup: Setup) -> None:
    """Place 7 goes to the same person, whoever else is asked."""
    assert setup.natural is not None
    design = setup.scenario.cohort
    many, days = live(setup.natural, design, np.arange(10), Key(1), SOLVER)
    one, day = live(setup.natural, design, np.array([7]), Key(1), SOLVER)
    assert one.draws()[0] == many.draws()[7] and day[0] == days[7]
    for name, values in one.covariates.items():
        assert values[0] == many.covariates[name][7]


def test_the_life_before_is_told_again_in_the_trial(setup: Setup) -> None:
    """The relapses that let a patient in are in the records, before day 0, and nobody fails."""
    batch = run_batch(setup, 0, 0, 12)
    assert not batch.trajectories.status.any()
    names, times = np.array(batch.records.name), batch.records.time
    for place, patient in enumerate(batch.cohort.ids):
        own = (batch.records.patient == patient) & (names == "relapse")
        seen = np.sum(own & (times > -365.0) & (times <= 0.0))
        assert seen == batch.cohort.covariates["relapses_last_year"][place]


def test_nobody_who_enters_has_died_before(setup: Setup) -> None:
    """At a hundred times the mortality many lives end early; a place goes to one that lasts."""
    high = ("mortality__ratio_mild", Quantity(150.0, ""))
    scenario = dataclasses.replace(setup.scenario, parameters=(*setup.scenario.parameters, high))
    deadly = set_up(scenario, patients=12, days=3650.0)
    assert deadly.natural is not None
    people, first_days = live(deadly.natural, scenario.cohort, np.arange(12), Key(1), SOLVER)
    luck = people.draws()
    assert np.any(luck != np.arange(12)) and np.all(first_days < 0)
    batch = run_batch(deadly, 0, 0, 12)
    assert not batch.trajectories.status.any()
    names = np.array(batch.records.name)
    deaths = batch.records.time[names == "death"]
    assert len(deaths) > 3 and np.all(deaths > 0)
    assert np.all(batch.trajectories.end_time > 0)


def test_criteria_that_nobody_meets_are_told(setup: Setup, tmp_path: Path) -> None:
    """A hundred relapses in a year: the criterion by name, and how many lives each excluded.

    No endless search: some thousand lives at most, also where many places are to be filled.
    """
    assert setup.natural is not None
    never = relapsing(tmp_path, "at_least = 2\nbecomes", "at_least = 100\nbecomes")
    before = time.process_time()
    with pytest.raises(InvalidInput) as raised:
        live(setup.natural, never, np.arange(40), Key(1), SOLVER)
    assert time.process_time() - before < 30.0
    (fault,) = raised.value.faults
    assert (fault.file, fault.place) == ("cohort changed", "history.criterion[1]")
    told = re.search(r"nobody for place 0 in (\d+) lives", fault.found)
    assert told and int(told[1]) == 2000
    assert f"relapse at least 100 in {told[1]}, disability 2 to 6 in " in fault.found
    assert "age 18 to 55 in " in fault.found and "solved" not in fault.found


def test_criteria_that_are_met_but_never_together_are_told(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two relapses in a year and none in two: each is met in most lives, both in none of 150."""
    assert setup.natural is not None
    places = importlib.import_module("reseed.cohort.live")
    monkeypatch.setattr(places, "LIVES", 150)
    quiet = 'record = "relapse"\nwithin = "730 day"\nat_most = 0\n\n[[history.criterion]]\n'
    rare = relapsing(tmp_path, 'port = "disability"', f'{quiet}port = "disability"')
    with pytest.raises(InvalidInput) as raised:
        live(setup.natural, rare, np.arange(1), Key(1), SOLVER)
    (fault,) = raised.value.faults
    assert fault.place == "history" and "in 150 lives" in fault.found
    assert "never all of them at one visit" in fault.found


def test_a_place_that_is_hard_to_fill_is_filled_alike_alone_and_among_others(
    setup: Setup, tmp_path: Path
) -> None:
    """Five relapses in a year need many lives; which one enters depends on the place alone."""
    assert setup.natural is not None
    hard = relapsing(tmp_path, "at_least = 2\nbecomes", "at_least = 5\nbecomes")
    many, days = live(setup.natural, hard, np.arange(6), Key(1), SOLVER)
    assert many.covariates["lives_drawn"].max() > 20
    assert np.all(many.covariates["relapses_last_year"] >= 5)
    for place in range(6):
        one, day = live(setup.natural, hard, np.array([place]), Key(1), SOLVER)
        assert one.draws()[0] == many.draws()[place] and day[0] == days[place]
        assert one.covariates["lives_drawn"] == many.covariates["lives_drawn"][place]


def test_lives_that_cannot_be_solved_are_counted_and_let_nobody_in(setup: Setup) -> None:
    """With too few steps some lives fail: the next one is told, and the failures are known."""
    assert setup.natural is not None
    short = Solver(rtol=1e-5, budget=1000, rungs=0)
    people, _ = live(setup.natural, setup.scenario.cohort, np.arange(30), Key(1), short)
    failed, drawn = people.covariates["lives_failed"], people.covariates["lives_drawn"]
    assert failed.sum() > 5 and np.all(failed < drawn)
    whole, _ = live(setup.natural, setup.scenario.cohort, np.arange(30), Key(1), SOLVER)
    assert not whole.covariates["lives_failed"].any()
    changed = people.draws() != whole.draws()
    assert changed.any() and np.all(failed[changed] > 0)
    shorter = Solver(rtol=1e-5, budget=100, rungs=0)
    with pytest.raises(InvalidInput, match="could not be solved; expected lives that can be"):
        live(setup.natural, setup.scenario.cohort, np.arange(3), Key(1), shorter)


def relapsing(tmp_path: Path, old: str, new: str) -> CohortDesign:
    """The cohort of relapsing patients with another criterion."""
    text = find_library().path("cohorts", "relapsing-ms").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return read_cohort(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('record = "relapse"\n', "", "one of record, port and covariate"),
        ('within = "365 day"\n', "", "a time with a record"),
        ('becomes = "relapses_last_year"', 'becomes = "sex"', "a name that no covariate has"),
        ('visits = "91 day"', 'visits = "1 kg"', "a length of time"),
        ('covariate = "age"', 'covariate = "aeg"', "covariate"),
        ('visits = "91 day"', 'visits = "0.01 day"', "at most 1000"),
    ],
)
def test_a_history_is_checked(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Each fault is named with its place."""
    text = find_library().path("cohorts", "relapsing-ms").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "wrong.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidInput, match=said):
        read_cohort(path)


def test_batches_change_no_byte_of_a_long_report(tmp_path: Path) -> None:
    """Twins with lives before entry, over four years: the page is the same for any batch.

    It tells the lives that were drawn, and who meets the criteria when an arm tells them again.
    """
    scenario = dataclasses.replace(read_scenario("ms-autologous", find_library()), design="twins")
    pages = []
    for batch in (3, 8):
        folder = tmp_path / str(batch)
        result = run_trial(scenario, folder, patients=8, days=1500.0, batch=batch, workers=1)
        pages.append((folder / "report.html").read_bytes())
        drawn = int(store.read_patients(folder, "drugs")["lives_drawn"].sum())
        assert result.summary()["arms"]["drugs"]["lives"] == {"told": drawn, "failed": 0}
    assert pages[0] == pages[1]
    for section in (b"benefit", b"history", b"years", b"experience"):
        assert b'<section id="' + section + b'">' in pages[0]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", pages[0].decode()))
    assert "Lives that could not be solved 0 0" in words
    assert "days before: at least 2, n (%) 8 (100.0%) 8 (100.0%)" in words


def test_lives_that_were_drawn_are_counted(setup: Setup) -> None:
    """Who fills a place at the first turn is the first life; their luck says which it was."""
    assert setup.natural is not None
    people, _ = live(setup.natural, setup.scenario.cohort, np.arange(40), Key(1), SOLVER)
    drawn = people.covariates["lives_drawn"]
    np.testing.assert_array_equal(drawn, 1 + people.draws() // 10**12)
    assert drawn.min() == 1


def test_batches_change_no_byte_of_a_told_life(tmp_path: Path) -> None:
    """Batches of 3 and of 8 give the same trial."""
    scenario = read_scenario("ms-autologous", find_library())
    folders = []
    for batch in (3, 8):
        folder = tmp_path / str(batch)
        run_trial(scenario, folder, patients=8, days=30.0, batch=batch, workers=1)
        folders.append(store.digest_tree(folder))
    assert folders[0] == folders[1]
