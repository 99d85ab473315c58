"""Models as other programs and people write them: odd, legal, and read for what they mean."""

from __future__ import annotations

from pathlib import Path

import antimony
import numpy as np
import pytest
import roadrunner

from reseed import load_model
from reseed.base.errors import InvalidInput, ReseedError, UnsupportedModel

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
TIME = (
    '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time"> t </csymbol>'
)
L3 = '<sbml xmlns="http://www.sbml.org/sbml/level3/version{0}/core" level="3" version="{0}"{1}>'
PACKAGE = ' xmlns:{0}="http://www.sbml.org/sbml/level3/version1/{0}/version1" {0}:required="{1}"'
DECAY = (
    '<model id="m"><listOfParameters><parameter id="x" value="1" constant="false"/>'
    f'</listOfParameters><listOfRules><rateRule variable="x">{MATH}<apply><minus/><ci>x</ci>'
    "</apply></math></rateRule></listOfRules></model></sbml>"
)

COPASI = f"""{HEAD}<!-- Created by COPASI version 4.42 (Build 284) -->
<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4">
<model metaid="COPASI0" id="Model_1" name="PK &amp; PD">
<notes><body xmlns="http://www.w3.org/1999/xhtml"><h1>Notes</h1><p>a <b>b</b> &#160; &lt;x&gt; µ</p>
<table border="1"><tr><td>S = 99</td></tr></table></body></notes>
<annotation><COPASI xmlns="http://www.copasi.org/static/sbml"><x id="species_1"/></COPASI>
</annotation><listOfFunctionDefinitions>
<functionDefinition id="function_1" name="Henri-Michaelis-Menten (irreversible)">{MATH}
<lambda><bvar><ci> substrate </ci></bvar><bvar><ci> Km </ci></bvar><bvar><ci> V </ci></bvar><apply>
<divide/><apply><times/><ci> V </ci><ci> substrate </ci></apply><apply><plus/><ci> Km </ci>
<ci> substrate </ci></apply></apply></lambda></math></functionDefinition>
</listOfFunctionDefinitions><listOfUnitDefinitions>
<unitDefinition id="volume"><listOfUnits><unit kind="litre" scale="-3"/></listOfUnits>
</unitDefinition><unitDefinition id="time"><listOfUnits><unit kind="second" multiplier="60"/>
</listOfUnits></unitDefinition><unitDefinition id="substance"><listOfUnits>
<unit kind="mole" scale="-3"/></listOfUnits></unitDefinition></listOfUnitDefinitions>
<listOfCompartments><compartment id="compartment_1" name="plasma" size="3"/></listOfCompartments>
<listOfSpecies><species metaid="COPASI2" id="species_1" name="drug" compartment="compartment_1"
initialConcentration="5"/><species id="species_2" name="metabolite" compartment="compartment_1"
initialConcentration="0"/></listOfSpecies>
<listOfParameters><parameter id="parameter_1" name="total" value="0" constant="false"/>
<parameter id="parameter_2" name="AUC" value="0" constant="false"/></listOfParameters>
<listOfRules><assignmentRule variable="parameter_1">{MATH}<apply><plus/><ci> species_1 </ci>
<ci> species_2 </ci></apply></math></assignmentRule>
<rateRule variable="parameter_2">{MATH}<ci> species_1 </ci></math></rateRule></listOfRules>
<listOfReactions><reaction id="reaction_1" name="metabolism" reversible="false">
<listOfReactants><speciesReference species="species_1"/></listOfReactants>
<listOfProducts><speciesReference species="species_2"/></listOfProducts>
<kineticLaw>{MATH}<apply><times/><ci> compartment_1 </ci><apply><ci> function_1 </ci>
<ci> species_1 </ci><ci> Km </ci><ci> V </ci></apply></apply></math><listOfParameters>
<parameter id="Km" value="0.7"/><parameter id="V" value="1.2"/></listOfParameters></kineticLaw>
</reaction></listOfReactions></model></sbml>"""

