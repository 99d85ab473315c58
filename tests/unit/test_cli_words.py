"""What the command line prints: summaries, progress, endings."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from reseed.base.errors import Fault, Incomplete, InvalidInput, ReseedError
from reseed.cli import trial as cli_trial
from reseed.cli.columns import columns
from reseed.cli.main import app
from reseed.cli.progress import Progress, state
from reseed.cli.results import WIDTH, Tally, in_words
from reseed.cli.show import law_in_words
from reseed.cli.simulate import without_noise
from reseed.cli.trial import TrialCall
from reseed.nouns.distribution import Distribution

SUMMARY = {
    "schema": "reseed.trial/1",
    "scenario": "first",
    "seed": 1,
    "folder": "runs/first",
    "failed": 1,
    "arms": {
        "short": {
            "patients": 10,
            "failed": 1,
            "endpoints": {
                "engraftment": [
                    {"time_days": 28.0, "estimate": 0.9, "low": 0.55, "high": 0.98},
                    {"time_days": 60.0, "estimate": None, "low": None, "high": None},
                ]
            },
            "averages": {
                "rate": {
                    "kind": "rate",
                    "estimate": 0.5,
                    "low": 0.4,
                    "high": 0.62,
                    "unit": "1/year",
                },
                "change": {
                    "kind": "mean",
                    "estimate": -1.25,
                    "low": None,
                    "high": None,
                    "unit": "",
                },
            },
            "medians": {
                "engraftment": {"median": 11.0, "q25": 10.0, "q75": None, "unit": "day"},
                "dose": {"median": 4.1e6, "q25": 3e6, "q75": 5e6, "unit": "cell/kg"},
            },
        }
    },
}

RUN = {
    "title": "A first trial",
    "arms": [{"name": "short", "title": "A short course"}],
    "endpoints": [
        {
            "name": "engraftment",
            "title": "Engraftment",
            "kind": "sustained",
            "origin": "infusion",
            "to_day": 28.5,
        },
        {
            "name": "dose",
            "title": "Cells infused",
            "kind": "amount",
            "origin": "infusion",
            "to_day": 1.0,
        },
        {
            "name": "rate",
            "title": "Relapse rate",
            "kind": "rate",
            "origin": "infusion",
            "to_day": 730.0,
        },
        {
            "name": "change",
            "title": "Change of the scale",
            "kind": "at_visit",
            "origin": "infusion",
            "to_day": 465.0,
        },
    ],
}
TALLIES = {"short": Tally(10, 1, 8, {"harvest failure": 2, "death": 1})}


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch):
    """`reseed trial first` with a conductor that does as told instead of solving anything."""
    import reseed.spec
    import reseed.trial

    monkeypatch.setattr(reseed.spec, "read_scenario", lambda name, library: name)
    monkeypatch.setattr(cli_trial, "tallies_of", lambda folder, run: TALLIES)

    def call(outcome: object, *words: str):
        asked = {}

        def conductor(scenario: object, folder: object, **options: object) -> object:
            asked.update(options, folder=folder)
            options["progress"](10, 10, 1)  # type: ignore[operator]
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr(reseed.trial, "run_trial", conductor)
        result = CliRunner().invoke(app, ["trial", "first", *words])
        return result, asked

    return call


def done(failed: int = 1) -> SimpleNamespace:
    """A finished trial."""
    return SimpleNamespace(
        folder=Path("runs/first"), failed=failed, summary=lambda: SUMMARY, run=RUN
    )


def test_a_trial_of_mice_is_told_of_mice() -> None:
    """As its report tells it."""
    tallies = {name: Tally(10, 0) for name in SUMMARY["arms"]}
    rows = in_words(SUMMARY, RUN | {"organism": "mouse"}, tallies).splitlines()
    assert [row.split("  ")[0] for row in rows if row.startswith("virtual")] == ["virtual mice"]


def test_trial_prints_a_summary_the_report_and_what_it_is_not(trial) -> None:
    """A reader sees the answer, where the rest is, and what it must not be used for."""
    result, asked = trial(done(), "--patients", "10", "--seed", "3", "--out", "here")
    assert result.exit_code == 0
    rows = [re.sub(r"  +", " | ", line) for line in result.stdout.splitlines()]
    assert rows[0] == "A first trial (first, seed 1)"
    for row in (
        " | A short course",
        "received the graft, n (%) | 8 (80.0 %)",
        "harvest failure, n (%) | 2 (20.0 %)",
        "deaths, n (%) | 1 (10.0 %)",
        "Engraftment, % by day 28 (95% CI) | 90.0 (55.0 to 98.0)",
        "Engraftment, median day (IQR) | 11 (10 to not reached)",
        "Cells infused, 10^6/kg, median (IQR) | 4.1 (3.0 to 5.0)",
        "Relapse rate, per year (95% CI) | 0.50 (0.40 to 0.62)",
        "Change of the scale, mean (95% CI) | -1.25",
    ):
        assert row in rows
    assert "describe the patients who were transplanted (8)." in result.stdout
    assert str(Path("runs/first/report.html")) in result.stdout
    assert cli_trial.NOTICE in result.stdout
    assert "1 of 10 patients could not be solved" in result.stderr
    assert (asked["patients"], asked["seed"], asked["folder"]) == (10, 3, Path("here"))


def test_json_is_one_document(trial) -> None:
    """Nothing else stands on standard output."""
    result, _ = trial(done(), "--json")
    assert json.loads(result.stdout) == SUMMARY


def test_a_trial_in_which_nobody_could_be_solved_has_failed(trial) -> None:
    """A script must notice."""
    assert trial(done(failed=10))[0].exit_code == 1


@pytest.mark.parametrize(
    ("outcome", "code", "word"),
    [
        (InvalidInput([Fault("f", "p", "a", "b")]), 3, "f: p: found a; expected b"),
        (Incomplete("stopped after 2 of 3 blocks"), 4, "--patients 10"),
        (KeyboardInterrupt(), 130, "reseed trial first --patients 10"),
        (ReseedError("no"), 1, "no"),
        (OSError(28, "No space left on device", "runs/first"), 1, "No space left"),
    ],
)
def test_endings(trial, outcome: BaseException, code: int, word: str) -> None:
    """Every ending has its code, its words on standard error, and leaves standard output clean."""
    result, _ = trial(outcome, "--patients", "10", "--json")
    assert result.exit_code == code
    assert word in result.stderr and result.stdout == ""


@pytest.mark.parametrize("words", [["--patients", "0"], ["--patients", "x"], ["--sed", "1"]])
def test_wrong_usage(words: list[str]) -> None:
    """Refused before anything is read."""
    assert CliRunner().invoke(app, ["trial", "first", *words]).exit_code == 2


def test_the_command_that_goes_on_can_be_pasted() -> None:
    """Spaces are quoted, and only what was asked for is repeated."""
    call = TrialCall("first", 10, 30.0, None, None, 2, Path("my runs"), True, [Path("lib")])
    assert call.command() == (
        "reseed trial first --patients 10 --days 30 --workers 2 --out 'my runs' --json "
        "--library lib"
    )


def test_simulate_writes_a_file_and_says_if_the_patient_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The table is complete all the same; the code tells a script."""
    import pandas as pd

    import reseed.spec
    import reseed.trial

    solved = SimpleNamespace(
        table=lambda: pd.DataFrame({"study_day": [0.0, 1.0]}),
        trajectories=SimpleNamespace(status=[3], status_state=["blood__x"], status_time=[0.5]),
    )
    monkeypatch.setattr(reseed.spec, "read_scenario", lambda name, library: name)
    monkeypatch.setattr(reseed.trial, "replay", lambda *words, **options: solved)
    out = tmp_path / "patient.csv"
    words = ["simulate", "first", "--arm", "short", "--patient", "7", "--out", str(out)]
    result = CliRunner().invoke(app, words)
    assert out.read_text() == "study_day\n0\n1\n"
    assert (result.exit_code, result.stdout) == (1, "")
    assert "patient 7 could not be solved beyond day 0.5 (blood__x)" in result.stderr


