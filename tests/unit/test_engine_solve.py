"""The engine against closed forms: doses, events, hazards, procedures, failures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from examples import cohort, module, one_compartment, schedule, system
from scipy import stats

from reseed.base.errors import Fault, InvalidInput
from reseed.engine import Solver, solve
from reseed.nouns.cohort import Cohort
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.module import HazardRow, Port
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Entry, Moment, Turn

KEY = Key(20)


def test_infusion_follows_its_closed_form() -> None:
    """A 12 h infusion of 100 mg rises to and falls from the textbook curve."""
    rate, k = 200.0, 2.0
    jumps = [Jump(1.0, "drug__infusion", rate), Jump(1.5, "drug__infusion", -rate)]
    times = np.linspace(0, 4, 33)
    solved, _ = solve(
        system(one_compartment()),
        cohort(1),
        schedule(1, 4.0, jumps),
        Probe(("drug_concentration", "drug_auc"), times),
        key=KEY,
    )
    during = rate / 20 * (1 - np.exp(-k * np.clip(times - 1, 0, 0.5)))
    expected = during * np.exp(-k * np.clip(times - 1.5, 0, None))
    np.testing.assert_allclose(solved.values[0, 0], expected, atol=2e-5)
    assert solved.values[0, 1, -1] == pytest.approx(5.0 - expected[-1] * 10 / 20, rel=1e-5)


def test_a_value_at_a_jump_is_the_value_before_it() -> None:
    """A bolus on day 1 is not yet seen by the sample of day 1."""
    solved, _ = solve(
        system(one_compartment()),
        cohort(1),
        schedule(1, 2.0, [Jump(1.0, "drug__amount", 50.0)]),
        Probe(("drug_concentration",), np.array([1.0, 1.0 + 1e-9])),
        key=KEY,
    )
    np.testing.assert_allclose(solved.values[0, 0], [0.0, 5.0], rtol=1e-6)


@pytest.mark.parametrize("method", ["Rodas5P", "LSODA", "Radau", "BDF"])
def test_methods_agree(method: str) -> None:
    """Every method gives the same curve within its tolerance."""
    solved, _ = solve(
        system(one_compartment()),
        cohort(1),
        schedule(1, 3.0, [Jump(0.0, "drug__amount", 10.0)]),
        Probe(("drug_concentration",), np.array([1.0, 2.0, 3.0])),
        key=KEY,
        solver=Solver(method=method, rtol=1e-8),
    )
    np.testing.assert_allclose(solved.values[0, 0], np.exp(-2.0 * np.arange(1, 4)), rtol=1e-5)


def topped_up() -> object:
    """A store that decays at 1/day from 1 and is refilled to 1 at 0.5: every ln 2 days."""
    return module(
        "store",
        """
        level = 1; level has mg; rate has per_day; level' = -rate*level;
        least has mg; full has mg;
        refill: at (level < least): level = full;
        """,
        [
            ("level", "level", "amount", "mg", "out"),
            ("refill", "refill", "event", "", "out"),
        ],
        {"rate": (1, "1/day"), "least": (0.5, "mg"), "full": (1, "mg")},
    )


def test_state_events_fire_at_their_roots() -> None:
    """Refills come at multiples of ln 2, and are recorded by their public name."""
    _, records = solve(
        system(topped_up()), cohort(1), schedule(1, 4.0), Probe((), np.array([])), key=KEY
    )
    np.testing.assert_allclose(records.time, np.log(2) * np.arange(1, 6), rtol=1e-5)
    assert set(records.name) == {"refill"}


def test_a_jump_that_makes_a_trigger_true_fires_it_at_once() -> None:
    """Taking the store below its floor by a jump refills it at the same moment."""
    jump = Jump(0.25, "store__level", -0.6)
    _, records = solve(
        system(topped_up()), cohort(1), schedule(1, 0.5, [jump]), Probe((), np.array([])), key=KEY
    )
    np.testing.assert_allclose(records.time, [0.25])


@pytest.mark.parametrize("method", ["Rodas5P", "LSODA", "Radau", "BDF"])
def test_an_event_that_changes_nothing_fires_once(method: str) -> None:
    """`at (x > k)` on a rising x is met once by each of 20 patients, at its time."""
    rising = module(
        "rise",
        """
        x = 0; x has unity; rate has per_day; half has unity; half = 0.3;
        x' = rate*(x + half); k has unity; hits = 0; hits has unity; one = 1; one has unity;
        reach: at (x > k): hits = hits + one;
        """,
        [("reach", "reach", "event", "", "out"), ("hits", "hits", "factor", "", "out")],
        {"rate": (0.5, "1/day"), "k": (1.0, "")},
    )
    levels = np.linspace(0.5, 1.5, 20)
    people = dataclasses.replace(cohort(20), parameters={"rise__k": levels})
    solved, records = solve(
        system(rising),
        people,
        schedule(20, 6.0),
        Probe(("hits",), np.array([6.0])),
        key=KEY,
        solver=Solver(method=method),
    )
    assert not solved.status.any()
    np.testing.assert_array_equal(solved.values[:, 0, 0], 1.0)
    np.testing.assert_allclose(records.time, 2 * np.log((levels + 0.3) / 0.3), rtol=1e-4)


@pytest.mark.parametrize("condition", ["n > two", "n >= three", "n == three"])
def test_events_on_steps_fire_on_the_step(condition: str) -> None:
    """n is stepped 1, 2, 3, 4 by doses: `> 2`, `>= 3` and `== 3` all fire with the third."""
    counting = module(
        "steps",
        f"""
        n = 0; n has unity; none has per_day; n' = none*n;
        two = 2; two has unity; three = 3; three has unity;
        done: at ({condition}): n = n;
        """,
        [("done", "done", "event", "", "out")],
        {"none": (0.0, "1/day")},
    )
    jumps = [Jump(float(day), "steps__n", 1.0) for day in (1, 2, 3, 4)]
    _, records = solve(
        system(counting), cohort(1), schedule(1, 5.0, jumps), Probe((), np.array([])), key=KEY
    )
    np.testing.assert_array_equal(records.time, [3.0])


def test_a_condition_without_a_value_does_not_hold() -> None:
    """sqrt(x - 1) > 0.1 has no value below 1 and comes true at x = 1.01."""
    rooted = module(
        "rooted",
        """
        x = 0; x has unity; rate has per_day; x' = rate; one = 1; one has unity;
        least has unity; up: at (sqrt(x - one) > least): x = x;
        """,
        [("up", "up", "event", "", "out")],
        {"rate": (1.0, "1/day"), "least": (0.1, "")},
    )
    _, records = solve(
        system(rooted), cohort(1), schedule(1, 2.0), Probe((), np.array([])), key=KEY
    )
    np.testing.assert_allclose(records.time, [1.01], atol=1e-8)


class Stop:
    """A procedure that cancels everything under a tag."""

    def __call__(self, moment: Moment) -> Turn:
        return Turn(cancel=("drug/stage",))


def test_cancelling_stops_a_running_infusion_and_drops_later_ones() -> None:
    """Two infusions of 24 h at 40 mg/day on days 0 and 2, cancelled on day 0.5: 20 mg in all."""
    jumps = [
        Jump(start + hours / 24, "drug__infusion", sign * 40.0, "drug/stage")
        for start in (0.0, 2.0)
        for hours, sign in ((0.0, 1), (24.0, -1))
    ]
    solved, _ = solve(
        system(one_compartment()),
        cohort(1),
        schedule(1, 20.0, jumps, [(0.5, Stop())]),
        Probe(("drug_auc",), np.array([20.0])),
        key=KEY,
    )
    assert solved.values[0, 0, 0] == pytest.approx(20.0 / 20.0, rel=1e-5)


def test_numbers_are_never_computed_exactly() -> None:
    """9 ^ (9 ^ 9) in a model is infinite, at once, and a coded failure."""
    tower = module(
        "tower",
        "x = 1; x has unity; r has per_day; nine = 9; nine has unity; "
        "x' = r*nine*(9 unity)^((9 unity)^(9 unity));",
        [("x", "x", "factor", "", "out")],
        {"r": (1.0, "1/day")},
    )
    solved, _ = solve(
        system(tower), cohort(1), schedule(1, 1.0), Probe(("x",), np.array([1.0])), key=KEY
    )
    assert solved.status[0] != 0


def risky(recurrent: bool, ends: str, shape: float = 1.0) -> object:
    """A hazard of Weibull form: cumulative hazard (t / 5 days) ** shape."""
    return module(
        "risk",
        """
        age = 0; unit day = 86400 second; age has day; one = 1; one has unity; age' = one;
        scale has day; shape has unity; start has day;
        rate := shape/scale*((age + start)/scale)^(shape - one); rate has per_day;
        hits = 0; hits has unity;
        """,
        [Port("hits", "hits", "factor", "", "out")],
        {"scale": (5, "day"), "shape": (shape, ""), "start": (1e-9, "day")},
        [HazardRow("strike", "rate", recurrent, ends, (("hits", 1.0),))],
    )


@pytest.mark.parametrize("shape", [1.0, 2.0])
def test_integrated_hazards_have_their_distribution(shape: float) -> None:
    """First times of 2,000 patients are Weibull (Kolmogorov-Smirnov), the end is recorded."""
    patients = 2_000
    solved, records = solve(
        system(risky(False, "death", shape)),
        cohort(patients),
        schedule(patients, 200.0),
        Probe((), np.array([])),
        key=KEY,
    )
    times = records.time[np.array(records.source) == "end"]
    assert len(times) == patients and set(solved.end_reason) == {"death"}
    assert stats.kstest(times, stats.weibull_min(shape, scale=5.0).cdf).pvalue > 0.01
    np.testing.assert_allclose(np.sort(times), np.sort(solved.end_time))


def test_recurrent_hazards_are_a_poisson_process() -> None:
    """Counts over 20 days at 0.2 per day have mean and variance 4; what they add is added."""
    patients = 1_000
    solved, records = solve(
        system(risky(True, "")),
        cohort(patients),
        schedule(patients, 20.0),
        Probe(("hits",), np.array([20.0])),
        key=KEY,
    )
    counts = np.bincount(records.patient, minlength=patients)
    assert counts.mean() == pytest.approx(4.0, abs=4 * np.sqrt(4.0 / patients))
    assert counts.var() == pytest.approx(4.0, rel=0.2)
    np.testing.assert_array_equal(solved.values[:, 0, 0], counts)


def test_values_after_death_are_missing() -> None:
    """A dead patient has values until the end and none after it."""
    times = np.arange(0.0, 30.0)
    solved, _ = solve(
        system(risky(False, "death")),
        cohort(50),
        schedule(50, 29.0),
        Probe(("hits",), times),
        key=KEY,
    )
    for row, end in enumerate(solved.end_time):
        missing = np.isnan(solved.values[row, 0])
        np.testing.assert_array_equal(missing, times > end)


class Refill:
    """A procedure that adds what is missing to 2 mg, twice, one day apart."""

    def __call__(self, moment: Moment) -> Turn:
        lacking = 2.0 - moment.values["level"]
        return Turn(
            carried=moment.occurrence,
            jumps=(Jump(moment.time, "store__level", lacking),),
            entries=(Entry("refill", "added", lacking, "mg"),),
            again=moment.time + 1.0 if moment.occurrence == 0 else None,
        )


def test_procedures_see_the_state_and_change_it() -> None:
    """What a procedure adds depends on the state at its boundary, also when it is met again."""
    times = np.array([0.2, 0.2 + 1e-9, 1.2, 1.2 + 1e-9])
    solved, records = solve(
        system(topped_up()),
        cohort(1),
        schedule(1, 1.25, boundaries=[(0.2, Refill())]),
        Probe(("level",), times),
        key=KEY,
    )
    expected = [np.exp(-0.2), 2.0, 2.0 * np.exp(-1.0), 2.0]
    np.testing.assert_allclose(solved.values[0, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(records.value, [2 - np.exp(-0.2), 2 - 2 * np.exp(-1)], rtol=1e-5)


class Broken:
    """A procedure that cannot be carried out."""

    def __call__(self, moment: Moment) -> Turn:
        raise KeyError("no graft")


def test_a_failed_patient_is_coded_and_stops_nobody() -> None:
    """A patient whose model has no finite value is coded with its state; the others are solved."""
    explosive = module(
        "growth",
        """
        x = 1; x has unity; rate has per_day; x' = rate*x*x;
        """,
        [("x", "x", "factor", "", "out")],
        {"rate": (0.01, "1/day")},
    )
    people = cohort(3)
    people = dataclasses.replace(people, parameters={"growth__rate": np.array([0.01, 2.0, 0.02])})
    solved, _ = solve(
        system(explosive),
        people,
        schedule(3, 10.0),
        Probe(("x",), np.array([10.0])),
        key=KEY,
        solver=Solver(budget=5_000),
    )
    assert solved.status.tolist()[0::2] == [0, 0] and solved.status[1] != 0
    assert solved.status_state[1] == "growth__x"
    assert solved.status_time[1] == pytest.approx(0.5, abs=0.01)
    np.testing.assert_allclose(solved.values[0, 0, 0], 1 / 0.9, rtol=1e-5)
    assert np.isnan(solved.values[1, 0, 0])


def test_a_procedure_that_fails_is_a_failure_of_its_patient() -> None:
    """The code says procedure, and the text which one and why."""
    solved, _ = solve(
        system(topped_up()),
        cohort(1),
        schedule(1, 1.0, boundaries=[(0.2, Broken())]),
        Probe((), np.array([])),
        key=KEY,
    )
    assert solved.status[0] == 5 and "no graft" in solved.status_state[0]


def test_an_event_storm_is_stopped() -> None:
    """An event that leaves its own condition almost true is coded, not followed for ever."""
    stormy = dataclasses.replace(
        topped_up(),
        parameters=tuple(
            dataclasses.replace(row, value=0.5000001) if row.id == "full" else row
            for row in topped_up().parameters
        ),
    )
    solved, _ = solve(system(stormy), cohort(1), schedule(1, 5.0), Probe((), np.array([])), key=KEY)
    assert solved.status[0] == 4


def test_a_patient_does_not_depend_on_the_batch() -> None:
    """Patient 7 alone equals patient 7 among ten, bit for bit, hazards included."""
    model = system(risky(True, ""))
    probe = Probe(("hits",), np.arange(0.0, 20.0))
    together, _ = solve(model, cohort(10), schedule(10, 20.0), probe, key=KEY)
    alone, _ = solve(model, cohort(1, start=7), schedule(1, 20.0), probe, key=KEY)
    np.testing.assert_array_equal(together.values[7], alone.values[0])


def test_unknown_names_are_all_reported() -> None:
    """A probe and a schedule that name nothing known are refused together."""
    with pytest.raises(InvalidInput) as caught:
        solve(
            system(one_compartment()),
            cohort(1),
            schedule(1, 1.0, [Jump(0.0, "nowhere", 1.0)]),
            Probe(("nothing",), np.array([0.0])),
            key=KEY,
        )
    assert {fault.place for fault in caught.value.faults} == {"nothing", "nowhere"}


def test_what_does_not_fit_is_told_before_anything_is_solved() -> None:
    """Shapes, times that are none and settings out of range: all in one error, and no crash."""
    good = schedule(2, 1.0, [Jump(0.0, "drug__amount", 1.0)])
    wrong = dataclasses.replace(
        good, times=np.full((2, 1), np.nan), origin=np.zeros(3), tags=(), end=np.nan
    )
    people = dataclasses.replace(
        cohort(2), parameters={"drug__clearance": np.ones(3), "elsewhere": np.ones(2)}
    )
    with pytest.raises(InvalidInput) as caught:
        solve(
            system(one_compartment()),
            people,
            wrong,
            Probe((), np.array([0.0, np.nan])),
            key=KEY,
            solver=Solver(rtol=0.0, threads=-1, width=3),
        )
    places = {f"{fault.file} {fault.place}" for fault in caught.value.faults}
    assert places == {
        "solver rtol", "solver threads", "solver width",
        "cohort parameter drug__clearance", "cohort parameter elsewhere",
        "schedule times", "schedule origin", "schedule tags", "schedule end", "probe times",
    }  # fmt: skip


def faults_of(**changed: object) -> dict[str, Fault]:
    """What is wrong with a call in which something was changed, by its place."""
    call: dict[str, object] = {
        "system": system(one_compartment()),
        "cohort": cohort(2),
        "schedule": schedule(2, 1.0, [Jump(0.0, "drug__amount", 1.0)]),
        "probe": Probe(("drug_auc",), np.array([0.0])),
        "key": KEY,
        "solver": Solver(),
        **changed,
    }
    with pytest.raises(InvalidInput) as caught:
        solve(**call)  # type: ignore[arg-type]
    return {f"{fault.file} {fault.place}": fault for fault in caught.value.faults}


def test_what_is_no_array_is_told_before_it_is_taken_for_one() -> None:
    """Lists, texts, arrays of texts; all at once, beside what else is wrong."""
    people = Cohort([0, 1], (), {"age": "old"}, {"drug__V": [10.0, 12.0]})  # type: ignore
    plan = dataclasses.replace(
        schedule(2, 1.0, [Jump(0.0, "drug__amount", 1.0)]),
        times=[[0.0], [0.0]], values=np.array([["a"], ["b"]]), targets="drug__amount", origin=None,
    )  # fmt: skip
    probe = Probe("drug_auc", [0.0, 1.0])  # type: ignore[arg-type]
    found = faults_of(cohort=people, schedule=plan, probe=probe, solver=Solver(rtol=-1.0))
    assert found.keys() == {
        "cohort ids", "cohort luck", "cohort covariate age", "cohort parameter drug__V",
        "schedule times", "schedule values", "schedule targets", "schedule origin",
        "probe variables", "probe times", "solver rtol",
    }  # fmt: skip
    assert found["cohort ids"].found == "a list"
    assert found["schedule values"].found == "an array of <U1"
    assert "'drug_auc'" in found["probe variables"].found


@pytest.mark.parametrize("ids", [np.array([0.0, 1.0]), np.array([-1, 0]), np.array([0, 2**60])])
def test_ids_are_whole_numbers_that_keep_their_digits(ids: np.ndarray) -> None:
    """They address draws."""
    assert "cohort ids" in faults_of(cohort=dataclasses.replace(cohort(2), ids=ids))


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "1", True, None])
def test_a_seed_is_a_whole_number_of_64_bits(seed: object) -> None:
    """Another would be cut to one in silence."""
    assert faults_of(key=Key(seed)).keys() == {"key seed"}  # type: ignore[arg-type]


def test_arguments_of_another_kind_are_named() -> None:
    """A number for a Key, a list for a Cohort."""
    found = faults_of(key=7, cohort=[1, 2])
    assert found.keys() == {"call key", "call cohort"}
    assert found["call key"].expected == "a Key"


def test_slips_of_the_pen_are_told_what_was_meant() -> None:
    """Parameters, targets, ports and methods."""
    plan = schedule(2, 1.0, [Jump(0.0, "drug__amont", 1.0)])
    people = dataclasses.replace(cohort(2), parameters={"drug__Cl": np.ones(2)})
    probe = Probe(("drug_auk",), np.array([0.0]))
    found = faults_of(cohort=people, schedule=plan, probe=probe, solver=Solver("rodas5p"))
    for place, meant in (
        ("cohort parameter drug__Cl", "drug__CL"), ("schedule drug__amont", "drug__amount"),
        ("probe drug_auk", "drug_auc"), ("solver method", "Rodas5P"),
    ):  # fmt: skip
        assert f'did you mean "{meant}"?' in found[place].expected


def test_a_formula_with_a_name_that_nothing_has_is_refused() -> None:
    """In a System that was made by hand, too."""
    model = system(one_compartment())
    rules = (("shown", ("*", 2.0, "drug__amuont")), *model.rules)
    found = faults_of(system=dataclasses.replace(model, rules=rules))
    assert 'did you mean "drug__amount"?' in found["model test rule shown"].expected


def test_rates_that_depend_on_time_keep_the_order() -> None:
    """x' = -x + cos(t) by Rodas5P: the error falls at least 20-fold for a 100-fold tolerance."""
    driven = module(
        "driven",
        """
        x = 0; x has unity; rate has per_day;
        phase := rate*time; phase has unity; x' = rate*(cos(phase) - x);
        """,
        [("x", "x", "factor", "", "out")],
        {"rate": (1.0, "1/day")},
    )
    model, errors = system(driven), []
    exact = (np.cos(10.0) + np.sin(10.0) - np.exp(-10.0)) / 2
    for rtol in (1e-4, 1e-6):
        solved, _ = solve(
            model,
            cohort(1),
            schedule(1, 10.0),
            Probe(("x",), np.array([10.0])),
            key=KEY,
            solver=Solver(rtol=rtol),
        )
        errors.append(abs(solved.values[0, 0, 0] - exact))
    assert errors[0] < 1e-3 and errors[1] < errors[0] / 20


