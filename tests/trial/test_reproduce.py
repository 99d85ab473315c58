"""A report says all that is needed to make it again, and Python says what a run cannot tell."""

from __future__ import annotations

import hashlib
import html
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import reseed
from reseed.api import Run
from reseed.base.errors import InvalidInput


@pytest.fixture
def library(root: Path, tmp_path: Path) -> Path:
    """A user's own library, with a second course that gives what the first gives, a day later."""
    own = tmp_path / "mine"
    shutil.copytree(root / "tests/trial/data/tiny-library", own)
    text = (own / "courses/once.toml").read_text(encoding="utf-8")
    (own / "courses/later.toml").write_text(text.replace("days = [0]", "days = [1]"), "utf-8")
    return own


def told(run: Run) -> str:
    """The words of the section on reproduction."""
    page = run.report.read_text(encoding="utf-8")
    part = re.search(r'<section id="reproduce">(.*?)</section>', page, re.DOTALL)
    assert part
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", part[1])))


def test_own_files_are_named_with_their_digests(library: Path) -> None:
    """The command has --library; course, cohort, endpoint, model and scenario are listed."""
    run = reseed.load("tiny", library=library).run(patients=3, days=5.0, workers=1)
    words = told(run)
    assert "reseed trial tiny --patients 3 --seed 1 --days 5 --library FOLDER" in words
    course = hashlib.sha256((library / "courses/once.toml").read_bytes()).hexdigest()
    assert f"courses once {course}" in words
    for item in ("scenarios tiny", "cohorts people", "endpoints survival", "models decay"):
        assert item in words
    assert "courses later" not in words
    assert str(library) not in (run.folder / "run.json").read_text(encoding="utf-8")


def test_arms_chosen_from_python_are_told_in_python(library: Path) -> None:
    """The command line cannot do it; these lines can, and give the same outcomes."""
    study = reseed.load("tiny", library=library).with_arms({"mine": "later", "usual": "once"})
    run = study.run(patients=3, workers=1)
    words = told(run)
    assert "reseed trial" not in words
    lines = re.search(r"(import reseed) (study = .*?\)) (study = .*?\)) (study\.run\(.*?\))", words)
    assert lines
    text = "\n".join(lines.groups())
    assert "{'mine': 'later', 'usual': 'once'}" in text
    assert "courses later" in words and "courses once" in words
    names: dict[str, Any] = {}
    exec(text.replace("FOLDER", str(library)).replace("study.run", "run = study.run"), names)  # noqa: S102
    pd.testing.assert_frame_equal(names["run"].outcomes, run.outcomes)


def test_what_follows_a_course_is_told_with_it(library: Path) -> None:
    """A course alone is another arm than the same course and what follows it."""
    text = (library / "courses/once.toml").read_text(encoding="utf-8")
    stage = re.search(r'name = "(.*?)"', text)
    assert stage
    after = text.replace(stage[0], 'name = "after"').replace("days = [0]", "days = [3]")
    (library / "courses/after.toml").write_text(after, "utf-8")
    study = reseed.load("tiny", library=library).with_arms({"one": ["once", "after"]})
    words = told(study.run(patients=3, days=5.0, workers=1))
    assert "reseed trial" not in words
    assert "{'one': ['once', 'after']}" in words


def test_what_a_short_run_leaves_out_is_said() -> None:
    """Graft failure is judged on day 30: after ten days of follow-up nobody can tell."""
    run = reseed.load("autologous-recovery").run(patients=2, days=10.0, workers=1)
    with pytest.raises(InvalidInput, match=r"primary_graft_failure.*day 30.*ends on day 10"):
        run.estimate("primary_graft_failure")
    with pytest.raises(InvalidInput, match="left out"):
        run.plot("primary_graft_failure")
    with pytest.raises(KeyError, match="neutrophil_engraftment"):
        run.estimate("no_such_endpoint")
    infusion = run._result.run["infusion_day"]
    course = run.trajectories
    np.testing.assert_allclose(course["study_day"] - course["time"], infusion)
    assert course["time"].attrs["long_name"] == "days after the infusion"
    infused = run.records[run.records["source"] == "infuse"]
    assert len(infused) and np.all((infused["day"] >= 0) & (infused["day"] < 1))
    np.testing.assert_allclose(run.records["time"] - run.records["day"], infusion)
    assert (run.solutions["seen_until"] <= infusion + 10).all()
