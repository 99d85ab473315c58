"""Fit the constants with which drugs kill marrow progenitors, and the level of infection.

    python bench/calibrate_engraftment.py                # print the fits and what they miss
    python bench/calibrate_engraftment.py --write        # and write them into parameters.tsv

Every target is a published row that may be calibrated to; each is printed with what the model
gives. The courses of the published cohorts are written down here with what was assumed of them.
A number of patients is drawn once (seed 1), so that a second run gives the same numbers.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np

from bench.tables import put
from reseed.base.keys import normals
from reseed.cohort import draw_cohort
from reseed.course import plan
from reseed.engine import solve
from reseed.model import compile_model
from reseed.nouns.cohort import Cohort
from reseed.nouns.course import Course, Do, Give, Quantity, Stage
from reseed.nouns.graft import Graft
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Boundary, Moment, Schedule, Turn
from reseed.nouns.system import System
from reseed.spec import find_library, read_cohort, read_course, read_module

SEED = 1
INFUSION = 15.0  # study day of day 0
FOLLOW_UP = 40.0
PHYSIOLOGY = ("granulopoiesis", "platelets", "mobilisation", "infection", "thaw", "infuse")
BEAM = ("carmustine", "etoposide", "cytarabine", "melphalan")
KILL_UNIT = "L/(mg*h)"
CYCLOPHOSPHAMIDE = tuple(
    f"cyclophosphamide__kill_{of}_progenitors" for of in ("neutrophil", "platelet", "cd34")
)
Values = np.ndarray


@dataclass(frozen=True)
class Dose:
    """A graft's size: median of a lognormal law (cells/kg), SD of logs, bounds."""

    median: float
    spread: float
    low: float
    high: float
    frozen: bool


@dataclass(frozen=True)
class Arm:
    """A published cohort: its drugs, course and graft (None: no graft at all)."""

    drugs: tuple[str, ...]
    course: Course
    graft: Dose | None


@dataclass(frozen=True)
class Target:
    """A published median day, and how far from it counts as one unit of misfit."""

    row: str
    arm: str
    port: str
    level: float
    day: float
    tolerance: float


@dataclass(frozen=True)
class GivenGraft:
    """Hands every patient a graft of a size drawn by address."""

    dose: Dose
    seed: int

    def __call__(self, moment: Moment) -> Turn:
        draw = float(normals(Key(self.seed, "bench/graft"), moment.patient))
        cells = self.dose.median * math.exp(self.dose.spread * draw)
        cells = min(max(cells, self.dose.low), self.dose.high)
        graft = Graft(cells, 50 * cells, 1.0, 1, 12.0, frozen=self.dose.frozen)
        return Turn(carried={"graft": graft})


def given(drug: str, dose: str, days: Sequence[float], hours: float = 0.0) -> Give:
    """A drug on some days."""
    value, unit = dose.split(" ")
    return Give(drug, Quantity(float(value), unit), tuple(days), hours, 9.0, 1)


def until_recovery(dose: str, first: int) -> Give:
    """Filgrastim from a day on, until three mornings with 0.5e9 neutrophils per litre."""
    value, unit = dose.split(" ")
    days = tuple(float(day) for day in range(first, 36))
    level = Quantity(0.5e9, "cell/L")
    return Give(
        "filgrastim", Quantity(float(value), unit), days, 0.0, 9.0, 1, "neutrophils", level, 3
    )


def course(name: str, gives: Sequence[Give], graft: bool) -> Course:
    """Everything given in one stage, and the return of the graft on day 0."""
    back = (Do("thaw", 0, 0, 10), Do("infuse", 0, 0, 11)) if graft else ()
    return Course(name, name, "", (Stage("all", "all", tuple(gives), back),), ())


def of_library(name: str) -> tuple[Give, ...]:
    """What a course of the library gives from conditioning on, rabbit ATG left out."""
    found = read_course(find_library().path("courses", name))
    stages = [stage for stage in found.stages if stage.name != "mobilisation"]
    return tuple(give for stage in stages for give in stage.gives if give.drug != "rabbit_atg")


