"""A trial with visits: the same bytes for any batch, a page with means and rates."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from reseed import store
from reseed.spec import find_library, read_scenario
from reseed.trial import TrialResult, run_trial
from reseed.trial.setup import set_up

SCENARIO = """title = "Visits"
question = "What do visits find?"
cohort = "relapsing-ms"
model = ["granulopoiesis", "platelets", "mobilisation", "infection", "thymus", "lymphocytes",
  "b_cells", "innate", "ms", "brain_volume"]
patients = 24
infusion_day = 49
follow_up_days = 1100
endpoints = ["neda_3", "relapse_free_survival", "progression_free_survival_6m",
  "mri_activity_free_survival", "annualised_relapse_rate", "annualised_relapse_rate_before",
  "edss_at_baseline", "edss_change_1y", "edss_at_10y", "quality_adjusted_years",
  "brain_volume_change_1y"]
[observation]
dropout_per_year = 0.05
[[observation.assessment]]
port = "disability"
every = "182.625 day"
levels = [0, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10]
sd = 0.14
source = "test"
[[observation.assessment]]
record = "lesion"
every = "182.625 day"
source = "test"
[solver]
rtol = 1e-5
[[arm]]
name = "none"
title = "No treatment"
course = "no-treatment"
[[arm]]
name = "again"
title = "No treatment either"
course = "no-treatment"
"""


@pytest.fixture(scope="module")
def scenario_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenario, outside the library."""
    path = tmp_path_factory.mktemp("scenario") / "visits.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trial(scenario_file: Path, tmp_path_factory: pytest.TempPathFactory) -> TrialResult:
    """In batches of 24 on one worker."""
    scenario = read_scenario(scenario_file, find_library())
    return run_trial(scenario, tmp_path_factory.mktemp("trial") / "one", batch=24, workers=1)


def test_days_of_visits_are_kept(scenario_file: Path) -> None:
    """Beside those of every trial; a visit in ten years is not judged, and said so."""
    setup = set_up(read_scenario(scenario_file, find_library()))
    days = setup.probe.times
    assert {0.0, 49 + 183.0, 49 + 365.0, 49 + 548.0, 49 + 730.0, 49 + 1096.0} <= set(days.tolist())
    assert [name for name, _ in setup.left_out] == ["edss_at_10y"]


def test_batches_and_workers_change_no_byte(
    trial: TrialResult, scenario_file: Path, tmp_path: Path
) -> None:
    """Rated with error, with drop-out, dated by visits."""
    scenario = read_scenario(scenario_file, find_library())
    other = run_trial(scenario, tmp_path / "two", batch=5, workers=2).folder
    assert store.digest_tree(trial.folder) == store.digest_tree(other)
    for name in ("estimates.parquet", "summaries.parquet", "report.html"):
        assert (trial.folder / name).read_bytes() == (other / name).read_bytes()


def test_outcomes_lie_on_the_schedule(trial: TrialResult) -> None:
    """Progression on days of visits, lesions on those of scans, ratings on the scale."""
    rows = store.read_outcomes(trial.folder, "none")
    lesions = rows[(rows["endpoint"] == "mri_activity_free_survival") & (rows["status"] == 1)]
    assert len(lesions) and set(lesions["time"]) <= {365.0, 548.0, 730.0, 913.0, 1096.0}
    assert (lesions["after"] < lesions["time"]).all()
    rated = rows[rows["endpoint"] == "edss_at_baseline"]["value"]
    assert np.isin(rated * 2, np.arange(0, 21)).all() and rated.between(1.5, 6.5).all()
    before = rows[rows["endpoint"] == "annualised_relapse_rate_before"]
    assert (before["value"] >= 2).all() and before["time"].between(0, 365.25, "right").all()


def test_the_page_prints_means_rates_and_years(trial: TrialResult) -> None:
    """With intervals, and what was looked at when."""
    page = (trial.folder / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for words in (
        "Annualised relapse rate, per year (95% CI)",
        "Change of the EDSS at 1 year, mean (95% CI)",
        "; ratio ",
        "Endpoints by year, % (95% CI)",
        "every 182.6 days after the infusion",
        "20 levels, 0 to 10; error with SD 0.14",
        "The endpoint edss_at_10y is left out of this run",
    ):
        assert words in text, words
    averages = trial.summary()["arms"]["none"]["averages"]
    assert averages["annualised_relapse_rate"]["kind"] == "rate"
    assert averages["edss_change_1y"]["low"] < averages["edss_change_1y"]["estimate"]
