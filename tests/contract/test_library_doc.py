"""What docs/library.md promises: its drug lints and runs, its tables name every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import reseed
from reseed.spec import find_library, lint
from reseed.spec.cohort import (
    CohortShape,
    CorrelationShape,
    CovariateShape,
    CriterionShape,
    HistoryShape,
)
from reseed.spec.course import (
    BandShape,
    CourseShape,
    DoShape,
    GiveShape,
    StageShape,
    SwitchShape,
    UntilShape,
    WhenShape,
)
from reseed.spec.display import DisplayShape
from reseed.spec.endpoint import SETTINGS, EndpointShape
from reseed.spec.module import HAZARD_COLUMNS, PORT_COLUMNS
from reseed.spec.parameters import COLUMNS
from reseed.spec.published import COLUMNS as OUTCOME_COLUMNS
from reseed.spec.scenario import ArmShape, ObservationShape, ScenarioShape, SolverShape
from reseed.spec.shape import Shape

PAGE = (Path(__file__).resolve().parents[2] / "docs/library.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w./-]+)`:\n\n```\w*\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the library `mine`, made of the page's blocks, from which a reader works."""
    for name, text in FILES.items():
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_drug_of_the_page_lints_and_runs(place: Path) -> None:
    """As a reader would copy it; the drug is there and lowers the counts."""
    assert len(FILES) == 4
    assert lint(place / "mine", find_library([place / "mine"])) == []
    study = reseed.load("autologous-recovery", library=["mine"])
    run = study.with_arms({"examplin": "examplin-200"}).run(patients=5, days=20, workers=1)
    assert run.failed == 0
    counts = run.trajectories.sel(arm="examplin", variable="neutrophils")
    assert (counts.min("time") < 0.5 * counts.isel(time=0)).all()


def test_the_python_of_the_page_runs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The block as it stands."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "docs/library.md", "exec"), {})  # noqa: S102
    assert "neutrophils" in capsys.readouterr().out


@pytest.mark.parametrize(
    "shape",
    [
        *(
            CourseShape,
            StageShape,
            GiveShape,
            BandShape,
            UntilShape,
            DoShape,
            SwitchShape,
            WhenShape,
        ),
        *(CohortShape, CovariateShape, CorrelationShape, HistoryShape, CriterionShape),
        *(EndpointShape, *SETTINGS.values()),
        *(ScenarioShape, ArmShape, DisplayShape, ObservationShape, SolverShape),
    ],
)
def test_every_key_stands_in_a_table(shape: type[Shape]) -> None:
    """Somewhere in the page's tables, as code or as the head of a TOML table."""
    rows = "\n".join(line for line in PAGE.splitlines() if line.startswith("|"))
    for key in shape.model_fields:
        assert re.search(rf"(`|\[|\.){key}(`|\]|\.)", rows), key


def test_headers_are_those_that_are_read() -> None:
    """The exact columns."""
    for columns in (PORT_COLUMNS, COLUMNS, OUTCOME_COLUMNS):
        assert "\t".join(columns) in PAGE
    for column in HAZARD_COLUMNS:
        assert re.search(rf"\b{column}\b", PAGE)