@cache
def arms() -> Mapping[str, Arm]:
    """The cohorts. No graft: two to three weeks to 0.5e9/L after 200 mg/kg, from memory; days are
    taken from the last dose, filgrastim from day 6. Mexico: days and doses from Blood 128:2262;
    filgrastim doses assumed. Ketterer: the library's BEAM stands for "BEAM or other"."""
    cy = ("cyclophosphamide", "filgrastim")
    fours = [given("cyclophosphamide", "50 mg_per_kg", [-3, -2, -1, 0], 1.0)]
    split = [given("cyclophosphamide", "50 mg_per_kg", [-11, -10, -2, -1], 2.0)]
    growth = [given("filgrastim", "10 ug_per_kg", range(-9, -2))]
    beam = of_library("beam-atg")
    return {
        "no graft": Arm(
            cy, course("no-graft", [*fours, until_recovery("5 ug_per_kg", 6)], False), None
        ),
        "mexico": Arm(
            cy,
            course("mexico", [*split, *growth, until_recovery("5 ug_per_kg", 3)], True),
            Dose(5.68e6, 0.64, 1e6, 37.8e6, frozen=False),
        ),
        "cy-atg": Arm(
            cy,
            course("cy-atg", of_library("cyclophosphamide-atg"), True),
            Dose(5.7e6, 0.4, 2e6, 20e6, frozen=True),
        ),
        "beam 2.5-15": Arm(
            (*BEAM, "filgrastim"),
            course("beam", beam, True),
            Dose(6e6, 0.45, 2.5e6, 15e6, frozen=True),
        ),
        "beam >15": Arm(
            (*BEAM, "filgrastim"),
            course("beam", beam, True),
            Dose(20e6, 0.25, 15e6, 60e6, frozen=True),
        ),
    }


TARGETS = (
    Target("no graft, 14-21 days", "no graft", "neutrophils", 0.5e9, 17.5, 3.5),
    Target("CO0144", "mexico", "neutrophils", 0.5e9, 8.0, 2.0),
    Target("CO0145", "mexico", "platelets", 20e9, 4.0, 2.0),
    Target("CO0511", "beam 2.5-15", "neutrophils", 1e9, 12.0, 1.0),
    Target("CO0510", "beam >15", "neutrophils", 1e9, 11.0, 1.0),
    Target("CO0513", "beam 2.5-15", "platelets", 50e9, 14.0, 1.0),
    Target("CO0512", "beam >15", "platelets", 50e9, 11.0, 1.0),
    Target("window 9-13 days", "cy-atg", "neutrophils", 0.5e9, 11.0, 2.0),
    Target("window 9-15 days", "cy-atg", "platelets", 20e9, 12.0, 3.0),
)


@cache
def system_of(drugs: tuple[str, ...], kills: tuple[tuple[str, float], ...]) -> System:
    """Physiology and drugs, with these kill constants (L/(mg*h), by parameter id)."""
    library = find_library()
    modules = [read_module(library.path("models", name)) for name in (*PHYSIOLOGY, *drugs)]
    given_kills = {name: Quantity(value, KILL_UNIT) for name, value in kills}
    return compile_model(modules, "bench", given_kills)


def people(system: System, ids: Values) -> Cohort:
    """Patients of the library's cohort."""
    design = read_cohort(find_library().path("cohorts", "autoimmune-adults"))
    defaults = dict(zip(system.parameters, system.defaults, strict=True))
    return draw_cohort(design, dict(system.variability), defaults, ids, Key(SEED))


def follow(task: tuple[str, tuple[tuple[str, float], ...], int, int]) -> Values:
    """Daily neutrophils and platelets from day 0, (patient, 2, day); transfusions in row 2."""
    name, kills, start, stop = task
    arm = arms()[name]
    own = tuple((key, value) for key, value in kills if key.split("__")[0] in arm.drugs)
    system = system_of(arm.drugs, own)
    cohort = people(system, np.arange(start, stop))
    schedule = plan(arm.course, cohort, system, infusion_day=INFUSION, end=INFUSION + FOLLOW_UP)
    if arm.graft:
        first = Boundary("graft", np.zeros(len(cohort.ids)), GivenGraft(arm.graft, SEED))
        schedule = Schedule(
            schedule.times, schedule.values, schedule.targets, schedule.tags,
            (first, *schedule.boundaries), schedule.origin, schedule.end,
        )  # fmt: skip
    times = INFUSION + np.arange(FOLLOW_UP + 1)
    probe = Probe(("neutrophils", "platelets"), times)
    found, records = solve(system, cohort, schedule, probe, key=Key(SEED))
    transfused = np.zeros((len(cohort.ids), 1, len(times)))
    for patient, time, label in zip(records.patient, records.time, records.name, strict=True):
        if label == "platelet_transfusion" and time >= INFUSION:
            transfused[patient - start, 0, int(time - INFUSION)] += 1
    return np.concatenate([found.values, transfused], axis=1)


