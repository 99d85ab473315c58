"""Courses with a graft: each comes through in a few patients, and the page tells of them all."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from bench.every_course import courses, study_of
from bench.regimens import PAGE, USED_FOR, written
from reseed.nouns.course import Course
from reseed.trial.batch import Batch, run_batch
from reseed.trial.setup import set_up

PATIENTS = 5
BANDS = ((9.0, 4.0), (16.0, 4.8), (23.0, 4.4), (34.0, 3.8), (np.inf, 3.2))  # kg below, mg/kg


@functools.cache
def batch_of(name: str) -> Batch:
    """Five patients of a course, in the scenario of `python -m bench.every_course`."""
    return run_batch(set_up(study_of(course_of(name)).scenario), 0, 0, PATIENTS)


def course_of(name: str) -> Course:
    """A course of the library."""
    return courses([name])[0]


def made(batch: Batch, name: str) -> np.ndarray:
    """The values of a record, in the order in which they were made."""
    return np.array(
        [value for value, own in zip(batch.records.value, batch.records.name, strict=True)
         if own == name]
    )  # fmt: skip


@pytest.mark.parametrize("name", USED_FOR)
def test_every_regimen_comes_through(name: str) -> None:
    """No patient fails, and whoever is still there at the infusion gets cells."""
    batch = batch_of(name)
    assert (batch.trajectories.status == 0).all()
    done = {do.procedure for stage in course_of(name).stages for do in stage.procedures}
    lost = made(batch, "harvest failure").size
    cells = made(batch, "stem_cells_infused")
    assert cells.size == (PATIENTS - lost if "infuse" in done else 0)
    assert (cells > 0).all()


def test_every_course_with_a_graft_is_on_the_page() -> None:
    """Those of mice apart, and with the one that leaves the graft out."""
    grafts = {
        course.name
        for course in courses()
        if any(do.procedure == "infuse" for stage in course.stages for do in stage.procedures)
        and not course.name.startswith("mouse-")
    }
    assert grafts | {"beam-no-graft"} == set(USED_FOR)


def test_the_page_is_as_the_library_has_it() -> None:
    """`python -m bench.regimens` would change nothing."""
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text


def test_a_donors_regimen_says_what_it_leaves_out() -> None:
    """Graft-versus-host disease and rejection are not modelled: the summary says so."""
    for name in USED_FOR:
        course = course_of(name)
        done = {do.procedure for stage in course.stages for do in stage.procedures}
        if done & {"donate_blood", "donate_marrow", "donate_cord"}:
            assert "graft-versus-host" in course.summary and "rejection" in course.summary


def test_each_line_of_a_regimen_has_a_source() -> None:
    """Whatever is given; procedures say their days where these are not day 0."""
    for name in USED_FOR:
        for stage in course_of(name).stages:
            assert all(give.source for give in stage.gives), (name, stage.name)
            assert all(do.source for do in stage.procedures if do.day), (name, stage.name)


def test_children_are_given_busulfan_by_weight() -> None:
    """Four doses each, the first of the band that holds the child's weight (European label)."""
    batch = batch_of("bu-flu-children")
    weights = batch.cohort.covariates["weight"]
    areas = made(batch, "measured_auc")
    assert areas.size == 3 * PATIENTS and (areas > 0).all()
    assert weights.min() < 16 < weights.max()
    course = course_of("bu-flu-children")
    gives = [g for stage in course.stages for g in stage.gives if g.drug == "busulfan"]
    (give,) = gives
    doses = [(below, dose.value) for below, dose in give.bands] + [(np.inf, give.dose.value)]
    assert doses == list(BANDS)


def test_an_antibody_is_waited_for() -> None:
    """Twelve days before the graft, so that hardly anybody waits; what is left is below 2 mg/L."""
    left = made(batch_of("briquilimab-flu-tbi"), "antibody_at_infusion")
    assert left.size == PATIENTS and (left < 2.0).all()
