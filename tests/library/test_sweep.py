"""Random patients of every model end with a result or a coded failure, and no state below zero.

The same as `python -m bench.library_sweep`, which takes 10,000 patients of every model.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bench.library_sweep import sweep
from bench.sweep_cases import bounds_of, case_of, modules_of, names_of_cases, people_of
from reseed.nouns.distribution import Distribution
from reseed.nouns.module import Parameter
from reseed.spec import find_library

PATIENTS = 200  # of every model
NO_ARM = (
    *("process__", "correct__", "donate_", "take_stored__"),
    *("inject__", "wait_for_washout__", "adjust_dose__"),
)  # procedures of no arm that is swept


@pytest.mark.parametrize("name", names_of_cases())
def test_random_patients_end_with_a_result_or_a_coded_failure(name: str) -> None:
    """At most one in a hundred fails, each with code, day and state; nothing is below zero."""
    assert sweep(case_of(name), PATIENTS).faults == []


def test_every_model_with_equations_and_every_arm_is_swept() -> None:
    """None is forgotten, and each has a range for every parameter of its tables."""
    names = names_of_cases()
    library = modules_of(find_library())
    assert {module.name for module in library if module.text} < set(names)
    assert {"autologous-recovery/cy-atg", "autologous-recovery/beam-atg"} < set(names)
    drawn = {parameter for name in names for parameter, *_ in case_of(name).ranges}
    given = {f"{m.name}__{row.id}" for m in library for row in m.parameters}
    assert {name for name in given - drawn if not name.startswith(NO_ARM)} == set()


def test_a_patient_is_the_same_among_any_number() -> None:
    """Parameters, covariates and doses of patient 7 alone are those of patient 7 among ten."""
    case = case_of("busulfan")
    (alone, course), (among, courses) = (
        people_of(case, np.array(ids, dtype=np.int64), 1) for ids in ([7], range(10))
    )
    for name, values in alone.parameters.items():
        assert values[0] == among.parameters[name][7]
    for name, values in alone.covariates.items():
        assert values[0] == among.covariates[name][7]
    np.testing.assert_array_equal(course.values[0], courses.values[7])
    np.testing.assert_array_equal(course.times[0], courses.times[7])


def test_ranges_follow_the_rule() -> None:
    """Stated bounds; the central 99.9 % of a law; half and twice; a side that is stated cuts."""
    law = Distribution("lognormal", 1.0, 0.2)
    spread = np.exp(3.2905 * np.sqrt(np.log1p(0.2**2)))  # 3.29 SD leave 0.05 % on each side

    def row(
        value: float, law: Distribution | None, low: float | None, high: float | None
    ) -> Parameter:
        return Parameter("p", value, "", law, None, low, high, "assumed", "a test")

    assert bounds_of(row(0.5, law, 0.1, 0.9)) == (0.1, 0.9)
    assert bounds_of(row(1.0, law, 0.0, None)) == pytest.approx((1 / spread, spread), rel=1e-4)
    assert bounds_of(row(3.0, None, None, None)) == (1.5, 6.0)
    assert bounds_of(row(0.8, None, None, 1.0)) == (0.4, 1.0)


def test_a_state_that_falls_below_zero_is_told() -> None:
    """A constant loss is found, with model, patient and state."""
    case = case_of("rabbit_atg")
    losing = tuple(
        -1.0 if state == "rabbit_atg__auc" else rate
        for state, rate in zip(case.system.states, case.system.rates, strict=True)
    )
    system = dataclasses.replace(case.system, rates=losing)
    (fault,) = sweep(dataclasses.replace(case, system=system), 2).faults
    assert fault.startswith("rabbit_atg: patient ")
    assert "rabbit_atg__auc" in fault and "below zero" in fault


def test_a_patient_who_fails_is_told() -> None:
    """A rate without bound is a coded failure, with model, patient, code, state and advice."""
    case = case_of("rabbit_atg")
    bursting = tuple(
        ("exp", ("*", 50.0, "time")) if state == "rabbit_atg__amount" else rate
        for state, rate in zip(case.system.states, case.system.rates, strict=True)
    )
    system = dataclasses.replace(case.system, rates=bursting)
    first, *each = sweep(dataclasses.replace(case, system=system), 2).faults
    assert first == "rabbit_atg: 2 of 2 patients fail"
    assert "rabbit_atg, patient 0: not a number" in each[0]
    assert any(f"({state})" in each[0] for state in system.states)