def cohort_of(name: str, kills: Mapping[str, float], patients: int, workers: int) -> Values:
    """`follow`, over blocks of patients in processes."""
    edges = np.linspace(0, patients, workers + 1).astype(int)
    frozen = tuple(sorted(kills.items()))
    tasks = [(name, frozen, int(a), int(b)) for a, b in zip(edges, edges[1:], strict=False)]
    if workers == 1:
        return follow(tasks[0])
    with ProcessPoolExecutor(workers) as pool:
        return np.concatenate(list(pool.map(follow, tasks)))


def recovery_days(counts: Values, level: float) -> Values:
    """First of three days at or above a level after having been below it; 0 if never below.

    Infinite where it is not reached, NaN for the dead.
    """
    days = np.full(len(counts), np.inf)
    for row, values in enumerate(counts):
        below = values < level
        if not below.any():
            days[row] = np.nan if np.isnan(values).all() else 0.0
            continue
        for day in range(int(below.argmax()), len(values) - 2):
            if np.all(values[day : day + 3] >= level):
                days[row] = day
                break
    return days


def median_of(shown: Values, target: Target) -> float:
    """The model's median day for a target."""
    counts = shown[:, 0 if target.port == "neutrophils" else 1]
    return float(np.nanmedian(recovery_days(counts, target.level)))


def misfits(port: str, values: Values, patients: int, workers: int) -> Values:
    """Squared misfits of a port's targets, with this kill constant on every progenitor."""
    targets = [t for t in TARGETS if t.arm in ("no graft", "mexico") and t.port == port]
    found = []
    for value in values:
        kills = dict.fromkeys(CYCLOPHOSPHAMIDE, float(value))
        days = [
            min(median_of(cohort_of(t.arm, kills, patients, workers), t), FOLLOW_UP)
            for t in targets
        ]
        pairs = list(zip(targets, days, strict=True))
        found.append(sum(((day - t.day) / t.tolerance) ** 2 for t, day in pairs))
        told = "; ".join(f"{t.arm} {day:.1f} ({t.day:g})" for t, day in pairs)
        print(f"  cyclophosphamide, {port}, kill {value:.5f}: {told}", flush=True)
    return np.array(found)


def fit_cyclophosphamide(patients: int, workers: int, steps: int) -> dict[str, float]:
    """The constants of cyclophosphamide: a coarse grid, then a fine one around its best.

    Where values tie, the middle of the tie. The chains of the two lineages do not interact.
    """
    best = {}
    for port in ("neutrophils", "platelets"):
        grid = np.exp(np.linspace(math.log(1e-3), math.log(2.7e-3), steps))
        wide = misfits(port, grid, patients, workers)
        at = int(wide.argmin())
        fine = np.linspace(grid[max(at - 1, 0)], grid[min(at + 1, steps - 1)], steps)[1:-1]
        values = np.concatenate([grid, fine])
        total = np.concatenate([wide, misfits(port, fine, patients, workers)])
        lowest = values[total <= total.min() + 1e-9]
        best[port] = float(f"{(lowest.min() + lowest.max()) / 2:.2g}")
    # No row tells of the marrow that feeds CD34+ cells to the blood: as for neutrophils.
    values = (best["neutrophils"], best["platelets"], best["neutrophils"])
    return dict(zip(CYCLOPHOSPHAMIDE, values, strict=True))


