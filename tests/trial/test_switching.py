"""Escalating drugs in people with multiple sclerosis: the rule, its records, and replay."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from reseed import store
from reseed.course import in_words
from reseed.nouns.records import Records
from reseed.nouns.scenario import Arm, Scenario
from reseed.spec import find_library, read_course, read_scenario
from reseed.trial import run_trial
from reseed.trial.batch import Batch, run_batch
from reseed.trial.endpoints import recordable
from reseed.trial.replay import replay
from reseed.trial.setup import set_up

PATIENTS, YEARS = 60, 6.0
DAYS = YEARS * 365.25
HALF_YEAR = 182.0
SEQUENCE = ("interferon", "fingolimod", "natalizumab", "ocrelizumab")
PRESENCE = (
    "interferon_beta_presence",
    "fingolimod_presence",
    "natalizumab_saturation",
    "ocrelizumab_concentration",
)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """The shipped people with multiple sclerosis, on escalating drugs."""
    library = find_library()
    course = read_course(library.path("courses", "escalating-drugs"), library)
    found = read_scenario("ms-autologous", library)
    arm = Arm("escalating", "Escalating drugs", course)
    return dataclasses.replace(found, arms=(arm,), show=PRESENCE)


@pytest.fixture(scope="module")
def batch(scenario: Scenario) -> Batch:
    """Six years of 60 patients."""
    return run_batch(set_up(scenario, patients=PATIENTS, days=DAYS), 0, 0, PATIENTS)


def days_of(records: Records, patient: int, source: str) -> list[tuple[float, str]]:
    """Days after entry and names of what a source has recorded of a patient."""
    rows = zip(records.patient, records.time, records.source, records.name, strict=True)
    return [(float(t), n) for who, t, s, n in rows if who == patient and s == source and t >= 0]


def ruled(relapses: list[float], end: float) -> list[tuple[float, str]]:
    """The rule, told again: when a patient with these relapses switches, and to what."""
    switches, began = [], 0.0
    for following in SEQUENCE[1:]:
        visits = began + HALF_YEAR * np.arange(2, 100)
        since = [day for day in relapses if day > began + HALF_YEAR]
        breakthrough = [v for v in visits if since and since[0] <= v and v < end]
        if not breakthrough:
            break
        began = float(breakthrough[0])
        switches.append((began, f"switch to {following}"))
    return switches


def test_everybody_switches_as_the_rule_says_and_never_without_a_relapse(batch: Batch) -> None:
    """Told again from the relapses of each patient; some switch thrice, and some never."""
    assert not batch.trajectories.status.any()
    counts = []
    for row, patient in enumerate(batch.cohort.ids):
        relapses = [t for t, name in days_of(batch.records, patient, "hazard") if name == "relapse"]
        found = days_of(batch.records, patient, "switch")
        assert found == ruled(relapses, float(batch.trajectories.end_time[row]))
        counts.append(len(found))
    assert min(counts) == 0 and max(counts) == 3


def test_each_drug_is_there_while_its_stage_lasts(batch: Batch) -> None:
    """From a month after its start to its end; the one before is gone three months later."""
    solved = batch.trajectories
    for row, patient in enumerate(batch.cohort.ids):
        starts = [0.0, *(day for day, _ in days_of(batch.records, patient, "switch"))]
        ends = [*starts[1:], float(solved.end_time[row])]
        for stage, (start, end) in enumerate(zip(starts, ends, strict=True)):
            during = (solved.times > start + 30) & (solved.times <= end)
            after = (solved.times > end + 400) & (solved.times <= solved.end_time[row])
            values = solved.values[row, stage]
            assert np.all(values[during] > 0.01)
            assert stage == 3 or np.all(values[after] < 1e-3)
        for stage in range(len(starts), 4):
            there = solved.times <= solved.end_time[row]
            assert not np.nan_to_num(solved.values[row, stage, there]).any()  # none before onset


def test_those_whom_interferon_helps_stay_with_it(batch: Batch) -> None:
    """Breakthrough selects: who never switches has the stronger brake, in the median."""
    switched = np.array([bool(days_of(batch.records, p, "switch")) for p in batch.cohort.ids])
    braking = batch.cohort.parameters["interferon_beta__braking"]
    assert np.median(braking[~switched]) > 1.2 * np.median(braking[switched])


def test_batches_and_replay_give_the_same_switches(scenario: Scenario, tmp_path: Path) -> None:
    """Batches of 3 and of 8 give the same bytes; a patient told alone switches on the same days."""
    short = dataclasses.replace(scenario, show=())
    folders = []
    for batch in (3, 8):
        folder = tmp_path / str(batch)
        run_trial(short, folder, patients=8, days=900.0, batch=batch, workers=1)
        folders.append(folder)
    assert store.digest_tree(folders[0]) == store.digest_tree(folders[1])
    records = store.read_records(folders[0], "escalating")
    who = int(records[records["source"] == "switch"]["patient"].iloc[0])
    own = records[records["patient"] == who]
    alone = replay(short, "escalating", who, days=900.0)
    np.testing.assert_array_equal(own["time"], alone.records.time)
    assert list(own["name"]) == list(alone.records.name)
    report = (folders[0] / "report.html").read_text(encoding="utf-8")
    assert "Switch to fingolimod when a visit finds relapses up by 1" in report


def test_endpoints_may_name_a_switch(scenario: Scenario) -> None:
    """It is among what a run can leave in its records."""
    names = recordable(scenario, ())
    assert {f"switch to {name}" for name in SEQUENCE[1:]} <= names
    assert len(in_words(scenario.arms[0].course)) == 4