DESIGNER = f"""{HEAD}<sbml xmlns="http://www.sbml.org/sbml/level2" level="2" version="1"
xmlns:celldesigner="http://www.sbml.org/2001/ns/celldesigner"><model id="untitled"><annotation>
<celldesigner:extension><celldesigner:modelVersion>4.0</celldesigner:modelVersion>
</celldesigner:extension></annotation><listOfUnitDefinitions><unitDefinition id="substance">
<listOfUnits><unit kind="item"/></listOfUnits></unitDefinition></listOfUnitDefinitions>
<listOfCompartments><compartment id="default" size="1"/>
<compartment id="c1" size="2" units="volume" outside="default"/></listOfCompartments>
<listOfSpecies><species id="s1" name="A_br_B" compartment="c1" initialAmount="10" charge="0">
<annotation><celldesigner:extension><celldesigner:positionToCompartment>inside
</celldesigner:positionToCompartment></celldesigner:extension></annotation></species>
<species id="s2" compartment="c1" initialAmount="0" boundaryCondition="false"/>
<species id="s3" compartment="c1" initialAmount="1" boundaryCondition="true" constant="true"/>
</listOfSpecies><listOfReactions><reaction id="re1" reversible="false" fast="false">
<listOfReactants><speciesReference species="s1"/></listOfReactants>
<listOfProducts><speciesReference species="s2" stoichiometry="1.5"/></listOfProducts>
<listOfModifiers><modifierSpeciesReference species="s3"/></listOfModifiers>
<kineticLaw timeUnits="second" substanceUnits="item">{MATH}<apply><times/><ci>k1</ci><ci>s1</ci>
<ci>s3</ci></apply></math><listOfParameters><parameter id="k1" value="0.4"/></listOfParameters>
</kineticLaw></reaction></listOfReactions>
<listOfEvents><event id="e1" timeUnits="second"><trigger>{MATH}<apply><geq/>{TIME}<cn>1.9</cn>
</apply></math></trigger><delay>{MATH}<cn>1</cn></math></delay><listOfEventAssignments>
<eventAssignment variable="s1">{MATH}<apply><plus/><ci>s1</ci><cn>4</cn></apply></math>
</eventAssignment></listOfEventAssignments></event></listOfEvents></model></sbml>"""

LEVEL_1 = f"""{HEAD}<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2">
<model name="m"><listOfCompartments><compartment name="c" volume="2"/></listOfCompartments>
<listOfSpecies><species name="S" compartment="c" initialAmount="4"/></listOfSpecies>
<listOfReactions><reaction name="J" reversible="false"><listOfReactants>
<speciesReference species="S" stoichiometry="3" denominator="2"/></listOfReactants>
<kineticLaw formula="k*S*c/(1 + pow(S, 2))"><listOfParameters><parameter name="k" value="0.5"/>
</listOfParameters></kineticLaw></reaction></listOfReactions></model></sbml>"""

