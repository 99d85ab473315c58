"""The report of a long trial: numbers that a reader can check by hand, from an invented trial."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from long_trial import END, ORIGIN, SIZE, TOLD, YEAR, long_trial

from reseed.report import write_report
from reseed.report.data import read_trial
from reseed.report.drawing.years import mean_of
from reseed.report.pairs import gains
from reseed.report.predicted import effective
from reseed.report.sections.history import since_entry
from reseed.report.yearly import by_year, events_of, followed, recurrent

PUBLISHED = {
    "study": "Doe 2020", "course": "graft-course", "endpoint": "free", "measure": "share",
    "day": 5 * YEAR, "n": 40, "value": 0.75, "low": 0.55, "high": 0.85, "level": 95.0, "unit": "",
    "used": "not used", "note": "read in abstract",
}  # fmt: skip
ROWS = (
    PUBLISHED,
    PUBLISHED | {"value": 0.2, "low": None, "high": None, "level": None, "used": "fitted"},
    PUBLISHED | {"course": "no-course", "endpoint": "walking", "measure": "median", "day": None,
                 "value": 6.5, "low": 6.0, "high": 7.0, "unit": "year"},
    PUBLISHED | {"endpoint": "low", "measure": "mean", "day": None, "n": None, "value": 4.0,
                 "low": None, "high": None, "level": None, "unit": "month"},
    PUBLISHED | {"day": 25 * YEAR},
)  # fmt: skip
STUDY = {"name": "doe", "title": "Doe", "source": "Doe 2020", "groups": [], "outcomes": list(ROWS)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same people in both arms, and a study to compare with."""
    return long_trial(tmp_path_factory.mktemp("long"), evidence=[STUDY])


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    """Its page."""
    return write_report(folder).read_text(encoding="utf-8")


def section(html: str, name: str) -> str:
    """The words of a section, without those of its figures' lines."""
    part = re.search(rf'<section id="{name}">(.*?)</section>', html, re.DOTALL)
    assert part, f"no section {name}"
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part[1]))


def test_time_at_risk_is_what_was_lived(folder: Path) -> None:
    """Years before entry are those of the lives told; a death ends them."""
    graft, none = read_trial(folder).arms
    people = followed(graft)
    np.testing.assert_allclose(people.years(-1, 0), np.minimum(TOLD, 1))
    np.testing.assert_allclose(people.years(-3, -2).sum(), np.clip(TOLD - 2, 0, 1).sum())
    after = people.years(0, 100)
    assert after[5] == pytest.approx(1000 / YEAR)
    assert after[0] == pytest.approx(END / YEAR)
    events = events_of(none, followed(none), "relapse")
    before, first = events.between(-1, 0), events.between(0, 1)
    assert before.events == 2 * SIZE and before.at_risk == pytest.approx(SIZE - 0.5)
    assert first.events == SIZE and first.rate.value == pytest.approx(1.0)
    years = by_year(events, 15)
    assert [year.start for year in years] == list(range(-5, 15))
    assert recurrent(read_trial(folder)) == ("relapse",)


def test_regression_to_the_mean_is_said(html: str) -> None:
    """The untreated fall from 2.1 to 1 a year is told as what it is."""
    words = section(html, "history")
    assert "relapse in the 365 days before: at least 2" in words
    assert "Lives drawn 10 10" in words
    assert "2.13 per patient in the year before entry, 1.00 in the first year after it" in words
    assert "53% is regression to the mean" in words


def test_the_mean_is_that_of_the_living() -> None:
    """Mean, half width and quartiles of those with a value; times too near each other are left."""
    values = np.array([[1.0, 9.0, 4.0, np.nan], [3.0, 9.0, 6.0, np.nan], [np.nan, 9.0, 8.0, 2.0]])
    found = mean_of(values, np.array([-30.0, -20.0, 0.0, 60.0]))
    np.testing.assert_array_equal(found.days, [-30.0, 0.0, 60.0])
    np.testing.assert_allclose(found.mean, [2.0, 6.0, 2.0])
    np.testing.assert_array_equal(found.living, [2, 3, 1])
    assert found.half[1] == pytest.approx(1.959964 * 2 / np.sqrt(3), rel=1e-6)
    np.testing.assert_allclose(found.quartiles[:, 1], [5.0, 7.0])


def test_axes_are_in_years_with_numbers_at_risk(folder: Path, html: str) -> None:
    """At each second year stand those who are still free, as the outcomes say."""
    assert "Years after infusion" in html and "Years from study entry" in html
    rows = read_trial(folder).arms[1].outcome("walking")
    expected = [int((rows["time"] >= 2 * k * YEAR).sum()) for k in range(8)]
    assert expected == [8, 8, 8, 6, 0, 0, 0, 0]
    figure = html[html.index("Walking aid, %") :]
    figure = figure[figure.index(">At risk<") : figure.index(">Events so far<")]
    shown = re.findall(r">([^<>\s][^<>]*)</text>", figure)
    at = shown.index("No treatment")
    assert shown[at + 1 : at + 9] == [str(number) for number in expected]


