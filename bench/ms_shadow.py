"""The disease of the library's module `ms` for many people at once, fast enough to fit its numbers.

What the cells do after a transplantation does not depend on the disease: it is solved once by the
engine (`background`) and the relapses, lesions and disability of people with any numbers follow
from it here. tests/library/test_ms_shadow.py holds it to the module.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from bench.arms import Arm, arm_of, drawn_patients
from reseed.engine import Solver, solve
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.spec import find_library, read_module

Array = NDArray[np.float64]
Numbers = Mapping[str, float]
Changed = tuple[tuple[str, float], ...]
"""Parameters and the values that they have instead of the library's."""

YEAR = 365.25
VISIT = 91.0
LONGEST = 20 * YEAR
INFUSION = 49.0
LEAST, MOST, SCALE_END = 0.001, 1.0, 10.0  # constants of the module's text
ARRIVALS = 120
IMMUNE = ("thymus", "lymphocytes", "b_cells", "innate", "ms")
DAYS = np.array([0, 10, 20, 30, 45, 60, 75, 90, *np.arange(120, 11 * 365, 30)], dtype=float)
"""Days after infusion on which the cells are read."""


def library_numbers() -> dict[str, float]:
    """The module's numbers as the library has them, and the spread of those that have one."""
    module = read_module(find_library().path("models", "ms"))
    found = {}
    for row in module.parameters:
        per_day = {"1/year": 1 / YEAR}.get(row.unit, 1.0)
        found[row.id] = row.value * (per_day if row.id == "relapse_rate" else 1.0)
        if row.variability is not None:
            spread = row.variability.spread
            found[f"{row.id}.sd"] = spread
    return found


@dataclass(frozen=True)
class People:
    """Drawn at onset: the luck that fixes everything else, one row each."""

    age: Array
    normals: dict[str, Array]
    before: Array  # cumulated unit exponentials: (person, relapse)
    after: Array

    @property
    def count(self) -> int:
        """How many."""
        return len(self.age)


@cache
def draw(count: int, seed: int) -> People:
    """People at onset; ages as in the cohort `relapsing-ms`."""
    random = np.random.default_rng(seed)
    low, high = (norm.cdf((bound - 28) / 8) for bound in (16, 50))
    age = 28 + 8 * norm.ppf(low + (high - low) * random.random(count))
    names = ("response_ms", "severity", "residue", "progression")
    return People(
        age,
        {name: random.standard_normal(count) for name in names},
        np.cumsum(random.exponential(size=(count, ARRIVALS)), axis=1),
        np.cumsum(random.exponential(size=(count, ARRIVALS)), axis=1),
    )


@dataclass(frozen=True)
class Disease:
    """A number for each person, and those that all share."""

    age: Array  # at onset
    response: Array
    severity: Array
    residue: Array
    progression: Array
    numbers: Numbers

    def rate(self) -> Array:
        """Relapses a day at the reference age, untreated."""
        return self.numbers["relapse_rate"] * held(self.response, self.numbers)

    def take(self, rows: NDArray[np.int64]) -> Disease:
        """Some of the people."""
        return Disease(
            *(getattr(self, name)[rows] for name in
              ("age", "response", "severity", "residue", "progression")),
            self.numbers,
        )  # fmt: skip


def disease_of(people: People, numbers: Numbers) -> Disease:
    """Every person's own numbers."""

    def lognormal(name: str) -> Array:
        sigma = np.sqrt(np.log1p(numbers[f"{name}.sd"] ** 2))
        return numbers[name] * np.exp(sigma * people.normals[name])

    centre, spread = numbers["response_ms"], numbers["response_ms.sd"]
    response = np.clip(centre + spread * people.normals["response_ms"], 0.18, 0.33)
    return Disease(
        people.age, response, lognormal("severity"), lognormal("residue"),
        lognormal("progression"), numbers,
    )  # fmt: skip


def held(response: Array, numbers: Numbers) -> Array:
    """Relapses over those at the reference response."""
    excess = response - numbers["response_reference"]
    return np.exp(-numbers["slope"] * excess - numbers["curvature"] * excess**2)


