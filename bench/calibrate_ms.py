"""Fit multiple sclerosis, before and after transplantation, to published outcomes.

    python -m bench.calibrate_ms                 # print the fit beside what was published
    python -m bench.calibrate_ms --profile       # profile likelihoods of the link's numbers
    python -m bench.calibrate_ms --table         # the library as it is beside what was published
    python -m bench.calibrate_ms --write         # write the fit into parameters.tsv

Every study's patients enter by its own criteria from one population that lives with the disease;
its regimen acts through the library's course alone (`bench.ms_shadow.background`); its endpoints
are counted as it defines them. Three numbers of the T cells are fitted with those of the disease,
to the targets of `bench.calibrate_reconstitution` (overlap of clones, Treg, naive CD4) as well. No
number belongs to a study, a regimen or an arm. Studies differ by more than chance: `BETWEEN` is
the standard deviation that is allowed for it.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import calibrate_reconstitution
from bench.ms_shadow import (
    DAYS,
    INFUSION,
    YEAR,
    Array,
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
    library_numbers,
    lives,
    untreated_after,
)
from bench.ms_studies import STUDIES, Row, Study, rows
from bench.tables import put
from reseed.spec import find_library, read_module

PEOPLE = 6000
BETWEEN = 0.3  # between studies, on the scale of the logit or, for a mean, in points
RATER = 0.14  # points of the EDSS, standard deviation of a rating, as in scenario ms-autologous
VISITS = np.arange(0, 20 * 182 + 1, 182, dtype=float)  # half-yearly, to ten years
CLONES = (8.0, 15.0, 30.0, 60.0, 120.0, 240.0)


@dataclass(frozen=True)
class Free:
    """A fitted number: on the scale of `log` or as it is, its guess and how strongly it pulls."""

    name: str
    guess: float
    spread: float
    log: bool
    why: str
    cells: bool = False  # of the T cells: a factor on the library's value


FREE = (
    Free("response_ms", 0.25, 0.01, False, "Velez 2011: 0.25 makes about one relapse a year"),
    Free("response_ms.sd", 0.015, 0.5, True, "rates 0.4- to 1.6-fold"),
    Free("response_healthy", 0.33, 0.05, False, "Velez 2011: hardly a relapse above 0.30"),
    Free("clones", 40.0, 1.0, True, "dominant clones number dozens"),
    Free("regulation_weight", 0.1, 1.0, True, "unknown"),
    Free("severity", 1.5, 0.5, True, "points at the height of a relapse, from memory"),
    Free("recovery", 0.0077, 0.5, True, "half in 90 days, from memory"),
    Free("residue", 0.25, 0.5, True, "Lublin 2003, from memory"),
    Free("progression", 0.06, 0.7, True, "unknown"),
    Free("severity.sd", 0.5, 0.5, True, "unknown"),
    Free("progression.sd", 1.2, 0.4, True, "unknown"),
    *(
        Free(f"lymphocytes__{name}", 1.0, 1.0, True, "calibrate_reconstitution", True)
        for name in ("treg_push", "memory4_push", "supply_push")
    ),
)
STEP = 0.25  # in logarithms: how far the cells' numbers are moved to see what they do


def numbers_of(theta: Array) -> dict[str, float]:
    """All of the module's numbers, the free ones replaced."""
    numbers = library_numbers()
    for one, value in zip(FREE, theta, strict=True):
        numbers[one.name] = math.exp(value) if one.log else float(value)
    return numbers


def start() -> Array:
    """The guesses."""
    return np.array([math.log(one.guess) if one.log else one.guess for one in FREE])


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


def blended(clones: float) -> list[tuple[float, float]]:
    """The grid's neighbours of a number of clones, and their weights on the log scale."""
    place = np.interp(math.log(clones), np.log(CLONES), np.arange(len(CLONES)))
    low = min(int(place), len(CLONES) - 2)
    return [(CLONES[low], low + 1 - place), (CLONES[low + 1], place - low)]


def simulate(
    study: Study, numbers: Mapping[str, float], *instead: tuple[tuple[str, float], float]
) -> Simulated | None:
    """Patients of a study; None where nobody meets its criteria.

    `instead` of the library's course: courses with a parameter changed, and the share of each.
    """
    people = draw(PEOPLE, 3)
    disease, seen = _lived(tuple(sorted(numbers.items())))
    entered = enter(seen, study.fit)
    if len(entered.rows) < 30:
        return None
    if study.course is None:
        times, total, wait = untreated_after(disease, entered, people), None, 0.0
    else:
        total, times = _mixed(disease, entered, people, study.course, numbers, instead)
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


