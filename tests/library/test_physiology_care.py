"""Mobilisation, infection, graft handling and the cohort: published numbers and simple laws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pytest

from reseed.base.ports import find_port
from reseed.cohort import draw_cohort
from reseed.engine import solve
from reseed.model import compile_model
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.distribution import Distribution
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.module import Module
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System
from reseed.spec import find_library, read_cohort, read_module

MODELS = ("granulopoiesis", "platelets", "mobilisation", "infection")
PERSON = {"weight": (70.0, "kg"), "age": (36.0, "year"), "creatinine_clearance": (100.0, "mL/min")}
MANY = 20_000


def ours(name: str) -> Module:
    """A module of the library."""
    return read_module(find_library().path("models", name))


@cache
def system(*names: str) -> System:
    """The system of these modules of the library."""
    return compile_model([ours(name) for name in names], "care")


def follow(
    one: System,
    show: Sequence[str],
    times: Sequence[float],
    jumps: Sequence[Jump] = (),
    **person: float,
) -> Mapping[str, np.ndarray]:
    """The shown ports of one patient at these times."""
    known = [port.name for port in one.ports if port.direction == "in" and port.name in PERSON]
    wanted = sorted(known)  # what is not known of this person has a default
    cohort = Cohort(
        np.array([0]),
        tuple(Covariate(name, PERSON[name][1]) for name in wanted),
        {name: np.array([person.get(name, PERSON[name][0])]) for name in wanted},
        {},
    )
    schedule = Schedule(
        times=np.array([[jump.time for jump in jumps]]).reshape(1, -1),
        values=np.array([[jump.value for jump in jumps]]).reshape(1, -1),
        targets=tuple(jump.target for jump in jumps),
        tags=("",) * len(jumps),
        boundaries=(),
        origin=np.zeros(1),
        end=float(times[-1]),
    )
    found, _ = solve(one, cohort, schedule, Probe(tuple(show), np.array(times)), key=Key(1))
    assert found.status[0] == 0
    return dict(zip(show, found.values[0], strict=True))


def mornings(one: System, days: Sequence[float], milligrams: float = 0.7) -> list[Jump]:
    """Filgrastim, 10 ug/kg for 70 kg."""
    return [Jump(day, find_port(one, "filgrastim").symbol, milligrams) for day in days]


def drawn(module: str, name: str) -> np.ndarray:
    """Many patients' values of a parameter, in its own unit."""
    row = next(row for row in ours(module).parameters if row.id == name)
    assert row.variability is not None
    laws = {name: row.variability}
    empty = read_cohort(find_library().path("cohorts", "autoimmune-adults"))
    cohort = draw_cohort(empty, laws, {name: row.value}, np.arange(MANY), Key(7))
    return cohort.parameters[name]


def test_blood_cd34_stays_at_rest_without_drugs() -> None:
    """Two hundred days at 2 per uL."""
    shown = follow(system(*MODELS), ["blood_cd34"], [0, 50, 200])
    assert shown["blood_cd34"] == pytest.approx(2e6, rel=1e-6)


def test_daily_filgrastim_mobilises_as_in_the_single_dose_model() -> None:
    """10 ug/kg on each of five days: 43 per uL at 96 h and 53 at 108 h."""
    one = system(*MODELS, "filgrastim")
    shown = follow(one, ["blood_cd34"], [4.0, 4.5], mornings(one, range(5)))
    assert shown["blood_cd34"] / 1e6 == pytest.approx([43.3, 53.1], rel=0.02)


def test_plerixafor_triples_the_blood_count_overnight_and_spares_the_marrow() -> None:
    """Given in the evening after four doses of G-CSF: 24 to 75 per uL, 3.1 times (Stewart 2009)."""
    one = system(*MODELS, "filgrastim", "plerixafor")
    evening, morning = 3 + 15 / 24, 4 + 1.5 / 24
    plerixafor = Jump(evening, find_port(one, "plerixafor").symbol, 0.24 * 70)
    show = ["blood_cd34", "cd34_progenitors"]
    alone = follow(one, show, [evening, morning], mornings(one, range(5)))
    both = follow(one, show, [evening, morning], [*mornings(one, range(5)), plerixafor])
    assert both["blood_cd34"][1] / both["blood_cd34"][0] == pytest.approx(3.1, abs=0.6)
    assert both["blood_cd34"][1] > 2 * alone["blood_cd34"][1]
    assert both["cd34_progenitors"][1] < alone["cd34_progenitors"][1]  # only by the feedback