TELLURIUM = f"""{HEAD}{L3.format(1, PACKAGE.format("layout", "false"))}
<model id="m" timeUnits="hour" substanceUnits="mole" extentUnits="mole" volumeUnits="litre"
sboTerm="SBO:0000293"><listOfUnitDefinitions><unitDefinition id="hour"><listOfUnits>
<unit kind="second" exponent="1" scale="0" multiplier="3600"/></listOfUnits></unitDefinition>
</listOfUnitDefinitions><listOfCompartments><compartment sboTerm="SBO:0000410" id="c"
spatialDimensions="3" size="2" constant="true"/></listOfCompartments>
<listOfSpecies><species id="S" compartment="c" initialConcentration="3" constant="false"
hasOnlySubstanceUnits="false" boundaryCondition="false"/><species id="X" compartment="c"
initialConcentration="1" hasOnlySubstanceUnits="false" boundaryCondition="true" constant="false"/>
</listOfSpecies><listOfParameters><parameter id="k" value="0.2" constant="true"/>
<parameter id="p" value="0" constant="false"/></listOfParameters><listOfInitialAssignments>
<initialAssignment symbol="S">{MATH}<apply><times/><cn type="integer"> 2 </cn><ci> X </ci></apply>
</math></initialAssignment><initialAssignment symbol="p">{MATH}<apply><plus/><ci> S </ci>{TIME}
</apply></math></initialAssignment></listOfInitialAssignments><listOfRules>
<assignmentRule variable="X">{MATH}<apply><plus/><cn>1.5</cn><apply><sin/>{TIME}</apply></apply>
</math></assignmentRule></listOfRules><listOfReactions>
<reaction id="_J0" reversible="true" fast="false"><listOfReactants><speciesReference species="S"
stoichiometry="1" constant="true"/></listOfReactants><kineticLaw>{MATH}<apply><times/><ci> k </ci>
<ci> S </ci><ci> X </ci></apply></math></kineticLaw></reaction></listOfReactions>
<listOfEvents><event id="_E0" useValuesFromTriggerTime="true"><trigger initialValue="false"
persistent="false">{MATH}<apply><gt/>{TIME}<cn> 3.1 </cn></apply></math></trigger>
<priority>{MATH}<cn>2</cn></math></priority><listOfEventAssignments><eventAssignment variable="p">
{MATH}<ci>S</ci></math></eventAssignment></listOfEventAssignments></event></listOfEvents>
<layout:listOfLayouts><layout:layout layout:id="l1"><layout:sizes layout:width="1"/>
</layout:layout></layout:listOfLayouts></model></sbml>"""
"""With a modifier that the reaction does not list, and a layout that libSBML finds wrong."""

NUMBERS = [
    '<cn type="rational">1<sep/>3</cn>', '<cn type="e-notation">2.5<sep/>-3</cn>', "<infinity/>",
    "<notanumber/>", "<pi/>", "<exponentiale/>", "<ci>time</ci>", "<ci>pi</ci>",
    "<apply><root/><degree><cn>3</cn></degree><cn>27</cn></apply>",
    "<apply><log/><logbase><cn>2</cn></logbase><cn>8</cn></apply>",
    "<piecewise><piece><cn>1</cn><apply><lt/><cn>2</cn><cn>1</cn></apply></piece></piecewise>",
    "<semantics><apply><plus/><cn>1</cn><cn>1</cn></apply>"
    '<annotation encoding="x">two</annotation></semantics>',
]  # fmt: skip
MATHS = (
    f'{HEAD}{L3.format(2, "")}<model id="m"><listOfParameters>'
    + "".join(f'<parameter id="p{i}" constant="false"/>' for i in range(len(NUMBERS)))
    + '<parameter id="time" value="7" constant="true"/><parameter id="pi" value="3" '
    + 'constant="true"/></listOfParameters><listOfRules>'
    + "".join(
        f'<assignmentRule variable="p{i}">{MATH}{one}</math></assignmentRule>'
        for i, one in enumerate(NUMBERS)
    )
    + "</listOfRules></model></sbml>"
)
"""Numbers in all their forms, and quantities called time and pi."""