def test_nothing_is_told_before_it_can_be_seen(folder: Path) -> None:
    """Free of what only a scan finds, first on day 1000: years one and two are not yet seen."""
    from reseed.report.sections import curves

    data = read_trial(folder)
    endpoints = [
        {**e, "seen_from": 1000.0 if e["name"] == "free" else 0.0} for e in data.run["endpoints"]
    ]
    other = dataclasses.replace(data, run={**data.run, "endpoints": endpoints})
    blocks = curves.events(other)
    years = next(b for b in blocks if b.caption.startswith("Endpoints by year"))
    cells, title = {}, ""
    for row in years.rows:
        title = row.cells[0] if row.kind == "group" else title
        cells[title, row.cells[0]] = row.cells[1:]
    assert cells["Relapse-free survival", "2 years"] == ("not yet seen", "not yet seen")
    assert cells["Relapse-free survival", "3 years"][1].startswith("0.0 (")
    assert cells["Walking aid", "1 year"][1].startswith("0.0 (")
    (note,) = years.notes
    assert "Relapse-free survival: from day 1000 after infusion on" in note
    assert "Walking" not in note
    (figure,) = (b for b in blocks if b.caption.startswith("Relapse-free survival. "))
    assert "from day 1000 after infusion on" in figure.notes[0]


def test_what_cannot_be_seen_by_its_day_is_not_compared(folder: Path) -> None:
    """An endpoint of 15 years whose first scan never comes, and a published share before it."""
    from reseed.report.predicted import predictions
    from reseed.report.sections.differences import contrasts

    data = read_trial(folder)

    def with_first(day: float | None):
        first = [{**e, "seen_from": day} if e["name"] == "free" else e for e in data.endpoints]
        return dataclasses.replace(data, run={**data.run, "endpoints": first})

    def told(trial) -> set[str]:
        return {contrast.endpoint["name"] for contrast in contrasts(trial)}

    def shares(trial) -> int:
        return sum(one.row["measure"] == "share" for one in predictions(trial))

    assert told(with_first(0.0)) == told(with_first(6 * YEAR)) == {"free", "walking", "low"}
    assert told(with_first(None)) == {"walking", "low"}
    assert shares(with_first(0.0)) == 2 and shares(with_first(6 * YEAR)) == 0


def test_a_scan_that_counts_is_the_first_after_the_baseline() -> None:
    """Scans on days 0, 232, 414: with the baseline on day 244 the third one is the first to tell.

    A composite waits for its last part, and a visit that rates comes after that at entry.
    """
    import reseed
    from reseed.trial.manifest import seen_from

    scenario = reseed.load("ms-autologous").scenario
    found = {e.name: seen_from(scenario, e) for e in scenario.endpoints}
    assert found["mri_activity_free_survival_from_entry"] == 414
    assert found["neda_3_from_entry"] == 414
    assert found["progression_free_survival_6m_from_entry"] == 232
    assert found["progression_free_survival_6m"] == 183
    assert found["relapse_free_survival_from_entry"] == 0
    short = dataclasses.replace(scenario, follow_up_days=300)
    assert {e.name for e in short.endpoints if seen_from(short, e) is None} == {
        "mri_activity_free_survival_from_entry", "neda_3_from_entry",
    }  # fmt: skip


def test_recovery_of_cells_is_in_a_table(folder: Path) -> None:
    """Median and quartiles at entry and some months after the infusion, of those followed then."""
    from reseed.report.blocks import Table
    from reseed.report.sections import trajectories

    days = np.array([0.0, ORIGIN + 30, ORIGIN + 95, ORIGIN + 366, ORIGIN + 600])
    cells = np.array([[100, 10, 40, 80, 1], [200, 20, 60, 90, 1], [300, 30, 80, np.nan, 1]])

    def track(arm: int):
        return lambda name: (1e6 * cells * (1 + arm), days, "cell/L") if name == "cells" else None

    data = read_trial(folder)
    arms = tuple(dataclasses.replace(arm, track=track(arm.index)) for arm in data.arms)
    blocks = trajectories.build(dataclasses.replace(data, arms=arms))
    (table,) = (block for block in blocks if isinstance(block, Table))
    assert [row.cells for row in table.rows] == [
        ("Cells, cells/µL",),
        ("at entry", "200 (150 to 250)", "400 (300 to 500)"),
        ("1 month", "20 (15 to 25)", "40 (30 to 50)"),
        ("3 months", "60 (50 to 70)", "120 (100 to 140)"),
        ("12 months", "85 (82 to 88)", "170 (165 to 175)"),
    ]  # nothing at 6 months, since no time near it was kept, and nothing at 24