@pytest.mark.parametrize(
    ("count", "lower", "ratio"),
    [(0.1, 0.01, 1 / 0.49), (0.05, 0.005, 0.49 ** -np.log10(5)), (0.009, 0.002, 1.0)],
)
def test_infection_follows_the_logarithm_of_the_count(
    count: float, lower: float, ratio: float
) -> None:
    """On the ward a tenfold lower count doubles the hazard (0.49 per decade), down to 10 per uL."""
    assert hazard(lower) / hazard(count) == pytest.approx(ratio, rel=2e-3)


def hazard(count: float) -> float:
    """Infections per day at a count (1e9 cells per litre)."""
    one = system("infection", "granulopoiesis")
    index = [name for name in one.states if name == "granulopoiesis__blood"]
    blood = 70 * 0.07 * 1e9
    jump = Jump(0.0, index[0], (count - 3.53) * blood)
    shown = follow(one, ["infection", "neutrophils"], [0.0, 1e-6], [jump])
    assert shown["neutrophils"][1] == pytest.approx(count * 1e9, rel=0.05)
    return float(shown["infection"][1])


def test_a_recovered_patient_has_about_one_infection_a_year() -> None:
    """25 infections in 56 patients over days 16-180 (CO0604) is 0.0027 per day."""
    assert hazard(3.53) == pytest.approx(25 / 56 / 165, rel=0.1)


def test_the_share_that_survives_thawing() -> None:
    """Mean 0.75, never above 1."""
    values = drawn("thaw", "recovery")
    assert values.mean() == pytest.approx(0.75, abs=0.005)
    assert values.max() <= 1


def test_the_share_that_survives_selection() -> None:
    """Mean 0.638, SD 0.178; about one in six below 0.5 in 47 selections, here one in four."""
    values = drawn("process", "cd34_recovery")
    assert values.mean() == pytest.approx(0.638, abs=0.005)
    assert values.std() == pytest.approx(0.178, abs=0.008)
    assert np.mean(values < 0.5) == pytest.approx(8 / 47, abs=0.1)


def test_the_cohort_has_the_published_ages_and_sexes() -> None:
    """MSBase: age 35.7 (SD 8.7) truncated to 18-60, 69.4 % women; duration 8.1 (5.6), EDSS 3.7."""
    design = read_cohort(find_library().path("cohorts", "autoimmune-adults"))
    none: dict[str, Distribution] = {}
    cohort = draw_cohort(design, none, {}, np.arange(MANY), Key(3))
    age, sex = cohort.covariates["age"], cohort.covariates["sex"]
    levels = next(column.levels for column in cohort.columns if column.name == "sex")
    assert age.mean() == pytest.approx(35.7, abs=0.5) and age.std() == pytest.approx(8.7, abs=0.5)
    assert age.min() >= 18 and age.max() <= 60
    assert np.mean(sex == levels.index("female")) == pytest.approx(0.694, abs=0.01)
    duration, disability = cohort.covariates["disease_duration"], cohort.covariates["edss"]
    assert duration.mean() == pytest.approx(8.12, abs=0.2)
    assert duration.std() == pytest.approx(5.58, abs=0.2)
    assert disability.mean() == pytest.approx(3.74, abs=0.1)
    assert disability.std() == pytest.approx(1.63, abs=0.1)


def test_bodies_of_the_cohort_are_adult_bodies() -> None:
    """Men are taller and heavier, weight goes with height, kidneys work."""
    design = read_cohort(find_library().path("cohorts", "autoimmune-adults"))
    none: dict[str, Distribution] = {}
    found = draw_cohort(design, none, {}, np.arange(MANY), Key(3)).covariates
    female = found["sex"] == 0
    for name in ("height", "weight"):
        assert np.median(found[name][female]) < np.median(found[name][~female])
    assert np.corrcoef(found["height"][female], found["weight"][female])[0, 1] > 0.25
    assert np.quantile(found["creatinine_clearance"], 0.01) > 50
    assert 1.6 < np.median(found["body_surface_area"]) < 2.1
