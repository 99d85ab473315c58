"""Composition of modules through their ports, and what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from examples import cohort, module, one_compartment, schedule, system

from reseed.base.errors import InvalidInput, UnsupportedModel
from reseed.engine import solve
from reseed.model import compile_model
from reseed.nouns.course import Quantity
from reseed.nouns.key import Key
from reseed.nouns.module import Port
from reseed.nouns.probe import Probe


def pool(growth: float = 1.0) -> object:
    """Cells that grow at first order; others may change them."""
    return module(
        "pool",
        """
        substanceOnly species cells in body; cells = start; start has item;
        rate has per_day; grow: => cells; rate*cells;
        """,
        [Port("cells", "cells", "count", "cell", "owns")],
        {"start": (1e6, "cell"), "rate": (growth, "1/day")},
        arguments="cells",
    )


def killer() -> object:
    """Removes cells of the pool in proportion to a drug's concentration."""
    return module(
        "killer",
        """
        substanceOnly species cells in body;
        concentration has mg_per_litre;
        unit litre_per_mg_day = litre/(1e-3 gram*86400 second);
        kill has litre_per_mg_day; die: cells => ; kill*concentration*cells;
        """,
        [
            Port("cells", "cells", "count", "cell", "shares"),
            Port("drug_concentration", "concentration", "concentration", "mg/L", "in"),
        ],
        {"kill": (0.5, "L/(mg*day)")},
        arguments="cells",
    )


def final_cells(*modules: object) -> float:
    """Cells after one day with 100 mg given at its start."""
    from reseed.nouns.jump import Jump

    model = system(*modules)
    solved, _ = solve(
        model,
        cohort(1),
        schedule(1, 1.0, [Jump(0.0, "drug__amount", 100.0)]),
        Probe(("cells",), np.array([1.0])),
        key=Key(1),
    )
    return float(solved.values[0, 0, 0])


def test_shared_cells_are_changed_by_reactions_that_add_up() -> None:
    """Growth 1/day less log-kill 0.5 x AUC gives the closed form."""
    auc = 100 / 10 / 2 * (1 - np.exp(-2.0))
    expected = 1e6 * np.exp(1.0 - 0.5 * auc)
    assert final_cells(pool(), killer(), one_compartment()) == pytest.approx(expected, rel=1e-5)


def test_the_order_of_modules_does_not_matter() -> None:
    """Any order gives the same mathematics, to the digest."""
    modules = [pool(), killer(), one_compartment()]
    assert system(*modules).digest == system(*reversed(modules)).digest


def test_digest_changes_with_a_value() -> None:
    """Another value is another system."""
    assert system(pool(1.0)).digest != system(pool(2.0)).digest


def test_parameters_are_converted_to_the_unit_of_the_text() -> None:
    """500 mL/h in the table is 12 L/day in a text that says litre per day."""
    changed = compile_model([one_compartment()], "test", {"drug__CL": Quantity(500, "mL/h")})
    value = changed.defaults[changed.parameters.index("drug__CL")]
    assert value == pytest.approx(12.0)


def test_covariates_are_one_parameter_for_all_modules() -> None:
    """Two modules that read the weight read the same number."""
    sizes = [
        module(
            name,
            "weight has kg; per_kg has mg_per_kg; unit mg_per_kg = 1e-3 gram/(1e3 gram); "
            "size := per_kg*weight; size has mg;",
            [
                Port("weight", "weight", "covariate", "kg", "in"),
                Port(f"size_{name}", "size", "amount", "mg", "out"),
            ],
            {"per_kg": (2.0, "mg/kg")},
        )
        for name in ("a", "b")
    ]
    model = system(*sizes)
    assert model.parameters.count("weight") == 1
    solved, _ = solve(
        model,
        cohort(1, weight=(70.0, "kg")),
        schedule(1, 1.0),
        Probe(("size_a", "size_b"), np.array([0.0])),
        key=Key(1),
    )
    np.testing.assert_allclose(solved.values[0, :, 0], [140.0, 140.0])


def test_a_default_serves_an_input_that_nobody_supplies() -> None:
    """`default=0` in the note ties a loose input to that constant; without it, it is a fault."""
    lone = killer()
    port = dataclasses.replace(lone.ports[1], note="default=0")
    tied = dataclasses.replace(lone, ports=(lone.ports[0], port))
    model = system(pool(), tied)
    solved, _ = solve(
        model, cohort(1), schedule(1, 1.0), Probe(("cells",), np.array([1.0])), key=Key(1)
    )
    assert solved.values[0, 0, 0] == pytest.approx(1e6 * np.e, rel=1e-5)
    with pytest.raises(InvalidInput, match="drug_concentration"):
        system(pool(), lone)


@pytest.mark.parametrize(
    ("body", "values", "expected"),
    [
        ("a has mg; b has litre; c := a + b; c has mg;", {"a": (1, "mg"), "b": (1, "L")}, "unit"),
        ("a has mg;", {}, "without a value"),
        ("a has mg;", {"a": (1, "mg"), "b": (1, "mg")}, "no such constant"),
        ("a has mg;", {"a": (1, "L")}, "convertible to mg"),
        ("a has mg; a = = 1;", {}, "Antimony"),
        ('import "other.txt";', {}, "import"),
    ],
)
def test_faulty_modules_are_refused(body: str, values: dict, expected: str) -> None:
    """Wrong units, missing and surplus values, bad text and imports each have their message."""
    with pytest.raises(InvalidInput, match=expected):
        system(module("faulty", body, values=values))


def test_a_fault_in_the_text_names_its_file_and_line() -> None:
    """The line counts from the top of the module's own file, wherever it stands in the assembly."""
    good, bad = one_compartment(), module("z", "a has mg; a = = 1;")
    with pytest.raises(InvalidInput) as caught:
        system(good, bad)
    fault = caught.value.faults[0]
    line = bad.text.splitlines().index("a has mg; a = = 1;") + 1
    assert (fault.file, fault.place) == ("z/model.ant", f"line {line}")


def test_all_faults_are_reported_together() -> None:
    """Two parameters that are wrong in different ways give two faults."""
    wrong = module("faulty", "a has mg; b has mg;", values={"a": (1, "L"), "c": (1, "mg")})
    with pytest.raises(InvalidInput) as caught:
        system(wrong)
    assert {"a", "c", "faulty__b"} <= {fault.place for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("species s in body; s = 1;", "substanceOnly"),
        ("x := y; y := x; x has unity; y has unity;", "Loop detected"),
    ],
)
def test_unsupported_constructs_are_refused_by_name(body: str, named: str) -> None:
    """A construct that the System cannot hold is named, never dropped."""
    with pytest.raises((UnsupportedModel, InvalidInput), match=named):
        system(module("odd", body))
