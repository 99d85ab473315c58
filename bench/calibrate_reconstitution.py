"""Fit how T cells come back after depletion: one typical patient against published recovery.

    python -m bench.calibrate_reconstitution             # print the fit and what it misses
    python -m bench.calibrate_reconstitution --write     # and write it into parameters.tsv
    python -m bench.calibrate_reconstitution --table     # the library as it is, in Markdown

A patient of 36 years and 70 kg, every parameter at its median, goes through the library's course of
cyclophosphamide and rabbit ATG with an unselected graft. Every target is a published finding, in
units of the patient's own value before treatment. Tolerances are chosen: tight where the fit is
meant to hold the order of recovery (naive CD4 cells by 12 months, CD4 cells still below at 24,
naive CD8 cells first), also where a publication gives it in words alone, and wide elsewhere
(docs/calibration.md). Each fitted parameter has a guess that pulls it, weakly (a factor of e is
one unit of misfit), since a dozen curves cannot fix as many constants.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import least_squares

from bench.arms import Arm, arm_of, typical_patient
from bench.tables import put
from reseed.engine import solve
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe

INFUSION = 49.0  # study day of day 0
DAYS = (30, 60, 90, 180, 225, 270, 365, 730)
BEFORE = 1.0  # study day on which the patient's own value is read


@dataclass(frozen=True)
class Target:
    """A port on a day after infusion over its own value before, or its value where `own` is False.

    `over`: the port over this one on the same day. `tolerance` is in logarithms: what counts as one
    unit of misfit. It is chosen, so that its inverse square is a weight and no standard error.
    """

    port: str
    day: int
    value: float
    tolerance: float
    source: str
    own: bool = True
    over: str = ""


@dataclass(frozen=True)
class Free:
    """A parameter that is fitted, between bounds, and the guess that pulls it.

    `pull` is the misfit of being a factor of e away from the guess.
    """

    guess: float
    low: float
    high: float
    pull: float = 1.0


CULL = "Cull 2017: progressive MS, cyclophosphamide and ATG"
STOREK = "Storek 2004: 56 MS and SSc, CD34-selected"
LABELLED = "Baliu-Pique 2021, doi:10.7554/eLife.59775: 2-8 and 3-9 times normal, months 6-12"
MATSUOKA = "Matsuoka 2010: at least the share of CD4 cells as before, in words"
RUDER = "Ruder 2022: overlap 26 % early, 15 % at 12 months"
NEARLY_ABSENT = "Ruder 2022: naive cells nearly absent early"
EFFECTORS = "Ruder 2022: effector memory, about half of it, soon as before, in words"
PASSED = "naive pass memory cells between months 6 (Isaacs 2004) and 9: a guess from words"
WORDS = "the order naive CD8 and CD8 before CD4 (Isaacs 2004), in words"
TARGETS = (
    Target("emigrant_cd4", 270, 1.0, 0.15, CULL),
    Target("naive_cd4", 365, 1.0, 0.06, CULL),
    Target("naive_cd4", 730, 1.0, 0.2, f"{CULL}: taken to stay there"),
    Target("cd4", 730, 0.75, 0.1, f"{CULL}: below baseline at 24 months; how far is a guess"),
    Target("regulatory_cd4", 730, 0.75, 0.15, f"{CULL}: likewise"),
    Target("regulatory_cd4", 180, 0.45, 0.3, MATSUOKA),
    Target("old_share_cd4", 365, 15 / 26, 0.15, RUDER, False),
    Target("cd4", 90, 0.22, 0.2, "about 200 CD4 cells/uL at 3 months, from memory"),
    Target("memory_cd4", 90, 0.37, 0.3, f"nine in ten of these: {NEARLY_ABSENT}"),
    Target("memory_cd4", 180, 0.5, 0.25, EFFECTORS),
    Target("memory_cd4", 365, 0.5, 0.25, EFFECTORS),
    Target("naive_cd4", 90, 0.08, 0.5, f"{NEARLY_ABSENT}, in words"),
    Target("naive_cd4", 180, 0.25, 0.35, "Isaacs 2004: naive CD4 begin at 6-9 months, in words"),
    Target("naive_cd4", 225, 1.0, 0.2, PASSED, False, "memory_cd4"),
    Target("naive_cd4", 730, 2.0, 0.6, "CO0608, Muraro 2005: on average doubled", True, "cd4"),
    Target("cd8", 180, 0.8, 0.3, WORDS),
    Target("cd8", 365, 1.0, 0.2, f"{STOREK}: T cells by 2 years, CD8 strongly expanded"),
    Target("naive_cd8", 270, 0.8, 0.15, WORDS),
    Target("naive_cd4", 30, 0.03, 0.6, f"{NEARLY_ABSENT}, in words"),
    Target("trec_ratio", 730, 1.2, 0.5, "Muraro 2005: TREC confirms thymic origin, in words"),
    Target("naive_cd4_division", 270, 5.0, 0.35, LABELLED),
    Target("memory_cd4_division", 270, 4.0, 0.5, LABELLED),
    Target("naive_cd4_loss", 270, 4.0, 0.4, LABELLED),
    Target("memory_cd4_loss", 270, 4.0, 0.4, LABELLED),
)  # fmt: skip
FREE = {
    "thymus__rebound": Free(3.0, 0.3, 10.0, 2.0),
    "lymphocytes__relaxation": Free(0.007, 0.001, 0.02),
    "lymphocytes__loss_push": Free(6.0, 3.0, 15.0),
    "lymphocytes__naive_push": Free(60.0, 5.0, 500.0),
    "lymphocytes__emigrant_push": Free(60.0, 5.0, 500.0),
    "lymphocytes__naive8_push": Free(60.0, 5.0, 500.0),
    "lymphocytes__memory4_push": Free(3.0, 0.3, 30.0),
    "lymphocytes__memory8_push": Free(8.0, 1.0, 30.0),
    "lymphocytes__treg_push": Free(5.0, 1.0, 30.0),
    "lymphocytes__conversion": Free(0.2, 0.02, 0.5),
    "lymphocytes__supply4": Free(0.1, 0.03, 0.5),
    "lymphocytes__help_floor": Free(0.4, 0.05, 0.95),
}


@cache
def _arm() -> Arm:
    return arm_of("cyclophosphamide-atg", ("thymus", "lymphocytes", "b_cells", "innate"))


def follow(parameters: Mapping[str, float], days: Sequence[float]) -> dict[str, np.ndarray]:
    """The shown ports of the typical patient: before treatment, then on these days."""
    both = (port for target in TARGETS for port in (target.port, target.over) if port)
    ports = tuple(dict.fromkeys(both))
    times = np.array([BEFORE, *(INFUSION + day for day in days)])
    people, arm = typical_patient(parameters), _arm()
    schedule = arm.schedule(people, INFUSION, INFUSION + max(days) + 1.0)
    course, _ = solve(arm.system, people, schedule, Probe(ports, times), key=Key(1))
    if course.status.any() or course.end_reason[0]:
        raise RuntimeError(f"not solved: {course.status}, {course.end_reason}")
    return dict(zip(ports, course.values[0], strict=True))


def found(parameters: Mapping[str, float]) -> list[float]:
    """What the model gives for each target."""
    shown = follow(parameters, DAYS)
    place = {day: number for number, day in enumerate(DAYS, 1)}
    values = []
    for target in TARGETS:
        there = shown[target.port] / (shown[target.over] if target.over else 1.0)
        values.append(float(there[place[target.day]] / (there[0] if target.own else 1.0)))
    return values


def misfits(parameters: Mapping[str, float]) -> list[float]:
    """How far from each target, in its tolerances."""
    return [
        math.log(max(value, 1e-9) / target.value) / target.tolerance
        for value, target in zip(found(parameters), TARGETS, strict=True)
    ]


def fit() -> dict[str, float]:
    """The parameters at the least sum of squares."""
    names = list(FREE)
    guesses = np.log([FREE[name].guess for name in names])
    pulls = np.array([FREE[name].pull for name in names])
    bounds = tuple(np.log([[FREE[n].low for n in names], [FREE[n].high for n in names]]))

    def misfit(logs: np.ndarray) -> np.ndarray:
        own = misfits(dict(zip(names, np.exp(logs), strict=True)))
        return np.array([*own, *(pulls * (logs - guesses))])

    best = least_squares(misfit, guesses, bounds=bounds, diff_step=1e-3)
    return dict(zip(names, np.exp(best.x).tolist(), strict=True))


def write(parameters: Mapping[str, float]) -> None:
    """Put the fitted values into the modules' tables."""
    put({name: {"value": f"{value:.3g}"} for name, value in parameters.items()})


