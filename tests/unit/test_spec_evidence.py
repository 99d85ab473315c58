"""Published studies: read, linted with all faults at once, and bound to a scenario's endpoints."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reseed.base.errors import Fault, InvalidInput
from reseed.cli.main import app
from reseed.nouns.evidence import DoseGroup
from reseed.spec import find_library, lint, read_evidence, read_scenario

COLUMNS = "endpoint\tdose_low\tdose_high\tunit\tmedian_days\tn\tused\tnote\n"
LOW = "neutrophil_engraftment\t\t2\t1e6 cell/kg\t13\t17\tnot used\t\n"
HIGH = "neutrophil_engraftment\t2\t\t1e6 cell/kg\t12\t\tfitted\tso it says\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library of one study and one scenario that compares with it, over our own library."""
    study = tmp_path / "evidence" / "doe-2001"
    study.mkdir(parents=True)
    (study / "README.md").write_text("# Doe\n\nDoe 2001,\ntable 2.\n\nMore.\n")
    (study / "dose-response.tsv").write_text(COLUMNS + LOW + HIGH)
    ours = find_library()
    text = ours.path("scenarios", "autologous-recovery").read_text()
    assert 'compare = ["allan-2002"]' in text
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "mine.toml").write_text(text.replace("allan-2002", "doe-2001"))
    return tmp_path


def faults_of(folder: Path) -> list[Fault]:
    """What reading the scenario complains of."""
    with pytest.raises(InvalidInput) as caught:
        read_scenario("mine", find_library([folder]))
    return list(caught.value.faults)


def test_a_study_is_part_of_the_scenario(folder: Path) -> None:
    """Title, source in one line, bounds with None for open, patients with None for unknown."""
    (study,) = read_scenario("mine", find_library([folder])).evidence
    assert (study.name, study.title, study.source) == ("doe-2001", "Doe", "Doe 2001, table 2.")
    unit = "1e6 cell/kg"
    assert study.groups == (
        DoseGroup("neutrophil_engraftment", None, 2.0, unit, 13.0, 17, "not used"),
        DoseGroup("neutrophil_engraftment", 2.0, None, unit, 12.0, None, "fitted", "so it says"),
    )
    for path in ("", "evidence", "evidence/doe-2001", "evidence/doe-2001/README.md"):
        assert lint(folder / path, find_library([folder])) == []


def test_without_the_key_nothing_is_compared(folder: Path) -> None:
    """The key is optional."""
    file = folder / "scenarios" / "mine.toml"
    file.write_text(file.read_text().replace('compare = ["doe-2001"]\n', ""))
    assert read_scenario("mine", find_library([folder])).evidence == ()


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ('["doe-2001"]', '["doe-2010"]', "compare[1]", 'did you mean "doe-2001"'),
        ('["doe-2001"]', '["doe-2001", "doe-2001"]', "compare[2]", "each name once"),
        ('["doe-2001"]', '["../doe"]', "compare[1]", "a name"),
        ('["doe-2001"]', "3", "compare", "a list"),
        ('  "neutrophil_engraftment",\n', "", "compare[1]", "an endpoint of the scenario"),
    ],
)
def test_each_slip_in_the_scenario(
    folder: Path, old: str, new: str, place: str, expected: str
) -> None:
    """An unknown study, a study twice, an endpoint that the scenario lacks."""
    file = folder / "scenarios" / "mine.toml"
    file.write_text(file.read_text().replace(old, new, 1))
    assert any(f.place == place and expected in f.expected for f in faults_of(folder))


@pytest.mark.parametrize(
    ("row", "place", "expected"),
    [
        ("x!\t\t2\t1e6 cell/kg\t13\t\tfitted\t", "line 3, endpoint", "the name of an endpoint"),
        ("e\t5\t2\t1e6 cell/kg\t13\t\tfitted\t", "line 3, dose_low", "below dose_high, 2"),
        ("e\t-1\t2\t1e6 cell/kg\t13\t\tfitted\t", "line 3, dose_low", "at least 0"),
        ("e\t\t0\t1e6 cell/kg\t13\t\tfitted\t", "line 3, dose_high", "above 0"),
        ("e\tfew\t2\t1e6 cell/kg\t13\t\tfitted\t", "line 3, dose_low", "a number"),
        ("e\t\t2\tmg/kg\t13\t\tfitted\t", "line 3, unit", "1e6 cell/kg"),
        ("e\t\t2\tmillions\t13\t\tfitted\t", "line 3, unit", "a unit that can be read"),
        ("e\t\t2\t1e6 cell/kg\t\t\tfitted\t", "line 3, median_days", "above 0"),
        ("e\t\t2\t1e6 cell/kg\t-3\t\tfitted\t", "line 3, median_days", "above 0"),
        ("e\t\t2\t1e6 cell/kg\tinf\t\tfitted\t", "line 3, median_days", "a number"),
        ("e\t\t2\t1e6 cell/kg\t13\t2.5\tfitted\t", "line 3, n", "a whole number"),
        ("e\t\t2\t1e6 cell/kg\t13\t\tyes\t", "line 3, used", "fitted"),
        (LOW.replace("\t\t2\t1e6", "\t1e6\t3e6\t1")[:-1], "line 3, dose_low", "that of line 2"),
        ("e\t\t2", "line 3", "8 fields"),
    ],
)
def test_each_slip_in_the_table(folder: Path, row: str, place: str, expected: str) -> None:
    """Bad numbers, reversed bounds, groups that overlap: told with their line and column."""
    (folder / "evidence" / "doe-2001" / "dose-response.tsv").write_text(COLUMNS + LOW + row + "\n")
    own = [f for f in faults_of(folder) if f.file.endswith("dose-response.tsv")]
    assert [place] == [f.place for f in own] and expected in own[0].expected


def test_all_faults_at_once(folder: Path) -> None:
    """A readme without a source, an empty table, an endpoint that nobody has, of another kind."""
    study = folder / "evidence" / "doe-2001"
    (study / "README.md").write_text("Doe\n")
    (study / "dose-response.tsv").write_text(COLUMNS)
    places = {f.place for f in lint(folder, find_library([folder]))}
    assert {"line 1", "file"} <= places
    (study / "README.md").write_text("# Doe\n")
    other = LOW.replace("neutrophil_eng", "neutrophils_eng") + HIGH.replace(
        "neutrophil_engraftment", "infection"
    )
    (study / "dose-response.tsv").write_text(COLUMNS + other)
    faults = lint(study, find_library([folder]))
    assert [f.place for f in faults] == ["paragraph 2", "endpoint", "endpoint"]
    assert 'did you mean "neutrophil_engraftment"' in faults[1].expected
    assert "kind sustained" in faults[2].expected
    with pytest.raises(InvalidInput):
        read_evidence(study)


def test_our_study_is_shown_and_listed() -> None:
    """In words, with its groups and what they were used for."""
    shown = CliRunner().invoke(app, ["show", "allan-2002"])
    assert shown.exit_code == 0 and shown.stdout.startswith("evidence allan-2002")
    for words in ("below 2", "2 to 5", "from 5", "fitted", "not used"):
        assert words in shown.stdout
    assert "allan-2002" in CliRunner().invoke(app, ["list"]).stdout
