"""Clones of stem cells: the closed law and the conditional one against the engine's own species."""

from __future__ import annotations

import numpy as np
import pytest
from examples import cohort, schedule

from reseed.clones import between, follow
from reseed.engine import Solver, solve
from reseed.model import compile_model
from reseed.nouns.course import Quantity
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.spec import find_library, read_module

NICHE = read_module(find_library().path("models", "niche"))
UNITS = {row.id: row.unit for row in NICHE.parameters}
RUNS = 1_000


def solved(show: list[str], times: np.ndarray, jumps: list[Jump], **values: float) -> np.ndarray:
    """Ports of the module alone, (run, port, time)."""
    given = {f"niche__{name}": Quantity(value, UNITS[name]) for name, value in values.items()}
    system = compile_model([NICHE], "niche", given)
    plan = schedule(RUNS, float(times[-1]), jumps)
    found, _ = solve(system, cohort(RUNS), plan, Probe(tuple(show), times), key=Key(1),
                     solver=Solver())  # fmt: skip
    assert not found.status.any()
    return found.values


def test_a_clone_that_needs_no_niche_has_kendalls_law() -> None:
    """Doi:10.1214/aoms/1177730285. From one cell, over 3 years, at a mouse's rates: division once
    in 2.5 weeks, loss at 0.8 of that; within four standard errors of 1000 runs."""
    times = np.array([0.0, 20.0, 60.0, 120.0])
    division, leaving = 1 / 2.5, 0.8 / 2.5
    clone = solved(
        ["leukaemic_stem_cells"], times, [], resting_cells=20_000, leukaemic_start=1,
        leukaemic_need=0, leukaemic_division=division, leukaemic_leaving=leaving,
    )[:, 0]  # fmt: skip
    for place in (1, 2, 3):
        span = [0.0, times[place]]
        law = between(span, [division / 7] * 2, [leaving / 7] * 2)
        cells, n = clone[:, place], RUNS
        alive = law.survival[0]
        assert (cells > 0).mean() == pytest.approx(alive, abs=4 * np.sqrt(alive * (1 - alive) / n))
        assert cells.mean() == pytest.approx(law.mean[0], abs=4 * np.sqrt(law.variance[0] / n))
        assert cells.var() == pytest.approx(law.variance[0], rel=0.25)


def test_clones_within_a_pool_spread_as_two_species_of_one_kind() -> None:
    """Ten donor cells and forty corrected ones share 101 niches and all rates for six years.

    The engine counts the donor's; of the fifty, followed as clones through the totals alone, any
    ten have to come to numbers of the same law: mean, variance and chance of being gone.
    """
    times = np.array([0.0, 0.5, 400.0, 1200.0, 2200.0])
    jumps = [
        Jump(0.25, "host_stem_cells", -100.0),
        Jump(0.25, "donor_stem_cells", 10.0),
        Jump(0.25, "corrected_stem_cells", 40.0),
    ]
    show = ["donor_stem_cells", "corrected_stem_cells", "stem_cell_births", "stem_cell_losses"]
    found = solved(show, times, jumps, resting_cells=100, half_carried=1)[:, :, 1:]
    donors, totals = found[:, 0], found[:, 0] + found[:, 1]
    ten = np.empty_like(donors)
    for run in range(RUNS):
        laws = between(times[1:], found[run, 2], found[run, 3])
        cells = totals[run].astype(int).tolist()
        sizes = follow(Key(2), run, cells[0], cells, laws)
        assert sizes.sum(axis=1).tolist() == cells
        ten[run] = sizes[:, : int(donors[run, 0])].sum(axis=1)
    for place in (1, 2, 3):
        engine, clones = donors[:, place], ten[:, place]
        error = np.sqrt((engine.var() + clones.var()) / RUNS)
        assert clones.mean() == pytest.approx(engine.mean(), abs=4 * error)
        assert clones.var() == pytest.approx(engine.var(), rel=0.2)
        gone = (engine == 0).mean()
        assert (clones == 0).mean() == pytest.approx(
            gone, abs=4 * np.sqrt(2 * gone * (1 - gone) / RUNS) + 1e-9
        )
