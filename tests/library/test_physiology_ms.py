"""Multiple sclerosis: what conditioning, ATG, the graft and the repertoire each do to relapses."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from bench.arms import Arm, arm_of, drawn_patients
from reseed.course.procedures.chance import poisson as drawn
from reseed.engine import Solver, solve
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.schedule import Schedule
from reseed.nouns.trajectories import Trajectories

YEAR = 365.25
INFUSION, END = 49.0, 5 * YEAR
PATIENTS = 300
IMMUNE = ("thymus", "lymphocytes", "b_cells", "innate", "ms")
NO_KILL = {
    f"{drug}__kill_{cells}_cells": 0.0
    for drug in ("cyclophosphamide", "rabbit_atg")
    for cells in ("t", "b")
}
SELECTED = {"harvest__cd3_per_cd34": 50 * 10**-4.5}
NO_ATG = {name: 0.0 for name in NO_KILL if name.startswith("rabbit_atg")}


@cache
def arm() -> Arm:
    """Cyclophosphamide and rabbit ATG with an unselected graft."""
    return arm_of("cyclophosphamide-atg", IMMUNE)


def treated(
    parameters: Mapping[str, float] | None = None,
    course: bool = True,
    restored: bool = False,
) -> tuple[Trajectories, Records]:
    """Patients with some parameters replaced; `restored`: the old clones back in year 2."""
    model = arm().system
    people = drawn_patients(model, PATIENTS)
    replaced = {name: np.full(PATIENTS, value) for name, value in (parameters or {}).items()}
    people = dataclasses.replace(people, parameters={**people.parameters, **replaced})
    plan = arm().schedule(people, INFUSION, END)
    if not course:
        plan = _without(plan)
    if restored:
        plan = _restored(plan)
    names = ("clones_survived", "clones_returned", "memory_cd4_ratio")
    probe = Probe(names, np.array([1.0, INFUSION + 30.0, 2 * YEAR, END]))
    course_, records = solve(
        model, people, plan, probe, key=Key(1), solver=Solver(rtol=1e-5, threads=2)
    )
    assert not course_.status.any()
    return course_, records


def _without(plan: Schedule) -> Schedule:
    nothing = np.zeros((PATIENTS, 0))
    return dataclasses.replace(
        plan, times=nothing, values=nothing, targets=(), tags=(), boundaries=()
    )


def _restored(plan: Schedule) -> Schedule:
    """In year 2 the repertoire of before is given back: 45 clones."""
    column = np.ones((PATIENTS, 1))
    return dataclasses.replace(
        plan,
        times=np.hstack([plan.times, 2 * YEAR * column]),
        values=np.hstack([plan.values, 45.0 * column]),
        targets=(*plan.targets, "ms__survived"),
        tags=(*plan.tags, ""),
    )


def rate(found: tuple[Trajectories, Records], first: float, last: float) -> float:
    """Relapses per patient-year between two days."""
    course, records = found
    inside = (records.time >= first) & (records.time < last)
    count = np.sum(inside & (np.array(records.name) == "relapse"))
    days = np.clip(course.end_time, first, last) - first
    return float(count / np.sum(days) * YEAR)


@cache
def untreated() -> tuple[Trajectories, Records]:
    """The disease alone."""
    return treated(course=False)


@cache
def transplanted() -> tuple[Trajectories, Records]:
    """The course as it is."""
    return treated()


LATE = (1.5 * YEAR, END)


def test_transplantation_stops_most_relapses_and_kills_most_clones() -> None:
    """The rate of relapses falls at least fourfold; half of what is left came with the graft."""
    course, _ = transplanted()
    assert rate(transplanted(), *LATE) < 0.25 * rate(untreated(), *LATE)
    survived, returned = np.nanmean(course.values[:, :2, 1], axis=0)
    assert survived + returned < 0.15 * 45
    assert 0.2 < returned / (survived + returned) < 0.8


def test_without_any_kill_relapses_go_on_as_before() -> None:
    """No conditioning, no effect: within 10 % of the untreated rate, which is about 0.5 per year.

    With a graft of CD34+ cells alone; one with all its T cells gives back a tenth as many clones
    as there are, which is a little more disease.
    """
    before = rate(untreated(), *LATE)
    assert rate(treated(NO_KILL | SELECTED), *LATE) == pytest.approx(before, rel=0.1)
    assert before < rate(treated(NO_KILL), *LATE) < 1.35 * before
    assert 0.3 < before < 1.5


def test_without_antithymocyte_globulin_the_effect_lies_between() -> None:
    """More clones survive and come back, and more relapses with them."""
    between = rate(treated(NO_ATG), *LATE)
    assert rate(transplanted(), *LATE) < 0.7 * between
    assert between < 0.7 * rate(untreated(), *LATE)


def test_old_clones_restored_bring_relapses_back() -> None:
    """Depletion alone gives no remission: the same repertoire is the same disease."""
    third_year_on = (3 * YEAR, END)
    before = rate(untreated(), *third_year_on)
    back = rate(treated(restored=True), *third_year_on)
    assert back > 0.6 * before > 2 * rate(transplanted(), *third_year_on)


def test_selection_brings_fewer_clones_back() -> None:
    """A graft with 4.5 powers of ten fewer T cells brings no autoreactive clone."""
    course, _ = treated(SELECTED)
    assert np.nansum(course.values[:, 1, 1]) <= 1


def test_clones_are_whole_numbers_and_differ_by_luck() -> None:
    """Every count is whole, some patients have none left, others have many."""
    course, _ = transplanted()
    clones = course.values[:, :2, 1].sum(axis=1)
    clones = clones[~np.isnan(clones)]
    np.testing.assert_array_equal(clones, np.round(clones))
    assert np.mean(clones == 0) > 0.01 and clones.max() > 10


def test_the_number_that_comes_back_has_poissons_law() -> None:
    """The inverse distribution function, against scipy.stats."""
    from scipy.stats import poisson

    rng = np.random.default_rng(3)
    for uniform, mean in zip(rng.random(300), np.exp(rng.uniform(-6, 7, 300)), strict=True):
        assert drawn(uniform, mean) == poisson.ppf(uniform, mean)
    assert drawn(0.3, 0.0) == 0.0
