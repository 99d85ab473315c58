"""Curated models of others against libRoadRunner: the same numbers, and how fast over many sets.

    python -m bench.biomodels DIR [--sets 1000] [--json] [--table]

Agreement: 51 points from 0 to 100, libRoadRunner at a relative tolerance of 1e-9; the largest
difference of any variable, as a share of that variable's largest value. Speed: parameter sets drawn
within 10 % of the model's own values, both engines at 1e-6, interleaved, thread processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import xarray  # noqa: F401  # first numbers of the first model would else include its import
from numpy.typing import NDArray

import reseed
from reseed.base.errors import ReseedError

END, POINTS, ROUNDS = 100.0, 51, 3
SPREAD = 0.1


def runner_of(path: Path) -> Any:
    """libRoadRunner with the model, at the tolerance of a judge."""
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_CRITICAL)
    runner = roadrunner.RoadRunner(str(path))
    runner.integrator.relative_tolerance = 1e-9
    runner.integrator.absolute_tolerance = 1e-14
    runner.integrator.maximum_num_steps = 10_000_000
    return runner


def judged(runner: Any, names: list[str]) -> NDArray[np.float64]:
    """The judge's course of variables, (variable, time)."""
    runner.reset()
    found = runner.simulate(0, END, POINTS, ["time", *names])
    return np.array(found)[:, 1:].T


def comparable(model: reseed.simulate.Model, runner: Any) -> list[str]:
    """Species that both have, as amounts, and what rate rules change."""
    species = [*runner.model.getFloatingSpeciesIds(), *runner.model.getBoundarySpeciesIds()]
    ruled = list(runner.getRateRuleIds())
    return [name for name in dict.fromkeys([*species, *ruled]) if name in model.variables]


def agreement(model: reseed.simulate.Model, runner: Any, rtol: float) -> tuple[float, str]:
    """The largest difference over the variable's largest value, and which variable it is."""
    names = comparable(model, runner)
    theirs = judged(runner, names)
    ours = model.simulate(END, points=POINTS, variables=names, rtol=rtol, atol=1e-20).values[0]
    size = np.abs(theirs).max(axis=1)
    gap = np.abs(ours - theirs).max(axis=1) / np.where(size > 0, size, 1.0)
    gap = np.where(np.isnan(gap), np.inf, gap)
    worst = int(gap.argmax())
    return float(gap[worst]), names[worst]


def varied(model: reseed.simulate.Model, runner: Any, sets: int) -> dict[str, NDArray[np.float64]]:
    """Global parameters that both may set, within a tenth of the model's values."""
    chance = np.random.default_rng(1)
    own = dict(zip(model.system.parameters, model.system.defaults, strict=True))
    names = [
        name
        for name in runner.model.getGlobalParameterIds()
        if name in own and np.isfinite(own[name]) and own[name] != 0.0
    ]
    return {name: own[name] * (1 + SPREAD * chance.uniform(-1, 1, sets)) for name in names}


def pace(
    model: reseed.simulate.Model, runner: Any, columns: dict[str, NDArray[np.float64]], sets: int
) -> tuple[float, float]:
    """Seconds of this thread's processor time for all sets: ours and theirs, medians of rounds."""
    runner.integrator.relative_tolerance = 1e-6
    runner.integrator.absolute_tolerance = 1e-12
    names = comparable(model, runner)
    theirs_too = min(sets, 200)  # the time of more is theirs in proportion
    ours, theirs = [], []
    for _ in range(ROUNDS):
        start = time.thread_time()
        model.simulate(END, points=POINTS, variables=names, values=columns, atol=1e-12)
        ours.append(time.thread_time() - start)
        start = time.thread_time()
        runner.timeCourseSelections = ["time", *names]
        for row in range(theirs_too):
            runner.reset()
            for name, column in columns.items():
                runner[name] = column[row]
            with suppress(RuntimeError):  # CVODE gives up on some sets of stiff models
                runner.simulate(0, END, POINTS)
        theirs.append((time.thread_time() - start) * sets / theirs_too)
    return median(ours), median(theirs)


def judge(path: Path, sets: int, rtol: float) -> dict[str, Any]:
    """One model: its agreement, the time of its first compilation and the pace."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        try:
            model = reseed.load_model(path)
        except ReseedError as error:
            return {"refused": " ".join(str(error).split())[:200]}
        model.simulate(END, points=2)
        first = time.perf_counter() - start
        runner = runner_of(path)
        gap, which = agreement(model, runner, rtol)
        found = {"states": len(model.system.states), "difference": gap, "variable": which,
                 "first_seconds": round(first, 2)}  # fmt: skip
        if sets:
            columns = varied(model, runner, sets)
            found["parameters"] = len(columns)
            ours, theirs = pace(model, runner, columns, sets)
            found |= {"sets": sets, "ours_s": ours, "theirs_s": theirs, "ratio": theirs / ours}
    return found


def main(arguments: list[str] | None = None) -> int:
    """Prints a line for each model; 1 if one differs by more than 1e-4."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", type=int, default=0)
    parser.add_argument("--rtol", type=float, default=1e-9)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # CVODE's warnings, which libRoadRunner prints among the results
    found = {}
    for path in sorted(given.folder.glob("*.xml")):
        found[path.stem] = judge(path, given.sets, given.rtol)
        if not given.json:
            print(path.stem, found[path.stem], file=out, flush=True)
    if given.json:
        print(json.dumps(found, indent=1), file=out)
    out.close()
    return int(any(one.get("difference", 0.0) > 1e-4 for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
