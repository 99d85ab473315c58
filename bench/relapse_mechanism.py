"""Rival explanations of relapse after transplantation, each fitted to the same published rows.

    python -m bench.relapse_mechanism

Each explanation has at most two numbers of its own; all others are those of the library. It is
fitted to relapses and lesions after transplantation, then again without each cohort, which it has
to predict. Beside it: the plain mean of what the other cohorts of the same regimen (or, if there is
none, of any) have shown. Then, under each explanation, how well a measurement at month 6 or 12
tells who will relapse within five years: the area under the curve; 0.5 says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from bench.ms_patients import Instead, modelled, simulate
from bench.ms_shadow import DAYS, YEAR, Array, background, library_numbers, relapse_hazard
from bench.ms_studies import STUDIES, Row, misfit_scale, on_its_scale, rows

KINDS = ("relapse-free", "mri-free", "event-free")


@dataclass(frozen=True)
class Rival:
    """What is switched, and the numbers that are free: their start and their bounds."""

    name: str
    title: str
    switches: Mapping[str, float]
    free: Mapping[str, tuple[float, float, float]]


HEALTHY = {"response_healthy": (0.33, 0.26, 0.6)}
CLONES = {"clones": (40.0, 8.0, 240.0)}
NO_CLONES = {"survivors_count": 0.0, "returned_count": 0.0}
RIVALS = (
    Rival("all", "Clones that survive or return (the library)", {}, HEALTHY | CLONES),
    Rival("survived", "Clones that survive", {"returned_count": 0.0}, HEALTHY | CLONES),
    Rival("returned", "Clones of the graft", {"survivors_count": 0.0}, HEALTHY | CLONES),
    Rival("not-reset", "Regulation is not reset", {"reset": 0.0},
          {"regulation_weight": (0.1, 0.0, 3.0)} | CLONES),
    Rival("resident", "Disease that lives in the brain", NO_CLONES, {"resident": (0.1, 0.0, 1.0)}),
    Rival("tolerance", "New loss of tolerance", NO_CLONES,
          {"tolerance_loss": (0.003, 1e-5, 0.1)} | HEALTHY),
)  # fmt: skip
LOSSES = (0.0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
"""Grid of new clones a day, on which the cells are solved."""


def numbers_of(rival: Rival, values: Sequence[float]) -> dict[str, float]:
    """All numbers of the disease under an explanation."""
    return {**library_numbers(), **rival.switches, **dict(zip(rival.free, values, strict=True))}


def shown(rival: Rival, values: Sequence[float], wanted: Sequence[Row]) -> list[float]:
    """What the model gives for the rows."""
    numbers = numbers_of(rival, values)
    found = {}
    for name in dict.fromkeys(row.study for row in wanted):
        found[name] = simulate(STUDIES[name], numbers, *_arisen(numbers))
    return [modelled(row, there) if (there := found[row.study]) else math.nan for row in wanted]


def _arisen(numbers: Mapping[str, float]) -> tuple[Instead, ...]:
    """Solved courses with new clones, the two neighbours on the grid and their weights."""
    loss = numbers["tolerance_loss"]
    if not loss:
        return ()
    place = float(np.interp(loss, LOSSES, np.arange(len(LOSSES))))
    low = min(int(place), len(LOSSES) - 2)
    neighbours = ((low, low + 1 - place), (low + 1, place - low))
    return tuple(((("ms__tolerance_loss", LOSSES[one]),), weight) for one, weight in neighbours)


def fit(rival: Rival, fitted: Sequence[Row]) -> list[float]:
    """The numbers of an explanation at the least sum of squares."""
    start, low, high = zip(*rival.free.values(), strict=True)

    def loss(values: Array) -> float:
        inside = np.clip(values, low, high)
        outside = float(np.sum(np.abs(values - inside) / np.array(start)))
        total = 0.0
        for row, value in zip(fitted, shown(rival, inside, fitted), strict=True):
            published, error = misfit_scale(row)
            total += ((on_its_scale(row, value) - published) / error) ** 2
        return total * (1 + outside)

    first = np.array(start)
    simplex = np.vstack([first, first * (1 + 0.3 * np.eye(len(first)))])
    best = minimize(
        loss, start, method="Nelder-Mead",
        options={"initial_simplex": simplex, "xatol": 1e-3, "fatol": 0.02, "maxfev": 40},
    )  # fmt: skip
    return [float(value) for value in np.clip(best.x, low, high)]


def regimen_mean(row: Row, others: Sequence[Row]) -> float:
    """The mean of the other cohorts of the same regimen and endpoint, or of any regimen."""
    same = [other for other in others if other.kind == row.kind] or list(others)
    course = STUDIES[row.study].course
    near = [other for other in same if STUDIES[other.study].course == course] or same
    return float(np.mean([other.value for other in near]))


def area(measured: Array, chance: Array) -> float:
    """How often the one who relapses has the higher value: expected over who does."""
    higher = (measured[:, None] > measured) + 0.5 * (measured[:, None] == measured)
    weights = chance[:, None] * (1 - chance)
    return float((higher * weights).sum() / weights.sum())


def measurements(rival: Rival, values: Sequence[float], month: int) -> dict[str, float]:
    """Areas under the curve of what could be measured in blood at a month."""
    numbers = numbers_of(rival, values)
    changed = _arisen(numbers)
    cells = background("cyclophosphamide-atg", 60.0, changed[1][0] if changed else ())
    count = len(cells.memory)
    random = np.random.default_rng(7)
    response = numbers["response_ms"] + numbers["response_ms.sd"] * random.standard_normal(count)
    age = np.full((count, 1), 36.0) + DAYS / YEAR
    hazard = relapse_hazard(response, age, cells, numbers)
    day = int(np.searchsorted(DAYS, month * 30.4))
    later = slice(day, int(np.searchsorted(DAYS, 5 * YEAR)))
    chance = -np.expm1(-np.trapezoid(hazard[:, later], DAYS[later], axis=1))
    share = (cells.survived + cells.returned + cells.arisen) / (cells.memory + 0.001)
    seen = {
        "autoreactive share of memory": share,
        "clones that survived": cells.survived,
        "clones of the graft": cells.returned,
        "new clones": cells.arisen,
        "memory CD4": cells.memory,
        "Treg over memory CD4": cells.regulatory / (cells.memory + 0.001),
    }
    return {name: area(values[:, day], chance) for name, values in seen.items()}


def main() -> None:
    """Fit each, leave each cohort out, and what would tell them apart."""
    fitted = [row for row in rows() if row.kind in KINDS and STUDIES[row.study].course]
    cohorts = list(dict.fromkeys(row.study for row in fitted))
    plain = []
    for cohort in cohorts:
        rest = [row for row in fitted if row.study != cohort]
        plain += [abs(regimen_mean(r, rest) - r.value) for r in fitted if r.study == cohort]
    print(f"plain mean of the regimen: left-out error {np.mean(plain):5.1f} points\n")
    for rival in RIVALS:
        best = fit(rival, fitted)
        inside = [abs(v - r.value) for v, r in zip(shown(rival, best, fitted), fitted, strict=True)]
        errors = []
        for cohort in cohorts:
            rest = [row for row in fitted if row.study != cohort]
            left = [row for row in fitted if row.study == cohort]
            predicted = shown(rival, fit(rival, rest), left)
            errors += [abs(value - row.value) for value, row in zip(predicted, left, strict=True)]
        numbers = ", ".join(
            f"{name} {value:.4g}" for name, value in zip(rival.free, best, strict=True)
        )
        print(f"{rival.title}: {numbers}")
        print(f"  error {np.mean(inside):5.1f} points, left out {np.mean(errors):5.1f}", flush=True)
        for month in (6, 12):
            told = measurements(rival, best, month)
            line = ", ".join(f"{name} {value:.2f}" for name, value in told.items())
            print(f"  month {month}: {line}", flush=True)


if __name__ == "__main__":
    main()