def test_living_stand_under_the_means(html: str) -> None:
    """Before entry only those who were ill; after the death one fewer."""
    part = html[html.index("Living and followed") :]
    shown = re.findall(r">([^<>\s][^<>]*)</text>", part)
    at = shown.index("Graft")
    assert shown[at + 1 : at + 6] == ["2", "6", "8", "8", "7"]  # years -4, -2, 0, 2, 4


def test_what_they_went_through(html: str) -> None:
    """Drugs up to the day they were stopped, records of any name, measures, ends with causes."""
    words = section(html, "experience")
    assert "Drug, doses 8 (100.0%); 6 (6 to 6) 0 (0.0%)" in words  # two, then four until stopped
    assert "Graft infused 8 (100.0%) 0 (0.0%)" in words
    assert "Switch of drug 8 (100.0%) 8 (100.0%)" in words
    assert "Transfusion 5 (62.5%); 1 (1 to 2) 0 (0.0%)" in words
    assert "Relapse 1 (12.5%); 7 (7 to 7) 8 (100.0%); 7 (7 to 7)" in words
    assert "Months of low cells 100.0%; 3 (3 to 3) 0.0%" in words
    assert "Death of infection 1 (12.5%) 0 (0.0%)" in words
    assert "Followed to the end 7 (87.5%) 8 (100.0%)" in words


def test_every_arm_has_the_same_events_over_the_years(folder: Path) -> None:
    """Relapses after ten years and the death of one arm alone; days of drugs stand elsewhere."""
    from reseed.report.sections import course

    days, years = (b for b in course.build(read_trial(folder)) if hasattr(b, "draw"))
    assert "by day" in days.caption and "by month" in years.caption
    lanes = {title: {lane.label: lane for lane in own} for _, title, own in years.draw.args[0]}
    assert list(lanes["Graft"]) == list(lanes["No treatment"])
    assert {"Relapse", "Death of infection", "Switch of drug"} <= lanes["Graft"].keys()
    assert "Drug" not in lanes["Graft"] and "Graft infused" not in lanes["Graft"]
    assert lanes["Graft"]["Death of infection"].note == "1 (12.5%)"
    assert lanes["Graft"]["Death of infection"].days == pytest.approx(
        np.floor((1000 - ORIGIN) / (YEAR / 12)) * YEAR / 12
    )
    assert lanes["No treatment"]["Death of infection"].note == "0 (0.0%)"
    assert not len(lanes["No treatment"]["Death of infection"].days)
    assert lanes["Graft"]["Relapse"].days.max() > 10 * YEAR
    assert years.draw()


