"""What a second thread gains, in wall-clock time."""

from __future__ import annotations

import statistics
import time

import numpy as np

from bench.population import Population
from bench.racers import reseed_racer
from reseed.engine import Solver


def threads(text: str, people: Population, rounds: int) -> dict[str, float]:
    """Ratios of medians and of best times, in turns; `threads2_cost` is processor time.

    That more is spent with two threads is the machine's doing: cores that share a clock, a memory
    or, on a shared machine, other people's work.
    """
    rows = np.arange(len(people))
    runs = [reseed_racer.prepare(text, people, solver=Solver(threads=n)) for n in (1, 2)]
    walls: list[list[float]] = [[], []]
    costs: list[list[float]] = [[], []]
    for number in range(rounds + 1):
        for run, wall, cost in zip(runs, walls, costs, strict=True):
            begun, spent = time.perf_counter(), time.process_time()
            run(rows)
            if number:  # the first compiles
                wall.append(time.perf_counter() - begun)
                cost.append(time.process_time() - spent)
    one, two = walls
    return {
        "threads2_speedup": statistics.median(one) / statistics.median(two),
        "threads2_speedup_best": min(one) / min(two),
        "threads2_cost": statistics.median(costs[1]) / statistics.median(costs[0]),
    }
