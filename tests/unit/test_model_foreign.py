"""Models that do not come from the library: SBML and Antimony as text."""

from __future__ import annotations

import dataclasses

import libsbml
import numpy as np
import pytest
import roadrunner
from examples import cohort, schedule

from reseed.base.errors import InvalidInput, UnsupportedModel
from reseed.engine import Solver, solve
from reseed.model import load_antimony, load_sbml
from reseed.model.antimony_text import antimony_to_sbml
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe

TEXT = """
model foreign
  unit mg = 1e-3 gram;
  var infusion; infusion = 0; V = 10; k = 2; n = 1.5; kmax = 3;
  drug = 0; drug has mg; drug' = infusion - k*drug;
  concentration := drug/V;
  effect := kmax*(concentration^2 + 1e-6)^(n/2)/(1 + (concentration^2 + 1e-6)^(n/2));
  cells = 1; cells' = 0.5*(1 - cells) - effect*cells;
end
"""


def sbml() -> str:
    """The model above as SBML."""
    return str(libsbml.writeSBMLToString(antimony_to_sbml(TEXT, "foreign")))


def test_every_quantity_is_a_port_of_its_own_name() -> None:
    """States, parameters and rules are all public, units as found, nothing medical added."""
    system = load_sbml(sbml(), "foreign")
    assert system.states == ("cells", "drug")
    assert {port.name for port in system.ports} == {
        *system.states, *system.parameters, "concentration", "effect",
    }  # fmt: skip
    assert all(port.name == port.symbol and port.direction == "out" for port in system.ports)
    assert dict(zip(system.states, system.state_units, strict=True)) == {"cells": "", "drug": "mg"}
    assert not (system.hazards or system.variability or system.uncertainty)
    assert load_antimony(TEXT, "foreign") == system


def test_a_dosed_patient_agrees_with_libroadrunner() -> None:
    """A bolus into a state and an infusion switched on and off, at the same tolerances."""
    jumps = [Jump(1.0, "drug", 50.0), Jump(2.0, "infusion", 90.0), Jump(2.5, "infusion", -90.0)]
    times = np.array([0.5, 1.5, 2.25, 3.0, 9.0])
    solved, _ = solve(
        load_sbml(sbml(), "foreign"),
        cohort(1),
        schedule(1, 9.0, jumps),
        Probe(("cells", "effect"), times),
        key=Key(1),
        solver=Solver(rtol=1e-8),
    )
    runner = roadrunner.RoadRunner(sbml())
    runner.integrator.relative_tolerance = 1e-10
    runner.integrator.absolute_tolerance = 1e-12
    runner.timeCourseSelections = ["time", "cells", "effect"]
    rows, now = [], 0.0
    for stop, target, value in [*((j.time, j.target, j.value) for j in jumps), (9.0, "", 0.0)]:
        wanted = [now, *times[(times > now) & (times < stop)], stop]
        rows += np.array(runner.simulate(times=wanted))[1:].tolist()
        now = stop
        if target:
            runner.setValue(target, runner.getValue(target) + value)
    oracle = np.array([row[1:] for row in rows if np.isclose(row[0], times).any()])
    assert solved.values[0].T == pytest.approx(oracle, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("text", ["", "no model", "<sbml/>", sbml()[:500]])
def test_what_is_not_sbml_is_refused(text: str) -> None:
    """A broken document is an input at fault, with its place."""
    with pytest.raises(InvalidInput, match="line"):
        load_sbml(text, "broken")


def test_a_quantity_without_a_value_is_named() -> None:
    """Nothing is taken to be zero unasked."""
    with pytest.raises(InvalidInput, match="found no value"):
        load_antimony("model m\n x = 1; x' = -rate*x\n end", "m")


def test_a_species_that_is_a_concentration_is_refused() -> None:
    """Until it is supported, it is refused by its name."""
    with pytest.raises(UnsupportedModel, match="species s"):
        load_antimony("model m\n species s; s = 1; s' = -s\n end", "m")


def test_a_changed_model_is_another() -> None:
    """What was compiled for the model that it was made of is not taken for it."""
    model = load_antimony("model m\n x = 1; k = 1; x' = -k*x\n end", "m")
    still = dataclasses.replace(model, rates=(0.0,))
    probe = Probe(("x",), np.array([1.0]))
    for system, expected in ((model, np.exp(-1.0)), (still, 1.0)):
        found, _ = solve(system, cohort(1), schedule(1, 1.0), probe, key=Key(1))
        np.testing.assert_allclose(found.values, expected, rtol=1e-6)
