"""Cost against the number of states: chains of cells, each stage with a power of its own."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from bench.measure.race import Racer, race
from reseed.engine import Solver, ensemble, solve
from reseed.model import load_sbml
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule

END = 1000.0  # days
SAVES = np.linspace(0.0, END, 51)


def shapes(sizes: tuple[int, ...], patients: int, rounds: int) -> list[dict[str, Any]]:
    """A row for each number of states."""
    return [_shape(size, patients, rounds) for size in sizes]


def _shape(size: int, patients: int, rounds: int) -> dict[str, Any]:
    from bench.racers.roadrunner import installed

    text = chain(size)
    begun = time.perf_counter()
    system = load_sbml(text, f"chain of {size}")
    feed = np.exp(0.2 * np.random.default_rng(0).standard_normal(patients))
    none = np.zeros((patients, 0))
    cohort = Cohort(np.arange(patients), (), {}, {"feed": feed})
    schedule = Schedule(none, none, (), (), (), np.zeros(patients), END)
    probe = Probe((system.states[-1],), SAVES)

    def ours(_: Any) -> Any:
        return solve(system, cohort, schedule, probe, key=Key(1), solver=Solver())[0]

    ensemble.kernel_for(system, cohort, probe.variables, (), set(), Solver())
    compiled = time.perf_counter() - begun
    racers = [Racer("reseed", ours, range(patients))]
    if installed():
        racers.append(Racer("libRoadRunner", _roadrunner(text, system.states[-1], feed), range(8)))
    taken = {name: float(np.median(times)) for name, times in race(racers, rounds).items()}
    row = {
        "states": size,
        "compile_s": compiled,
        "steps": float(np.mean(ours(None).steps)),
        "us_per_patient": 1e6 * taken["reseed"],
    }
    if "libRoadRunner" in taken:
        row["libroadrunner_ratio"] = taken["libRoadRunner"] / taken["reseed"]
    return row


def chain(size: int) -> str:
    """SBML of cells that mature through `size` stages; the last ones hold back the first."""
    import libsbml

    from reseed.model.antimony_text import antimony_to_sbml

    rates = np.geomspace(0.02, 50.0, size)
    lines = ["model chain", "  feed = 1;"]
    lines.append(f"  x0' = feed/(0.2 + 0.8*(x{size - 1}^2 + 1e-6)^0.7) - {float(rates[0])!r}*x0;")
    for i in range(1, size):
        gain = f"{float(rates[i - 1])!r}*(x{i - 1}^2 + 1e-6)^0.45"
        lines.append(f"  x{i}' = {gain} - {float(rates[i])!r}*x{i};")
    lines += [f"  x{i} = 1;" for i in range(size)]
    lines.append("end")
    return str(libsbml.writeSBMLToString(antimony_to_sbml("\n".join(lines), "chain")))


def _roadrunner(text: str, shown: str, feed: np.ndarray) -> Any:
    import roadrunner

    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance = 1e-6
    runner.integrator.absolute_tolerance = 1e-9
    runner.timeCourseSelections = [shown]

    def run(patients: Any) -> None:
        for patient in patients:
            runner.resetToOrigin()
            runner["feed"] = feed[patient]
            runner.simulate(times=list(SAVES))

    return run
