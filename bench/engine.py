"""The compiled engine against the field, on one model, in one interleaved run.

    python -m bench.engine            # about a quarter of an hour
    python -m bench.engine --quick    # two minutes: fewer patients and rounds, no diffrax
    python -m bench.engine --json     # the same as one JSON object

The model is bench/models/reconstitution.ant, fifteen years with 23 discontinuities. Everybody
solves the same 64 patients of a seed that no tuning saw; reseed eight times over, since a batch
of 64 leaves lanes empty at its end. Times are processor time, medians over rounds; errors are
|value - truth| / (1e-6 |truth| + 1e-9) over all patients, observables and times, the truth from
LSODA at 1e-12. The tolerance at which reseed's rms error is that of libRoadRunner at 1e-6 is
found on other patients. A ratio above 1 says that reseed is faster; null, that a racer is not
installed or was left out.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from bench import memory
from bench.measure.compiling import compiling
from bench.measure.machine import machine
from bench.measure.matched import matched_tolerance
from bench.measure.race import Racer, one_core, race, ratio
from bench.measure.shapes import shapes
from bench.measure.tail import tail
from bench.measure.threads import threads
from bench.measure.work import operations_of_a_step, peak
from bench.population import HELD_OUT, Population, population, sbml_text
from bench.racers import cvode, diffrax_racer, reference, reseed_racer, roadrunner, scipy_methods
from reseed.engine import Solver
from reseed.engine.kernel.machine import lane_width
from reseed.model import load_sbml

TUNING = 0  # seed
COPIES = 8  # of the patients, for reseed
WIDTHS = (8, 4, 2, 1)


@dataclasses.dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    patients: int
    rounds: int
    diffrax: int  # patients, 0 for none
    states: tuple[int, ...]
    threaded: int
    memory: tuple[int, int]


FULL = Size(64, 9, 16, (10, 30, 100, 300), 4_000, memory.FULL)
QUICK = Size(16, 3, 0, (10, 30), 1_000, memory.QUICK)


def has(package: str) -> bool:
    """Whether it can be imported."""
    return importlib.util.find_spec(package) is not None


def measure(size: Size, say: Callable[[str], None]) -> dict[str, Any]:
    """All figures, by the names of the JSON."""
    text = sbml_text()
    found: dict[str, Any] = {"machine": machine(), "seed": HELD_OUT, "patients": size.patients}
    say("compiling")
    found |= compiling(text, population(1, TUNING), 5)
    say("tolerance of equal accuracy, on seed 0")
    matched = _matched(text, size)
    found["matched_rtol"] = matched
    say("accuracy on the held-out patients")
    people = population(size.patients, HELD_OUT)
    found |= _accuracy(text, people, matched)
    say("race")
    found |= _race(text, people, matched, size)
    width = lane_width()
    per_patient = operations_of_a_step(load_sbml(text, "benchmark"), people, width) * found["steps"]
    found["fma_peak_fraction"] = per_patient * found["patients_per_core_second"] / peak(width)
    say("threads")
    found |= threads(text, population(size.threaded, TUNING), size.rounds)
    say("states")
    found["states_versus_time"] = shapes(size.states, 200, min(size.rounds, 5))
    say("a patient of 20,000 steps among others")
    found["tail"] = tail(text, 256, size.rounds)
    say("memory")
    found |= memory.memory(size.memory)
    kept = len(people.observables) * len(people.saves) * 8
    return {**found, "bytes_per_patient_kept": kept}


@cache
def _truth(patients: int, seed: int) -> Any:
    people = population(patients, seed)
    return reference.prepare(sbml_text(), people)(range(patients))


def _matched(text: str, size: Size) -> float | None:
    if not roadrunner.installed():
        return None
    people = population(size.patients, TUNING)
    truth = _truth(size.patients, TUNING)
    everyone = range(size.patients)

    def rms(values: Any) -> float:
        return reference.errors(values, truth)["rms"]

    theirs = rms(roadrunner.prepare(text, people, "MCJIT")(everyone))

    def ours(rtol: float) -> float:
        return rms(reseed_racer.prepare(text, people, Solver(rtol=rtol))(everyone))

    return matched_tolerance(ours, theirs, 1e-7, 1e-4)


def _accuracy(text: str, people: Population, matched: float | None) -> dict[str, Any]:
    everyone, truth = range(len(people)), _truth(len(people), HELD_OUT)
    solvers = {"": Solver()} | ({"matched_": Solver(rtol=matched)} if matched else {})
    found: dict[str, Any] = {"matched_steps": None}
    for name, solver in solvers.items():
        solved = reseed_racer.prepare_whole(text, people, solver)(everyone)
        found |= _named(name, reference.errors(solved.values, truth))
        found[f"{name}steps"] = float(np.mean(solved.steps))
    if roadrunner.installed():
        values = roadrunner.prepare(text, people, "MCJIT")(everyone)
        found |= _named("libroadrunner_", reference.errors(values, truth))
        steps = roadrunner.count_steps(text, people, list(everyone)[:8])
        found["libroadrunner_steps"] = float(np.mean(steps))
    return found


def _named(prefix: str, errors: dict[str, float]) -> dict[str, float]:
    return {f"{prefix}{name}_error": value for name, value in errors.items()}


def _race(text: str, people: Population, matched: float | None, size: Size) -> dict[str, Any]:
    few, many = list(range(len(people))), list(range(len(people))) * COPIES
    racers = [Racer("reseed", reseed_racer.prepare(text, people, Solver()), many)]
    if matched:
        racers.append(
            Racer("matched", reseed_racer.prepare(text, people, Solver(rtol=matched)), many)
        )
    for width in WIDTHS:
        run = reseed_racer.prepare(text, people, Solver(width=width))
        racers.append(Racer(f"width {width}", run, many))
    if roadrunner.installed():
        ways = [Racer(w, roadrunner.prepare(text, people, w), few[:16]) for w in roadrunner.WAYS]
        trial = race(ways, 3)
        best = min(trial, key=lambda way: statistics.median(trial[way]))
        racers.append(Racer("libRoadRunner", roadrunner.prepare(text, people, best), few))
    if has("sksundae") and has("numba"):
        racers.append(Racer("CVODE", cvode.prepare(text, people), few))
    if has("numba"):
        racers.append(Racer("LSODA", scipy_methods.prepare(text, people, "LSODA"), few))
    taken = race(racers, size.rounds)
    if size.diffrax and has("diffrax"):
        # compiled for half a minute each, and slow: after the others, with reseed beside them;
        # its threads are its own, so all share one core and the process's clock is asked
        slow = [
            Racer(m, diffrax_racer.prepare(text, people, m), few[: size.diffrax], time.process_time)
            for m in diffrax_racer.METHODS
        ]
        ours = dataclasses.replace(racers[0], name="reseed beside")
        with one_core():
            taken |= race([ours, *slow], max(2, size.rounds // 3))
    return _figures(taken, best if roadrunner.installed() else None)


def _figures(taken: dict[str, list[float]], way: str | None) -> dict[str, Any]:
    spread: dict[str, Any] = {}

    def over(slow: str, fast: str, name: str) -> float | None:
        if slow not in taken or fast not in taken:
            return None
        found = ratio(taken[slow], taken[fast])
        spread[name] = [found.lowest, found.highest]
        return found.median

    implicit = [m for m in diffrax_racer.METHODS if m in taken]
    best = min(implicit, key=lambda m: statistics.median(taken[m]), default="")
    return {
        "libroadrunner_way": way,
        "libroadrunner_ratio_same_rtol": over("libRoadRunner", "reseed", "same_rtol"),
        "libroadrunner_ratio_matched_rms": over("libRoadRunner", "matched", "matched_rms"),
        "cvode_ratio_same_rtol": over("CVODE", "reseed", "cvode"),
        "lsoda_ratio_same_rtol": over("LSODA", "reseed", "lsoda"),
        "diffrax_best_implicit": best or None,
        "diffrax_ratio_best_implicit": over(best, "reseed beside", "diffrax"),
        "width_ratios": {
            str(width): over("libRoadRunner", f"width {width}", f"width_{width}")
            for width in WIDTHS
        },
        "patients_per_core_second": 1 / statistics.median(taken["reseed"]),
        "ms_per_patient": {name: 1e3 * statistics.median(each) for name, each in taken.items()},
        "spread": spread,
    }


def lines(found: dict[str, Any], indent: str = "") -> Sequence[str]:
    """The figures as text, one a line."""
    shown: list[str] = []
    for name, value in found.items():
        if isinstance(value, dict):
            shown += [f"{indent}{name}", *lines(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            shown.append(f"{indent}{name}")
            for row in value:
                cells = (f"{key} {_short(cell)}" for key, cell in row.items())
                shown.append(f"{indent}  {', '.join(cells)}")
        else:
            shown.append(f"{indent}{name:{36 - len(indent)}s} {_short(value)}")
    return shown


def _short(value: Any) -> str:
    if isinstance(value, list):
        return " to ".join(map(_short, value))
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    def say(word: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {word}", file=sys.stderr, flush=True)

    found = measure(QUICK if options.quick else FULL, say)
    print(json.dumps(found, indent=2) if options.json else "\n".join(lines(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
