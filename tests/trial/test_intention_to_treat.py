"""Transplantation compared as it was meant: failed harvests and relapses stay in the trial."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

import numpy as np
import pytest

import reseed
from reseed.base.errors import InvalidInput
from reseed.course import plan
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.course import Quantity
from reseed.nouns.scenario import Scenario
from reseed.nouns.system import System
from reseed.spec import find_library, read_course, read_scenario
from reseed.spec.course import joined
from reseed.trial import run_trial
from reseed.trial.batch import Batch, run_batch
from reseed.trial.setup import Setup, set_up

PATIENTS, YEARS = 60, 5.0
INFUSION = 49.0
VISITS = 26 * 7.0  # days between the visits at which a drug may begin
FAILED, BEGUN = "harvest failure", "switch to ocrelizumab"
PRESENCE = ("ocrelizumab_concentration", "cyclophosphamide_concentration")
FROM_ENTRY = (
    "relapse_free_survival_from_entry",
    "progression_free_survival_6m_from_entry",
    "mri_activity_free_survival_from_entry",
    "neda_3_from_entry",
    "overall_survival_from_entry",
)
OF_THE_INFUSED = ("relapse_free_survival", "neutrophil_engraftment", "days_of_neutropenia")


def harder(scenario: Scenario) -> Scenario:
    """A harvest that must bring 6e6 CD34+ cells per kg, and so fails in many more patients."""
    more = ("harvest__minimum_cd34", Quantity(6e6, "cell/kg"))
    first, *others = scenario.arms
    first = dataclasses.replace(first, parameters=(*first.parameters, more))
    return dataclasses.replace(scenario, arms=(first, *others), show=PRESENCE)


@pytest.fixture(scope="module")
def setup() -> Setup:
    """Transplantation or escalating drugs, five years, with many failed harvests."""
    scenario = harder(read_scenario("ms-autologous", find_library()))
    return set_up(scenario, patients=PATIENTS, days=YEARS * 365.25)


@pytest.fixture(scope="module")
def batch(setup: Setup) -> Batch:
    """The transplant arm."""
    return run_batch(setup, 0, 0, PATIENTS)


@pytest.fixture(scope="module")
def drugs(setup: Setup) -> Batch:
    """The same patients on escalating drugs."""
    return run_batch(setup, 1, 0, PATIENTS)


def days_of(batch: Batch, name: str) -> dict[int, list[float]]:
    """Study days, from entry on, of each patient's records of a name."""
    found: dict[int, list[float]] = {int(patient): [] for patient in batch.cohort.ids}
    records = batch.records
    for patient, day, own in zip(records.patient, records.time, records.name, strict=True):
        if own == name and day >= 0:
            found[int(patient)].append(float(day))
    return found


def those_with(batch: Batch, name: str) -> list[int]:
    """The patients of whom something is recorded after entry."""
    return [patient for patient, days in days_of(batch, name).items() if days]


def known(batch: Batch, endpoint: str) -> set[int]:
    """The patients who have an outcome."""
    outcomes = batch.outcomes
    of = np.array([name == endpoint for name in outcomes.endpoint])
    there = of & ((outcomes.status > 0) | ~np.isnan(outcomes.time) | ~np.isnan(outcomes.value))
    return set(outcomes.patient[there].tolist())


def shown(batch: Batch, port: str, patients: Collection[int], first: float, last: float):
    """Values of a port in some patients between two study days, (patient, day)."""
    solved = batch.trajectories
    days = (solved.times >= first) & (solved.times <= last)
    rows = np.isin(solved.ids, list(patients))
    return solved.values[rows][:, solved.variables.index(port)][:, days]


def test_a_failed_harvest_is_recorded_and_follow_up_goes_on(batch: Batch) -> None:
    """Some fail; each is followed to the end of the study or to death, and nobody is lost."""
    failed = those_with(batch, FAILED)
    assert 5 < len(failed) < PATIENTS - 20
    assert not batch.trajectories.status.any()
    assert set(batch.trajectories.end_reason) <= {"", "death"}
    rows = np.isin(batch.trajectories.ids, failed)
    reasons = np.array(batch.trajectories.end_reason)[rows]
    ends = batch.trajectories.end_time[rows]
    assert np.all(ends[reasons == ""] == INFUSION + YEARS * 365.25)