SBML = {
    "COPASI, level 2 version 4": COPASI,
    "CellDesigner, level 2 version 1": DESIGNER,
    "level 1": LEVEL_1,
    "Tellurium, level 3 version 1": TELLURIUM,
    "numbers": MATHS,
    "no declaration, lines of Windows": (L3.format(2, "") + DECAY).replace("><", ">\r\n<"),
    "groups": HEAD + L3.format(1, PACKAGE.format("groups", "false")) + DECAY,
}
ANTIMONY = {
    "submodels": """
        function MM(S, Km, Vm)
          Vm*S/(Km + S)
        end
        model enzyme(S, P, c)
          compartment c; species S in c, P in c;
          Km = 0.5; Vm = 1; J: S -> P; c*MM(S, Km, Vm);
        end
        model *chain()
          compartment cell = 2; species A in cell, B in cell, D in cell;
          A = 3; B = 0; D = 0;
          one: enzyme(A, B, cell); two: enzyme(B, D, cell); two.Vm = 0.3;
        end""",
    "doses by an event": """
        model pk()
          unit hour = 3600 second; unit time_unit = hour; unit substance = 1e-3 gram;
          compartment gut = 1, plasma = 30; species D in gut, C in plasma; D = 0; C = 0;
          D is "drug in gut"; C identity "http://identifiers.org/chebi/CHEBI:1";
          ka = 1.2; ka has 1/hour; CL = 5; F = 0.8; dose := 100; tau = 2.05; next = 0;
          D -> C; ka*D*gut; C -> ; CL*C;
          at (time >= next), t0 = false: D = D + F*dose/gut, next = next + tau;
          AUC' = C; AUC = 0; const CL; var next;
        end""",
    "boundaries": """
        $X -> S1; k1*X; S1 -> $Y; k2*S1; X = 5; Y = 0; S1 = 1; k1 = 0.3; k2 = 0.7;
        S1.sboTerm = 247;
        E1: at 2 after S1 > 1.2, priority = 3, persistent = false, t0 = false: X = X/2, k2 = 1;""",
    "first values by rules": """
        x := 2*y + time; y = 3*k; k = 2; y' = -y; z = x + 1; z' = -z; w = z*k; w' = 0; const k;""",
    "uncommon functions": """
        a := arcsinh(time) + floor(time) + ceil(time/2) + factorial(3) + sec(time/10);
        b := piecewise(1, time < 2, 2, time < 4, 3); d = 0; d' = exp(-time)*tanh(time);
        e := root(3, time + 8); f := time^2 % 3; g := true && (time > 2);
        h := (time > 1 || time < 0.5) && !(time > 4); i := log10(time + 1) + max(1, time, 2);""",
    "interactions": """
        species S, I, P; S = 10; I = 2; P = 0; J: S -> P; k*S/(1 + I/Ki); k = 0.5; Ki = 1;
        I -| J;""",
    "old words for events": " S = 1; S' = -S; at (time > 1.05): S = 2; at time > 2.05 after 1: S=3",
    "the last model": "model a\n x = 1; x' = -x;\nend\nmodel b\n y = 1; y' = y;\nend",
    "rates that ask for rates": "x = 1; x' = -x; y := rateOf(x); species S; S -> ; S*y^2; S = 2;",
    "stoichiometries": "S -> 2 P + 0.5 Q; k*S; S = 5; P = 0; Q = 0; k = 0.4;",
    "a species nothing changes": "const S; S -> P; k*S; S = 3; k = 1; P = 0;",
    "numbers alone": "k = 3; m := 2*k;",
}  # fmt: skip


def agrees(path: Path, sbml: str) -> None:
    """Everything that can be looked at is as libRoadRunner has it, at six points."""
    model = load_model(path)
    found = model.simulate(5.0, points=6, variables=model.variables, rtol=1e-9)
    assert found.attrs["failures"] == []
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_CRITICAL)
    for name in model.variables:
        judge = roadrunner.RoadRunner(sbml)  # anew: a reset forgets first values that follow
        judge.integrator.relative_tolerance = 1e-10
        judge.integrator.absolute_tolerance = 1e-14
        try:
            expected = np.array(judge.simulate(0, 5.0, 6, ["time", name]))[:, 1]
        except RuntimeError:
            continue  # a name that it does not show
        np.testing.assert_allclose(
            found.sel(variable=name).values[0], expected, rtol=1e-6, atol=1e-9, err_msg=name
        )


@pytest.mark.parametrize("name", sorted(SBML))
def test_sbml_as_others_write_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / "m.xml"
    path.write_bytes(SBML[name].encode())
    agrees(path, SBML[name])


@pytest.mark.parametrize("name", sorted(ANTIMONY))
def test_antimony_as_others_write_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / "m.ant"
    path.write_text(ANTIMONY[name], encoding="utf-8")
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(ANTIMONY[name]) >= 0, antimony.getLastError()
    agrees(path, antimony.getSBMLString(antimony.getMainModuleName()))


