"""Escape of a mutant stem cell that needs no niche, in mouse and cat, beside Catlin 2005.

    python3 go bench stem_cells [RUNS]

Published: 14 % of 1000 runs after 2.5 +- 0.5 years (mouse), 17 % after 7.0 +- 1.2 years (cat). When
a clone counts as dominant is not known to us; times to half and to nine tenths of all stem cells
are printed.
"""

from __future__ import annotations

import sys

import numpy as np

from reseed.engine import Solver, solve
from reseed.model import compile_model
from reseed.nouns.cohort import Cohort
from reseed.nouns.course import Quantity
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.spec import find_library, read_module

SPECIES = {  # per week: division, differentiation, death (the last two from memory); years followed
    "mouse": (1 / 2.5, 1 / 3.4, 1 / 20, 6.0),
    "cat": (1 / 8.3, 1 / 12.5, 1 / 50, 16.0),
}
CELLS = 11_400
DOMINANCE = (0.5, 0.9)


def shares(species: str, runs: int) -> tuple[np.ndarray, np.ndarray]:
    """Times (years) and the clone's share of all stem cells, (run, time)."""
    division, differentiation, death, years = SPECIES[species]
    weekly = {
        "division": division,
        "leukaemic_division": division,
        "leukaemic_leaving": differentiation + death,
    }
    given = {f"niche__{name}": Quantity(value, "1/week") for name, value in weekly.items()}
    given |= {
        "niche__settled": Quantity((differentiation + death) / division, "1"),
        "niche__resting_cells": Quantity(CELLS, "cell"),
        "niche__leukaemic_start": Quantity(1, "cell"),
        "niche__leukaemic_need": Quantity(0, "1"),
    }
    system = compile_model([read_module(find_library().path("models", "niche"))], "niche", given)
    cohort = Cohort(np.arange(runs), (), {}, {})
    end = years * 365.25
    schedule = Schedule(np.empty((runs, 0)), np.empty((runs, 0)), (), (), (), np.zeros(runs), end)
    times = np.linspace(0, end, 201)
    solver = Solver(threads=0, rtol=1e-5)
    found, _ = solve(system, cohort, schedule, Probe(("leukaemic_share",), times), key=Key(1),
                     solver=solver)  # fmt: skip
    return times / 365.25, found.values[:, 0]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for species, (division, differentiation, death, years) in SPECIES.items():
        times, share = shares(species, runs)
        there = share[:, -1] > 0
        print(f"{species}: {there.mean():.3f} of {runs} there after {years:g} years; closed form "
              f"{1 - (differentiation + death) / division:.3f}")  # fmt: skip
        for level in DOMINANCE:
            reached = share[there] >= level
            when = times[np.argmax(reached, axis=1)][reached.any(axis=1)]
            if len(when):
                print(f"  {level:.0%} of stem cells in {reached.any(axis=1).mean():.0%} of those, "
                      f"after {when.mean():.1f} +- {when.std():.1f} years")  # fmt: skip


if __name__ == "__main__":
    main()
