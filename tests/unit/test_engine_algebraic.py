"""States that make a formula 0, beside others that have rates: against closed forms.

Sums that are kept, fast binding in equilibrium, roots: wherever the algebraic state can be
written down, the solution is the same as without it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from by_hand import CODES, FALLING, followed, system_of
from kernels import WIDTHS

from reseed.base.errors import InvalidInput
from reseed.engine import Solver
from reseed.engine.kernel.algebra import matched
from reseed.nouns.expression import Expression
from reseed.nouns.system import Channel, Hazard, StateEvent, System

METHODS = pytest.mark.parametrize("method", ["Rodas5P", "Rodas4"])


def algebraic(
    states: Mapping[str, tuple[float, Expression]],
    formulas: Mapping[str, Expression],
    *,
    events: Sequence[StateEvent] = (),
    parameters: Mapping[str, float] | None = None,
    rules: Sequence[tuple[str, Expression]] = (),
    hazards: Sequence[Hazard] = (),
) -> System:
    """A system in which these states make these formulas 0."""
    system = system_of(states, events, parameters, rules, hazards)
    return dataclasses.replace(system, algebraic=tuple(formulas.items()))


def binding(**more: object) -> System:
    """A ligand that is lost from its free part only; it binds at once, with K = 0.3, to 2 sites.

    free + 2 free/(0.3 + free) = total, and total' = -free.
    """
    return algebraic(
        {"total": (3.0, ("neg", "free")), "free": (1.0, 0.0)},
        {"free": ("-", ("+", "free", "bound"), "total")},
        rules=[("bound", ("/", ("*", "sites", "free"), ("+", 0.3, "free")))],
        parameters={"sites": 2.0},
        **more,  # type: ignore[arg-type]
    )


def free_of(total: np.ndarray, sites: float = 2.0) -> np.ndarray:
    """The positive root of the quadratic."""
    b = sites + 0.3 - total
    return (-b + np.sqrt(b * b + 1.2 * total)) / 2


# --- closed forms --------------------------------------------------------------------------------


@METHODS
@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-9])
def test_what_is_left_of_a_sum(method: str, rtol: float) -> None:
    """x' = -x z with x + z = 2 is logistic decay: x = 2/(1 + exp(2 t)) from 1."""
    system = algebraic(
        {"x": (1.0, ("neg", ("*", "x", "z"))), "z": (0.0, 0.0)},
        {"z": ("-", ("+", "x", "z"), 2.0)},
    )
    times = np.linspace(0.0, 6.0, 25)
    solver = Solver(method=method, rtol=rtol)
    course, _ = followed(system, times.tolist(), solver=solver, after=False)
    x, z = course.values[0]
    np.testing.assert_allclose(x, 2 / (1 + np.exp(2 * times)), atol=20 * rtol)
    np.testing.assert_allclose(x + z, 2.0, atol=1e-12)


