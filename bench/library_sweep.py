"""Solve random patients of every library model: each ends with a result or a coded failure.

    python -m bench.library_sweep                          # 10,000 patients of every model
    python -m bench.library_sweep --patients 20 --only infection --json

The models are the modules of library/models that have equations and the arms of the scenario
`autologous-recovery`; what their patients are drawn from stands in bench/sweep_cases.py. Over 200
days every state is looked at four times a day, then daily. A model holds if at most 1 % of its
patients fail, each with a code and advice, and if no state falls below zero by more than ten
absolute tolerances: a solver keeps each of its steps within the tolerance, and the errors of
several steps add up. The exit code is 1 if a model does not hold.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.sweep_cases import DAYS, Case, case_of, names_of_cases, people_of
from reseed.engine import FAILURES, Solver, solve
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.nouns.trajectories import Trajectories

MOST_FAILURES = 0.01
LOWEST = -10.0  # absolute tolerances
BLOCK = 250  # patients at a time: all states of all of them would not fit into memory
TIMES = np.concatenate([np.arange(0.0, 60.0, 0.25), np.arange(60.0, DAYS + 1.0)])
NAMES = {failure.code: failure.name for failure in FAILURES}
SHOWN = 5  # patients that a fault names
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Failed:
    """A patient without a result: the code's name, the day and the state that it names."""

    patient: int
    failure: str
    day: float
    state: str


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of the patients of one model.

    `lowest` is the most negative value of a state over its absolute tolerance (0 if none is
    negative), in `lowest_state` of `lowest_patient` on `lowest_day`; `below` counts patients with a
    state below minus one tolerance. `early` counts the solved whose follow-up ended before the
    last day (death, a harvest that failed), `broken` holds those called solved that miss a value
    or an end, which must be none.
    """

    model: str
    patients: int
    failed: tuple[Failed, ...]
    early: int
    broken: tuple[int, ...]
    below: int
    lowest: float
    lowest_state: str
    lowest_patient: int
    lowest_day: float
    steps_median: float
    steps_most: int
    seconds: float

    @property
    def faults(self) -> list[str]:
        """What keeps the model from holding, as sentences; none if it holds."""
        found = []
        if len(self.failed) > MOST_FAILURES * self.patients:
            found.append(f"{self.model}: {len(self.failed)} of {self.patients} patients fail")
            found += [_in_words(self.model, failed) for failed in self.failed[:SHOWN]]
        if self.broken:
            found.append(f"{self.model}: solved without values: patients {self.broken[:SHOWN]}")
        if self.lowest < LOWEST:
            found.append(
                f"{self.model}: patient {self.lowest_patient}, day {self.lowest_day:g}:"
                f" {self.lowest_state} is {-self.lowest:.3g} absolute tolerances below zero"
            )
        return found


def sweep(case: Case, patients: int, seed: int = 1) -> Swept:
    """Solve patients 0, 1, ... of a case and look at every state."""
    begun = time.perf_counter()
    solver = Solver()
    failed: list[Failed] = []
    broken: list[int] = []
    steps: list[int] = []
    early, below, lowest = 0, 0, (0.0, "", -1, 0.0)
    for start in range(0, patients, BLOCK):
        ids = np.arange(start, min(start + BLOCK, patients), dtype=np.int64)
        cohort, schedule = people_of(case, ids, seed)
        probe = Probe(case.states, TIMES)
        solved, _ = solve(case.system, cohort, schedule, probe, key=Key(seed), solver=solver)
        failed += _failures(solved)
        broken += _broken(solved)
        done = solved.status == 0
        early += int(np.sum(done & (solved.end_time < DAYS)))
        steps += solved.steps[done].tolist()
        # failed patients have no values, and what is solved may end early
        tolerances = _tolerances(case, solved, schedule, solver)
        relative = np.nan_to_num(solved.values / tolerances[..., None])
        below += int(np.sum((relative < -1.0).any(axis=(1, 2))))
        lowest = min(lowest, _lowest(case, solved, relative))
    return Swept(
        case.name,
        patients,
        tuple(failed),
        early,
        tuple(broken),
        below,
        *lowest,
        float(np.median(steps)) if steps else float("nan"),
        max(steps, default=0),
        time.perf_counter() - begun,
    )


def _failures(solved: Trajectories) -> list[Failed]:
    return [
        Failed(
            int(solved.ids[row]),
            NAMES[int(solved.status[row])],
            float(solved.status_time[row]),
            solved.status_state[row],
        )
        for row in np.flatnonzero(solved.status)
    ]


def _broken(solved: Trajectories) -> list[int]:
    """Patients called solved who miss a value up to the end of their follow-up, or an end."""
    reached = solved.times[None, :] <= solved.end_time[:, None]
    missing = (~np.isfinite(solved.values) & reached[:, None, :]).any(axis=(1, 2))
    reasons = np.array([bool(reason) for reason in solved.end_reason])
    unfinished = (solved.end_time < DAYS) & ~reasons
    return solved.ids[(solved.status == 0) & (missing | unfinished)].tolist()


def _lowest(case: Case, solved: Trajectories, relative: Values) -> tuple[float, str, int, float]:
    """The most negative of the values in absolute tolerances, its state, patient and day."""
    row, column, moment = np.unravel_index(np.argmin(relative), relative.shape)
    value = float(relative[row, column, moment])
    if value >= 0.0:
        return 0.0, "", -1, 0.0
    state = case.system.states[int(column)]
    return value, state, int(solved.ids[row]), float(solved.times[moment])


def _tolerances(case: Case, solved: Trajectories, schedule: Schedule, solver: Solver) -> Values:
    """The absolute tolerance of each patient's states, (patient, state), as Solver defines it."""
    scale = np.maximum(np.abs(np.nan_to_num(solved.values[:, :, 0])), 1.0)
    sizes = np.abs(np.nan_to_num(schedule.values))
    for column, target in enumerate(schedule.targets):
        if target in case.system.states:
            index = case.system.states.index(target)
            scale[:, index] = np.maximum(scale[:, index], sizes[:, column])
    return solver.rtol * solver.atol_share * scale


