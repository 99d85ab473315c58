"""Independent solvers as judges: libRoadRunner on the same SBML, SciPy's LSODA and Radau."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from examples import cohort, schedule

import reseed
from reseed.cohort import in_units_of
from reseed.course import plan
from reseed.engine import Solver, solve
from reseed.model.antimony_text import antimony_to_sbml
from reseed.model.compile import compile_model
from reseed.model.compose import assemble
from reseed.model.values import set_values
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.spec import find_library, read_module
from reseed.trial.setup import set_up

NAMES = ("granulopoiesis", "platelets", "mobilisation", "melphalan", "filgrastim")
BODY = {
    "weight": 70.0,
    "height": 172.0,
    "sex": 0.0,
    "age": 36.0,
    "creatinine_clearance": 100.0,
    "haematocrit": 0.4,
    "mobilisation_capacity": 1.0,
    "leukaemic_marrow": 0.0,
}


def test_the_assembly_is_what_libroadrunner_makes_of_it() -> None:
    """Melphalan 250 mg and 20 days: every count within 1e-5 of an independent SBML simulator."""
    roadrunner = pytest.importorskip("roadrunner")
    library = find_library()
    modules = [read_module(library.path("models", name)) for name in NAMES]
    system = compile_model(modules, "assembly")
    needed = {port.name: port.unit for port in system.ports if port.direction == "in"}
    assembly = assemble(sorted(modules, key=lambda module: module.name))
    document = antimony_to_sbml(assembly.text, assembly.root)
    set_values(document, assembly, {})
    model = document.getModel()
    for module in assembly.modules:
        for port in module.ports:
            if port.name in needed and port.direction == "in":
                model.getParameter(f"{module.name}__{port.symbol}").setValue(BODY[port.name])
    runner = roadrunner.RoadRunner(_text(document))
    runner.integrator.relative_tolerance = 1e-12  # few cells survive, whose regrowth tells errors
    runner.integrator.absolute_tolerance = 1e-6
    shown = ("neutrophils", "platelets", "blood_cd34", "melphalan_concentration", "gcsf")
    symbols = {port.name: port.symbol for port in system.ports}
    runner.timeCourseSelections = ["time", *(symbols[name] for name in shown)]
    runner["melphalan__central"] = 250.0
    judged = np.array(runner.simulate(0, 20, 81))
    solved, _ = solve(
        system,
        cohort(1, **{name: (BODY[name], unit) for name, unit in needed.items()}),
        schedule(1, 20.0, [Jump(0.0, "melphalan__central", 250.0)]),
        Probe(shown, judged[1:, 0]),
        key=Key(1),
        solver=Solver(rtol=1e-9),
    )
    for index, name in enumerate(shown):
        ours, theirs = solved.values[0, index], judged[1:, index + 1]
        assert np.max(np.abs(ours - theirs)) <= 1e-5 * np.max(np.abs(theirs)), name


def _text(document: object) -> str:
    import libsbml

    return str(libsbml.writeSBMLToString(document))


@pytest.mark.parametrize("method", ["LSODA", "Radau"])
def test_whole_patients_agree_with_scipy(method: str) -> None:
    """Two patients of the BEAM arm, doses, events and procedures included: records and counts."""
    scenario = dataclasses.replace(reseed.load("autologous-recovery").scenario, rtol=1e-8)
    setup = set_up(scenario, patients=2, days=40, arms=[1])
    system, count = setup.systems[1], 2 if method == "LSODA" else 1
    from reseed.cohort import draw_cohort

    ids = 10_000_000 + np.arange(count)
    defaults = dict(zip(system.parameters, system.defaults, strict=True))
    drawn = draw_cohort(scenario.cohort, dict(system.variability), defaults, ids, Key(1))
    people = in_units_of(drawn, system)
    laid = plan(scenario.arms[1].course, people, system, infusion_day=49.0, end=setup.end)
    probe = Probe(("neutrophils", "platelets", "blood_cd34"), setup.probe.times)
    ours, our_records = solve(system, people, laid, probe, key=Key(1), solver=Solver(rtol=1e-8))
    theirs, their_records = solve(
        system,
        people,
        laid,
        probe,
        key=Key(1),
        solver=Solver(method=method, rtol=1e-8, budget=10**6, longest=1.0),
    )
    assert our_records.name == their_records.name
    np.testing.assert_allclose(our_records.time, their_records.time, atol=1e-4)
    np.testing.assert_allclose(ours.values, theirs.values, rtol=2e-5)