def _mixed(
    disease: Disease, entered: Entered, people: People, course: str,
    numbers: Mapping[str, float], instead: Sequence[tuple[tuple[str, float], float]],
) -> tuple[Array, Array]:  # fmt: skip
    """Patients of the courses that were solved, mixed in the shares that stand for the numbers.

    Between two numbers of clones, and where a number of the cells is not the library's, everyone is
    of one solved course or of another.
    """
    shares = dict(blended(numbers["clones"]))
    parts: list[tuple[Any, float]] = [
        ((clones, changed), share * weight)
        for clones, share in shares.items()
        for changed, weight in (instead or ((None, 1.0),))
    ]
    for one in FREE:
        if one.cells and (log := math.log(numbers.get(one.name, 1.0))):
            value = library_cells()[one.name] * math.exp(math.copysign(STEP, log))
            changed = (one.name, value)
            weight = abs(log) / STEP
            parts += [((clones, changed), share * weight) for clones, share in shares.items()]
            parts += [((clones, None), -share * weight) for clones, share in shares.items()]
    weights: dict[Any, float] = {}
    for key, share in parts:
        weights[key] = weights.get(key, 0.0) + share
    edges = np.cumsum(np.maximum(list(weights.values()), 0.0))
    lot = (np.arange(len(entered.rows)) * 0.6180339887) % 1.0 * edges[-1]
    total, times = np.zeros((len(lot), len(DAYS))), np.zeros((len(lot), people.after.shape[1]))
    for number, (clones, changed) in enumerate(weights):
        rows = np.flatnonzero((lot < edges[number]) & (lot >= (edges[number - 1] if number else 0)))
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


def misfit_scale(row: Row) -> tuple[float, float]:
    """The published value on its scale, and its standard error with that between studies."""
    error = standard_error(row, row.value)
    if not math.isnan(row.low):
        error = (_logit(row.high / 100) - _logit(row.low / 100)) / 3.92
    return on_its_scale(row, row.value), math.hypot(error, BETWEEN)


def standard_error(row: Row, value: float) -> float:
    """By chance, of a value that a study of the row's size finds, on the row's scale."""
    patients = STUDIES[row.study].patients
    if row.kind == "rate":
        return 1.3 / math.sqrt(value * patients * row.years)
    if row.kind == "edss":
        there = patients * (1.0 if row.years < 2 else 0.6)  # who is still seen: assumed
        return 1.5 / math.sqrt(there)
    share = min(max(value / 100, 0.01), 0.99)
    return 1 / math.sqrt(share * (1 - share) * patients * 0.7)


def _logit(share: float) -> float:
    share = min(max(share, 0.002), 0.998)
    return math.log(share / (1 - share))


def on_its_scale(row: Row, value: float) -> float:
    """A value of a row as it is fitted."""
    if row.kind == "rate":
        return math.log(max(value, 1e-3))
    return value if row.kind == "edss" else _logit(value / 100)


def residuals(theta: Array, fitted: Sequence[Row]) -> Array:
    """Misfits of the rows and the pulls of the guesses, each in its own standard errors."""
    numbers = numbers_of(theta)
    found = {name: simulate(STUDIES[name], numbers) for name in {row.study for row in fitted}}
    misfits = []
    for row in fitted:
        value, error = misfit_scale(row)
        there = found[row.study]
        model = on_its_scale(row, modelled(row, there)) if there is not None else value + 10 * error
        misfits.append((model - value) / error)
    pulls = (theta - start()) / np.array([one.spread for one in FREE])
    return np.concatenate([misfits, cell_misfits(theta), pulls])


def cell_misfits(theta: Array) -> list[float]:
    """Misfits of the T cells' own targets, and how far their numbers are from what was guessed."""
    values = cell_values(theta)
    guesses = [
        calibrate_reconstitution.FREE[name].pull
        * math.log(value / calibrate_reconstitution.FREE[name].guess)
        for name, value in values.items()
    ]
    return [*calibrate_reconstitution.misfits(values), *guesses]


def cell_values(theta: Array) -> dict[str, float]:
    """The T cells' numbers."""
    return {
        one.name: library_cells()[one.name] * math.exp(value)
        for one, value in zip(FREE, theta, strict=True) if one.cells
    }  # fmt: skip


@cache
def library_cells() -> dict[str, float]:
    """The T cells' numbers as the library has them."""
    rows = read_module(find_library().path("models", "lymphocytes")).parameters
    return {f"lymphocytes__{row.id}": row.value for row in rows}


def fit(
    fitted: Sequence[Row], theta: Array | None = None, fixed: Mapping[int, float] | None = None,
    rounds: int = 6,
) -> tuple[Array, float]:  # fmt: skip
    """The best numbers on their own scales, those of `fixed` kept, and half the sum of squares.

    Gauss and Newton with damping; wide steps for the derivatives, since patients are counted.
    """
    theta = start() if theta is None else theta.copy()
    fixed = fixed or {}
    for place, value in fixed.items():
        theta[place] = value
    loose = [place for place in range(len(theta)) if place not in fixed]
    steps = np.array([0.1 if one.log else 0.3 * one.spread for one in FREE])
    now = residuals(theta, fitted)
    damping = 1e-2
    for _ in range(rounds):
        slopes = np.empty((len(now), len(loose)))
        for column, place in enumerate(loose):
            moved = theta.copy()
            moved[place] += steps[place]
            slopes[:, column] = (residuals(moved, fitted) - now) / steps[place]
        for _ in range(5):
            square = slopes.T @ slopes
            square += damping * np.diag(np.diag(square))
            tried = theta.copy()
            tried[loose] -= np.linalg.solve(square, slopes.T @ now)
            then = residuals(tried, fitted)
            if then @ then < now @ now:
                break
            damping = max(damping, 0.01) * 6
        else:
            break
        gain = now @ now - then @ then
        theta, now, damping = tried, then, damping / 3
        if gain < 0.05:
            break
    return theta, 0.5 * float(now @ now)


