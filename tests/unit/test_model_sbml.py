"""What SBML means by its constructs, against closed forms; and what is refused, by name."""

from __future__ import annotations

import time
import warnings
from pathlib import Path

import libsbml
import numpy as np
import pytest
import roadrunner

from reseed.base.errors import InvalidInput, UnsupportedModel
from reseed.model import load_antimony, load_sbml, open_antimony
from reseed.simulate import Model

TIMES = np.array([0.0, 0.5, 2.0])
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="m">
"""
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'


def values(text: str, *names: str, **given: float) -> list[np.ndarray]:
    """The course of named variables of an Antimony text at three times."""
    model = Model("m", open_antimony(text, "m").system())
    found = model.simulate(2.0, times=TIMES, variables=names, values=given, rtol=1e-9)
    assert found.attrs["failures"] == []
    return list(found.values[0])


def document(body: str) -> str:
    """An SBML document with this body."""
    return f"{HEAD}{body}</model></sbml>"


def parameter(name: str, value: str = "1", constant: str = "false") -> str:
    return f'<parameter id="{name}" value="{value}" constant="{constant}"/>'


def rule(name: str, math: str) -> str:
    return f'<assignmentRule variable="{name}">{MATH}{math}</math></assignmentRule>'


def parts(parameters: str, rules: str = "", functions: str = "") -> str:
    """A document of functions, parameters and rules."""
    lists = (
        ("FunctionDefinitions", functions), ("Parameters", parameters), ("Rules", rules),
    )  # fmt: skip
    return document("".join(f"<listOf{n}>{x}</listOf{n}>" for n, x in lists if x))


# --- species, compartments, reactions ------------------------------------------------------------


def test_a_species_is_a_concentration_in_formulas_and_an_amount_in_reactions() -> None:
    """3 per litre in two litres; the rate k*[A]*V moves amounts."""
    a, dense = values(
        "model m\n compartment c = 2; species A in c; A = 3; k = 0.7; A -> ; k*A*c;\nend",
        "A", "[A]",
    )  # fmt: skip
    np.testing.assert_allclose(dense, 3 * np.exp(-0.7 * TIMES), rtol=1e-7)
    np.testing.assert_allclose(a, 2 * dense, rtol=1e-12)


def test_a_compartment_that_grows_dilutes_and_keeps_amounts() -> None:
    amount, dense, size = values(
        "model m\n compartment c = 2; c' = 0.5; species A in c; A = 3;\nend", "A", "[A]", "c"
    )
    np.testing.assert_allclose(size, 2 + 0.5 * TIMES, rtol=1e-9)
    np.testing.assert_allclose(amount, 6.0)
    np.testing.assert_allclose(dense, 6 / size, rtol=1e-9)


def test_a_rate_rule_of_a_species_is_about_its_concentration() -> None:
    """Also where its compartment grows: the amount follows from both."""
    amount, dense = values(
        "model m\n compartment c = 2; c' = 0.5; species A in c; A = 3; A' = -A;\nend", "A", "[A]"
    )
    np.testing.assert_allclose(dense, 3 * np.exp(-TIMES), rtol=1e-7)
    np.testing.assert_allclose(amount, dense * (2 + 0.5 * TIMES), rtol=1e-9)


def test_conversion_factors_turn_extents_into_amounts() -> None:
    """Of the model, and of a species in its place."""
    text = load_text("model m\n substanceOnly species A, B; A = 1; B = 0; f = 5; g = 2;\n"
                     " A -> B; 0.1;\nend")  # fmt: skip
    made = libsbml.readSBMLFromString(text)
    made.getModel().setConversionFactor("f")
    made.getModel().getSpecies("B").setConversionFactor("g")
    model = Model("m", load_sbml(libsbml.writeSBMLToString(made), "m"))
    found = model.simulate(1.0, points=2, variables=["A", "B"]).values[0]
    np.testing.assert_allclose(found[:, 1], [1 - 0.5, 0.2], rtol=1e-9)


def load_text(text: str) -> str:
    """Antimony to SBML."""
    from reseed.model.antimony_text import antimony_to_sbml

    return str(libsbml.writeSBMLToString(antimony_to_sbml(text, "m")))


def test_stoichiometries_may_have_formulas_and_change() -> None:
    """n = 2 at first by an assignment, and 1 + time by a rule."""
    made = libsbml.readSBMLFromString(
        load_text(
            "model m\n substanceOnly species A, B; A = 0; B = 0; k = 1; => A; 1; => B; 1;\nend"
        )
    )
    model = made.getModel()
    for number, name in enumerate(("n", "grows")):
        side = model.getReaction(number).getProduct(0)
        side.setId(name)
        side.setConstant(False)
        side.unsetStoichiometry()
    start = model.createInitialAssignment()
    start.setSymbol("n")
    start.setMath(libsbml.parseL3Formula("k + 1"))
    ruled = model.createAssignmentRule()
    ruled.setVariable("grows")
    ruled.setMath(libsbml.parseL3Formula("1 + time"))
    found = Model("m", load_sbml(libsbml.writeSBMLToString(made), "m")).simulate(
        2.0, times=TIMES, variables=["A", "B", "n", "grows"]
    )
    a, b, n, grows = found.values[0]
    np.testing.assert_allclose(a, 2 * TIMES, rtol=1e-9)
    np.testing.assert_allclose(b, TIMES + TIMES**2 / 2, rtol=1e-7)
    np.testing.assert_allclose(n, 2.0)
    np.testing.assert_allclose(grows, 1 + TIMES)


# --- formulas ------------------------------------------------------------------------------------


def test_a_first_value_that_depends_on_a_state_stays_what_it_was() -> None:
    """p is twice the first x for ever; q changes by an event and starts from p."""
    x, p, q = values(
        "model m\n x = 3; x' = -x; p = 2*x; q = p + 1; at (time > 1): q = 0;\nend", "x", "p", "q"
    )
    np.testing.assert_allclose(x, 3 * np.exp(-TIMES), rtol=1e-7)
    np.testing.assert_allclose(p, 6.0)
    np.testing.assert_allclose(q, [7, 7, 0])


def test_rate_of_a_concentration_in_a_growing_compartment() -> None:
    """d(A/V)/dt = A'/V - [A]*V'/V; of a constant 0."""
    rate, still, dense, size = values(
        "model m\n compartment c = 2; c' = 0.5; species A in c; A = 3; => A; 4; k = 1;\n"
        " r := rateOf(A); s := rateOf(k);\nend",
        "r", "s", "[A]", "c",
    )  # fmt: skip
    np.testing.assert_allclose(rate, (4 - dense * 0.5) / size, rtol=1e-9)
    np.testing.assert_allclose(still, 0.0)


def test_functions_of_the_document_are_written_out() -> None:
    """One calls another, and an argument is used twice."""
    (y,) = values(
        "function square(a)\n a*a\nend\nfunction quad(a, b)\n square(a) + square(b + a)\nend\n"
        "model m\n x = 2; x' = -0.1*x; y := quad(x, 1);\nend",
        "y",
    )
    x = 2 * np.exp(-0.1 * TIMES)
    np.testing.assert_allclose(y, x**2 + (1 + x) ** 2, rtol=1e-7)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("factorial(ceil(time) + 3)", [6, 24, 120]),
        ("arcsinh(-3*time)", np.arcsinh(-3 * TIMES)),
        ("arccosh(1 + time)", np.arccosh(1 + TIMES)),
        ("arctanh(time/3)", np.arctanh(TIMES / 3)),
        ("sec(time)", 1 / np.cos(TIMES)),
        ("coth(time + 1)", 1 / np.tanh(TIMES + 1)),
        ("quotient(7, -2) + 0*time", [-3, -3, -3]),
        ("rem(-7, 2) + 0*time", [-1, -1, -1]),
        ("root(3, time + 8)", np.cbrt(TIMES + 8)),
        ("log(2, time + 8)", np.log2(TIMES + 8)),
        ("implies(time > 1, time > 3)", [1, 1, 0]),
        ("max(time, 1, 0.2)", [1, 1, 2]),
        ("avogadro*1e-23 + 0*time", [6.02214179] * 3),
    ],
)
def test_uncommon_functions(formula: str, expected: list[float]) -> None:
    tree = libsbml.parseL3Formula(formula)
    assert tree is not None, libsbml.getLastParseL3Error()
    math = libsbml.writeMathMLToString(tree).split("?>")[1]
    text = parts(parameter("y"), f'<assignmentRule variable="y">{math}</assignmentRule>')
    found = Model("m", load_sbml(text, "m")).simulate(2.0, times=TIMES, variables=["y"])
    np.testing.assert_allclose(found.values[0, 0], expected, rtol=1e-12, atol=1e-14)


def test_a_quantity_named_time_is_not_the_clock() -> None:
    text = parts(
        parameter("time", "7") + parameter("y"),
        rule("y", '<apply><plus/><ci>time</ci><csymbol encoding="text" '
             'definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol></apply>'),
    )  # fmt: skip
    found = Model("m", load_sbml(text, "m")).simulate(2.0, times=TIMES, variables=["y", "time"])
    np.testing.assert_allclose(found.values[0], [7 + TIMES, [7, 7, 7]])


# --- submodels -----------------------------------------------------------------------------------

COMP = 'xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true"'


def test_submodels_are_written_out() -> None:
    """The inner decay, under the name of its submodel."""
    inner = load_text("model inner\n x = 3; x' = -x;\nend".replace("inner", "m"))
    inner = inner[inner.index("<model") : inner.index("</sbml>")].replace(
        "<model", "<comp:modelDefinition"
    )
    inner = inner.replace("</model", "</comp:modelDefinition").replace('id="m"', 'id="inner"')
    text = HEAD.replace("<sbml ", f"<sbml {COMP} ") + (
        '<comp:listOfSubmodels><comp:submodel comp:id="a" comp:modelRef="inner"/>'
        "</comp:listOfSubmodels></model>"
        f"<comp:listOfModelDefinitions>{inner}</comp:listOfModelDefinitions></sbml>"
    )
    found = Model("m", load_sbml(text, "m")).simulate(2.0, times=TIMES, variables=["a__x"])
    np.testing.assert_allclose(found.values[0, 0], 3 * np.exp(-TIMES), rtol=1e-5)


def test_submodels_in_other_files_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.xml").write_text(document(""))
    text = HEAD.replace("<sbml ", f"<sbml {COMP} ") + (
        "</model><comp:listOfExternalModelDefinitions><comp:externalModelDefinition "
        f'comp:id="e" comp:source="{tmp_path}/secret.xml"/>'
        "</comp:listOfExternalModelDefinitions></sbml>"
    )
    with pytest.raises(UnsupportedModel, match="in other files"):
        load_sbml(text, "m")


def test_constraints_are_told_and_change_nothing() -> None:
    text = load_text("model m\n x = 3; x' = -x;\nend")
    check = f"<listOfConstraints><constraint>{MATH}<true/></math></constraint></listOfConstraints>"
    with pytest.warns(UserWarning, match="1 constraint"):
        load_sbml(text.replace("</model>", f"{check}</model>"), "m")


GROWS = "compartment c = 2; c' = 0.5; species S in c, T in c; S = 3; T = 1; J: S -> T; 0.1*S*c; "
SET_LATER = {
    "delayed": GROWS + "k = 0; E: at 1 after time > 1: S = 2*S, k = S;",
    "pending twice": GROWS + "E: at 2.5 after sin(5*time) > 0.5: S = S + 1; at time > 3: c = 1;",
    "by rank": GROWS + "E: at time > 1, priority = 2: c = 5; F: at time > 1, priority = 1: S = 2;",
    "with the size": GROWS + "E: at 1.5 after time > 0.2: c = 2*c, T = 7, S = S;",
    "concentration carried": "compartment c = 2; species S in c; S = 3; S' = -0.1*S; k = 1;"
    "E: at 2 after time > 0.5: c = 3*k; F: at time > 1: S = 5, k = 2;",
    "size by rule": "k = 1; k' = 0.3; compartment c := k; species S in c; S = 1; J: S -> ; 0.2*S*c;"
    "E: at 1 after time > 1: S = S + 1; F: at time > 1.5: S = 3;",
    "dropped": GROWS + "E: at 1 after time > 1 && time < 1.5, persistent = false: S = 9;",
}


@pytest.mark.parametrize("case", sorted(SET_LATER))
def test_a_concentration_of_the_trigger_in_a_compartment_that_changes(case: str) -> None:
    """The concentration is of the trigger, the size of the compartment of when it is carried out.

    SBML Level 3 Version 2, section 4.12.5; libRoadRunner judges.
    """
    text = f"model m\n {SET_LATER[case]}\nend"
    names = ["S", "[S]", "c"]
    model = Model("m", load_antimony(text, "m"))
    found = model.simulate(6.0, points=13, variables=names, rtol=1e-9)
    assert found.attrs["failures"] == []
    assert not [name for name in model.variables if "held" in name]
    judge = roadrunner.RoadRunner(load_text(text))
    judge.integrator.relative_tolerance = 1e-10
    judge.integrator.absolute_tolerance = 1e-13
    expected = np.array(judge.simulate(0, 6.0, 13, ["time", *names]))[:, 1:].T
    np.testing.assert_allclose(found.values[0], expected, rtol=1e-6)


def test_a_stoichiometry_with_an_id_may_be_given() -> None:
    made = libsbml.readSBMLFromString(
        load_text("model m\n substanceOnly species S; S = 0; => 2 S; 1;\nend")
    )
    made.getModel().getReaction(0).getProduct(0).setId("n")
    model = Model("m", load_sbml(libsbml.writeSBMLToString(made), "m"))
    found = model.simulate(1.0, points=2, variables=["S"], values={"n": 5.0})
    assert found.values[0, 0, 1] == pytest.approx(5)


# --- what does harm ------------------------------------------------------------------------------


def bombs() -> dict[str, str]:
    """Documents that were made to do harm."""
    doubling = "".join(
        f'<functionDefinition id="f{i}">{MATH}<lambda><bvar><ci>x</ci></bvar><apply><plus/>'
        + (f"<apply><ci>f{i - 1}</ci><ci>x</ci></apply>" * 2 if i else "<ci>x</ci><ci>x</ci>")
        + "</apply></lambda></math></functionDefinition>"
        for i in range(40)
    )
    chain = "".join(
        f'<initialAssignment symbol="p{i}">{MATH}<apply><plus/><ci>p{i - 1}</ci><ci>p{i - 1}</ci>'
        "</apply></math></initialAssignment>"
        for i in range(1, 60)
    )
    names = "".join(parameter(f"p{i}") for i in range(60))
    event = (
        f'<listOfEvents><event useValuesFromTriggerTime="true"><trigger initialValue="true" '
        f'persistent="true">{MATH}<true/></math></trigger><listOfEventAssignments>'
        + "".join(
            f'<eventAssignment variable="p{i}">{MATH}<cn>1</cn></math></eventAssignment>'
            for i in range(60)
        )
        + "</listOfEventAssignments></event></listOfEvents>"
    )
    deep = "<apply><minus/>" * 30_000 + "<cn>1</cn>" + "</apply>" * 30_000
    long_ = "<apply><plus/>" + "<ci>p0</ci>" * 20_000 + "</apply>"
    nested = "<ci>s</ci>"
    for _ in range(3):
        nested = f"<apply><factorial/>{nested}</apply>"
    copied = "<apply><plus/>" + "<ci>x</ci>" * 1_000 + "</apply>"
    copier = (
        f'<functionDefinition id="g">{MATH}<lambda><bvar><ci>x</ci></bvar>{copied}</lambda></math>'
        "</functionDefinition>"
    )
    entities = '<!DOCTYPE sbml [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    circle = rule("a", "<ci>b</ci>") + rule("b", "<ci>a</ci>")
    return {
        "functions that double": parts(
            parameter("p0"), rule("p0", "<apply><ci>f39</ci><cn>1</cn></apply>"), doubling
        ),
        "first values that double": document(
            f"<listOfParameters>{names}</listOfParameters>"
            f"<listOfInitialAssignments>{chain}</listOfInitialAssignments>{event}"
        ),
        "factorials of factorials": parts(parameter("s") + parameter("y"), rule("y", nested)),
        "arguments copied and copied": parts(
            parameter("s") + parameter("y"),
            rule("y", "<apply><ci>g</ci><apply><ci>g</ci><ci>s</ci></apply></apply>"),
            copier,
        ),
        "brackets without end": parts(parameter("p0"), rule("p0", deep)),
        "a formula without end": parts(parameter("p0") + parameter("y"), rule("y", long_)),
        "entities": HEAD.replace("?>\n", f"?>\n{entities}\n", 1) + "&b;</model></sbml>",
        "rules in a circle": parts(parameter("a") + parameter("b"), circle),
        "a truncated text": parts(parameter("p0"))[:200],
        "no number": parts(parameter("p0", "many")),
        "no SBML": "<html><body/></html>",
        "nothing": "",
        "a name from outside": parts(parameter("y"), rule("y", "<ci>__import__</ci>")),
    }


@pytest.mark.parametrize("which", sorted(bombs()))
def test_what_does_harm_is_refused_with_a_reason_at_once(which: str) -> None:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises((InvalidInput, UnsupportedModel)) as refused:
            load_sbml(bombs()[which], "m")
    assert time.perf_counter() - start < 20  # bounded; seconds where nothing else runs
    assert len(str(refused.value)) > 20


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("model m\n x = " + "(" * 5_000 + "1" + ")" * 5_000 + ";\nend", "brackets in each other"),
        ("model m\n x = 1" + " + 1" * 30_000 + ";\nend", "a statement without end"),
        ('import "/etc/passwd"\nmodel m\n x = 1;\nend', "import"),
    ],
)
def test_antimony_that_does_harm_is_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        load_antimony(text, "m")
