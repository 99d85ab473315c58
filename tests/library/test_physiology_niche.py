"""Stem cells in their niches: rest, chance against closed forms, damage, and what blood draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pytest
from examples import cohort, schedule
from scipy.integrate import solve_ivp

from reseed.course.procedures.settle import settled
from reseed.engine import Solver, solve
from reseed.model import compile_model
from reseed.nouns.course import Quantity
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.system import System
from reseed.nouns.trajectories import Trajectories
from reseed.spec import find_library, read_module, read_organism

LIBRARY = find_library()
WEEK = 7.0
YEAR = 365.25
# division, differentiation and death per week: Abkowitz 2000, Shepherd 2007, Catlin 2011; the last
# two from memory, those of the baboon in the proportion of people's
SPECIES = {
    "mouse": (1 / 2.5, 1 / 3.4, 1 / 20),
    "cat": (1 / 8.3, 1 / 12.5, 1 / 50),
    "baboon": (1 / 36, 1 / 36 * 40 / 56, 1 / 36 * 40 / 285),
    "human": (1 / 40, 1 / 56, 1 / 285),
}


@cache
def built(modules: Sequence[str] = ("niche",), **values: float) -> System:
    """These modules, with values in the unit of their tables."""
    found = [read_module(LIBRARY.path("models", name)) for name in modules]
    units = {f"{m.name}__{row.id}": row.unit for m in found for row in m.parameters}
    given = {name: Quantity(value, units[name]) for name, value in values.items()}
    return compile_model(found, "niche", given)


def follow(
    system: System,
    show: Sequence[str],
    times: np.ndarray,
    jumps: Sequence[Jump] = (),
    patients: int = 200,
    solver: Solver | None = None,
    start: int = 0,
    **covariates: tuple[float, str],
) -> Trajectories:
    """The shown ports of identical patients, (patient, variable, time)."""
    found, _ = solve(
        system,
        cohort(patients, start, **covariates),
        schedule(patients, float(times[-1]), jumps),
        Probe(tuple(show), times),
        key=Key(1),
        solver=solver or Solver(),
    )
    assert not found.status.any()
    return found


def rates(species: str, **more: float) -> dict[str, float]:
    """A species' rates as values of the module."""
    division, differentiation, death = SPECIES[species]
    return {
        "niche__division": division,
        "niche__settled": (differentiation + death) / division,
        "niche__death_share": death / (differentiation + death),
        "niche__leukaemic_division": division,
        "niche__leukaemic_leaving": differentiation + death,
        **more,
    }


def test_stem_cells_stand_still_in_the_mean_and_vary_as_linear_noise() -> None:
    """Mean n*, variance (nu + alpha) n / (lambda n* room'(E)/N): van Kampen's expansion."""
    system = built(niche__resting_cells=10_000.0)
    times = np.linspace(0, 15 * YEAR, 31)
    found = follow(system, ["host_stem_cells", "stem_support"], times)
    cells = found.values[:, 0, 5:]
    division, differentiation, death = SPECIES["human"]
    room = (differentiation + death) / division
    pull = division * 0.99 * room * (1 - room) / 0.01
    spread = np.sqrt((differentiation + death) * 10_000 / pull)
    assert cells.mean() == pytest.approx(10_000, abs=5 * spread / np.sqrt(200))
    assert cells.std() == pytest.approx(spread, rel=0.2)
    assert found.values[:, 1] == pytest.approx(1.0, abs=1e-4)
    assert np.all(cells == np.round(cells)) and np.all(cells >= 0)


@pytest.mark.parametrize("species", SPECIES)
def test_division_in_room_is_recovered(species: str) -> None:
    """Growth of a thousand cells in empty niches, plus what leaves, is division; within 10 %."""
    division, differentiation, death = SPECIES[species]
    system = built(**rates(species, niche__resting_cells=1e7))
    kill = Jump(0.0, "host_stem_cells", -1e7 + 1000)
    end = 3 / division * WEEK
    found = follow(system, ["host_stem_cells"], np.array([0.1, end]), [kill], patients=100)
    first, last = found.values[:, 0].mean(axis=0)
    growth = np.log(last / first) / (end - 0.1) * WEEK
    assert growth + differentiation + death == pytest.approx(division, rel=0.1)


@pytest.mark.parametrize(("species", "share"), [("mouse", 0.14), ("cat", 0.17)])
def test_a_mutant_that_needs_no_niche_escapes_as_often_as_published(
    species: str, share: float
) -> None:
    """Catlin 2005: 14 and 17 % of 1000 runs, within 4 points; one cell's closed form on the way.

    Linear birth and death: still there at t with (b - d)/(b - d exp(-(b - d) t)).
    """
    division, differentiation, death = SPECIES[species]
    more = {
        "niche__resting_cells": 11_400.0,
        "niche__leukaemic_start": 1.0,
        "niche__leukaemic_need": 0.0,
    }
    system = built(**rates(species, **more))
    weeks = np.array([0.0, 4, 13, 52, 104]) * 0.4 / division
    found = follow(system, ["leukaemic_stem_cells"], weeks * WEEK, patients=1000)
    there = (found.values[:, 0] > 0).mean(axis=0)
    left = differentiation + death
    closed = (division - left) / (division - left * np.exp(-(division - left) * weeks))
    assert there == pytest.approx(closed, abs=0.04)
    assert there[-1] == pytest.approx(share, abs=0.04)
    assert 1 - left / division == pytest.approx(share, abs=0.005)