@METHODS
def test_binding_in_equilibrium(method: str) -> None:
    """With and without the algebraic state: the same total, and the root of the quadratic."""
    b = ("-", 2.3, "total")
    root: Expression = ("sqrt", ("+", ("*", b, b), ("*", 1.2, "total")))
    plain = system_of(
        {"total": (3.0, ("neg", "free"))}, [], rules=[("free", ("/", ("-", root, b), 2.0))]
    )
    times, solver = np.linspace(0.0, 10.0, 41).tolist(), Solver(method=method, rtol=1e-8)
    without, _ = followed(plain, times, ["total"], solver=solver)
    course, _ = followed(binding(), times, ["total", "free", "bound"], solver=solver)
    total, free, bound = course.values[0]
    np.testing.assert_allclose(total, without.values[0, 0], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(free, free_of(total), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(free + bound, total, rtol=1e-6, atol=1e-7)


def test_roots_that_move_with_time() -> None:
    """z^3 + z = t has one root at any time; nothing else moves. Its integral: 3/4 z^4 + z^2/2."""
    system = algebraic(
        {"z": (0.0, 0.0), "area": (0.0, "z")}, {"z": ("-", ("+", ("^", "z", 3.0), "z"), "time")}
    )
    times = np.linspace(0.0, 30.0, 61)
    course, _ = followed(system, times.tolist())
    z, area = course.values[0]
    np.testing.assert_allclose(z**3 + z, times, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(area, 0.75 * z**4 + 0.5 * z**2, rtol=1e-5, atol=1e-6)


def test_formulas_that_determine_each_other_s_states() -> None:
    """An acid: h (a + salt) = K (total - a) and h = a; the first formula stands beside the salt.

    Which formula belongs to which state is found out, not believed.
    """
    formulas = {
        "h": ("-", "salt", ("*", 0.1, "x")),
        "a": ("-", ("*", "h", ("+", "a", "salt")), ("*", "K", ("-", "x", "a"))),
        "salt": ("-", "h", "a"),
    }
    states = {"x": (1.0, FALLING), "h": (0.1, 0.0), "a": (0.1, 0.0), "salt": (0.0, 0.0)}
    system = algebraic(states, formulas, parameters={"K": 0.5})
    assert matched(system)[0]["salt"] == formulas["h"]
    course, _ = followed(system, np.linspace(0.0, 3.0, 7).tolist(), ["x", "h", "a", "salt"])
    x, h, a, salt = course.values[0]
    b = salt + 0.5
    np.testing.assert_allclose(salt, 0.1 * x, rtol=1e-8)
    np.testing.assert_allclose(a, (-b + np.sqrt(b * b + 2 * x)) / 2, rtol=1e-5)
    np.testing.assert_allclose(h, a, rtol=1e-8)


@METHODS
def test_a_stiff_oscillator_with_its_fast_part_in_equilibrium(method: str) -> None:
    """Van der Pol's equation slides along its cubic z - z^3/3 = y towards the fold at z = 1.

    With y' = z, (1 - z^2) z' = z: so z^2/2 - ln z = c - t on the branch z > 1.
    """
    system = algebraic(
        {"y": (2.0 - 8.0 / 3.0, "z"), "z": (1.8, 0.0)},
        {"z": ("-", ("-", "z", ("/", ("^", "z", 3.0), 3.0)), "y")},
    )
    times = np.linspace(0.0, 0.7, 8)
    course, _ = followed(system, times.tolist(), ["z"], solver=Solver(method=method))
    z = course.values[0, 0]
    assert z[0] == pytest.approx(2.0, rel=1e-12)
    np.testing.assert_allclose(z**2 / 2 - np.log(z), 2.0 - np.log(2.0) - times, rtol=1e-5)


# --- after what jumps ----------------------------------------------------------------------------


def test_after_a_dose_it_is_right_at_once() -> None:
    """A dose into the total, and one that changes the sites: the sample after shows the root."""
    doses = [("total", 1.0, 2.0), ("sites", 2.0, -1.5)]
    times = [0.0, 1.0, 1.0 + 1e-9, 2.0, 3.0]
    course, _ = followed(binding(), times, ["total", "free"], doses=doses)
    total, free = course.values[0]
    np.testing.assert_allclose(free[:3], free_of(total[:3]), rtol=1e-9)
    np.testing.assert_allclose(free[3:], free_of(total[3:], 0.5), rtol=1e-5)
    assert total[1] - total[0] > 0.5
    before, _ = followed(binding(), times, ["total", "free"], doses=doses, after=False)
    np.testing.assert_allclose(before.values[0, 1, :2], free_of(before.values[0, 0, :2]), rtol=1e-5)


@pytest.mark.parametrize("delay", [None, 0.0, 0.5])
def test_events_look_at_it_and_change_what_it_follows(delay: float | None) -> None:
    """The total is filled up when the free part falls to 0.2; again and again."""
    fill = StateEvent("fill", ("le", "free", 0.2), (("total", 3.0),), delay=delay)
    system = binding(events=[fill])
    course, records = followed(system, np.linspace(0.0, 30.0, 301).tolist(), ["total", "free"])
    total, free = course.values[0]
    np.testing.assert_allclose(free, free_of(total), rtol=1e-4)
    gaps = np.diff(records.time)
    assert len(gaps) > 3 and np.ptp(gaps) < 1e-4
    # total' = -free, total = free + 2 free/(0.3 + free): t = ln free - 2 (1/s - ln(s/free)/.3)...
    grid = np.linspace(free_of(np.array(3.0)), 0.2, 200_001)
    rate = (1 + 0.6 / (0.3 + grid) ** 2) / grid
    period = float(np.sum((rate[1:] + rate[:-1]) / 2 * -np.diff(grid)))
    np.testing.assert_allclose(gaps, period + (delay or 0.0), rtol=1e-4)


def test_a_formula_that_jumps_with_time() -> None:
    """z = 1 before day 5 and 3 after it; x' = z has the area under it."""
    system = algebraic(
        {"x": (0.0, "z"), "z": (0.0, 0.0)},
        {"z": ("-", "z", ("piecewise", 1.0, ("lt", "time", 5.0), 3.0))},
    )
    course, _ = followed(system, [0.0, 4.0, 5.0, 6.0, 10.0])
    np.testing.assert_allclose(course.values[0, 0], [0.0, 4.0, 5.0, 8.0, 20.0], rtol=1e-9)
    np.testing.assert_allclose(course.values[0, 1], [1.0, 1.0, 3.0, 3.0, 3.0], rtol=1e-9)


def test_hazards_and_channels_go_by_it() -> None:
    """n falls by deaths at rate z = n: after a day the mean is n/e; a hazard of rate z counts."""
    system = algebraic(
        {"n": (50.0, 0.0), "z": (0.0, 0.0), "hits": (0.0, 0.0)},
        {"z": ("-", "z", "n")},
        hazards=[Hazard("hit", "z", True, "", (("hits", 1.0),))],
    )
    system = dataclasses.replace(
        system, discrete=("n",), channels=(Channel("die", "z", (("n", -1.0),)),)
    )
    course, _ = followed(system, [0.0, 1.0], ids=range(400))
    n, z, hits = course.values[:, :, -1].T
    np.testing.assert_array_equal(n, z)
    mean = 50.0 / np.e
    assert abs(n.mean() - mean) < 5 * np.sqrt(mean * (1 - 1 / np.e) / 400)
    assert abs(hits.mean() - (50.0 - mean)) < 5 * np.sqrt(60.0 / 400)


# --- the company, and failures -------------------------------------------------------------------


@pytest.mark.parametrize("solver", [*(Solver(width=width) for width in WIDTHS), Solver(threads=2)])
def test_the_company_changes_nothing(solver: Solver) -> None:
    """Patients with doses of their own sites, alone or together: the same bits."""
    fill = StateEvent("fill", ("le", "free", 0.2), (("total", 3.0),))
    sites = np.linspace(0.5, 4.0, 90)
    times = np.linspace(0.0, 12.0, 13).tolist()
    everyone, _ = followed(
        binding(events=[fill]), times, ids=range(90), parameters={"sites": sites}
    )
    some = np.array([77, 3, 41])
    few, _ = followed(
        binding(events=[fill]), times, ids=some.tolist(), parameters={"sites": sites[some]},
        solver=solver,
    )  # fmt: skip
    np.testing.assert_array_equal(few.values, everyone.values[some])


@pytest.mark.parametrize("guess", [40.0, 0.0, 1e-4])
def test_who_has_no_values_is_coded_and_alone(guess: float) -> None:
    """z^2 = p has none below 0; a far guess comes home all the same, and one at the summit."""
    system = algebraic(
        {"z": (guess, 0.0)}, {"z": ("-", ("*", "z", "z"), "p")}, parameters={"p": 1.0}
    )
    roots = np.array([4.0, -1.0, 9.0])
    course, _ = followed(system, [0.0, 1.0], ids=range(3), parameters={"p": roots})
    assert course.status.tolist() == [0, CODES["algebraic"], 0]
    assert course.status_state[1] == "z" and np.isnan(course.values[1]).all()
    np.testing.assert_allclose(course.values[[0, 2], 0, -1], [2.0, 3.0], rtol=1e-12)


def test_what_nothing_determines_is_refused() -> None:
    """One clear error that names the state, before anything is solved."""
    states = {"x": (1.0, FALLING), "z": (0.0, 0.0), "w": (0.0, 0.0)}
    system = algebraic(states, {"z": ("-", "z", "x"), "w": ("-", "x", 1.0)})
    with pytest.raises(InvalidInput, match="nothing for w"):
        followed(system, [0.0, 1.0])
    with pytest.raises(InvalidInput, match="algebraic"):
        followed(binding(), [0.0, 1.0], solver=Solver("BDF"), after=False)