def test_after_a_failed_harvest_there_is_a_drug_and_no_transplantation(batch: Batch) -> None:
    """No conditioning, no thaw, no infusion; ocrelizumab from the day planned for it on."""
    failed = those_with(batch, FAILED)
    assert not set(failed) & set(those_with(batch, "cd34_infused"))
    assert not set(failed) & set(those_with(batch, "cd34_viable"))
    assert all(days_of(batch, BEGUN)[patient] == [INFUSION] for patient in failed)
    conditioned = shown(batch, "cyclophosphamide_concentration", failed, 40.0, 49.0)
    infused = set(those_with(batch, "cd34_infused"))
    others = shown(batch, "cyclophosphamide_concentration", infused, 40.0, 49.0)
    assert conditioned.max() < 1e-3 * others.max(axis=1).min()
    assert np.nanmin(shown(batch, "ocrelizumab_concentration", failed, 51.0, 400.0)) > 0.1
    assert not shown(batch, "ocrelizumab_concentration", failed, 0.0, 48.0).any()


def test_all_who_entered_are_at_risk_from_entry_in_both_arms(batch: Batch, drugs: Batch) -> None:
    """By intention to treat: whoever is infused or not counts in his arm."""
    everybody = set(range(PATIENTS))
    for endpoint in FROM_ENTRY:
        assert known(batch, endpoint) == everybody == known(drugs, endpoint)
    free = np.array([name == FROM_ENTRY[0] for name in batch.outcomes.endpoint])
    relapses, deaths = days_of(batch, "relapse"), days_of(batch, "death")
    failed = set(those_with(batch, FAILED))
    times = zip(batch.outcomes.patient[free], batch.outcomes.status[free],
                batch.outcomes.time[free], strict=True)  # fmt: skip
    counted = 0
    for patient, status, day in times:
        if patient in failed and status == 1:
            counted += 1
            assert day == pytest.approx(min(relapses[int(patient)] + deaths[int(patient)]))
    assert counted > 0


def test_what_counts_from_the_infusion_is_about_the_infused(batch: Batch, drugs: Batch) -> None:
    """Nobody else has such an outcome; the arm without a graft has none at all."""
    infused = set(those_with(batch, "cd34_infused"))
    for endpoint in OF_THE_INFUSED:
        assert known(batch, endpoint) <= infused and not known(drugs, endpoint)
    assert known(batch, "relapse_free_survival") == infused


def test_a_relapse_after_transplantation_brings_a_drug_at_the_next_visit(batch: Batch) -> None:
    """Half-yearly visits from the infusion on: told again from the relapses of each patient."""
    infused = those_with(batch, "cd34_infused")
    relapses, begun = days_of(batch, "relapse"), days_of(batch, BEGUN)
    ends = dict(zip(batch.trajectories.ids.tolist(), batch.trajectories.end_time, strict=True))
    treated = 0
    for patient in infused:
        after = [day for day in relapses[patient] if day > INFUSION]
        expected = []
        if after:
            visit = INFUSION + VISITS * np.ceil((after[0] - INFUSION) / VISITS)
            expected = [visit] if visit < ends[patient] else []
        assert begun[patient] == expected
        treated += len(expected)
        if expected and ends[patient] > expected[0] + 100.0:
            row = [patient]
            during = shown(
                batch, "ocrelizumab_concentration", row, expected[0] + 2, expected[0] + 90
            )
            assert during.min() > 0.1
    assert treated > 3 and treated < len(infused) - 3


def test_what_follows_changes_nothing_that_studies_count(setup: Setup, batch: Batch) -> None:
    """With the library's plain course the infused have the same first relapse; others leave.

    The models of both arms differ by a drug that is not given yet, so that times agree to the
    tolerance of the solver and not to the last bit.
    """
    library = find_library()
    plain = read_course(library.path("courses", "cyclophosphamide-atg"), library)
    arm = dataclasses.replace(setup.scenario.arms[0], course=plain)
    alone = dataclasses.replace(setup.scenario, arms=(arm,))
    left = run_batch(set_up(alone, days=YEARS * 365.25), 0, 0, PATIENTS)
    reasons = dict(zip(left.trajectories.ids.tolist(), left.trajectories.end_reason, strict=True))
    failed = [patient for patient, reason in reasons.items() if reason == FAILED]
    assert failed == those_with(batch, FAILED)
    with_drugs, without = days_of(batch, "relapse"), days_of(left, "relapse")
    infused = those_with(batch, "cd34_infused")
    for patient in infused:
        first, same = (
            next((day for day in days[patient] if day > INFUSION), np.inf)
            for days in (with_drugs, without)
        )
        assert first == pytest.approx(same, abs=1.0)
    fewer, more = (sum(len(days[one]) for one in infused) for days in (with_drugs, without))
    assert fewer < more