def test_two_equal_types_drift_as_morans() -> None:
    """Of n cells that leave at a rate m, x(1 - x) falls by exp(-2 m t/n) in the mean."""
    cells = 80.0
    system = built(niche__resting_cells=cells, niche__empty_share=0.02)
    half = [Jump(0.0, "host_stem_cells", -40.0), Jump(0.0, "donor_stem_cells", 40.0)]
    times = np.array([1.0, 10 * YEAR])
    found = follow(system, ["stem_chimerism"], times, half, patients=1000)
    share = found.values[:, 0]
    mixed = (share * (1 - share)).mean(axis=0)
    leaving = (1 / 56 + 1 / 285) / WEEK
    expected = 0.25 * np.exp(-2 * leaving * times[1] / cells)
    assert mixed[1] == pytest.approx(expected, rel=0.06)
    assert share.mean(axis=0) == pytest.approx(0.5, abs=0.02)


def test_hits_are_the_log_kill_of_every_origin() -> None:
    """exp(-hits) survive in the mean; of few, none are left with Poisson's chance."""
    system = built()
    three = [Jump(0.0, f"{name}_stem_cells", 20_000.0) for name in ("donor", "corrected")]
    show = ["host_stem_cells", "donor_stem_cells", "corrected_stem_cells"]
    hit = [*three, Jump(0.0, "stem_cell_damage", 4.0)]
    found = follow(system, show, np.array([0.0, 1.0]), hit)
    survivors = found.values[:, :, 1].mean(axis=0) / [100_000, 20_000, 20_000]
    assert survivors == pytest.approx(np.full(3, np.exp(-4.0)), rel=0.03)
    rare = [Jump(0.0, "stem_cell_damage", 11.0)]
    found = follow(system, show, np.array([0.0, 1.0]), rare, patients=1000)
    none = (found.values[:, 0, 1] == 0).mean()
    assert none == pytest.approx(np.exp(-1e5 * np.exp(-11.0)), abs=0.02)


def test_nobody_depends_on_the_batch() -> None:
    """Patients 10 to 19 alone, in other lanes and threads, are the same bits as among others."""
    system = built()
    jumps = [Jump(1.0, "stem_cell_damage", 6.0), Jump(2.0, "donor_stem_cells", 150.0)]
    times = np.linspace(0, YEAR, 12)
    show = ["host_stem_cells", "donor_stem_cells", "stem_support"]
    whole = follow(system, show, times, jumps, patients=40)
    part = follow(
        system, show, times, jumps, patients=10, start=10, solver=Solver(threads=2, width=2)
    )
    assert np.array_equal(whole.values[10:20], part.values)


@pytest.mark.parametrize(("arrivals", "empty"), [(50, 100), (5000, 100), (100, 9000)])
def test_arrivals_settle_as_in_the_two_stage_model(arrivals: float, empty: float) -> None:
    """Against the differential equations of cells in blood and in niches (Ashcroft 2017)."""
    niches, attachment, half = 10_000.0, 500.0, 17.0

    def move(_: float, y: np.ndarray) -> list[float]:
        blood, left = y
        found = attachment * blood * left / niches
        return [-found - attachment * half / niches * blood, -found]

    long = solve_ivp(move, (0, 100), [arrivals, empty], method="LSODA", rtol=1e-9, atol=1e-9)
    assert settled(arrivals, empty, half) == pytest.approx(empty - long.y[1, -1], rel=1e-4)


@cache
def _blood() -> tuple[System, np.ndarray]:
    modules = ("niche", "granulopoiesis", "platelets")
    system = built(modules, platelets__transfusion_threshold=0.0)
    resting = follow(
        system,
        ["neutrophil_progenitors", "platelet_progenitors"],
        np.array([0.0, 1.0]),
        patients=1,
        weight=(70.0, "kg"),
    )
    return system, resting.values[0, :, 0]


def counts(jumps: Sequence[Jump], days: float, patients: int = 5) -> Mapping[str, np.ndarray]:
    """Medians by day of neutrophils, platelets (1e9/L), after all progenitors are taken away."""
    system, (neutrophil, platelet) = _blood()
    emptied = [
        Jump(0.0, "neutrophil_progenitors", -neutrophil),
        Jump(0.0, "platelet_progenitors", -platelet * (1 - 1e-12)),
    ]
    show = ("neutrophils", "platelets", "stem_support")
    times = np.arange(0, days + 1.0)
    found = follow(system, show, times, [*emptied, *jumps], patients, weight=(70.0, "kg"))
    medians = np.median(found.values, axis=0)
    return {name: medians[i] / (1e9 if i < 2 else 1.0) for i, name in enumerate(show)}


