"""A model of anybody's, simulated: against closed forms, over tables of values, by chance."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reseed import load_model
from reseed.base.errors import InvalidInput, UnsupportedModel
from reseed.simulate import Model

DECAY = "species S in c; compartment c = 2; S = 3; k = 0.5; J: S -> ; k*S*c;"
QUEUE = "substanceOnly species N; N = 0; a = 4; m = 0.5; => N; a; N => ; m*N;"


def model(folder: Path, text: str, name: str = "m.ant") -> Model:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load_model(path)


def test_a_run_has_its_times_names_and_closed_form(tmp_path: Path) -> None:
    found = model(tmp_path, DECAY).simulate(
        4.0, start=1.0, points=4, variables=["S", "[S]", "J"], rtol=1e-9
    )
    assert found.dims == ("set", "variable", "time")
    np.testing.assert_allclose(found["time"], [1, 2, 3, 4])
    dense = 3 * np.exp(-0.5 * np.arange(4.0))  # the story begins at the start
    np.testing.assert_allclose(found.values[0], [2 * dense, dense, 0.5 * dense * 2], rtol=1e-7)


def test_a_table_of_values_is_solved_row_by_row(tmp_path: Path) -> None:
    """Parameters, amounts, concentrations and compartments; each row as if it were alone."""
    table = pd.DataFrame({"k": [0.1, 1.0, 2.0], "[S]": [1.0, 2.0, 3.0], "c": [1.0, 5.0, 2.0]})
    own = model(tmp_path, DECAY)
    found = own.simulate(1.0, points=2, variables=["S", "[S]"], values=table, rtol=1e-9)
    expected = table["[S]"] * np.exp(-table["k"])
    np.testing.assert_allclose(found.sel(variable="[S]").values[:, 1], expected, rtol=1e-7)
    np.testing.assert_allclose(
        found.sel(variable="S").values[:, 1], expected * table["c"], rtol=1e-7
    )
    for row in range(3):
        alone = own.simulate(1.0, points=2, variables=["S", "[S]"],
                             values=dict(table.iloc[row]), rtol=1e-9)  # fmt: skip
        np.testing.assert_array_equal(alone.values[0], found.values[row])
    amount = own.simulate(1.0, points=2, variables=["[S]"], values={"S": 10.0})
    assert amount.values[0, 0, 0] == 5.0


def test_reactions_one_by_one_follow_their_law(tmp_path: Path) -> None:
    """Immigration and death: Poisson with mean a/m*(1 - exp(-m*t)); each run is its own."""
    own = model(tmp_path, QUEUE)
    found = own.simulate(3.0, points=4, variables=["N"], runs=8000, stochastic=True, seed=3)
    mean = 8 * (1 - np.exp(-0.5 * np.arange(4)))
    counts = found.values[:, 0]
    assert np.all(counts == np.round(counts))
    np.testing.assert_allclose(counts.mean(axis=0), mean, atol=4 * np.sqrt(8 / 8000))
    np.testing.assert_allclose(counts.var(axis=0)[1:], mean[1:], rtol=0.08)
    few = own.simulate(3.0, points=4, variables=["N"], runs=10, stochastic=True, seed=3)
    np.testing.assert_array_equal(few.values, found.values[:10])
    other = own.simulate(3.0, points=4, variables=["N"], runs=10, stochastic=True, seed=4)
    assert not np.array_equal(other.values, few.values)


def test_some_species_by_chance_while_others_change_smoothly(tmp_path: Path) -> None:
    """A count that dies one by one makes a substance at its own rate: means as without chance."""
    text = "substanceOnly species N, P; N = 20; P = 0; m = 0.3; N => ; m*N; => P; 2*N;"
    own = model(tmp_path, text)
    found = own.simulate(2.0, points=2, variables=["N", "P"], runs=4000, stochastic=["N"])
    n, p = found.values[:, 0, 1], found.values[:, 1, 1]
    assert np.all(n == np.round(n))
    assert len(np.unique(p)) > 3000  # an integral over each run's own course
    np.testing.assert_allclose(n.mean(), 20 * np.exp(-0.6), rtol=0.02)
    np.testing.assert_allclose(p.mean(), 40 / 0.3 * (1 - np.exp(-0.6)), rtol=0.01)


def test_a_reversible_rate_is_that_of_two_reactions(tmp_path: Path) -> None:
    """A <-> B with one molecule: at equilibrium it is in B for a third of the time."""
    text = "substanceOnly species A, B; A = 1; B = 0; f = 1; b = 2; J: A -> B; f*A - b*B;"
    found = model(tmp_path, text).simulate(
        20.0, points=2, variables=["A", "B"], runs=5000, stochastic=True
    )
    a, b = found.values[:, 0, 1], found.values[:, 1, 1]
    assert set(np.unique(a + b)) == {1.0}
    assert b.mean() == pytest.approx(1 / 3, abs=0.03)


def test_a_number_of_molecules_that_is_not_fixed_is_refused(tmp_path: Path) -> None:
    own = model(tmp_path, "substanceOnly species A; A = 3; A => 0.5 A; 1;")
    with pytest.raises(UnsupportedModel, match="not fixed"):
        own.simulate(1.0, stochastic=True)


def test_every_slip_of_a_call_is_named(tmp_path: Path) -> None:
    own = model(tmp_path, DECAY)
    with pytest.raises(InvalidInput, match='did you mean "S"'):
        own.simulate(1.0, variables=["SS"])
    with pytest.raises(InvalidInput, match="kk"):
        own.simulate(1.0, values={"kk": 1.0})
    with pytest.raises(InvalidInput, match="a time after start"):
        own.simulate(-1.0)
    with pytest.raises(InvalidInput, match="columns of one length"):
        own.simulate(1.0, values={"k": [1.0, 2.0], "c": [1.0, 2.0, 3.0]})
    with pytest.raises(InvalidInput, match="finite numbers"):
        own.simulate(1.0, values={"k": [np.nan]})


def test_a_run_that_fails_is_told_and_others_go_on(tmp_path: Path) -> None:
    """x' = x^2 is infinite at 1/x: for one of two sets within the run."""
    own = model(tmp_path, "x = 1; x' = x^2;")
    found = own.simulate(1.0, points=3, values={"x": [0.1, 2.0]})
    assert len(found.attrs["failures"]) == 1
    assert found.attrs["failures"][0].startswith("set 1")
    np.testing.assert_allclose(found.values[0, 0], 1 / (10 - np.array([0, 0.5, 1])), rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [("m.xml", "not xml", "line 1"), ("m.doc", "x", "one of .xml"), ("m.ant", "model m", "line")],
)
def test_a_file_that_is_no_model_is_told(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        model(tmp_path, text, name)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        load_model(tmp_path / "m.xml")


@pytest.mark.parametrize(
    "law", ["c*(0.5*A - 0.5*B)", "c*0.5*A - c*0.5*B", "f(A, B, 0.5)*c", "0.5*A*c + -0.5*B*c"]
)
def test_reversible_laws_of_any_form_go_both_ways(tmp_path: Path, law: str) -> None:
    """Twenty molecules between two places: each in either with chance 1/2 in the end."""
    text = (
        "function f(a, b, k)\n k*(a - b)\nend\n"
        "model m\n compartment c = 2; species A in c, B in c; A = 10; B = 0;\n"
        f" J: A -> B; {law};\nend"
    )
    found = model(tmp_path, text).simulate(
        6.0, points=2, variables=["A"], runs=3000, stochastic=True
    )
    assert found.attrs["failures"] == []
    assert found.values[:, 0, 1].mean() == pytest.approx(10, abs=0.2)
    assert found.values[:, 0, 1].var() == pytest.approx(5, rel=0.12)


def test_an_irreversible_law_is_one_reaction_whatever_its_form(tmp_path: Path) -> None:
    """k*A^2 - k*A is k*A*(A - 1): pairs that meet and vanish one by one, and none that comes."""
    text = "substanceOnly species A; A = 20; k = 0.05; J: A => ; k*A^2 - k*A;"
    found = model(tmp_path, text).simulate(
        3.0, points=31, variables=["A"], runs=500, stochastic=True
    )
    assert found.attrs["failures"] == []
    assert np.all(np.diff(found.values[:, 0], axis=1) <= 0)


def test_nothing_fires_without_the_molecules_that_it_takes(tmp_path: Path) -> None:
    own = model(tmp_path, "substanceOnly species A, B; A = 3; B = 0; J: 2A => B; 5;")
    found = own.simulate(20.0, points=3, variables=["A", "B"], runs=50, stochastic=True)
    assert set(np.unique(found.values[:, :, -1])) == {1.0}


def test_a_rate_of_what_goes_by_steps_is_refused(tmp_path: Path) -> None:
    text = "substanceOnly species A; A = 20; J: A => ; A; B = 0; B' = rateOf(A);"
    with pytest.raises(UnsupportedModel, match="goes one by one"):
        model(tmp_path, text).simulate(1.0, stochastic=["A"])


def test_first_values_reach_all_that_depends_on_them(tmp_path: Path) -> None:
    """Initial assignments follow the value that is given; amounts follow a given size."""
    own = model(tmp_path, "X = 1; Y = 2*X; X' = -X; Y' = -Y; p = 3*X; at (time > 5): p = 0;")
    found = own.simulate(1.0, points=2, variables=["X", "Y", "p"], values={"X": 5.0})
    np.testing.assert_allclose(found.values[0, :, 0], [5, 10, 15])
    text = "compartment c = 2; c' = 0.1; species S in c; S = 1; J: S -> ; 0*S;"
    grown = model(tmp_path, text)
    found = grown.simulate(1.0, points=2, variables=["S", "[S]"], values={"[S]": 3.0})
    np.testing.assert_allclose(found.values[0, :, 0], [6, 3])
    found = grown.simulate(1.0, points=2, variables=["S", "[S]"], values={"c": 4.0})
    np.testing.assert_allclose(found.values[0, :, 0], [4, 1])
    with pytest.raises(InvalidInput, match="not both"):
        grown.simulate(1.0, values={"S": 1.0, "[S]": 2.0})


def test_what_is_whole_but_for_rounding_is_made_whole(tmp_path: Path) -> None:
    """0.1 in 30 is 3.0000000000000004: at the start, by an initial assignment, by an event."""
    text = (
        "compartment c = 30; species N in c, X in c; N = 0.1; p = 2; X = p/6; N -> ; 0.5*N*c;"
        "=> X; 0; at (time > 1): N = 0.7; at (time > 2): X = X*1.1;"
    )
    own = model(tmp_path, text)
    found = own.simulate(3.0, points=4, variables=["N", "X"], runs=20, stochastic=True)
    assert found.attrs["failures"] == []
    assert np.all(found.values == np.round(found.values))
    assert set(found.values[:, 0, 0]) == {3.0}
    assert set(found.values[:, 1, 0]) == {10.0}
    assert set(found.values[:, 1, 3]) == {11.0}
    given = own.simulate(1.0, variables=["N"], values={"[N]": 0.7}, stochastic=True)
    assert given.values[0, 0, 0] == 21.0


def test_what_goes_one_by_one_starts_whole(tmp_path: Path) -> None:
    """Every species is told, with its line and the first set of values."""
    text = "substanceOnly species A, B;\nA = 2.5;\nf = 0.5;\nB = 7*f; J: A => B; A;"
    own = model(tmp_path, text)
    own.simulate(1.0)  # smoothly, all is well
    with pytest.raises(InvalidInput) as told:
        own.simulate(1.0, stochastic=True)
    assert "line 2, A: found 2.5 at the start; expected a whole number" in str(told.value)
    assert "line 4, B: found 3.5 at the start" in str(told.value)
    with pytest.raises(InvalidInput, match="B: found 3.5 at the start of set 1"):
        own.simulate(1.0, stochastic=["B"], values={"f": [1.0, 0.5]})


def test_an_event_that_halves_molecules_is_told(tmp_path: Path) -> None:
    """Runs in which the number was even go on; the others have no values, and a reason."""
    text = "substanceOnly species A; A = 9;\nJ: A => ; A/4;\nE: at (time > 1): A = A/2;"
    own = model(tmp_path, text)
    found = own.simulate(2.0, points=21, variables=["A"], runs=60, stochastic=True)
    failed = np.isnan(found.values).all(axis=(1, 2))
    assert 0 < failed.sum() < 60
    assert failed.sum() == len(found.attrs["failures"])
    assert np.isfinite(found.values[~failed]).all()
    first = found.attrs["failures"][0]
    assert first.startswith(f"set {np.flatnonzero(failed)[0]}: line 3, event E: found ")
    assert ".5 for A; expected a whole number" in first
    mended = model(tmp_path, text.replace("A/2", "floor(A/2)"))
    assert not mended.simulate(2.0, runs=60, stochastic=True).attrs["failures"]


def test_slips_that_would_pass_for_something_else(tmp_path: Path) -> None:
    own = model(tmp_path, QUEUE)
    for wrong in ({"stochastic": "N"}, {"variables": "N"}, {"rtol": 0.0}, {"times": []},
                  {"times": [-1.0, 1.0]}):  # fmt: skip
        with pytest.raises(InvalidInput):
            own.simulate(1.0, **wrong)


def test_doses_are_added_at_their_times(tmp_path: Path) -> None:
    """Boluses superpose; an infusion is a rate that is itself a state; each run has its own."""
    text = "species D; D = 1; k = 0.5; J: D -> ; k*D; I = 0; I' = 0; => D; I;"
    own = model(tmp_path, text)
    doses = [(1.0, "D", [2.0, 0.0]), (2.0, "I", 3.0), (3.0, "I", -3.0), (9.0, "D", 1.0)]
    found = own.simulate(4.0, points=5, variables=["D"], doses=doses,
                         values={"k": [0.5, 0.5]}, rtol=1e-9)  # fmt: skip
    infused = 6 * (1 - np.exp(-0.5)) * np.array([0, 0, 0, 1, np.exp(-0.5)])
    times = np.arange(5.0)
    expected = np.exp(-0.5 * times) + infused
    np.testing.assert_allclose(found.values[1, 0], expected, rtol=1e-7)
    expected += 2 * np.exp(-0.5 * (times - 1)) * (times >= 1)
    np.testing.assert_allclose(found.values[0, 0], expected, rtol=1e-7)
    counted = own.simulate(2.0, points=3, variables=["D"], doses=[(2.0, "D", 5)],
                           stochastic=["D"], runs=20)  # fmt: skip
    assert set(counted.values[:, 0, 2] - counted.values[:, 0, 1]) <= {4.0, 5.0}


def test_doses_that_cannot_be_given_are_told(tmp_path: Path) -> None:
    own = model(tmp_path, DECAY)
    wrong = [(1.0, "SS", 1.0), (-1.0, "S", 1.0), (1.0, "S", [1.0, 2.0]), 3.0, (1.0, "S", np.nan)]
    with pytest.raises(InvalidInput) as told:
        own.simulate(2.0, doses=wrong)
    assert len(told.value.faults) == 5
    assert 'a state of the model; did you mean "S"' in str(told.value)
    with pytest.raises(InvalidInput, match="goes one by one"):
        own.simulate(2.0, doses=[(1.0, "S", 0.5)], values={"S": 4.0}, stochastic=True)


def test_small_amounts_are_as_accurate_as_large_ones(tmp_path: Path) -> None:
    """Micromoles per litre in a femtolitre are 1e-21 moles; only the unit is another."""
    text = "compartment c = {}; species A in c, B in c; A = 1e-6; A -> B; c*A; B -> ; c*B^2*3e5;"
    found = []
    for size in (1.0, 1e-15):
        own = model(tmp_path, text.format(size).replace("A -> B", "B = 0; A -> B"))
        found.append(own.simulate(5.0, points=6, variables=["[A]", "[B]"]).values[0])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4)
    np.testing.assert_allclose(found[1][0], 1e-6 * np.exp(-np.arange(6.0)), rtol=1e-4)


def test_a_text_is_a_model_itself() -> None:
    """SBML or Antimony; a fault has its line, counted from the first that is not empty."""
    found = load_model("x = 1;\nx' = -x;").simulate(1.0, variables=["x"])
    assert found.values[0, 0, -1] == pytest.approx(np.exp(-1.0), rel=1e-5)
    with pytest.raises(InvalidInput, match=r"model.ant: line 2: found syntax error"):
        load_model("x = 1;\nx = = 2;\n")
    with pytest.raises(InvalidInput, match=r"model.xml: line 3: "):
        load_model("\n<sbml>\n<model>\n</sbml>")


def test_a_model_goes_to_another_process(tmp_path: Path) -> None:
    own = pickle.loads(pickle.dumps(model(tmp_path, DECAY)))  # noqa: S301
    found = own.simulate(1.0, points=2, variables=["[S]"], values={"[S]": [1.0, 2.0]})
    np.testing.assert_allclose(found.values[:, 0, 1], np.exp(-0.5) * np.array([1, 2]), rtol=1e-5)
