"""What a run makes of a scenario before it starts: endpoints it can judge, faults it must name."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

import reseed
from reseed.base.errors import InvalidInput
from reseed.spec import find_library
from reseed.trial.check import compiled_faults
from reseed.trial.manifest import manifest
from reseed.trial.setup import set_up


@pytest.fixture(scope="module")
def scenario():
    """The shipped scenario."""
    return reseed.load("autologous-recovery").scenario


def test_windows_end_with_the_follow_up(scenario) -> None:
    """With 20 days of follow-up endpoints end by day 20; graft failure at day 28 is left out."""
    setup = set_up(scenario, days=20, arms=[0])
    assert max(endpoint.to_day for endpoint in setup.scenario.endpoints) == 20.0
    assert dict(setup.left_out).keys() == {"primary_graft_failure"}
    said = " ".join(manifest(set_up(scenario, patients=1, days=20))["limits"])
    assert "primary_graft_failure is left out" in said and "ends on day 20" in said
    assert not set_up(scenario, arms=[0]).left_out


def test_an_endpoint_that_no_module_can_bring_about_is_left_out(scenario) -> None:
    """Without infection and mortality there is no infection and no death, and that is said."""
    base = tuple(name for name in scenario.base if name not in ("infection", "mortality"))
    setup = set_up(dataclasses.replace(scenario, base=base), arms=[0])
    left = dict(setup.left_out)
    assert {"infection", "overall_survival", "non_relapse_mortality"} <= left.keys()
    assert "leaves a record of infection" in left["infection"]


def test_settings_of_an_endpoint_are_part_of_the_run(scenario) -> None:
    """Runs that differ in an hour or in a setting are different runs, though both look alike."""
    first = manifest(set_up(scenario, patients=1))["digest"]
    stage = scenario.arms[0].course.stages[0]
    later = dataclasses.replace(stage.gives[0], hour=stage.gives[0].hour + 1)
    stages = (dataclasses.replace(stage, gives=(later, *stage.gives[1:])),)
    course = dataclasses.replace(
        scenario.arms[0].course, stages=(*stages, *scenario.arms[0].course.stages[1:])
    )
    arms = (dataclasses.replace(scenario.arms[0], course=course), *scenario.arms[1:])
    assert manifest(set_up(dataclasses.replace(scenario, arms=arms), patients=1))["digest"] != first


def test_an_unknown_procedure_is_refused_before_anything_is_written(scenario, tmp_path) -> None:
    """The fault names the course, and no folder is made."""
    stage = scenario.arms[0].course.stages[0]
    odd = dataclasses.replace(stage.procedures[0], procedure="wash")
    course = dataclasses.replace(
        scenario.arms[0].course, stages=(dataclasses.replace(stage, procedures=(odd,)),)
    )
    arms = (dataclasses.replace(scenario.arms[0], course=course),)
    from reseed.trial import run_trial

    with pytest.raises(InvalidInput, match="wash"):
        run_trial(dataclasses.replace(scenario, arms=arms), tmp_path / "out", patients=1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "expected",
    [
        "units",
        "Antimony",
    ],
)
def test_lint_compiles(root: Path, tmp_path: Path, expected: str) -> None:
    """Faults that only compiling shows, units among them, are found by lint."""
    drug = root / "library/models/melphalan"
    text = (drug / "model.ant").read_text(encoding="utf-8")
    folder = tmp_path / "library/models/melphalan"
    shutil.copytree(drug, folder)
    line = next(line for line in text.splitlines() if "concentration :=" in line)
    broken = line.replace("/", "*", 1) if expected == "units" else "  x = = 1;"
    (folder / "model.ant").write_text(text.replace(line, broken), encoding="utf-8")
    faults = compiled_faults(tmp_path / "library", find_library())
    assert faults and any(expected in str(fault) for fault in faults)
