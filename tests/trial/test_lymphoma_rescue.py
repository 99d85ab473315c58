"""BEAM with the patient's own graft, with a small one, and with none: what a physician is shown."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import reseed
from reseed.api import Run

PATIENTS = 40
GRAFT, SMALL, NONE = "graft", "small-graft", "no-graft"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The shipped scenario with 40 patients in each arm."""
    out = tmp_path_factory.mktemp("lymphoma") / "run"
    return reseed.load("lymphoma-beam-rescue").run(patients=PATIENTS, days=100, workers=1, out=out)


def days(run: Run, arm: str, endpoint: str) -> pd.Series:
    """The day of a patient's event; those without one are left out."""
    rows = run.outcomes
    rows = rows[(rows["arm"] == arm) & (rows["endpoint"] == endpoint) & (rows["status"] == 1)]
    return rows.set_index("patient")["time"]


def values(run: Run, arm: str, endpoint: str) -> pd.Series:
    """A number for each patient."""
    rows = run.outcomes
    return rows[(rows["arm"] == arm) & (rows["endpoint"] == endpoint)].set_index("patient")["value"]


def test_every_patient_is_solved(run: Run) -> None:
    """Three arms of the same people, none failed."""
    assert run.failed == 0 and run.arms == (GRAFT, SMALL, NONE)


def test_without_a_graft_neutrophils_return_a_week_later(run: Run) -> None:
    """In the median."""
    graft, none = (days(run, arm, "neutrophil_recovery_from_entry") for arm in (GRAFT, NONE))
    assert graft.median() + 7 <= none.median()


def test_without_a_graft_the_blood_returns_later(run: Run) -> None:
    """Neutrophils and platelets; with a small graft in between."""
    graft, small, none = (
        days(run, arm, "neutrophil_recovery_from_entry") for arm in (GRAFT, SMALL, NONE)
    )
    assert graft.median() < small.median() < none.median()
    both = graft.index.intersection(none.index)
    assert (none[both] >= graft[both]).all()
    platelets = [days(run, arm, "platelet_recovery_from_entry").median() for arm in (GRAFT, NONE)]
    assert platelets[0] < platelets[1]


def test_what_a_missing_graft_costs(run: Run) -> None:
    """More days without neutrophils, more platelets given, more patients with an infection."""
    for endpoint in ("days_of_neutropenia_from_entry", "platelet_transfusions_from_entry"):
        graft, small, none = (values(run, arm, endpoint).mean() for arm in (GRAFT, SMALL, NONE))
        assert graft < small < none
    assert len(days(run, NONE, "infection_from_entry")) > len(
        days(run, GRAFT, "infection_from_entry")
    )


def test_a_graft_brings_back_stem_cells_that_beam_has_killed(run: Run) -> None:
    """BEAM leaves some of the host's; a graft of 5e6/kg adds thousands, as many as it recorded."""
    cells = run.trajectories.sel(variable="host_stem_cells")
    entry, after = cells.sel(time=-6), cells.sel(time=1, method="nearest")
    left = (after.sel(arm=NONE) / entry.sel(arm=NONE)).median().item()
    assert 1e-2 <= left <= 0.3
    rows = run.records[run.records["name"] == "stem_cells_settled"]
    settled = rows[rows["arm"] == GRAFT]["value"].median()
    gained = (after.sel(arm=GRAFT) - after.sel(arm=NONE)).median().item()
    assert gained == pytest.approx(settled, rel=0.1)


def test_recovery_without_a_graft_stands_in_the_report(run: Run) -> None:
    """What counts from entry is told of all three arms; what counts from the infusion, of two."""
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", " ", page)
    assert re.search(r"Neutrophil recovery, from entry: .{0,120}median day \d+ with No graft", text)
    assert "median day" in text and "with Graft of 1 million/kg" in text
    assert not re.search(r"Neutrophil engraftment: .{0,120}with No graft", text)