def test_short_term_cells_come_back_from_stem_cells_in_closed_form() -> None:
    """1 - exp(-t/60 d) from nothing; support rises with s(1 + q)/(s + q), q 0.002."""
    times = np.array([1.0, 30.0, 90.0])
    taken = [Jump(0.0, "short_term_cells", -1e6)]
    found = follow(built(), ["short_term_cells", "stem_support"], times, taken, patients=50)
    share = 1 - np.exp(-times / 60)
    mean = found.values.mean(axis=0)
    assert mean[0] / 1e6 == pytest.approx(share, rel=1e-3)
    assert mean[1] == pytest.approx(share * 1.002 / (share + 0.002), rel=1e-3)


def test_lines_become_a_donor_s_as_fast_as_they_turn_over() -> None:
    """After ablation and 5,000 donor stem cells: myeloid, then NK, B and T cells pass one half."""
    system = built(("niche", "chimerism"))
    graft = [
        Jump(0.0, "stem_cell_damage", 20.0),
        Jump(1.0, "donor_stem_cells", 5000.0),
        Jump(1.0, "donor_short_term_cells", 1e5),
    ]
    lines = ("myeloid", "nk", "b", "t")
    show = [f"{line}_chimerism" for line in lines]
    times = np.arange(0, 3 * YEAR)
    found = follow(system, show, times, graft, patients=3).values.mean(axis=0)
    passed = [float(times[np.argmax(share > 0.5)]) for share in found]
    assert np.all(found[:, -1] > 0.5) and passed == sorted(passed)
    assert passed[0] < 5 and 7 < passed[1] < 40 < passed[3]


def test_few_donor_cells_fill_what_a_host_without_lymphocytes_leaves_empty() -> None:
    """Five per cent of the source: most lymphocytes and few myeloid cells are the donor's."""
    system = built(("niche", "chimerism"), chimerism__immune_deficient=1.0)
    graft = [Jump(0.0, "host_stem_cells", -5000.0), Jump(0.0, "donor_stem_cells", 5000.0)]
    show = ["myeloid_chimerism", "donor_b_cells", "donor_t_cells", "b_chimerism"]
    found = follow(system, show, np.array([0.0, 8 * YEAR]), graft, patients=3).values.mean(axis=0)
    assert found[0, -1] == pytest.approx(0.05, abs=0.01)
    assert found[1, -1] == pytest.approx(0.05 * 1.02 / 0.07, rel=0.1)
    assert found[2, -1] > 0.6 and found[3, -1] > 0.999


def test_without_stem_cells_progenitors_of_a_graft_die_out_in_weeks() -> None:
    """Secondary graft failure: neither neutrophils nor platelets hold; nothing is transfused."""
    _, (neutrophil, platelet) = _blood()
    graft = [
        Jump(1.0, "neutrophil_progenitors", neutrophil),
        Jump(1.0, "platelet_progenitors", platelet),
    ]
    found = counts([Jump(0.0, "stem_cell_damage", 30.0), *graft], 60)
    assert found["neutrophils"][30:].max() < 0.5
    assert found["platelets"][45:].max() < 20


def test_short_term_cells_alone_carry_blood_for_months_and_no_longer() -> None:
    """A tenth of the short-term cells at rest, no stem cells: engrafts, fails within two years."""
    _, (neutrophil, platelet) = _blood()
    graft = [
        Jump(1.0, "neutrophil_progenitors", neutrophil * 1e-3),
        Jump(1.0, "platelet_progenitors", platelet * 1e-3),
        Jump(1.0, "short_term_cells", 1e5),
    ]
    found = counts([Jump(0.0, "stem_cell_damage", 30.0), *graft], 700)
    assert found["neutrophils"][30] > 1 and found["neutrophils"][100] > 1
    assert found["neutrophils"][-1] < 0.5 and found["platelets"][-1] < 20


@pytest.mark.parametrize("hits", [0.0, 7.0], ids=["all", "one in a thousand"])
def test_surviving_stem_cells_bring_blood_back_without_a_graft(hits: float) -> None:
    """With all stem cells, or one in a thousand: both counts are back by day 45, not by day 14."""
    found = counts([Jump(0.0, "stem_cell_damage", hits)], 60)
    assert found["neutrophils"][14] < 0.5 < found["neutrophils"][45]
    assert found["platelets"][14] < 20 < found["platelets"][45]


def test_surviving_stem_cells_need_more_than_three_weeks() -> None:
    """Below 0.5 on day 20, with all stem cells."""
    assert counts([Jump(0.0, "stem_cell_damage", 0.0)], 60)["neutrophils"][20] < 0.5


def test_the_mouse_has_rates_of_its_own() -> None:
    """The organism's table holds the rates that the tests here call the mouse's."""
    _, rows = read_organism(LIBRARY.path("organisms", "mouse"))
    own = {row.id: row.value for row in rows}
    division, differentiation, death = SPECIES["mouse"]
    leaving = differentiation + death
    assert own["niche__division"] == pytest.approx(division)
    assert own["niche__settled"] == pytest.approx(leaving / division, abs=0.001)
    assert own["niche__death_share"] == pytest.approx(death / leaving, abs=0.001)