def _what(target: Target) -> str:
    return f"{target.port}/{target.over}" if target.over else target.port


def table() -> list[str]:
    """The library as it is beside what was published, as a table of Markdown."""
    lines = ["| port | day | published | tolerance | model | source |", "|---|---|---|---|---|---|"]
    for target, value in zip(TARGETS, found({}), strict=True):
        numbers = f"{target.value:.2f} | {target.tolerance:.2f} | {value:.2f}"
        lines.append(f"| {_what(target)} | {target.day} | {numbers} | {target.source} |")
    return lines


def main() -> None:
    """Fit, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--write", action="store_true", help="write into library/models")
    parser.add_argument("--table", action="store_true", help="print the library as it is, no fit")
    options = parser.parse_args()
    if options.table:
        print("\n".join(table()))
        return
    parameters = fit()
    for name, value in parameters.items():
        print(f"{name:32s} {value:10.4g}   guess {FREE[name].guess:g}")
    print()
    for target, value in zip(TARGETS, found(parameters), strict=True):
        both = f"published {target.value:5.2f} ({target.tolerance:.2f})  model {value:6.3f}"
        print(f"{_what(target):20s} day {target.day:4d}  {both}  {target.source}")
    if options.write:
        write(parameters)


if __name__ == "__main__":
    main()