def test_python_names_a_course_and_what_follows_it() -> None:
    """As `then` does in a file; what does not fit is told."""
    study = reseed.load("ms-progressive")
    both = study.with_arms({"beam": ["beam-atg", "ocrelizumab-if-needed"]}).scenario.arms[0].course
    (harvest, *_), *_ = (stage.procedures for stage in both.stages)
    assert both.name == "beam-atg" and both.stages[-1].name == "ocrelizumab" and harvest.stay
    for courses, told in (
        (["beam-atg", "escalating-drugs"], "days count from infusion"),
        (["natalizumab", "ocrelizumab-if-needed"], "no harvest"),
        (["beam-atg", "no-treatment", "natalizumab"], "of one and what follows it"),
        ("ocrelizumab-if-needed", "no harvest"),
    ):
        with pytest.raises(InvalidInput, match=told):
            study.with_arms({"arm": courses})


def test_twelve_patients_are_reported_with_those_whose_harvest_failed(
    setup: Setup, tmp_path
) -> None:
    """The page says who had no infusion, and why; batches change no byte of it."""
    pages = []
    for size in (5, 12):
        folder = tmp_path / str(size)
        short = dataclasses.replace(setup.scenario, patients=12)
        result = run_trial(short, folder, patients=12, days=500.0, batch=size, workers=1)
        pages.append((folder / "report.html").read_bytes())
    assert pages[0] == pages[1]
    page = pages[0].decode()
    assert "harvest failure" in page and "With too few cells the harvest has failed" in page
    at_risk = {(e.arm, e.endpoint): int(e.at_risk[0]) for e in result.estimates() if len(e.at_risk)}
    assert at_risk["cy-atg", FROM_ENTRY[0]] == at_risk["drugs", FROM_ENTRY[0]] == 12
    assert at_risk["cy-atg", "relapse_free_survival"] < 12


def test_progressive_patients_progress_more_and_relapse_no_more(tmp_path) -> None:
    """After the same regimen, five years: the scenarios of relapsing and progressive disease.

    Progression-free: relapsing patients better by more than ten points; relapse-free: by less
    than five, which is two standard errors with 500 of each. In the scenario itself, both arms
    have everybody at risk at entry.
    """
    share = {}
    for name in ("ms-autologous", "ms-progressive"):
        found = run_batch(
            set_up(read_scenario(name, find_library()), patients=500, days=5 * 365.25, arms=[0]),
            0, 0, 500,
        )  # fmt: skip
        for endpoint in ("relapse_free_survival", "progression_free_survival_6m"):
            of = np.array([one == endpoint for one in found.outcomes.endpoint])
            status = found.outcomes.status[of & ~np.isnan(found.outcomes.time)]
            share[name, endpoint] = 100.0 * float(np.mean(status == 0))
    relapsing, progressive = "ms-autologous", "ms-progressive"
    worse, again = "progression_free_survival_6m", "relapse_free_survival"
    assert share[relapsing, worse] > share[progressive, worse] + 10
    assert share[relapsing, again] < share[progressive, again] + 5
    scenario = read_scenario("ms-progressive", find_library())
    result = run_trial(scenario, tmp_path / "small", patients=6, days=300.0, workers=1)
    assert result.failed == 0
    assert {(e.arm, int(e.at_risk[0])) for e in result.estimates()
            if e.endpoint == FROM_ENTRY[0]} == {("cy-atg", 6), ("untreated", 6)}  # fmt: skip


def test_what_follows_a_course_is_given_after_a_failed_harvest_too(setup: Setup) -> None:
    """Only the rest of the course itself is dropped: its conditioning and its graft."""
    library = find_library()
    first = read_course(library.path("courses", "cyclophosphamide-atg"), library)
    then = read_course(library.path("courses", "ocrelizumab"), library)
    whole = joined(first, dataclasses.replace(then, origin=first.origin))
    (harvest,) = (
        do for stage in whole.stages for do in stage.procedures if do.procedure == "harvest"
    )
    stages = tuple(
        dataclasses.replace(
            stage,
            procedures=tuple(
                dataclasses.replace(do, stay=do is harvest) for do in stage.procedures
            ),
        )
        for stage in whole.stages
    )
    columns = (Covariate("weight", "kg"), Covariate("body_surface_area", "m^2"))
    values = {"weight": np.full(2, 70.0), "body_surface_area": np.full(2, 1.8)}
    cohort = Cohort(np.arange(2), columns, values, {})
    laid = plan(
        dataclasses.replace(whole, stages=stages), cohort, with_drug(setup, "ocrelizumab"),
        infusion_day=INFUSION, end=400.0,
    )  # fmt: skip
    (dropped,) = (one.procedure.rest for one in laid.boundaries if one.name == "harvest")
    assert any(tag.startswith("cyclophosphamide") for tag in dropped)
    assert any(tag.startswith("infuse") for tag in dropped)
    assert not any(tag.startswith("ocrelizumab") for tag in dropped)


def with_drug(setup: Setup, drug: str) -> System:
    """The arm's System; it has the drug already, since the course that follows gives it."""
    system = setup.systems[0]
    assert drug in {port.name for port in system.ports if port.direction == "dose"}
    return system
