"""What docs/models.md shows, runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import matplotlib
import pandas as pd
import pytest
from typer.testing import CliRunner

from reseed.cli.main import app

PAGE = (Path(__file__).resolve().parents[2] / "docs/models.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The page's examples in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the page's model, and what the page says of it."""
    monkeypatch.chdir(tmp_path)
    matplotlib.use("Agg")
    (text,) = blocks("antimony")
    Path("pk.ant").write_text(text, encoding="utf-8")
    Path("clearances.csv").write_text("CL\n3\n6\n", encoding="utf-8")
    return tmp_path


def test_the_example_runs(here: Path) -> None:
    (code,) = blocks("python")
    exec(compile(code, "docs/models.md", "exec"), {})  # noqa: S102


def test_the_commands_run(here: Path) -> None:
    """Each of them; the table of two runs has both, one below the other."""
    (text,) = blocks("sh")
    shown = {}
    for line in text.splitlines():
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        assert done.exit_code == 0, (line, done.output)
        shown[line] = done.output
    told, _, _, scan, chance = shown.values()
    assert "pk.ant: time in h" in told
    assert "[C]     drug in plasma   formula  0           mg/L" in told
    assert scan.splitlines()[0] == "set,time,[C]"
    assert len(scan.splitlines()) == 1 + 2 * 101
    assert len(chance.splitlines()) == 1 + 20 * 101
    course = pd.read_csv("course.csv")
    assert course["AUC"].iloc[-1] == pytest.approx(2 * 100 / 5, rel=0.2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--set CL=fast", "--set: found CL=fast; expected NAME=NUMBER"),
        ("--dose 12D", "--dose: found 12D; expected TIME:NAME=AMOUNT"),
        ("--dose 1:E=2", "found 'E'; expected a state of the model"),
        ("--values none.csv", "none.csv: --values: found"),
        ("--stochastic --set D=2.5", "pk.ant: line 5, D: found 2.5 at the start"),
    ],
)
def test_what_the_command_refuses(here: Path, words: str, told: str) -> None:
    done = CliRunner().invoke(app, ["simulate", "pk.ant", "--end", "2", *words.split()])
    assert done.exit_code == 3
    assert told in " ".join(done.output.split())
