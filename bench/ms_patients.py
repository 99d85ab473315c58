"""Patients of the studies that the disease is fitted to, counted as each study counts.

Everybody is drawn once at onset. Under any numbers of the disease and of the T cells, those who
meet a study's criteria enter it, go through its course, and are seen at half-yearly visits by a
rater.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bench.ms_shadow import (
    DAYS,
    INFUSION,
    YEAR,
    Array,
    Changed,
    Disease,
    Entered,
    People,
    Seen,
    after_transplant,
    background,
    disability_after,
    disease_of,
    draw,
    enter,
    lives,
    untreated_after,
)
from bench.ms_studies import Row, Study
from reseed.spec import find_library, read_module

PEOPLE = 6000
RATER = 0.14  # points of the EDSS, standard deviation of a rating, as in scenario ms-autologous
VISITS = np.arange(0, 20 * 182 + 1, 182, dtype=float)  # half-yearly, to ten years
CLONES = (8.0, 15.0, 30.0, 60.0, 120.0, 240.0)  # numbers of clones for which courses are solved
STEP = 0.25  # and those of the T cells: steps from the library's value, in logarithms
CELLS = "lymphocytes__"  # what the numbers of the T cells begin with

Instead = tuple[Changed, float]
"""Parameters that are changed in a course, and the share of patients who go through it."""


@dataclass(frozen=True)
class Simulated:
    """A study's patients under some numbers, seen at half-yearly visits."""

    entered: Entered
    relapses: Array  # days since infusion, or entry
    total: Array | None  # cumulated hazard on DAYS, after a transplantation
    seen: Array  # EDSS as rated, (person, visit); the first visit is entry
    numbers: Mapping[str, float]


@cache
def ratings(count: int) -> Array:
    """Errors of the rater, standardised: (person, visit), the baseline first."""
    return np.random.default_rng(5).standard_normal((count, len(VISITS) + 1))


def rated(raw: Array, errors: Array) -> Array:
    """As a rater sees it: steps of half a point, none between 0 and 1."""
    steps = np.round(np.clip(raw + RATER * errors, 0, 10) * 2) / 2
    return np.where(steps == 0.5, np.where(raw < 0.5, 0.0, 1.0), steps)


@cache
def library_cells() -> dict[str, float]:
    """The T cells' numbers as the library has them."""
    rows = read_module(find_library().path("models", "lymphocytes")).parameters
    return {f"{CELLS}{row.id}": row.value for row in rows}


def simulate(study: Study, numbers: Mapping[str, float], *instead: Instead) -> Simulated | None:
    """Patients of a study; None where nobody meets its criteria.

    `numbers` are those of the disease, and any of the T cells that are not the library's. `instead`
    of the library's course: courses with parameters changed, and the share of each.
    """
    people = draw(PEOPLE, 3)
    own = {name: value for name, value in numbers.items() if not name.startswith(CELLS)}
    disease, seen = _lived(tuple(sorted(own.items())))
    entered = enter(seen, study.fit)
    if len(entered.rows) < 30:
        return None
    if study.course is None:
        times, total, wait = untreated_after(disease, entered, people), None, 0.0
    else:
        shares = mixture(numbers, instead)
        total, times = _mixed(disease, entered, people, study.course, shares)
        wait = INFUSION
    raw = disability_after(disease, entered, times, VISITS, wait)
    errors = ratings(PEOPLE)[entered.rows]
    first = rated(entered.disability, errors[:, 0])
    rating = np.concatenate([first[:, None], rated(raw, errors[:, 1:])[:, 1:]], axis=1)
    return Simulated(entered, times, total, rating, numbers)


@lru_cache(maxsize=2)
def _lived(numbers: tuple[tuple[str, float], ...]) -> tuple[Disease, Seen]:
    people = draw(PEOPLE, 3)
    disease = disease_of(people, dict(numbers))
    return disease, lives(disease, people)


def mixture(
    numbers: Mapping[str, float], instead: Sequence[Instead] = ()
) -> dict[tuple[float, Changed], float]:
    """The courses that are solved, and the share of patients in each, that stand for the numbers.

    A number of clones or of the cells lies between two values on a grid: a patient has one or the
    other, by chance, each number for itself. So the mean of each number is as asked, however far
    it is from the library's, and no share is ever negative.
    """
    choices = [
        [((name, value), share) for value, share in _around(number, library_cells()[name])]
        for name, number in numbers.items() if name.startswith(CELLS)
    ]  # fmt: skip
    shares: dict[tuple[float, Changed], float] = {}
    for (clones, share), *others in product(_blended(numbers["clones"]), *choices):
        changed = tuple(one for one, _ in others if one[1] != library_cells()[one[0]])
        share *= math.prod(weight for _, weight in others)
        for more, weight in instead or (((), 1.0),):
            key = (clones, (*changed, *more))
            shares[key] = shares.get(key, 0.0) + share * weight
    return {key: share for key, share in shares.items() if share > 0}