def test_benefit_is_within_patients(folder: Path, html: str) -> None:
    """Relapses avoided while both lived, disability at the end, years before a walking aid."""
    data = read_trial(folder)
    found = {gain.title: gain for gain in gains(data, *data.arms)}
    avoided = found["Relapse: events avoided"].values
    assert list(avoided) == [7, 7, 0, 7, 7, 2, 7, 7]  # patient 5 dies treated, patient 2 relapses
    ends = found["Disability (EDSS): difference at the end"]
    last = 0.2 * (END // 30 * 30) / YEAR
    assert len(ends.values) == 7 and ends.values == pytest.approx(last, abs=0.05)
    walking = found["Walking aid: years gained before it ends"]
    place = np.arange(SIZE)
    gain = (5479 - (2000 + 100 * place)) / YEAR
    gain[5] = (1000 - ORIGIN - 2500) / YEAR
    np.testing.assert_allclose(walking.values, gain)
    assert walking.better.sum() == 7 and walking.worse.sum() == 1
    words = section(html, "benefit")
    assert "Relapse: events avoided 8 7 (87.5%) 1 (12.5%) 0 (0.0%)" in words
    assert "better 87.5%" in words and "worse 12.5%" in words
    assert (
        "Below 0.5 a difference is too small to matter and counts as the same: Disability" in words
    )
    assert "Years gained count as the same below one month (0.0833)" in words
    harms = "Harms that the model does not have cannot differ between arms: see Limits."
    assert harms in words and harms in section(html, "experience")


def test_different_people_have_no_benefit_each(tmp_path: Path) -> None:
    """Parallel arms: no such section, and no error."""
    html = write_report(long_trial(tmp_path, design="parallel")).read_text(encoding="utf-8")
    assert 'id="benefit"' not in html and 'href="#benefit"' not in html
    assert 'id="published"' not in html


def test_published_numbers_are_judged(html: str) -> None:
    """One lies within, one outside, one has no size, and one is later than the trial."""
    words = section(html, "published")
    assert "1 of 3 published numbers lies outside" in words
    assert "published below the prediction" in words
    assert "1 of the 3 comparisons rests on numbers that were used for calibration" in words
    assert "75 (55 to 85)" in words and "◆ Doe 2020" in words
    assert "Walking aid, median, years" in words and "6.5 (6.0 to 7.0)" in words
    assert "Months of low cells, mean, months" in words
    assert "25 years" not in words
    assert "read in abstract" in words


def test_the_page_is_the_same_twice(folder: Path, html: str) -> None:
    """Drawn studies have an address; nothing else is drawn."""
    assert write_report(folder).read_text(encoding="utf-8") == html


def test_recovery_of_a_graft_is_no_matter_of_an_arm_without_one(tmp_path: Path) -> None:
    """An endpoint of recovery is shown for the arm with a graft alone, once there is one."""
    data = read_trial(long_trial(tmp_path))
    assert [arm.name for arm, _ in data.of("walking")] == ["graft", "none"]
    kinds = [{**e, "kind": "sustained"} for e in data.endpoints]
    other = dataclasses.replace(data, run={**data.run, "endpoints": kinds})
    assert [arm.name for arm, _ in other.of("walking")] == ["graft"]


def test_who_dies_before_entry_is_counted(tmp_path: Path) -> None:
    """Time at risk ends before it begins, nothing is negative, and the page says how many."""
    from reseed import store

    folder = long_trial(tmp_path)
    solved = store.read_solutions(folder, "none")
    assert not (solved["end_time"] < 0).any()
    data = read_trial(folder)
    data.arms[1].solutions.loc[0, ["end_time", "end_reason"]] = [-100.0, "death"]
    people = followed(data.arms[1])
    assert people.years(0, 5)[0] == 0 and people.years(-1, 0)[0] > 0
    from reseed.report.sections.failures import build

    rows = [row for table in build(data)[:1] for row in table.rows]
    assert any(row.cells[0] == "of these, before study entry" for row in rows)


def test_a_study_counts_by_those_whom_it_followed() -> None:
    """Boffa 2021: 85.5 % (76.9 to 94.1) of 122 is worth 64 patients followed for five years."""
    row = PUBLISHED | {"n": 122, "value": 0.855, "low": 0.769, "high": 0.941, "level": 95.0}
    assert effective(row) == 64  # 0.855 x 0.145 / 0.0439^2
    assert effective(row | {"level": 90.0}) == 45  # the same width, said with less confidence
    assert effective(row | {"low": 0.84, "high": 0.87}) == 122  # never more than there were
    assert effective(row | {"low": None, "high": None, "level": None}) == 122
    assert effective(row | {"n": None}) is None


def test_fewer_followed_make_a_wider_range(html: str) -> None:
    """The row with an interval is drawn with fewer; the one without says what it assumes."""
    words = section(html, "published")
    assert "40 (32)" in words
    assert "1 of these numbers is a share that comes without an interval" in words


def test_change_of_disability_after_entry_is_told_for_every_arm(folder: Path, html: str) -> None:
    """Nobody changes with the graft; untreated, 0.2 a year the wrong way is no regression."""
    words = section(html, "history")
    assert "2.00 at entry and 2.00 a year later with Graft (change 0.00)" in words
    assert "2.00 at entry and 2.20 a year later with No treatment (change 0.20)" in words
    assert "though nothing was given: that much" not in words
    data = read_trial(folder)
    healed = dataclasses.replace(
        data.arms[1],
        track=lambda _: (np.array([[3.5, 2.5], [2.5, 2.0]]), np.array([0.0, 360.0]), ""),
    )
    (text,) = since_entry(dataclasses.replace(data, arms=(healed,)))
    assert "3.00 at entry and 2.25 a year later with No treatment (change −0.75)" in text
    assert "−0.75 with No treatment, though nothing was given: that much" in text


@pytest.mark.parametrize(
    ("origin", "to_day", "seen"), [("infusion", -1.0, True), ("entry", -1.0, False)]
)
def test_a_gain_before_the_infusion_counts_from_study_entry_on(folder, origin, to_day, seen):
    """Exposure to a drug of the conditioning is a gain; what was over before the study is none."""
    data = read_trial(folder)
    own = [e | {"origin": origin, "to_day": to_day} for e in data.endpoints if e["name"] == "low"]
    found = gains(data, *data.arms, endpoints=own)
    assert any(gain.endpoint == "low" for gain in found) == seen
