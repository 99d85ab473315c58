"""Do a trial's outcomes depend on who solved it? The compiled engine against SciPy's LSODA.

    python -m bench.trial_agreement                      # 500 patients of each arm, some minutes
    python -m bench.trial_agreement --patients 20 --json

Every patient is solved as in the trial `autologous-recovery`, with the scenario's tolerance, and by
the reference at a far finer one; both are observed with the same errors of measurement. What is
compared is the status of every endpoint, and the day of every event. A patient whose statuses
differ is named with the days by both. The exit code is 1 if more than one in a thousand differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from reseed.engine import Solver
from reseed.nouns.outcomes import Outcomes
from reseed.spec import find_library, read_scenario
from reseed.trial.batch import run_batch
from reseed.trial.setup import Setup, set_up

BATCH = 25  # patients
MOST = 1e-3  # patients whose statuses differ


@dataclass(frozen=True, slots=True)
class Difference:
    """One endpoint of one patient: status and day by the engine, then by the reference."""

    arm: str
    patient: int
    endpoint: str
    statuses: tuple[int, int]
    days: tuple[float, float]


def compare(setup: Setup, arm: int, patients: int, judge: Solver) -> Iterator[dict[str, Any]]:
    """Batch by batch, what differs and how far days and values are apart."""
    name = setup.scenario.arms[arm].name
    for start in range(0, patients, BATCH):
        stop = min(start + BATCH, patients)
        ours = run_batch(setup, arm, start, stop)
        theirs = run_batch(setup, arm, start, stop, judge)
        a, b = ours.outcomes, theirs.outcomes
        other = np.flatnonzero(a.status != b.status)
        yield {
            "patients": stop - start,
            "failed": int(np.count_nonzero(ours.trajectories.status)),
            "events": int(np.count_nonzero(a.status == 1)),
            "moved": int(np.count_nonzero((a.status == b.status) & (_day(a) != _day(b)))),
            "differences": [
                Difference(
                    name, int(a.patient[row]), a.endpoint[row],
                    (int(a.status[row]), int(b.status[row])),
                    (float(a.time[row]), float(b.time[row])),
                )
                for row in other
            ],
        }  # fmt: skip


def _day(outcomes: Outcomes) -> np.ndarray:
    """The day on which a laboratory would have seen it."""
    return np.nan_to_num(np.ceil(outcomes.time - 1e-6), nan=-1.0)


def main() -> int:
    """Compare, print, and say by the exit code whether statuses agree."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--patients", type=int, default=500, help="of each arm")
    parser.add_argument("--method", default="LSODA", choices=("LSODA", "Radau", "BDF", "Rodas5P"))
    parser.add_argument("--rtol", type=float, default=1e-9, help="of the reference")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    setup = set_up(read_scenario("autologous-recovery", find_library([])))
    judge = Solver(options.method, options.rtol, budget=1_000_000)
    total: dict[str, Any] = {"patients": 0, "failed": 0, "events": 0, "moved": 0}
    differences: list[Difference] = []
    for arm in setup.systems:
        for part in compare(setup, arm, options.patients, judge):
            differences += part.pop("differences")
            total = {name: total[name] + part[name] for name in total}
            print(f"arm {arm}: {total['patients']} patients", file=sys.stderr, flush=True)
    different = len({one.patient for one in differences})
    total["different_patients"] = different
    total["agreement"] = 1.0 - different / total["patients"]
    if options.json:
        print(json.dumps({**total, "differences": [str(one) for one in differences]}, indent=2))
    else:
        for name, value in total.items():
            print(f"{name:20s} {value}")
        print(*differences, sep="\n")
    return int(different > MOST * total["patients"])


if __name__ == "__main__":
    sys.exit(main())