def test_scales_far_apart_do_not_disturb_each_other() -> None:
    """Cells of 1e10 that a drug of milligrams kills: the drug keeps its own accuracy."""
    solved, _ = solve(
        system(one_compartment(), *cells_and_killer()),
        cohort(1),
        schedule(1, 5.0, [Jump(1.0, "drug__amount", 1.0)]),
        Probe(("drug_concentration", "cells"), np.array([0.9, 5.0])),
        key=KEY,
        solver=Solver(rtol=1e-8),
    )
    auc = 0.1 / 2 * (1 - np.exp(-8.0))
    np.testing.assert_allclose(solved.values[0, 0], [0.0, 0.1 * np.exp(-8.0)], atol=1e-11)
    np.testing.assert_allclose(solved.values[0, 1, 1], 1e10 * np.exp(-10 * auc), rtol=1e-7)
    assert solved.steps[0] < 400


def cells_and_killer() -> tuple[object, ...]:
    """1e10 cells at rest, and a drug effect of 10 L/(mg day) on them."""
    cells = module(
        "pool",
        "substanceOnly species cells in body; cells = start; start has item;",
        [Port("cells", "cells", "count", "cell", "owns")],
        {"start": (1e10, "cell")},
        arguments="cells",
    )
    killer = module(
        "killer",
        """
        substanceOnly species cells in body; concentration has mg_per_litre;
        unit litre_per_mg_day = litre/(1e-3 gram*86400 second);
        kill has litre_per_mg_day; die: cells => ; kill*concentration*cells;
        """,
        [
            Port("cells", "cells", "count", "cell", "shares"),
            Port("drug_concentration", "concentration", "concentration", "mg/L", "in"),
        ],
        {"kill": (10, "L/(mg*day)")},
        arguments="cells",
    )
    return cells, killer