@pytest.mark.parametrize(
    ("place", "word"), [("", "the folder"), ("missing/patient.csv", "no folder")]
)
def test_simulate_refuses_a_place_where_it_cannot_write(
    tmp_path: Path, place: str, word: str
) -> None:
    """Before anything is solved."""
    words = ["simulate", "autologous-recovery", "--arm", "cy-atg", "--patient", "0", "--out"]
    result = CliRunner().invoke(app, [*words, str(tmp_path / place)])
    assert (result.exit_code, result.stdout) == (3, "")
    assert word in result.stderr


def test_simulated_numbers_have_no_noise() -> None:
    """What is nothing beside the column's largest value is 0; what is small and real stays."""
    import pandas as pd

    table = without_noise(pd.DataFrame({"x": [2.0, -1e-13, 1e-11], "y": [0.0, 0.0, 0.0]}))
    assert list(table["x"]) == [2.0, 0.0, 1e-11]
    assert list(table["y"]) == [0.0, 0.0, 0.0]


def test_many_arms_stand_in_tables_of_three() -> None:
    """A terminal is only so wide; long titles go on below."""
    arms = [f"arm{i}" for i in range(4)]
    title = "A course of treatment with a long name and many drugs in it"
    text = in_words(
        {**SUMMARY, "arms": dict.fromkeys(arms, SUMMARY["arms"]["short"])},  # type: ignore[index]
        {**RUN, "arms": [{"name": name, "title": title} for name in arms]},
        dict.fromkeys(arms, TALLIES["short"]),
    )
    assert text.count("virtual patients") == 2
    assert max(map(len, text.splitlines())) <= WIDTH


