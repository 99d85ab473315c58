"""Clones after gene therapy, in the shipped scenario followed for a year."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import reseed
from reseed.api import Run

PATIENTS = 24


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """24 patients for a year and some days."""
    study = reseed.load("gene-therapy-clones")
    out = tmp_path_factory.mktemp("clones") / "run"
    return study.run(patients=PATIENTS, days=370, out=out)


def values(run: Run) -> pd.DataFrame:
    """Values by patient (rows) and endpoint."""
    return run.outcomes.pivot(index="patient", columns="endpoint", values="value")


def test_the_number_of_clones_lies_within_the_published_range(run: Run) -> None:
    """770 to 35,000 active stem cells in 53 people: Calabria 2024, PMC11618100. At one year, alive
    and as a laboratory estimates; the frequency of stem cells was derived from the same range."""
    assert run.failed == 0
    found = values(run)
    assert 770 <= found["stem_cell_clones_1y"].median() <= 35_000
    assert 770 <= found["clones_estimated_1y"].median() <= 35_000
    seen, estimated = found["clones_seen_1y"].dropna(), found["clones_estimated_1y"].dropna()
    assert (estimated >= seen).all()


def test_the_number_of_clones_still_does_after_five_years() -> None:
    """The published people were followed for up to 8 years. The median is inside; one patient in
    four has fewer than 770, as nobody published has: not asserted, a miss that is written down."""
    found = values(reseed.load("gene-therapy-clones").run(patients=PATIENTS))
    assert 770 <= found["stem_cell_clones_5y"].median() <= 35_000
    assert 770 <= found["clones_estimated_5y"].median() <= 35_000
    alive = [found[f"stem_cell_clones_{when}"].dropna().median() for when in ("1m", "1y", "5y")]
    assert alive == sorted(alive, reverse=True)
    assert (found["late_wave_1m"].dropna() < 1).all()
    assert (found["late_wave_1y"].dropna() > 95).all()


def test_clones_of_the_first_month_are_gone_after_a_year(run: Run) -> None:
    """None of more than 50 was active later: Glimm 2005 Blood 106:893; here fewer than 1 in 100."""
    found = values(run)
    assert (found["clones_seen_1m"].dropna() > 50).all()
    assert (found["early_clones_kept_1y"].dropna() < 1.0).all()


def test_clones_are_no_more_than_the_cells_that_founded_them(run: Run) -> None:
    """Stem cells that settled found the clones of a year; tagged short-term cells those of a month;
    blood of a year holds some of both, and cells without a tag."""
    found = values(run)
    records = run.records.pivot_table(index="patient", columns="name", values="value")
    later = found.dropna(subset=["stem_cell_clones_1y"])
    settled = records.loc[later.index]
    assert (later["stem_cell_clones_1y"] <= settled["corrected_settled"]).all()
    assert (settled["corrected_settled"] <= settled["corrected_infused"]).all()
    month = found["clones_seen_1m"].dropna()
    assert (month <= records.loc[month.index, "short_term_corrected"]).all()
    assert later["untagged_blood_1y"].between(0, 100, inclusive="neither").all()


def test_a_patient_has_the_same_clones_in_any_batch_and_alone(run: Run) -> None:
    """Batches of 5, and one patient replayed: bit for bit."""
    study = reseed.load("gene-therapy-clones")
    again = study.run(patients=7, days=370, batch=5, workers=1)
    whole = run.outcomes[run.outcomes["patient"] < 7].reset_index(drop=True)
    pd.testing.assert_frame_equal(whole, again.outcomes)
    alone = study.replay("corrected", 6, days=370).outcomes
    np.testing.assert_array_equal(alone.value, whole[whole["patient"] == 6]["value"])