def predictive(row: Row, value: float) -> tuple[float, float]:
    """Where 95 % of studies of the row's size would find it, by chance and between studies."""
    middle = on_its_scale(row, value)
    reach = 1.96 * math.hypot(standard_error(row, value), BETWEEN)
    ends = (middle - reach, middle + reach)
    if row.kind == "edss":
        return ends
    if row.kind == "rate":
        return math.exp(ends[0]), math.exp(ends[1])
    return 100 / (1 + math.exp(-ends[0])), 100 / (1 + math.exp(-ends[1]))


def table(numbers: Mapping[str, float], fitted: Sequence[Row]) -> None:
    """Published beside modelled, and who entered, as tables of Markdown."""
    print("| row | study | n | what | years | published | model (95 % of such studies) | |")
    print("|---|---|---|---|---|---|---|---|")
    for row in fitted:
        found = simulate(STUDIES[row.study], numbers)
        assert found is not None
        model = modelled(row, found)
        low, high = predictive(row, model)
        missed = "" if low <= row.value <= high else "◆"
        places = 2 if row.kind in ("edss", "rate") else 1
        cells = (
            row.id, row.study, STUDIES[row.study].patients, row.kind, row.years,
            f"{row.value:.{places}f}", f"{model:.{places}f} ({low:.{places}f}-{high:.{places}f})",
            missed,
        )  # fmt: skip
        print("| " + " | ".join(map(str, cells)) + " |")
    print("\n| study | course | age | years lived | EDSS | relapses in the last year |")
    print("|---|---|---|---|---|---|")
    for name, study in STUDIES.items():
        found = simulate(study, numbers)
        if found is not None:
            e = found.entered
            print(
                f"| {name} | {study.course or 'none'} | {e.age.mean():.0f} "
                f"| {e.day.mean() / YEAR:.1f} | {found.seen[:, 0].mean():.1f} "
                f"| {e.last_year.mean():.1f} |"
            )


LINK = ("response_healthy", "clones", "regulation_weight")
"""The numbers of the link from the repertoire to regulation."""


def profile(names: Sequence[str], fitted: Sequence[Row]) -> None:
    """Each number at values around the library's, all others fitted again: half sums of squares.

    Patients are counted, so that differences of about one are noise.
    """
    theta = library_theta()
    print(f"library: {0.5 * float(np.sum(residuals(theta, fitted) ** 2)):.1f}", flush=True)
    for place, one in enumerate(FREE):
        if one.name not in names:
            continue
        width = 1.0 if one.log else 1.5 * one.spread
        for shift in (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0):
            value = float(theta[place] + shift * width)
            _, there = fit(fitted, theta, {place: value}, rounds=2)
            print(f"{one.name:26} {_plain(one, value):9.4g}  {there:7.2f}", flush=True)


def library_theta() -> Array:
    """The library's numbers on the scales on which they are fitted."""
    numbers = library_numbers()
    values = [1.0 if one.cells else numbers[one.name] for one in FREE]
    return np.array([math.log(v) if o.log else v for o, v in zip(FREE, values, strict=True)])


def _plain(one: Free, value: float) -> float:
    value = math.exp(value) if one.log else value
    return value * library_cells()[one.name] if one.cells else value


def write(theta: Array) -> None:
    """Put the fitted numbers into the modules' tables."""
    changes: dict[str, dict[str, str]] = {}
    for one, value in zip(FREE, theta, strict=True):
        name, _, spread = one.name.partition(".")
        number = _plain(one, value)
        if one.name == "response_ms.sd":  # a coefficient of variation in the table
            number /= theta[0]
        row = changes.setdefault(name if one.cells else f"ms__{name}", {})
        row["cv" if spread else "value"] = f"{number:.3g}"
    put(changes)


def main() -> None:
    """The fit, its table, its profile."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--write", action="store_true", help="write into library/models")
    parser.add_argument("--table", action="store_true", help="the library's numbers, not fitted")
    parser.add_argument("--profile", nargs="*", help="profile likelihoods, of the link or of these")
    options = parser.parse_args()
    fitted = rows()
    if options.table:
        table(numbers_of(library_theta()), fitted)
        return
    if options.profile is not None:
        profile(options.profile or LINK, fitted)
        return
    theta, half = fit(fitted)
    for one, value in zip(FREE, theta, strict=True):
        print(f"{one.name:26} {_plain(one, value):9.4g}   guess {one.guess:g}")
    print(f"half the sum of squares {half:.1f} of {len(fitted)} rows")
    table(numbers_of(theta), fitted)
    if options.write:
        write(theta)


if __name__ == "__main__":
    main()
