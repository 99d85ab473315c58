"""Models that do not come from the library: SBML and Antimony as text."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

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


def test_a_changed_model_is_another() -> None:
    """What was compiled for the model that it was made of is not taken for it."""
    model = load_antimony("model m\n x = 1; k = 1; x' = -k*x\n end", "m")
    still = dataclasses.replace(model, rates=(0.0,))
    probe = Probe(("x",), np.array([1.0]))
    for system, expected in ((model, np.exp(-1.0)), (still, 1.0)):
        found, _ = solve(system, cohort(1), schedule(1, 1.0), probe, key=Key(1))
        np.testing.assert_allclose(found.values, expected, rtol=1e-6)


REACTIONS = """
model m
 compartment c = 1; substanceOnly species A in c, B in c; A = 1; B = 0;
 turn: A -> B; 0.1*A; flux := 2*turn;
end
"""


def test_conditions_count_as_numbers_and_numbers_as_conditions() -> None:
    """As SBML L3V2 has it: 1 where it holds; true unless 0. By both kinds of engine."""
    text = """
    model m
     k = 2; on := k > 1; a = 0; b = 0; c = 0; d = 0.4; e = 0;
     a' = 10*on + 1; b' = (a > 5); c' = piecewise(1, k && b > 1, 0); d' = (d < 1) - (d > 0.5);
     e' = piecewise(1, k, 7);
     at (b > 2): e = 100*(k == 2);
    end
    """
    times = np.array([1.0, 3.0])
    for method in ("Rodas5P", "LSODA"):
        found, _ = solve(
            load_antimony(text, "m"), cohort(1), schedule(1, 3.0),
            Probe(("a", "b", "c", "d", "e", "on"), times), key=Key(1),
            solver=Solver(method=method, longest=0.05),
        )  # fmt: skip
        a, b, c, d, e, on = found.values[0]
        np.testing.assert_allclose(a, [11, 33], rtol=1e-6)
        np.testing.assert_allclose(b, times - 5 / 11, rtol=1e-3)
        np.testing.assert_allclose(c[1], 3 - (1 + 5 / 11), rtol=1e-3)
        np.testing.assert_allclose(d, 0.5, atol=1e-3)
        np.testing.assert_allclose(e, [1, 100 + 3 - (2 + 5 / 11)], rtol=1e-3)
        np.testing.assert_array_equal(on, 1.0)


def test_remainders_of_antimony() -> None:
    """`%` is a choice by signs, of which SBML writes `xor`."""
    text = "model m\n a := 7 % 4; b := -7 % 4; c := 7.5 % 2; x = 0; x' = time % 1\nend"
    found, _ = solve(
        load_antimony(text, "m"), cohort(1), schedule(1, 8.0),
        Probe(("a", "b", "c", "x"), np.array([8.0])), key=Key(1),
    )  # fmt: skip
    np.testing.assert_allclose(found.values[0, :, 0], [3, -3, 1.5, 4], rtol=1e-6)


def test_a_name_that_the_document_does_not_have_is_told_at_load() -> None:
    """Every formula with it, and what may have been meant."""
    broken = str(libsbml.writeSBMLToString(antimony_to_sbml(REACTIONS, "m")))
    broken = broken.replace("<ci> A </ci>", "<ci> AA </ci>")
    with pytest.raises(InvalidInput, match='did you mean "A"') as refused:
        load_sbml(broken, "m")
    places = [fault.place for fault in refused.value.faults]
    assert places == ["rate of A", "rate of B", "rule turn"]


def test_the_id_of_a_reaction_is_its_rate() -> None:
    """It can be used in formulas, and looked at where one uses it."""
    found, _ = solve(
        load_antimony(REACTIONS, "m"), cohort(1), schedule(1, 5.0),
        Probe(("A", "turn", "flux"), np.array([5.0])), key=Key(1),
    )  # fmt: skip
    left = np.exp(-0.5)
    np.testing.assert_allclose(found.values[0, :, 0], [left, 0.1 * left, 0.2 * left], rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        ("", "m", "`model m`"),
        ("x = 1;", "m", "`model m`"),
        ("model drug\n x = 1\nend", "drog", 'did you mean "drug"'),
        ("model one\n x = 1\nend\nmodel two\n x = 1\nend", "drug", "one, two"),
    ],
)
def test_a_text_without_the_model_is_told_from_one_that_is_broken(
    text: str, name: str, hint: str
) -> None:
    """With the names that the text has."""
    with pytest.raises(InvalidInput, match="no such model") as refused:
        load_antimony(text, name)
    assert hint in str(refused.value)


@pytest.mark.parametrize(
    ("unit", "told"),
    [("second", "s"), ("3600 second", "h"), ("86400 second", ""), ("dimensionless", "")],
)
def test_a_unit_of_time_that_is_no_day_is_told(
    unit: str, told: str, recwarn: pytest.WarningsRecorder
) -> None:
    """Nothing is converted, and nobody need guess it."""
    system = load_antimony(f"model m\n unit time_unit = {unit}; x = 1; x' = -x\nend", "m")
    assert system.rates == (("neg", "x"),)
    texts = [str(one.message) for one in recwarn]
    assert len(texts) == bool(told)
    assert not told or f"its time in {told}:" in texts[0]


def test_a_model_without_a_unit_of_time_is_read_in_silence(
    recwarn: pytest.WarningsRecorder,
) -> None:
    """Most have none."""
    load_antimony(TEXT, "foreign")
    assert not len(recwarn)


def refused(change: Callable[[Any], object], text: str = REACTIONS) -> str:
    """Why a document with this change is refused."""
    document = antimony_to_sbml(text, "m")
    change(document.getModel())
    with pytest.raises(UnsupportedModel) as found:
        load_sbml(str(libsbml.writeSBMLToString(document)), "m")
    return str(found.value)


def test_what_would_be_misread_is_refused_by_name() -> None:
    """Constructs that change what a model means, and are not read."""
    lagged = "model m\n x = 1; x' = -delay(x, 1)\nend"
    assert "`delay`" in refused(lambda m: None, lagged)
    assert "turn: it has no rate" in refused(lambda m: m.getReaction(0).unsetKineticLaw())


def test_fast_reactions_and_packages_are_refused_by_name() -> None:
    """Of SBML level 3 version 1; and models made of others, before they are flattened."""
    text = str(libsbml.writeSBMLToString(antimony_to_sbml(REACTIONS, "m")))
    text = text.replace("level3/version2", "level3/version1").replace('version="2"', 'version="1"')
    text = text.replace('reversible="true"', 'reversible="true" fast="true"')
    with pytest.raises(UnsupportedModel, match="reaction turn: it is fast"):
        load_sbml(text, "m")
    core = "http://www.sbml.org/sbml/level3/version1"
    head = (
        '<sbml xmlns="{0}/core" level="3" version="1" xmlns:p="{0}/{1}/version1" p:required="{2}">'
    )
    text = head.format(core, "multi", "true") + "<model/></sbml>"
    with pytest.raises(UnsupportedModel, match="package `multi`"):
        load_sbml(text, "m")
    nowhere = '<p:listOfSubmodels><p:submodel p:id="a" p:modelRef="b"/></p:listOfSubmodels>'
    text = head.format(core, "comp", "true") + f"<model>{nowhere}</model></sbml>"
    with pytest.raises(InvalidInput, match="refers to what is not there"):
        load_sbml(text, "m")
    for package, required in (("comp", "true"), ("layout", "false")):
        assert load_sbml(head.format(core, package, required) + "<model/></sbml>", "m").states == ()