def untreated_relapses(disease: Disease, arrivals: Array) -> Array:
    """Days since onset of every relapse: (person, relapse); inf once the hazard is used up."""
    fall = disease.numbers["relapse_ageing"] / YEAR
    years = disease.age - disease.numbers["reference_age"]
    start = np.exp(-disease.numbers["relapse_ageing"] * years)
    share = arrivals * fall / (disease.rate() * start)[:, None]
    return np.where(share < 1, -np.log1p(-np.minimum(share, 1 - 1e-12)) / fall, np.inf)


def creeping(disease: Disease, age_from: Array, days: Array) -> Array:
    """Points gained without relapses from an age on, after `days`: (person, day)."""
    rise = disease.numbers["progression_ageing"]
    older = np.exp(rise * (age_from - disease.numbers["reference_age"]))[:, None]
    return disease.progression[:, None] * older * np.expm1(rise * days / YEAR) / rise


def burden(disease: Disease, relapses: Array, days: Array) -> tuple[Array, Array]:
    """Fresh relapses and relapses so far, on days of one clock: (person, day) each."""
    fresh = np.zeros((len(relapses), days.shape[-1]))
    so_far = np.zeros_like(fresh)
    grid = np.broadcast_to(days, fresh.shape)
    for column in range(relapses.shape[1]):
        since = grid - relapses[:, column, None]
        there = since >= 0
        if not there.any():
            break
        so_far += there
        fresh += np.where(there, np.exp(-disease.numbers["recovery"] * np.maximum(since, 0.0)), 0.0)
    return fresh, so_far


def on_scale(raw: Array) -> Array:
    """Disability on the scale of the EDSS, not rounded."""
    return SCALE_END * -np.expm1(-raw / SCALE_END)


@dataclass(frozen=True)
class Seen:
    """Untreated lives as visits see them, on days since onset: (person, visit)."""

    days: Array
    age: Array
    disability: Array
    creeping: Array
    last_year: Array
    last_two_years: Array
    fresh: Array
    relapses: Array


@dataclass(frozen=True)
class Entered:
    """People on the day of their entry."""

    rows: NDArray[np.int64]
    day: Array
    age: Array
    disability: Array
    fresh: Array
    relapses: Array
    creeping: Array
    last_year: Array


def lives(disease: Disease, people: People) -> Seen:
    """Everybody from onset for twenty years."""
    times = untreated_relapses(disease, people.before)
    days = np.arange(1, int(LONGEST / VISIT) + 1) * VISIT
    fresh, so_far = burden(disease, times, days)
    crept = creeping(disease, disease.age, days)
    shown = on_scale(disease.severity[:, None] * fresh + disease.residue[:, None] * so_far + crept)
    recent = [so_far - _counted(times, days - back) for back in (365.0, 730.0)]
    age = disease.age[:, None] + days / YEAR
    return Seen(days, age, shown, crept, recent[0], recent[1], fresh, so_far)


def enter(seen: Seen, fit: Callable[[Seen], NDArray[np.bool_]]) -> Entered:
    """Those who meet the criteria at some visit, at the first such visit."""
    there = fit(seen)
    rows = np.flatnonzero(there.any(axis=1))
    first = np.argmax(there[rows], axis=1)
    at = (rows, first)
    return Entered(
        rows, seen.days[first], seen.age[at], seen.disability[at], seen.fresh[at],
        seen.relapses[at], seen.creeping[at], seen.last_year[at],
    )  # fmt: skip


def _counted(times: Array, days: Array) -> Array:
    return np.array([np.searchsorted(own, days, side="right") for own in times], dtype=float)


@dataclass(frozen=True)
class Background:
    """What the cells of patients do after infusion: (patient, day) of `DAYS`."""

    survived: Array  # clones over those of before
    returned: Array
    arisen: Array
    memory: Array
    regulatory: Array
    b_cells: Array

    def take(self, rows: NDArray[np.int64]) -> Background:
        """Some of the patients, each as often as asked."""
        return Background(*(getattr(self, one.name)[rows] for one in fields(self)))


@cache
def arm_for(course: str) -> Arm:
    """A course of the library with blood, lymphocytes and the disease."""
    return arm_of(course, IMMUNE)


