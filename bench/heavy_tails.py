"""How often a perfect sampler of case 00003 leaves the range of Y: birth and death drawn exactly.

    python -m bench.heavy_tails CASE [--seeds 300] [--runs 10000]

Births and deaths at constant rates per head have a transition law in closed form (Kendall 1948,
doi:10.1214/aoms/1177730285): of the lines that are there a binomial number leaves descendants, and
each of those a geometric number. Runs drawn from it are right by construction. Near extinction the
number's fourth moment is so large that the variance of a sample scatters far more than Y's range,
which is that of a normal law, allows.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from bench.sbml_suite import MOST_STRAYS, Case, read_case, settings_of, span, strays

BIRTH, DEATH, FIRST = 1.0, 1.1, 100


def draw(case: Case, runs: int, random: np.random.Generator) -> np.ndarray:
    """Numbers at the case's times, of shape (run, variable, time)."""
    step = case.duration / case.steps
    growth = np.exp((BIRTH - DEATH) * step)
    lost = DEATH * (1 - growth) / (DEATH - BIRTH * growth)
    more = BIRTH * (1 - growth) / (DEATH - BIRTH * growth)
    numbers = np.full(runs, FIRST)
    course = [numbers]
    for _ in range(case.steps):
        lines = random.binomial(numbers, 1 - lost)
        beyond = random.negative_binomial(np.maximum(lines, 1), 1 - more)
        numbers = np.where(lines > 0, lines + beyond, 0)
        course.append(numbers)
    return np.array(course, dtype=np.float64).T[:, None, :]


def main(arguments: list[str] | None = None) -> None:
    """Prints the share of seeds under which more points lie outside than are allowed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", type=Path)
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--runs", type=int, default=10_000)
    given = parser.parse_args(arguments)
    case, told = read_case(given.case), settings_of(given.case)
    ranges = {kind: span(told[f"{kind}Range"]) for kind in ("mean", "sd")}
    outside = np.array(
        [
            len(strays(case, told, draw(case, given.runs, np.random.default_rng(seed)), ranges))
            for seed in range(given.seeds)
        ]
    )
    print(
        f"{np.mean(outside > MOST_STRAYS):.0%} of {given.seeds} seeds have more than {MOST_STRAYS} "
        f"points outside; median {np.median(outside):.0f}, largest {outside.max()}"
    )


if __name__ == "__main__":
    main()
