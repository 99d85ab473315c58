"""The fast copy of the disease that its numbers are fitted with, against the module itself."""

from __future__ import annotations

import numpy as np
import pytest

from bench.arms import drawn_patients
from bench.ms_shadow import (
    DAYS,
    INFUSION,
    YEAR,
    Background,
    arm_for,
    disease_of,
    draw,
    enter,
    library_numbers,
    lives,
    relapse_hazard,
)
from reseed.cohort import live
from reseed.engine import Solver, solve
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.spec import find_library, read_scenario
from reseed.trial.setup import set_up


def test_the_hazard_is_the_modules() -> None:
    """Relapses a day of transplanted patients over eleven years, from the same cells."""
    arm = arm_for("cyclophosphamide-atg")
    people = drawn_patients(arm.system, 30)
    names = ("survived", "returned", "arisen")
    shown = (
        *(f"clones_{name}" for name in names), "memory_cd4_ratio", "regulatory_cd4_ratio",
        "b_ratio", "relapse",
    )  # fmt: skip
    end = INFUSION + DAYS[-1] + 1.0
    course, _ = solve(
        arm.system, people, arm.schedule(people, INFUSION, end), Probe(shown, INFUSION + DAYS),
        key=Key(1), solver=Solver(rtol=1e-8),
    )  # fmt: skip
    stayed = np.array([reason == "" for reason in course.end_reason])
    *cells, relapse = np.moveaxis(course.values[stayed], 1, 0)
    numbers = library_numbers()
    cells[:3] = [count / numbers["clones"] for count in cells[:3]]
    age = people.covariates["age"][stayed][:, None] + (INFUSION + DAYS) / YEAR
    response = people.parameters["ms__response_ms"][stayed]
    ours = relapse_hazard(response, age, Background(*cells), numbers)
    np.testing.assert_allclose(ours, relapse, rtol=1e-3, atol=1e-3 * relapse.max())


def test_people_enter_as_they_do_in_the_cohort() -> None:
    """Years lived, disability and relapses at entry: means within three standard errors."""
    setup = set_up(read_scenario("ms-autologous", find_library()), patients=2, days=10.0)
    assert setup.natural is not None
    count = 400
    people, first = live(
        setup.natural, setup.scenario.cohort, np.arange(count), Key(1), Solver(rtol=1e-5)
    )
    limits = {one.covariate or one.name: one for one in setup.scenario.cohort.history.criteria}
    low, high = (getattr(limits["disability_at_entry"], bound) for bound in ("low", "high"))
    many = draw(4000, 2)
    seen = lives(disease_of(many, library_numbers()), many)
    ours = enter(
        seen,
        lambda s: (s.last_year >= 2) & (s.disability >= low) & (s.disability <= high)
        & (s.age >= 18) & (s.age <= 55),
    )  # fmt: skip
    both = {
        "years": (-first / YEAR, ours.day / YEAR),
        "age": (people.covariates["age"], ours.age),
        "disability": (people.covariates["disability_at_entry"], ours.disability),
        "relapses": (people.covariates["relapses_last_year"], ours.last_year),
    }
    for name, (engine, copy) in both.items():
        error = np.std(engine) / np.sqrt(count) + np.std(copy) / np.sqrt(len(copy))
        assert engine.mean() == pytest.approx(copy.mean(), abs=3 * error), name