@cache
def background(
    course: str, clones: float, changed: Changed = (), patients: int = 200
) -> Background:
    """Patients through a course of the library, with so many autoreactive clones before.

    Of `changed` parameters the value is the median; patients vary about it as in the library.
    """
    arm = arm_for(course)
    people = drawn_patients(arm.system, patients)
    replaced = {"ms__clones": np.full(patients, clones)}
    for name, value in changed:
        default = arm.system.defaults[arm.system.parameters.index(name)]
        own = people.parameters.get(name)
        replaced[name] = np.full(patients, value) if own is None else own * (value / default)
    people = dataclasses.replace(people, parameters={**people.parameters, **replaced})
    end = INFUSION + DAYS[-1] + 1.0
    shown = (
        "clones_survived", "clones_returned", "clones_arisen",
        "memory_cd4_ratio", "regulatory_cd4_ratio", "b_ratio",
    )  # fmt: skip
    course_, _ = solve(
        arm.system, people, arm.schedule(people, INFUSION, end), Probe(shown, INFUSION + DAYS),
        key=Key(1), solver=Solver(rtol=1e-5),
    )  # fmt: skip
    stayed = np.array([reason == "" for reason in course_.end_reason])
    survived, returned, arisen, *cells = np.moveaxis(course_.values[stayed], 1, 0)
    return Background(*(there / clones for there in (survived, returned, arisen)), *cells)


def relapse_hazard(response_ms: Array, age: Array, cells: Background, numbers: Numbers) -> Array:
    """Relapses a day of patients on `DAYS`, by their own response and their age then."""
    there = cells.memory + LEAST
    effectors = (
        numbers["survivors_count"] * cells.survived
        + numbers["returned_count"] * cells.returned
        + cells.arisen
    )
    share = np.minimum(effectors / there, MOST)
    disturbed = 1 - numbers["reset"] * (1 - share)
    balance = ((cells.regulatory + LEAST) / there) ** numbers["regulation_weight"]
    healthy = numbers["response_healthy"]
    response = (healthy - (healthy - response_ms[:, None]) * disturbed) * balance
    b_help = numbers["without_b_cells"] + (1 - numbers["without_b_cells"]) * cells.b_cells
    aged = np.exp(-numbers["relapse_ageing"] * (age - numbers["reference_age"]))
    blood = held(response, numbers) * effectors * b_help
    brain = held(response_ms, numbers)[:, None]
    activity = (1 - numbers["resident"]) * blood + numbers["resident"] * brain
    return numbers["relapse_rate"] * activity * aged


def after_transplant(
    disease: Disease, entered: Entered, people: People, cells: Background,
    places: NDArray[np.int64] | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    """Cumulated relapse hazard on `DAYS`, and relapses in days since infusion.

    From entry to infusion patients are taken to be untreated. `places` says which patient of the
    background each is, in turn.
    """
    places = np.arange(len(entered.rows)) if places is None else places
    own = cells.take(places % len(cells.memory))
    age = entered.age[:, None] + (INFUSION + DAYS) / YEAR
    hazard = relapse_hazard(disease.response[entered.rows], age, own, disease.numbers)
    steps = 0.5 * (hazard[:, 1:] + hazard[:, :-1]) * np.diff(DAYS)
    total = np.concatenate([np.zeros((len(hazard), 1)), np.cumsum(steps, axis=1)], axis=1)
    arrivals = people.after[entered.rows]
    times = np.full(arrivals.shape, np.inf)
    for row in range(len(total)):
        inside = arrivals[row] < total[row, -1]
        times[row, inside] = np.interp(arrivals[row, inside], total[row], DAYS)
    return total, times


def untreated_after(disease: Disease, entered: Entered, people: People) -> Array:
    """Relapses of those who stay untreated, in days since entry."""
    own = disease.take(entered.rows)
    later = Disease(
        entered.age, own.response, own.severity, own.residue, own.progression, own.numbers
    )
    return untreated_relapses(later, people.after[entered.rows])


def disability_after(
    disease: Disease, entered: Entered, relapses: Array, days: Array, wait: float = 0.0
) -> Array:
    """Disability on days since infusion (or entry), `wait` days after entry: (person, day)."""
    own = disease.take(entered.rows)
    fresh, so_far = burden(own, relapses, days)
    old = entered.fresh[:, None] * np.exp(-disease.numbers["recovery"] * (days + wait))
    crept = entered.creeping[:, None] + creeping(own, entered.age, days + wait)
    left = own.residue[:, None] * (entered.relapses[:, None] + so_far)
    return on_scale(own.severity[:, None] * (fresh + old) + left + crept)