def test_progress_without_a_terminal_is_a_line_now_and_then(capsys) -> None:
    """A log is not flooded; the end is always told."""
    with Progress(seconds=1000) as progress:
        for i in range(0, 101):
            progress(i, 100, 2)
    told = capsys.readouterr()
    assert told.out == ""
    (line,) = told.err.splitlines()
    assert line.startswith("reseed: 100/100 patients") and line.endswith("2 failed")


def test_progress_counts_speed_from_where_it_started() -> None:
    """What an earlier run had done says nothing about today's speed."""
    assert state(120, 400, 0, 20, 10.0) == "120/400 patients, 2/s, 2:20 left, 0 failed"
    assert state(100, 100, 3, 0, 0.0) == "100/100 patients, 3 failed"
    assert "2:46:30 left" in state(10, 10_000, 0, 10, 10.0)


def test_columns_align() -> None:
    """Two spaces apart, nothing trailing."""
    assert columns([("a", "bb"), ("ccc", "")], "  ") == "  a    bb\n  ccc"
    assert columns([]) == ""


@pytest.mark.parametrize(
    ("law", "words"),
    [
        (
            Distribution("normal", 40, 10, low=18, high=60),
            "normal, mean 40, SD 10, within 18 to 60",
        ),
        (Distribution("lognormal", 70, 0.2, low=3), "lognormal, median 70, CV 0.2, at least 3"),
        (Distribution("categorical", weights=(3, 1)), "0.75 female, 0.25 male"),
        (Distribution("uniform", low=0, high=1), "uniform, within 0 to 1"),
    ],
)
def test_laws_in_words(law: Distribution, words: str) -> None:
    """As a protocol would say it."""
    assert law_in_words(law, ("female", "male")) == words


def test_an_arm_without_a_graft_has_no_engraftment() -> None:
    """Where another arm has one: a dash, not a count that was never low."""
    own = SUMMARY["arms"]["short"]  # type: ignore[index]
    document = SUMMARY | {"arms": {"short": own, "drugs": own}}
    arms = [*RUN["arms"], {"name": "drugs", "title": "Drugs"}]
    tallies = TALLIES | {"drugs": Tally(10, 0)}
    rows = {}
    for line in in_words(document, RUN | {"arms": arms}, tallies).splitlines():
        cells = re.split(r" {2,}", line.strip())
        rows[cells[0]] = cells[1:]
    recovery = [cells for name, cells in rows.items() if name.startswith("Engraftment")]
    assert [cells[1] for cells in recovery] == ["-", "-"]
    assert all(cells[0] != "-" for cells in recovery)
    assert rows["virtual patients"] == ["10", "10"]
