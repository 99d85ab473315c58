"""run_trial: every block of every arm, written as it is finished, then estimates and report."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from reseed import store
from reseed.base.errors import Fault, InvalidInput
from reseed.base.units import warm_up
from reseed.base.workers import start_server
from reseed.nouns.estimate import Estimate
from reseed.nouns.scenario import Scenario
from reseed.report import write_report
from reseed.trial.batch import Batch
from reseed.trial.manifest import manifest
from reseed.trial.merge import merge
from reseed.trial.pool import Task, helpers, run_tasks
from reseed.trial.result import TrialResult
from reseed.trial.setup import Setup, ids_start, set_up

Progress = Callable[[int, int, int], None]  # patients done, patients in all, patients failed
SMALLEST_BATCH, LARGEST_BATCH = 25, 250
SHARES = 5  # batches of one arm for each worker
_IMPORTED_LATE = ("reseed.stats", "pandas", "statsmodels.duration.survfunc", "lifelines", "jinja2")


def run_trial(
    scenario: Scenario,
    folder: Path | str | None = None,
    *,
    patients: int | None = None,
    days: float | None = None,
    seed: int | None = None,
    batch: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> TrialResult:
    """Run a virtual trial into a folder and report it.

    `patients` (per arm), `days` (of follow-up after infusion) and `seed` replace the scenario's
    own. `batch` and `workers` are scheduling: no result depends on them. A folder that holds the
    beginnings of the same trial is taken up where it stopped; one that holds another trial is
    refused. Without a folder, `runs/<scenario>` is used, numbered where taken. Raises
    InvalidInput, or Incomplete where the run could not be finished; KeyboardInterrupt passes
    through after the finished blocks are on disk.
    """
    workers = _positive("workers", workers, os.cpu_count() or 1)
    if workers > 1:
        start_server()
    setup = set_up(scenario, patients, days, seed)
    batch = _positive("batch", batch, _batch_size(setup.scenario.patients, workers))
    run = manifest(setup)
    path, resumed = _folder(folder, scenario.name, run)
    store.write_scenario_text(path, scenario.text)
    store.write_run(path, run)
    started = time.time()
    ahead = threading.Thread(target=_import_ahead, daemon=True)
    if workers > 1:
        ahead.start()
    _solve_blocks(setup, path, batch, workers, progress, resumed)
    if ahead.ident is not None:
        ahead.join()  # two threads in the same imports have found each other's modules half made
    estimates = _estimate(setup, path)
    store.write_estimates(path, estimates)
    with helpers(workers) as hand_out:
        write_report(path, hand_out)
    _log(path, started, batch, workers, resumed)
    return TrialResult(path, run)


def _import_ahead() -> None:
    """What estimates and page need takes seconds to import: while the workers solve, here.

    Figures are drawn by workers, whose server has matplotlib.
    """
    for name in _IMPORTED_LATE:
        importlib.import_module(name)
    warm_up()


def _solve_blocks(
    setup: Setup, path: Path, batch: int, workers: int, progress: Progress | None, resumed: bool
) -> None:
    scenario = setup.scenario
    for number, arm in enumerate(scenario.arms):
        store.create_trajectories(
            path,
            arm.name,
            scenario.patients,
            setup.probe.variables,
            setup.units,
            setup.probe.times,
            ids_start=ids_start(scenario, number),
        )
    tasks = list(_tasks(setup, path, batch, resumed))
    waiting: dict[tuple[int, int], dict[int, Batch]] = {}
    total = scenario.patients * len(scenario.arms)
    done, failed = total - sum(len(arms) * (stop - start) for arms, start, stop in tasks), 0
    if progress:
        progress(done, total, failed)
    for (arms, start, _), results in run_tasks(setup, tasks, workers):
        block = start // store.BLOCK_PATIENTS
        first = block * store.BLOCK_PATIENTS
        size = min(store.BLOCK_PATIENTS, scenario.patients - first)
        for number, result in zip(arms, results, strict=True):
            done += len(result.cohort.ids)
            failed += int(np.count_nonzero(result.trajectories.status))
            parts = waiting.setdefault((number, block), {})
            parts[start] = result
            if sum(len(part.cohort.ids) for part in parts.values()) == size:
                whole = merge([parts[k] for k in sorted(parts)])
                _write(path, scenario.arms[number].name, block, whole)
                del waiting[(number, block)]
        if progress:
            progress(done, total, failed)


def _tasks(setup: Setup, path: Path, batch: int, resumed: bool) -> Iterator[Task]:
    """Batches of the blocks that are still to do; a batch never leaves its block.

    Arms that have the same people and lives before are done together.
    """
    scenario = setup.scenario
    together = scenario.design == "twins" and setup.natural is not None
    every = tuple(range(len(scenario.arms)))
    for group in (every,) if together else ((number,) for number in every):
        for first in range(0, scenario.patients, store.BLOCK_PATIENTS):
            block = first // store.BLOCK_PATIENTS
            left = tuple(
                number
                for number in group
                if not (resumed and store.block_done(path, scenario.arms[number].name, block))
            )
            last = min(first + store.BLOCK_PATIENTS, scenario.patients)
            for start in range(first, last, batch):
                if left:
                    yield left, start, min(start + batch, last)


def _write(path: Path, arm: str, block: int, result: Batch) -> None:
    store.write_patients(path, arm, block, result.cohort)
    store.write_records(path, arm, block, result.records)
    store.write_outcomes(path, arm, block, result.outcomes)
    store.write_solutions(path, arm, block, result.trajectories, result.follow_up)
    store.write_trajectories(path, arm, block, result.trajectories.values)
    store.mark_done(path, arm, block)


def _estimate(setup: Setup, path: Path) -> list[Estimate]:
    from reseed.stats import estimate

    found = []
    for arm in setup.scenario.arms:
        outcomes = store.outcomes_of(store.read_outcomes(path, arm.name))
        found += [estimate(outcomes, endpoint, arm.name) for endpoint in setup.scenario.endpoints]
    return found


def _folder(folder: Path | str | None, name: str, run: dict) -> tuple[Path, bool]:
    """Where to write, and whether something of the same trial is there to be taken up."""
    if folder is not None:
        path = Path(folder)
        if path.exists() and not path.is_dir():
            raise InvalidInput([Fault(str(path), "--out", "a file", "a folder")])
        state = _state(path, run)
        if state == "other":
            expected = "an empty folder, or one with the same scenario, patients, days and seed"
            raise InvalidInput([Fault(str(path), "--out", "another trial or files", expected)])
        return path, state == "same"
    number = 1
    while True:
        path = Path("runs") / (name if number == 1 else f"{name}-{number}")
        if (state := _state(path, run)) != "other":
            return path, state == "same"
        number += 1


def _state(path: Path, run: dict) -> str:
    """empty, same (begun and not finished, or finished: then done again), or other."""
    if not path.exists() or not any(path.iterdir()):
        return "empty"
    if not (path / "run.json").exists():
        return "other"
    if store.canonical_json(store.read_run(path)) != store.canonical_json(run):
        return "other"
    return "again" if (path / "report.html").exists() else "same"


def _batch_size(patients: int, workers: int) -> int:
    """Large enough that little is lost between batches, and that all workers end together."""
    return min(max(SMALLEST_BATCH, patients // (SHARES * workers)), LARGEST_BATCH)


def _positive(name: str, value: int | None, default: int) -> int:
    if value is None:
        return default
    if value < 1:
        raise InvalidInput([Fault("call", name, str(value), "a whole number from 1")])
    return value


def _log(path: Path, started: float, batch: int, workers: int, resumed: bool) -> None:
    store.append_log(
        path,
        {
            "started": started,
            "seconds": time.time() - started,
            "batch": batch,
            "workers": workers,
            "resumed": resumed,
            "host": platform.node(),
            "python": platform.python_version(),
            "command": sys.argv,
        },
    )
