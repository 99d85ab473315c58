"""Memory against the number of patients, where samples are reduced and not kept.

    python -m bench.memory                 # 10,000 and 100,000 patients, a process for each
    python -m bench.memory --quick --json  # 2,000 and 20,000

Each process draws the benchmark's patients in blocks of 1,000, solves and reduces a block, and
merges it with what it has; the largest memory that it ever held is what its system says.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

BLOCK = 1_000  # patients
FULL, QUICK = (10_000, 100_000), (2_000, 20_000)


def memory(counts: tuple[int, int]) -> dict[str, float]:
    """Bytes held at the most, their ratio, and the growth for each patient more."""
    few, many = (_in_a_process(count) for count in counts)
    return {
        "memory_few_bytes": few,
        "memory_many_bytes": many,
        "memory_ratio": many / few,
        "bytes_per_patient_streaming": (many - few) / (counts[1] - counts[0]),
    }


def _in_a_process(patients: int) -> int:
    command = [sys.executable, "-m", "bench.memory", "--child", str(patients)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def most_held() -> int:
    """The largest resident memory of this process, bytes."""
    try:
        # what getrusage says counts the process that started this one, too
        status = Path("/proc/self/status").read_text()
        return 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])
    except OSError:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def solve_in_blocks(patients: int) -> int:
    """All patients reduced, block by block; how many values were counted at the end."""
    from bench.population import HELD_OUT, population, sbml_text
    from bench.racers import reseed_racer
    from reseed.engine import Solver, merge, summarise
    from reseed.model import load_sbml
    from reseed.nouns.key import Key
    from reseed.nouns.probe import Probe
    from reseed.nouns.reduction import Reduction

    system = load_sbml(sbml_text(), "benchmark")
    whole = None
    for first in range(0, patients, BLOCK):
        people = population(BLOCK, HELD_OUT, first)
        rows = np.arange(BLOCK)
        reduction = Reduction(
            {name: np.geomspace(1e-3, 1e2, 101) for name in people.observables}, {"Anc": 0.2}
        )
        part, _ = summarise(
            system, reseed_racer.cohort(people, rows), reseed_racer.schedule(people, rows),
            Probe(people.observables, people.saves), reduction, key=Key(1), solver=Solver(),
        )  # fmt: skip
        whole = part if whole is None else merge([whole, part])
    assert whole is not None and whole.patients == patients
    return int(whole.observed[-1])


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        solve_in_blocks(options.child)
        print(most_held())
        return 0
    found = memory(QUICK if options.quick else FULL)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        for name, value in found.items():
            print(f"{name:30s} {value:,.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
