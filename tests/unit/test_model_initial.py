"""Initial values that depend on other states start as the text says."""

from __future__ import annotations

import numpy as np
import pytest
from examples import cohort, schedule

from reseed.base.errors import InvalidInput
from reseed.engine import Solver, solve
from reseed.model import load_antimony
from reseed.model.initial import written_out
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe

TEXT = """
model chain
  k = 0.1;
  x = 5; x' = -k*x;
  doubled := 2*x;
  y = doubled + 1; y' = -k*y;
  z = x*y; z' = 0;
end
"""


@pytest.mark.parametrize("method", ["Rodas5P", "LSODA"])
def test_a_value_through_a_rule_and_through_another_state(method: str) -> None:
    """y = 2 * 5 + 1 and z = 5 * 11 on the first day, by the engine and by the reference."""
    course, _ = solve(
        load_antimony(TEXT, "chain"), cohort(1), schedule(1, 1.0),
        Probe(("x", "y", "z"), np.zeros(1)), key=Key(1), solver=Solver(method=method),
    )  # fmt: skip
    np.testing.assert_allclose(course.values[0, :, 0], [5.0, 11.0, 55.0])


def test_a_circle_is_told() -> None:
    """Each from the other, by way of a rule: refused with the way round."""
    initial = {"a": ("+", "r", 1.0), "b": ("*", "a", 2.0)}
    with pytest.raises(InvalidInput, match="b -> a -> r -> b|a -> r -> b -> a"):
        written_out(initial, [("r", ("+", "b", "k"))], "circle")