def _blended(clones: float) -> list[tuple[float, float]]:
    """The grid's neighbours of a number of clones, and their weights on the log scale."""
    place = float(np.interp(math.log(clones), np.log(CLONES), np.arange(len(CLONES))))
    low = min(int(place), len(CLONES) - 2)
    return [(CLONES[low], low + 1 - place), (CLONES[low + 1], place - low)]


def _around(value: float, library: float) -> list[tuple[float, float]]:
    """The same of a number of the cells, on steps from the library's value."""
    place = math.log(value / library) / STEP
    low = math.floor(place)
    ends = [library * math.exp(step * STEP) if step else library for step in (low, low + 1)]
    return [(ends[0], low + 1 - place), (ends[1], place - low)]


def _mixed(
    disease: Disease, entered: Entered, people: People, course: str,
    shares: Mapping[tuple[float, Changed], float],
) -> tuple[Array, Array]:  # fmt: skip
    """Cumulated hazard and relapses of patients, each through one of the solved courses."""
    edges = np.cumsum(list(shares.values()))
    lot = (np.arange(len(entered.rows)) * 0.6180339887) % 1.0 * edges[-1]
    of = np.minimum(np.searchsorted(edges, lot, side="right"), len(edges) - 1)
    total, times = np.zeros((len(lot), len(DAYS))), np.zeros((len(lot), people.after.shape[1]))
    for number, (clones, changed) in enumerate(shares):
        rows = np.flatnonzero(of == number)
        if len(rows):
            some = dataclasses.replace(
                entered, **{f.name: getattr(entered, f.name)[rows] for f in fields(entered)}
            )
            cells = background(course, clones, changed)
            total[rows], times[rows] = after_transplant(disease, some, people, cells, places=rows)
    return total, times


def modelled(row: Row, found: Simulated) -> float:
    """What the model's patients show, as the row counts it."""
    days = row.years * YEAR
    if row.kind == "rate":
        return float((found.relapses <= days).sum(axis=1).mean() / row.years)
    if row.kind == "edss":
        shift = row.settings["start"] - found.seen[:, 0].mean()
        visit = int(round(days / 182))
        return float(found.seen[:, visit].mean() + shift)
    if row.kind == "improved":
        visit = int(round(days / 182))
        return 100 * float((found.seen[:, visit] <= found.seen[:, 0] - 1.0).mean())
    free = np.ones(len(found.seen))
    if row.kind in ("relapse-free", "event-free") and found.total is not None:
        cumulated = _at(found.total, days)
        rate = 1.0 + (found.numbers["lesions_per_relapse"] if row.kind == "event-free" else 0.0)
        free = np.exp(-rate * cumulated)
        if row.kind == "event-free":
            early = _at(found.total, 60.0)  # the first scan is the new baseline
            free = np.exp(-cumulated - (rate - 1) * (cumulated - early))
    if row.kind == "mri-free" and found.total is not None:
        later = _at(found.total, days) - _at(found.total, 60.0)
        free = np.exp(-found.numbers["lesions_per_relapse"] * later)
    if row.kind in ("worsening-free", "event-free"):
        free = free * ~worsened(found.seen, days, row.settings)
    return 100 * float(free.mean())


def _at(total: Array, days: float) -> Array:
    place = int(np.searchsorted(DAYS, days))
    return total[:, min(place, total.shape[1] - 1)]


def worsened(seen: Array, days: float, settings: Mapping[str, float]) -> NDArray[np.bool_]:
    """A rise over the baseline at a visit until then, still there at the next visits."""
    base = seen[:, :1]
    step = np.where(base >= settings["from"], settings["late_step"], settings["step"])
    high = seen >= base + step
    held_up = high.copy()
    for later in range(1, int(settings["confirm"]) + 1):
        held_up[:, :-later] &= high[:, later:]
        held_up[:, -later:] = False
    return held_up[:, VISITS <= days].any(axis=1)
