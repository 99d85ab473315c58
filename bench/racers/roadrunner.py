"""libRoadRunner, driven in three ways.

`MCJIT` and `LLJIT` are its two compilers, with one `simulate` call for each smooth stretch;
`events` writes the 23 discontinuities into the model as SBML events and simulates once.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.population import Population
from bench.racers.stretches import stretches

WAYS = ("MCJIT", "LLJIT", "events")
Run = Callable[[Sequence[int]], NDArray[np.float64]]


def prepare(
    sbml_text: str, people: Population, way: str, rtol: float = 1e-6, atol: float = 1e-9
) -> Run:
    """Compile the model; the answer solves patients."""
    if way == "events":
        runner = _runner(_with_events(sbml_text, people), "MCJIT", people, rtol, atol)
        return lambda patients: np.array([_in_one(runner, people, i) for i in patients])
    runner = _runner(sbml_text, way, people, rtol, atol)
    return lambda patients: np.array([_in_stretches(runner, people, i) for i in patients])


def installed() -> bool:
    """Whether libRoadRunner can be imported."""
    return importlib.util.find_spec("roadrunner") is not None


def count_steps(sbml_text: str, people: Population, patients: Sequence[int]) -> list[int]:
    """CVODE's internal steps for each patient at rtol 1e-6, restarts included.

    libRoadRunner returns a row per internal step if it is asked for variable steps.
    """
    runner = _runner(sbml_text, "MCJIT", people, 1e-6, 1e-9)
    runner.integrator.variable_step_size = True
    counts = []
    for patient in patients:
        _become(runner, people, patient)
        rows = 0
        for stretch in stretches(people, patient):
            rows += len(runner.simulate(stretch.start, stretch.stop)) - 1
            if stretch.target:
                runner[stretch.target] += stretch.amount
        counts.append(rows)
    return counts


def _runner(text: str, compiler: str, people: Population, rtol: float, atol: float) -> object:
    import roadrunner

    config = roadrunner.Config
    config.setValue(config.LLVM_BACKEND, getattr(config, compiler))
    config.setValue(
        config.LOADSBMLOPTIONS_RECOMPILE, True
    )  # else the other compiler's code is reused
    if compiler == "LLJIT":
        config.setValue(config.LLJIT_OPTIMIZATION_LEVEL, config.AGGRESSIVE)
    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance = rtol
    runner.integrator.absolute_tolerance = atol
    runner.integrator.maximum_num_steps = 1_000_000
    runner.timeCourseSelections = list(people.observables)
    return runner


def _become(runner: object, people: Population, patient: int) -> None:
    """Everything as at the beginning, with this patient's parameters."""
    runner.resetToOrigin()
    for name, value in zip(people.names, people.values[patient], strict=True):
        runner[name] = value


def _in_stretches(runner: object, people: Population, patient: int) -> NDArray[np.float64]:
    _become(runner, people, patient)
    values = np.empty((len(people.saves), len(people.observables)))
    values[0] = [runner[name] for name in people.observables]
    for stretch in stretches(people, patient):
        rows = runner.simulate(times=[stretch.start, *stretch.saves, stretch.stop])
        values[stretch.first : stretch.last] = rows[1 : 1 + len(stretch.saves)]
        if stretch.target:
            runner[stretch.target] += stretch.amount
    return values.T


def _in_one(runner: object, people: Population, patient: int) -> NDArray[np.float64]:
    _become(runner, people, patient)
    for number in range(len(people.targets)):
        runner[f"event_time_{number}"] = people.times[patient, number]
        runner[f"event_amount_{number}"] = people.amounts[patient, number]
    return np.array(runner.simulate(times=list(people.saves))).T


def _with_events(sbml_text: str, people: Population) -> str:
    """The model with a timed event for each discontinuity, at times that are parameters."""
    import libsbml

    document = libsbml.readSBMLFromString(sbml_text)
    model = document.getModel()
    for number, target in enumerate(people.targets):
        for name in (f"event_time_{number}", f"event_amount_{number}"):
            parameter = model.createParameter()
            parameter.setId(name)
            parameter.setConstant(False)
            parameter.setValue(1e9)
        event = model.createEvent()
        event.setId(f"event_{number}")
        event.setUseValuesFromTriggerTime(False)
        trigger = event.createTrigger()
        trigger.setInitialValue(True)
        trigger.setPersistent(True)
        trigger.setMath(libsbml.parseL3Formula(f"time >= event_time_{number}"))
        assignment = event.createEventAssignment()
        assignment.setVariable(target)
        assignment.setMath(libsbml.parseL3Formula(f"{target} + event_amount_{number}"))
    return str(libsbml.writeSBMLToString(document))
