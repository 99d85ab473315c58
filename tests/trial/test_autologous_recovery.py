"""The shipped trial against published recovery, and the whole way of its data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

import reseed
from reseed.api import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The trial as shipped: two arms of 200, seed 1."""
    return reseed.load("autologous-recovery").run(out=tmp_path_factory.mktemp("trial") / "run")


def values(run: Run, arm: str, endpoint: str) -> pd.DataFrame:
    """Outcomes of one endpoint in one arm, by patient."""
    found = run.outcomes
    chosen = found[(found["arm"] == arm) & (found["endpoint"] == endpoint)]
    return chosen.set_index("patient")


def median_day(run: Run, arm: str, endpoint: str) -> float:
    """The day on which the cumulative incidence reaches one half."""
    curve = run.estimate(endpoint)
    curve = curve[curve["arm"] == arm]
    return float(curve.loc[curve["estimate"] >= 0.5, "time_days"].min())


def test_every_patient_is_solved_and_accounted_for(run: Run) -> None:
    """400 patients, none failed; each has the graft, a harvest failure or a death before it."""
    assert run.failed == 0
    for arm in run.arms:
        records = run.records[run.records["arm"] == arm]
        infused = set(records.loc[records["name"] == "cd34_infused", "patient"])
        ended = set(records.loc[(records["source"] == "end"), "patient"])
        everyone = set(run.patients.loc[run.patients["arm"] == arm, "patient"])
        assert len(everyone) == 200 and infused | ended == everyone


@pytest.mark.parametrize("arm", ["cy-atg", "beam-atg"])
def test_neutrophils_engraft_in_nine_to_thirteen_days(run: Run, arm: str) -> None:
    """Autologous blood stem cells at about 5e6 CD34+/kg: 10 to 12 days in most cohorts."""
    dose = values(run, arm, "cd34_dose")["value"].median() / 1e6
    assert 4.0 <= dose <= 7.0
    assert 9 <= median_day(run, arm, "neutrophil_engraftment") <= 13


@pytest.mark.parametrize("arm", ["cy-atg", "beam-atg"])
def test_platelets_engraft_in_nine_to_fifteen_days(run: Run, arm: str) -> None:
    """At about 5e6 CD34+/kg platelets are above 20e9/L without transfusion by days 9 to 15."""
    assert 9 <= median_day(run, arm, "platelet_engraftment") <= 15


def test_more_cells_engraft_sooner(run: Run) -> None:
    """Within each arm the third with most CD34+ cells is ahead of the third with fewest.

    Published (Allan 2002): platelets on day 17, 12 and 10 with under 2, 2 to 5 and over 5e6
    viable cells/kg; neutrophils not in order (13, 14, 12). The simulated sizes are in
    library/models/infuse/README.md; here only the direction is asked for.
    """
    for arm in run.arms:
        dose = values(run, arm, "cd34_dose")["value"].dropna()
        few, many = dose.quantile([1 / 3, 2 / 3])
        for endpoint in ("neutrophil_engraftment", "platelet_engraftment"):
            day = values(run, arm, endpoint)["time"].reindex(dose.index)
            assert day[dose <= few].mean() > day[dose >= many].mean()


def test_harvest_is_as_in_128_autoimmune_patients(run: Run) -> None:
    """Cyclophosphamide 2 g/m2 and G-CSF: 6.07 (SD 6.96) e6/kg per apheresis, 1.8 aphereses.

    Blood 2005;106(11):1980; a calibration target of the resting CD34+ count.
    """
    records = run.records
    yields = records.loc[records["name"] == "apheresis", "value"] / 1e6
    assert yields.mean() == pytest.approx(6.07, rel=0.25)
    assert 5.0 <= yields.std() <= 9.0
    counts = records.loc[(records["source"] == "harvest") & (records["name"] == "aphereses")]
    assert counts["value"].mean() == pytest.approx(1.8, abs=0.4)


def test_infections_of_the_first_fifteen_days(run: Run) -> None:
    """23 infections in 56 patients on days 0 to 15 after the graft (evidence CO0603).

    The hospital rate was fitted to this number, so the test only asks that the trial keeps it:
    within the exact (Garwood) Poisson 95 % interval of the published count, 0.26 to 0.62 per
    patient. BEAM was not fitted to it; it has the same interval.
    """
    infusion = 49.0
    low, high = chi2.ppf(0.025, 2 * 23) / 2 / 56, chi2.ppf(0.975, 2 * 24) / 2 / 56
    for arm in run.arms:
        records = run.records[(run.records["arm"] == arm) & (run.records["name"] == "infection")]
        day = records["time"] - infusion
        grafted = values(run, arm, "cd34_dose")["value"].notna().sum()
        rate = ((day >= 0) & (day <= 15)).sum() / grafted
        assert low < rate < high


def test_counts_never_fall_below_zero(run: Run) -> None:
    """No neutrophil, platelet or CD34+ count of any patient is negative on any day."""
    shown = run.trajectories.sel(variable=["neutrophils", "platelets", "blood_cd34"])
    assert float(shown.min()) >= 0.0


def test_the_report_stands_alone(run: Run) -> None:
    """One page under 3 MB without anything to fetch, with both arms and the warning."""
    page = run.report.read_text(encoding="utf-8")
    assert run.report.stat().st_size < 3_000_000
    assert "src=" not in page.replace('src="data:', "") and "<script" not in page
    assert "not for patient care" in page.lower()
    for arm in ("Cyclophosphamide and rabbit ATG", "BEAM and rabbit ATG"):
        assert arm in page


def test_python_objects_hold_the_same_numbers(run: Run) -> None:
    """Trajectories, estimates and figures come from the folder that was written."""
    shown = run.trajectories
    assert shown.dims == ("arm", "patient", "variable", "time")
    assert shown.sizes["patient"] == 200 and float(shown["time"].max()) == 100.0
    curve = run.estimate("neutrophil_engraftment")
    assert set(curve["arm"]) == set(run.arms)
    assert np.all(np.diff(curve.loc[curve["arm"] == "cy-atg", "estimate"].dropna()) >= 0)
    for what in ("neutrophils", "platelet_engraftment", "days_of_neutropenia"):
        assert run.plot(what).axes
    with pytest.raises(KeyError, match="neutrophil_engraftment"):
        run.estimate("unknown")
    assert "<iframe" in run._repr_html_()


def test_a_new_drug_needs_data_alone(root: Path) -> None:
    """Docetaxel: a module folder and a course outside the library, and no other file."""
    study = reseed.load(
        "autologous-recovery", library=[root / "tests/library/data/docetaxel-library"]
    ).with_arms({"docetaxel": "docetaxel-80"})
    run = study.run(patients=10, days=30)
    assert run.failed == 0
    counts = run.trajectories.sel(arm="docetaxel", variable="neutrophils")
    nadir = counts.where(counts["time"] > 0, drop=True)
    lowest = nadir.min("time") / counts.sel(time=0.0)
    assert float(lowest.median()) < 0.5
    day = nadir["time"][nadir.argmin("time")]
    assert 7 <= float(day.median()) <= 12
