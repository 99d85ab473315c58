"""What the benchmark's figures rest on: patients with addresses, errors, counts, a bisection."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bench.measure.matched import matched_tolerance
from bench.measure.race import ratio
from bench.measure.tail import tail
from bench.measure.work import operations
from bench.memory import most_held
from bench.population import population, sbml_text
from bench.racers import reference
from reseed.engine.kernel.ir import PTR, Function


def test_a_patient_is_the_same_wherever_the_drawing_starts() -> None:
    """Patient 7 of a seed, drawn alone or among ten."""
    whole, part = population(10, 3), population(4, 3, first=6)
    for field in dataclasses.fields(whole):
        one, other = getattr(whole, field.name), getattr(part, field.name)
        if field.name in ("values", "times", "amounts"):
            np.testing.assert_array_equal(one[6:], other)


def test_errors_are_told_in_units_of_the_tolerance() -> None:
    """1e-6 of the value, or 1e-9."""
    truth = np.array([[0.0, 1.0, 100.0]])
    found = reference.errors(truth + np.array([[2e-9, 0.0, -3e-4]]), truth)
    assert found["max"] == pytest.approx(3.0, rel=1e-4)
    assert found["rms"] == pytest.approx(np.sqrt((4 + 9) / 3), rel=1e-4)


def test_the_matched_tolerance_is_not_less_accurate() -> None:
    """An error that grows as the power 0.8 of the tolerance meets a wanted one from below."""
    found = matched_tolerance(lambda rtol: (rtol / 1e-6) ** 0.8, 4.0, 1e-7, 1e-4, 20)
    assert found == pytest.approx(1e-6 * 4 ** (1 / 0.8), rel=1e-4)
    assert (found / 1e-6) ** 0.8 <= 4.0


def test_a_ratio_is_of_medians_with_its_span() -> None:
    """One round that a neighbour disturbed does not decide."""
    found = ratio([10.0, 12.0, 11.0], [1.0, 1.1, 9.0])
    assert (found.median, found.lowest, found.highest) == (10.0, 11.0 / 9.0, 12.0 / 1.1)


def test_operations_of_a_lane_are_counted() -> None:
    """A sum is one and an fma two, also where two vectors of lanes lie side by side."""
    f = Function("sample", [(PTR, "x")], "void", 4)
    a, b = f.row(f["x"], 0), f.row(f["x"], 1)
    both = f.side_by_side([a + b, f.fma(a, b, a)])
    for row, value in enumerate(f.apart(both * both, 2)):
        f.put_row(f["x"], row, value / a)
    f.give()
    assert operations(f.text(), "sample", 4) == 1 + 2 + 2 + 2


def test_the_patient_of_the_tail_swings_for_ever_and_disturbs_nobody() -> None:
    """A demand for G-CSF that is steeper than in anybody makes granulocytes oscillate."""
    found = tail(sbml_text(), 5, 1)
    assert 10_000 < found["steps"] < 40_000
    assert found["neighbours_identical"]


def test_the_most_memory_held_is_that_of_this_process() -> None:
    """At least what an array needs that was filled."""
    before = most_held()
    filled = np.ones(30_000_000 // 8)
    assert most_held() >= min(before, filled.nbytes)
    assert before > 1_000_000