def compare(kills: Mapping[str, float], patients: int, workers: int) -> None:
    """Every target, and what the model gives."""
    shown = {name: cohort_of(name, kills, patients, workers) for name in arms()}
    print(f"{'row':38s} {'arm':12s} {'port':12s} published  model  5-95 %")
    for target in TARGETS:
        counts = shown[target.arm][:, 0 if target.port == "neutrophils" else 1]
        days = recovery_days(counts, target.level)
        low, high = np.nanquantile(days, [0.05, 0.95], method="nearest")
        print(
            f"{target.row:38s} {target.arm:12s} {target.port:12s} {target.day:9.1f}"
            f" {np.nanmedian(days):6.1f}  {low:.0f}-{high:.0f}"
        )
    for name, values in shown.items():
        doses = values[:, 2].sum(axis=1)
        print(f"platelet transfusions from day 0, {name}: mean {doses.mean():.1f}")


def beam_reach(patients: int, workers: int) -> None:
    """How the BEAM rows answer to the three assumed constants: scaled together."""
    ids = [
        f"{drug}__kill_{of}_progenitors" for drug in BEAM[:3] for of in ("neutrophil", "platelet")
    ]
    typical = {name: value_of(name) for name in ids}
    for scale in (0.5, 1.0, 2.0):
        kills = {name: value * scale for name, value in typical.items()}
        told = []
        for target in TARGETS:
            if target.arm == "beam 2.5-15":
                day = median_of(cohort_of(target.arm, kills, patients, workers), target)
                told.append(f"{target.port} {day:.1f} ({target.day:g})")
        print(f"  BEAM without melphalan x {scale:g}: {'; '.join(told)}", flush=True)


def value_of(name: str) -> float:
    """A parameter of the library, in its own unit."""
    module, own = name.split("__")
    rows = read_module(find_library().path("models", module)).parameters
    return next(row.value for row in rows if row.id == own)


def infection_level(shown: Values) -> dict[str, float]:
    """Ward and home rates from 23 infections in 56 patients to day 15 and 25 from then to 180."""
    names = ("ratio_per_decade", "lowest_count", "discharge_steepness", "resolution_rate")
    ratio, lowest, steep, resolution = (value_of(f"infection__{name}") for name in names)
    counts = np.maximum(shown[:, 0][~np.isnan(shown[:, 0]).any(axis=1)] / 1e9, lowest)
    rest = np.repeat(counts[:, -1:], 180 - int(FOLLOW_UP), axis=1)  # recovered for good
    counts = np.concatenate([counts, rest], axis=1)
    by_count = ratio ** np.log10(counts)
    home = 1 / (1 + (counts / value_of("infection__discharge_count")) ** -steep)
    ward_part, home_part = (1 - home) * by_count, home * by_count
    early = np.arange(counts.shape[1]) <= 15
    matrix = [
        [part[:, when].sum(axis=1).mean() for part in (ward_part, home_part)]
        for when in (early, ~early)
    ]
    ward, away = np.linalg.solve(np.array(matrix), np.array([23.0, 25.0]) / 56)
    hazard = ward * ward_part + away * home_part
    load = np.zeros_like(hazard)
    for day in range(1, hazard.shape[1]):
        load[:, day] = load[:, day - 1] * math.exp(-resolution) + hazard[:, day]
    deaths = (load * by_count)[:, :101].sum(axis=1).mean()
    print(f"infections per patient and day over 27 days: {hazard[:, :28].mean():.4f} (0.020)")
    return {
        "infection__hospital_rate": float(f"{ward:.3g}"),
        "infection__home_factor": float(f"{away / ward:.3g}"),
        "infection__lethality": float(f"{1 / 507 / deaths:.3g}"),
    }


def write(fitted: Mapping[str, float]) -> None:
    """Put fitted values into the rows of parameters.tsv; what stands there of them stays."""
    put({name: {"value": f"{value:g}"} for name, value in fitted.items()})


def main() -> None:
    """Fit, compare and, if asked, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--patients", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--only-compare", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    size = (options.patients, options.workers)
    fitted: dict[str, float] = {}
    if not options.only_compare:
        fitted = fit_cyclophosphamide(*size, options.steps)
        beam_reach(*size)
    compare(fitted, *size)
    fitted |= infection_level(cohort_of("cy-atg", fitted, *size))
    for name, value in fitted.items():
        print(f"{name} = {value:g}")
    if options.write:
        write(fitted)


if __name__ == "__main__":
    main()