def test_a_text_of_windows_begins_with_a_mark(tmp_path: Path) -> None:
    for name, text in (("m.xml", HEAD + L3.format(2, "") + DECAY), ("m.ant", "x = 1; x' = -x;")):
        path = tmp_path / name
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
        found = load_model(path).simulate(1.0, variables=["x"])
        assert found.values[0, 0, -1] == pytest.approx(np.exp(-1.0), rel=1e-5)


LAWLESS = DESIGNER.split("<kineticLaw")[0] + (
    '</reaction><reaction id="re2"><listOfReactants><speciesReference species="s2"/>'
    "</listOfReactants></reaction></listOfReactions></model></sbml>"
)
RULED = COPASI.replace('value="0" constant="false"', 'value="0" constant="true"')
NEED = "the SBML package `{0}` is not supported"


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        (LAWLESS, UnsupportedModel, "reactions re1, re2: they have no rates"),
        (RULED, InvalidInput, "parameter with id 'parameter_1' should have a constant value"),
        *(
            (HEAD + L3.format(1, PACKAGE.format(one, "true")) + DECAY, UnsupportedModel,
             NEED.format(one))
            for one in ("qual", "multi", "arrays", "dyn")
        ),
        (HEAD + L3.format(2, "") + "</sbml>", InvalidInput, "m.xml: document: found no model"),
        (HEAD.replace("UTF-8", "ISO-8859-1") + L3.format(2, "") + DECAY, InvalidInput, "UTF-8"),
        (COPASI.replace("<ci> V </ci></apply></apply></math><l", "<ci> W </ci></apply></apply>"
         "</math><l"), InvalidInput, "no W"),
        (COPASI.replace("&#160;", "&nbsp;"), InvalidInput, "line 5: found undefined entity"),
    ],
)  # fmt: skip
def test_what_is_refused_says_what_and_where(
    tmp_path: Path, text: str, kind: type[ReseedError], told: str
) -> None:
    path = tmp_path / "m.xml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(kind) as found:
        load_model(path)
    assert told in str(found.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("model m\n a = 1;\n b = = 2;\nend", "m.ant: line 3: found syntax error"),
        ('import "x.ant"\na = 1;', "m.ant: import: found `import`"),
        ("S -> ; k*S; S = 3;", "m.ant: k: found no value"),
        ("x = 1; x' = -delay(x, 2);", "rate of x: `delay` is not supported"),
    ],
)  # fmt: skip
def test_what_is_refused_of_antimony(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "m.ant"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReseedError) as found:
        load_model(path)
    assert told in str(found.value)


def test_the_table_of_a_model(tmp_path: Path) -> None:
    """Names, what the file calls them, units, values; numbers of a reaction's own, too."""
    path = tmp_path / "m.xml"
    path.write_text(COPASI, encoding="utf-8")
    model = load_model(path)
    assert model.time_unit == "min"
    table = model.table()
    assert table.loc["species_1"].tolist() == ["drug", "state", "mmol", 15.0]
    assert table.loc["[species_1]"].tolist() == ["drug", "formula", "mmol/mL", 5.0]
    assert table.loc["reaction_1.Km"].tolist() == ["", "number", "", 0.7]
    assert table.loc["reaction_1", "value"] == pytest.approx(3 * 1.2 * 5 / 5.7)
    assert {*model.variables} == {*table.index} - {"reaction_1.Km", "reaction_1.V"}


def test_a_number_of_a_reactions_own_may_be_given(tmp_path: Path) -> None:
    """Without it nothing is turned over, and the amount falls by V where there is plenty."""
    path = tmp_path / "m.xml"
    path.write_text(COPASI, encoding="utf-8")
    values = {"reaction_1.V": [1.2, 0.0, 0.1], "reaction_1.Km": 1e-9}
    found = load_model(path).simulate(4.0, points=2, variables=["[species_1]"], values=values)
    np.testing.assert_allclose(found.values[:, 0, 1], [0.2, 5.0, 4.6], rtol=1e-5)
    assert found["unit"].values.tolist() == ["mmol/mL"]
    with pytest.raises(InvalidInput, match=r'did you mean "reaction_1.V"'):
        load_model(path).simulate(4.0, values={"reaction_1.VV": 1.0})
