"""Cell dose and recovery: the section's numbers are those counted by hand; the page stays alone."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from reseed import store
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.estimate import Estimate
from reseed.nouns.outcomes import Outcomes
from reseed.nouns.records import Records
from reseed.nouns.trajectories import Trajectories
from reseed.report import write_report
from reseed.report.blocks import Figure, Prose, Table
from reseed.report.data import read_trial
from reseed.report.sections import recovery

# Dose (1e6/kg), day, status: 1 engrafted, 2 died before, 0 lost; dose None means no graft.
ARMS = {
    "a": [(1.0, 15, 1), (1.5, 16, 1), (1.2, 17, 1), (1.9, 18, 1),  # four: too few
          (2.0, 12, 1), (3.0, 13, 1), (4.0, 14, 1), (4.5, 15, 1), (4.9, 20, 2),
          (5.0, 9, 1), (6.0, 10, 1), (7.0, 10, 1), (8.0, 11, 1), (9.0, 12, 1),
          (None, 5, 1), (6.5, np.nan, 0)],
    "b": [(0.5, 15, 1)] * 5
         + [(3.0, 30, 2), (3.0, 30, 2), (3.0, 30, 2), (3.0, 12, 1), (3.0, 12, 1)]
         + [(50.0, 14, 1)] * 6,
}  # fmt: skip
TITLES = {"a": "Arm A", "b": "BEAM & <b>"}


def row(low: float | None, high: float | None, days: float, used: str = "fitted") -> dict:
    return {"endpoint": "platelet_engraftment", "low": low, "high": high, "unit": "1e6 cell/kg",
            "median_days": days, "n": 17 if low is None else None, "used": used,
            "note": "As <i>published</i>."}  # fmt: skip


def make(folder: Path, arms: dict, rows: list[dict]) -> Path:
    """A trial folder of these patients, with a study of these rows if there are any."""
    estimates = []
    for index, (name, people) in enumerate(arms.items()):
        ids = index * 10_000_000 + np.arange(len(people))
        for block, start in enumerate(range(0, len(ids), store.BLOCK_PATIENTS)):
            part = slice(start, start + store.BLOCK_PATIENTS)
            write_block(folder, name, block, ids[part], people[part])
        day, nothing = np.arange(0.0, 101.0), np.zeros(101)
        estimates.append(Estimate(name, "platelet_engraftment", "cumulative_incidence", day,
                                  nothing, nothing, nothing, np.ones(101, int), 12.0, 11.0, 13.0,
                                  "day", len(ids), 0))  # fmt: skip
    store.write_estimates(folder, estimates)
    study = {"name": "doe", "title": "Doe", "source": "Doe 2001, PMID 2404404.", "groups": rows}
    store.write_run(folder, {
        "scenario": "dose", "title": "Dose", "endpoints": [
            {"name": "platelet_engraftment", "title": "Platelet engraftment", "kind": "sustained",
             "definition": "", "source": "", "origin": "infusion", "from_day": 1, "to_day": 100,
             "competing": ["death"]}],
        "arms": [{"name": n, "title": TITLES.get(n, n), "course": "", "words": [], "given": [],
                  "modules": [], "system": "", "ids_start": i * 10_000_000}
                 for i, n in enumerate(arms)],
        "cohort": {"name": "", "title": "", "rows": [], "correlations": []}, "parameters": [],
        "show": [], "limits": [], "evidence": [study] if rows else [],
    })  # fmt: skip
    return folder


def write_block(folder: Path, name: str, block: int, ids: np.ndarray, people: list) -> None:
    age = {"age": np.full(len(ids), 40.0)}
    store.write_patients(folder, name, block, Cohort(ids, (Covariate("age", "year"),), age, {}))
    given = [(i, dose) for i, (dose, _, _) in zip(ids, people, strict=True) if dose is not None]
    # one patient in two halves: a graft may be infused in parts
    parts = [(i, d / 2) for i, d in given for _ in range(2)]
    count = len(parts)
    store.write_records(folder, name, block, Records(
        np.array([i for i, _ in parts], int), np.full(count, 49.0), ("infuse",) * count,
        ("cd34_infused",) * count, 1e6 * np.array([d for _, d in parts]), ("cell/kg",) * count,
    ))  # fmt: skip
    store.write_outcomes(folder, name, block, Outcomes(
        ids, ("platelet_engraftment",) * len(ids), np.array([p[1] for p in people], float),
        np.array([p[2] for p in people], int), np.full(len(ids), np.nan), ("",) * len(ids),
        np.array([p[1] for p in people], float),
    ))  # fmt: skip
    empty = ("",) * len(ids)
    store.write_solutions(folder, name, block, Trajectories(
        ids=ids, variables=(), units=(), times=np.arange(2.0), values=np.zeros((len(ids), 0, 2)),
        end_time=np.full(len(ids), 149.0), end_reason=empty, status=np.zeros(len(ids), int),
        status_time=np.full(len(ids), np.nan), status_state=empty,
        rung=np.zeros(len(ids), int), steps=np.ones(len(ids), int),
    ))  # fmt: skip


ROWS = [row(None, 2, 17), row(2, 5, 12), row(5, None, 10)]


def section(folder: Path) -> tuple[Table, str, Figure]:
    """Its table, its sentences after the table, its figure."""
    blocks = recovery.build(read_trial(folder))
    at = next(i for i, block in enumerate(blocks) if isinstance(block, Table))
    said = [block.text for block in blocks[at:] if isinstance(block, Prose)]
    return blocks[at], " ".join(map(str, said)), blocks[-1]


def test_numbers_are_those_counted_by_hand(tmp_path: Path) -> None:
    """Bounds, too few, deaths that compete, a median not reached, grafts in two parts."""
    table, said, _ = section(make(tmp_path, ARMS, ROWS))
    unit = "× 10⁶ cells/kg"
    assert [row.cells for row in table.rows] == [
        ("Platelet engraftment",),
        (f"below 2 {unit}", "Arm A", "4", "–", "17", "17", "–"),
        ("", "BEAM & <b>", "5", "15 (15 to 15)", "17", "17", "−2"),
        (f"2 to 5 {unit}", "Arm A", "5", "14 (13 to 15)", "12", "–", "+2"),
        ("", "BEAM & <b>", "5", "not reached (12 to not reached)", "12", "–", "–"),
        (f"at least 5 {unit}", "Arm A", "5", "10 (10 to 11)", "10", "–", "0"),
        ("", "BEAM & <b>", "6", "14 (14 to 14)", "10", "–", "+4"),
    ]
    assert said == (
        f"2 of 5 comparisons are off by more than 2 days: platelet engraftment, 2 to 5 {unit}: "
        f"median not reached (BEAM & <b>); platelet engraftment, at least 5 {unit}: 4 days later "
        f"than published (BEAM & <b>). Too few simulated patients to compare: platelet "
        f"engraftment, below 2 {unit}. "
        "Platelet engraftment: these medians were used for calibration, so agreement here proves "
        "nothing."
    )


def test_the_effect_of_the_dose_is_told(tmp_path: Path) -> None:
    """From the lowest to the highest group that every arm can show."""
    _, said, _ = section(make(tmp_path, {"a": ARMS["a"]}, [row(2, 5, 12, "not used"), ROWS[2]]))
    assert said == (
        "No comparison is off by more than 2 days. Platelet engraftment, 2 to 5 against at least "
        "5 × 10⁶ cells/kg: the published median changes by −2 days, the simulated one by −4 "
        "(Arm A). Platelet engraftment: part of these medians was used for calibration, so "
        "agreement here proves nothing."
    )


def test_figure_holds_patients_and_medians(tmp_path: Path) -> None:
    """Everybody with the event is a point, each published median a diamond."""
    axes = section(make(tmp_path, ARMS, ROWS))[2].draw().axes[0]
    points = [len(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"]
    diamonds = [line.get_ydata()[0] for line in axes.lines if line.get_marker() == "D"]
    assert points == [13, 13] and diamonds == [17, 12, 10]
    assert axes.get_xscale() == "log"


def test_an_endpoint_that_the_run_left_out_is_said(tmp_path: Path) -> None:
    """A study of other endpoints has a sentence and no empty table."""
    other = [{**ROWS[0], "endpoint": "neutrophil_engraftment"}]
    (block,) = recovery.build(read_trial(make(tmp_path, ARMS, other)))
    assert isinstance(block, Prose) and "none of its endpoints" in str(block.text)


@pytest.mark.parametrize("rows", [ROWS, []])
@pytest.mark.parametrize("size", [0, 1, 3000])
def test_page_stands_alone_and_stays_small(tmp_path: Path, rows: list[dict], size: int) -> None:
    """Nobody, one or thousands; with and without a study: nothing is loaded, texts stay texts."""
    people = [(2 + k % 9, 9 + k % 12, 1) for k in range(size)]
    html = write_report(make(tmp_path, {"a": people, "b": people}, rows)).read_text("utf-8")
    assert len(html.encode()) < 3_000_000
    assert not re.search(r"<(script|link|img|iframe|i)\b|url\((?!#)|@import", html)
    assert ("As &lt;i&gt;published" in html) == bool(rows)
    assert ('id="recovery"' in html) == bool(rows)
    assert ("https://pubmed.ncbi.nlm.nih.gov/2404404/" in html) == bool(rows)
