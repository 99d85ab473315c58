"""Fitted values on their way into the library: nothing else in the tables changes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bench import (
    calibrate_infection,
    calibrate_reconstitution,
    calibrate_safety,
    fit_engraftment,
    tables,
)
from reseed.spec import find_library


@dataclass(frozen=True)
class Copied:
    """A copy of some modules of the library."""

    folder: Path

    def path(self, kind: str, name: str) -> Path:
        """Where a module lies in the copy."""
        found = self.folder / kind / name
        if not found.exists():
            shutil.copytree(find_library().path(kind, name), found)
        return found

    def rows(self, name: str) -> list[list[str]]:
        """The cells of a module's table of parameters."""
        text = (self.path("models", name) / "parameters.tsv").read_text(encoding="utf-8")
        return [line.split("\t") for line in text.split("\n")]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copied:
    """A copy of the library, into which the fits write."""
    there = Copied(tmp_path)
    for module in (tables, calibrate_safety):
        monkeypatch.setattr(module, "find_library", lambda: there)
    return there


def test_a_fit_of_infections_keeps_what_is_said_of_them(copied: Copied) -> None:
    """One value changes, in its row nothing else, and no other row."""
    before = copied.rows("infection")
    calibrate_infection.write({"infection__hospital_rate": 0.0123})
    after = copied.rows("infection")
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    ((old, new),) = changed
    value = before[0].index("value")
    assert new[value] == "0.0123"
    assert old[:value] + old[value + 1 :] == new[:value] + new[value + 1 :]


def test_a_fit_of_engraftment_writes_values_spreads_and_errors(copied: Copied) -> None:
    """A value with its standard error and status; a variability as such; notes stay."""
    before = {row[0]: row for row in copied.rows("granulopoiesis")}
    theta = np.log([one.guess for one in fit_engraftment.FREE])
    fit_engraftment.write(theta, np.full(len(theta), 0.125), 0.5)
    head, *rows = copied.rows("granulopoiesis")
    after = {row[0]: dict(zip(head, row, strict=True)) for row in rows if row[0]}
    ceiling, transit = after["maximum_ratio"], after["mean_transit_time"]
    assert (ceiling["value"], ceiling["status"], ceiling["se"]) == ("5.5", "fitted", "0.12")
    assert (transit["value"], transit["cv"], transit["status"]) == ("133", "0.15", "measured")
    assert ceiling["note"] == before["maximum_ratio"][head.index("note")]
    burden = next(row for row in copied.rows("platelets") if row[0] == "leukaemic_burden")
    assert burden[head.index("value")] == "0.5"


def test_the_count_at_which_infections_are_fitted_is_the_ports_default(copied: Copied) -> None:
    """Without a model of CD4 cells the rate is that of the reference count."""
    calibrate_safety.write({"reference_cd4": 201.4, "cd4_scale": 99.0, "lasting": 0.1})
    values = {row[0]: row[1] for row in copied.rows("infection")[1:] if len(row) > 1}
    assert (values["reference_cd4"], values["cd4_scale"]) == ("201", "99")
    ports = (copied.path("models", "infection") / "ports.tsv").read_text(encoding="utf-8")
    assert "CD4 T cells; default=201e6\n" in ports
    assert "default=7\n" in ports


def test_every_tolerance_of_the_t_cells_fit_stands_beside_its_target() -> None:
    """The table of docs/calibration.md has each target once, with the weight that it really has."""
    page = (Path(__file__).resolve().parents[2] / "docs/calibration.md").read_text("utf-8")
    published = [line for line in page.splitlines() if line.startswith("| ")]
    for target in calibrate_reconstitution.TARGETS:
        what = f"{target.port}/{target.over}" if target.over else target.port
        row = f"| {what} | {target.day} | {target.value:.2f} | {target.tolerance:.2f} | "
        assert sum(line.startswith(row) for line in published) == 1, row