def table(rows: Sequence[Swept]) -> str:
    """The models, one a line, and then the first patient of each kind of failure."""
    lines = [
        f"{'model':28s} {'patients':>8s} {'solved %':>8s} {'early %':>7s} {'steps':>5s}"
        f" {'most':>6s} {'s':>6s} {'below':>5s} {'lowest/tol':>10s} in state of patient; failures"
    ]
    examples = []
    for row in rows:
        codes = Counter(failed.failure for failed in row.failed)
        told = ", ".join(f"{name} {count}" for name, count in codes.most_common()) or "none"
        where = f"{row.lowest_state} of {row.lowest_patient}" if row.lowest_state else "-"
        lines.append(
            f"{row.model:28s} {row.patients:8d} {100 * (1 - len(row.failed) / row.patients):8.2f}"
            f" {100 * row.early / row.patients:7.1f} {row.steps_median:5.0f} {row.steps_most:6d}"
            f" {row.seconds:6.1f} {row.below:5d} {row.lowest:10.3g} {where}; {told}"
        )
        firsts = {failed.failure: failed for failed in reversed(row.failed)}
        examples += [_in_words(row.model, failed) for failed in firsts.values()]
    return "\n".join([*lines, *examples])


def _in_words(model: str, failed: Failed) -> str:
    advice = next(failure.advice for failure in FAILURES if failure.name == failed.failure)
    return (
        f"  {model}, patient {failed.patient}: {failed.failure} on day {failed.day:g}"
        f" ({failed.state}): {advice}"
    )


def main() -> int:
    """Sweep, print, and say by the exit code whether every model holds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--only", metavar="MODEL", action="append", choices=names_of_cases())
    options = parser.parse_args()
    rows = []
    for name in options.only or names_of_cases():
        rows.append(sweep(case_of(name), options.patients, options.seed))
        print(f"{name}: {rows[-1].seconds:.1f} s", file=sys.stderr, flush=True)
    faults = [fault for row in rows for fault in row.faults]
    if options.json:
        models = [dataclasses.asdict(row) for row in rows]
        print(json.dumps({"seed": options.seed, "models": models, "faults": faults}, indent=1))
    else:
        print(table(rows))
        print("\n".join(faults) or "every model holds")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
