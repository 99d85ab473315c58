"""What docs/engine.md shows, runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

PAGE = (Path(__file__).resolve().parents[2] / "docs/engine.md").read_text(encoding="utf-8")


def test_the_examples_run_one_after_the_other() -> None:
    """The drug of the first example leaves with its half-life; the second has its bands."""
    names: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(code, "docs/engine.md", "exec"), names)  # noqa: S102
    course, clearance = names["course"], names["clearance"]
    late = course.values[:, 0, -1] / course.values[:, 0, -5]  # the last day
    np.testing.assert_allclose(late, np.exp(-clearance / 10), rtol=1e-4)
    assert names["low"][-1] <= names["median"][-1] <= names["high"][-1]
