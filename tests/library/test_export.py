"""Assemblies of the library as SBML: libRoadRunner finds the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.biomodels import runner_of
from reseed import load_model
from reseed.base.errors import InvalidInput
from reseed.model import export_sbml
from reseed.nouns.jump import Jump
from reseed.spec import find_library, read_module, read_scenario
from reseed.trial import export_patient

DAYS = np.arange(0.25, 150.0)  # between doses: where each simulator finds an event differs a little


@pytest.mark.parametrize(("name", "arm"), [("autologous-recovery", "cy-atg"),
                                           ("ms-beam", "beam-cd34")])  # fmt: skip
def test_a_patient_of_an_arm_in_libroadrunner(tmp_path: Path, name: str, arm: str) -> None:
    """Every state of 150 days with all planned doses, within a thousandth of its largest value."""
    made = export_patient(read_scenario(name, find_library()), arm, 3)
    assert {"harvest", "infuse"} <= set(made.left_out)
    path = tmp_path / "model.xml"
    path.write_text(made.text)
    runner = runner_of(path)
    # CVODE's errors from dose to dose need a judge that is this careful; by chance of its steps it
    # gives up just after a dose (at a longest step of 0.05 or 0.03 days here, not at 0.02)
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-10, 1e-14
    runner.integrator.maximum_time_step = 0.02
    names = [*runner.model.getFloatingSpeciesIds(), *runner.getRateRuleIds()]
    assert len(names) >= 30
    times = [made.start, *DAYS]
    theirs = np.array(runner.simulate(times=times, selections=["time", *names]))[:, 1:].T
    model = load_model(path)
    ours = model.simulate(
        times[-1], start=made.start, times=times, variables=names, rtol=1e-8, longest=1.0
    )
    assert ours.attrs["failures"] == []
    size = np.maximum(np.abs(theirs).max(axis=1), 1e-6)
    gap = np.abs(ours.values[0] - theirs).max(axis=1) / size
    assert gap.max() < 1e-3, names[int(gap.argmax())]


def test_what_the_assembly_does_not_have_is_named() -> None:
    module = read_module(find_library().path("models", "ovary"))
    with pytest.raises(InvalidInput) as refused:
        export_sbml(
            [module], "m", values={"ovary__decline_yuong": 0.1, "age": 30.0},
            jumps=[Jump(1.0, "ovary__nothing", 2.0)],
        )  # fmt: skip
    places = {fault.place for fault in refused.value.faults}
    assert places == {"ovary__decline_yuong", "ovary__nothing", "sex", "years_told"} - {
        "years_told"  # has a default
    }


def test_a_number_that_no_patient_can_have_is_told_as_in_a_replay() -> None:
    scenario = read_scenario("autologous-recovery", find_library())
    with pytest.raises(InvalidInput, match="or an id of arm"):
        export_patient(scenario, "cy-atg", -1)
