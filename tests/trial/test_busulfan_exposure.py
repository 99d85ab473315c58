"""Busulfan with and without measuring it: who comes within 78 to 101 mg*h/L, and the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import reseed
from reseed.api import Run

PATIENTS = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The scenario as it is shipped, with fewer patients."""
    folder = tmp_path_factory.mktemp("busulfan") / "run"
    return reseed.load("busulfan-exposure").run(patients=PATIENTS, workers=1, out=folder)


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same with a table of doses by weight."""
    folder = tmp_path_factory.mktemp("busulfan") / "children"
    return reseed.load("busulfan-exposure-children").run(patients=PATIENTS, workers=1, out=folder)


def test_children_dosed_by_a_table_of_weights_are_mostly_below_the_window(children: Run) -> None:
    """A mean of 66 mg*h/L by weight, and few inside; adjusted, most are, though bounds bind."""
    assert children.failed == 0
    table = children.outcomes
    within = table[table["endpoint"] == "busulfan_exposure_in_window"]
    share = within.groupby("arm")["value"].mean()
    assert share["fixed"] < 30
    assert share["adjusted"] > share["fixed"] + 40
    area = table[table["endpoint"] == "busulfan_exposure"].groupby("arm")["value"].mean()
    assert area["fixed"] == pytest.approx(66, abs=5)
    factors = children.records[children.records["name"] == "dose_factor"]
    once = factors[factors["arm"] == "adjusted"]["value"]
    assert once.between(0.5, 1.5).all() and (once == 1.5).mean() > 0.4


def test_measuring_brings_more_patients_into_the_window(run: Run) -> None:
    """By weight alone a minority is in it; adjusted once most are, and daily no fewer."""
    table = run.outcomes
    within = table[table["endpoint"] == "busulfan_exposure_in_window"]
    share = within.groupby("arm")["value"].mean()
    assert 20 < share["fixed"] < 60
    assert share["adjusted"] > share["fixed"] + 25
    assert share["adjusted-daily"] >= share["adjusted"] - 5


def test_exposure_by_weight_and_by_target(run: Run) -> None:
    """3.2 mg/kg give about 72 mg*h/L in 70 kg, more in the heavier; adjusted, about 90."""
    table = run.outcomes
    area = table[table["endpoint"] == "busulfan_exposure"].groupby("arm")["value"]
    assert area.mean()["fixed"] == pytest.approx(77, abs=4)
    assert area.mean()["adjusted"] == pytest.approx(90, abs=3)
    assert area.std()["adjusted-daily"] < area.std()["adjusted"] < 0.8 * area.std()["fixed"]


def test_the_report_tells_it(run: Run) -> None:
    """The endpoints and what was done stand on the page."""
    page = Path(run.report).read_text(encoding="utf-8")
    assert "within 78-101" in page
    assert "The exposure to busulfan is measured" in page
    assert np.isfinite(run.outcomes["value"]).all()
