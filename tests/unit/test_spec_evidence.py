"""Published studies: read, linted with all faults at once, and bound to a scenario's endpoints."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reseed.base.errors import Fault, InvalidInput
from reseed.cli.main import app
from reseed.nouns.evidence import DoseGroup, Published
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
    for words in ("below 2", "2 to 5", "from 5", "fitted"):
        assert words in shown.stdout
    assert "allan-2002" in CliRunner().invoke(app, ["list"]).stdout


PUBLISHED = "study\tcourse\tendpoint\tmeasure\ttime\tn\tvalue\tlow\thigh\tlevel\tunit\tused\tnote\n"
SHARE = (
    "Doe, drug\tbeam-atg\tinfection\tshare\t100 day\t40\t60\t44\t74\t95\tpercent\tnot used\tfig 2\n"
)
MEAN = "Doe, drug\t\tplatelet_transfusions\tmean\t\t\t2.5\t\t\t\t\tfitted\t\n"
MEDIAN = "Roe\t\tneutrophil_engraftment\tmedian\t\t40\t1.5\t\t\t\tweek\tnot used\t\n"


@pytest.fixture
def outcomes(folder: Path) -> Path:
    """The study has published outcomes, and no doses."""
    study = folder / "evidence" / "doe-2001"
    (study / "dose-response.tsv").unlink()
    (study / "outcomes.tsv").write_text(PUBLISHED + SHARE + MEAN + MEDIAN)
    return folder


def test_published_outcomes_are_part_of_the_scenario(outcomes: Path) -> None:
    """Shares become fractions, times days; other values keep their unit; nothing is None."""
    (study,) = read_scenario("mine", find_library([outcomes])).evidence
    assert study.groups == ()
    assert study.outcomes == (
        Published("Doe, drug", "beam-atg", "infection", "share", 100.0, 40, 0.6, 0.44, 0.74, 95.0,
                  "", "not used", "fig 2"),
        Published("Doe, drug", "", "platelet_transfusions", "mean", None, None, 2.5, None, None,
                  None, "", "fitted"),
        Published("Roe", "", "neutrophil_engraftment", "median", None, 40, 1.5, None, None, None,
                  "week", "not used"),
    )  # fmt: skip
    for path in ("", "evidence", "evidence/doe-2001", "evidence/doe-2001/outcomes.tsv"):
        assert lint(outcomes / path, find_library([outcomes])) == []
    shown = CliRunner().invoke(app, ["show", "doe-2001", "--library", str(outcomes)])
    for words in ("share on day 100", "60 (44 to 74) %", "1.5 week", "fitted"):
        assert words in shown.stdout


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ("Doe, drug\tbeam", "\tbeam", "line 2, study", "the study and its arm"),
        ("beam-atg", "Beam ATG", "line 2, course", "the name of a course"),
        ("infection", "in fection", "line 2, endpoint", "the name of an endpoint"),
        ("\tshare", "\tshares", "line 2, measure", 'did you mean "share"'),
        ("100 day", "", "line 2, time", "such as 5 year"),
        ("100 day", "100 kg", "line 2, time", "such as 5 year"),
        ("100 day", "-3 day", "line 2, time", "at least 0"),
        ("mean\t\t", "mean\t5 day\t", "line 3, time", "a mean has no time"),
        ("\t40\t60", "\t0\t60", "line 2, n", "a whole number"),
        ("\t60\t", "\t\t", "line 2, value", "a number"),
        ("\t60\t", "\t160\t", "line 2, low", "around the value"),
        ("44\t74\t95", "44\t74\t", "line 2, level", "together"),
        ("44\t74\t95", "44\t74\t9", "line 2, level", "in per cent"),
        ("60\t44\t74\t95\tpercent", "60\t\t\t\t", "line 2, value", "a share from 0 to 1"),
        ("percent", "day", "line 2, unit", "percent"),
        ("percent", "pct", "line 2, unit", "a unit that can be read"),
        ("percent\tnot used", "percent\tno", "line 2, used", "fitted"),
    ],
)
def test_each_slip_in_published_outcomes(
    outcomes: Path, old: str, new: str, place: str, expected: str
) -> None:
    """Each fault with its line and column."""
    file = outcomes / "evidence" / "doe-2001" / "outcomes.tsv"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    own = [f for f in faults_of(outcomes) if f.file.endswith("outcomes.tsv")]
    assert any(f.place == place and expected in f.expected for f in own), own


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("infection\tshare", "infections\tshare", 'did you mean "infection"'),
        ("infection\tshare", "cd34_dose\tshare", "an endpoint with a time"),
        ("platelet_transfusions\tmean", "infection\tmean", "a measured value"),
        ("1.5\t\t\t\tweek", "1.5\t\t\t\tkg", "in a unit of time"),
        ("100 day", "1 year", "up to the endpoint's last day, 100"),
    ],
)
def test_published_outcomes_fit_their_endpoints(
    outcomes: Path, old: str, new: str, expected: str
) -> None:
    """A share needs a time, a mean a value, a median of times a unit of time."""
    file = outcomes / "evidence" / "doe-2001" / "outcomes.tsv"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    assert any(f.place == "compare[1]" and expected in f.expected for f in faults_of(outcomes))


def test_a_course_that_nobody_has_is_noted_by_lint(outcomes: Path) -> None:
    """A slip in the name of a course would hide a row for ever."""
    file = outcomes / "evidence" / "doe-2001" / "outcomes.tsv"
    file.write_text(file.read_text().replace("beam-atg", "beam-atgg"))
    (fault,) = lint(outcomes / "evidence" / "doe-2001", find_library([outcomes]))
    assert fault.place == "course" and 'did you mean "beam-atg"' in fault.expected
