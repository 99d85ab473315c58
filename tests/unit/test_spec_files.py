"""Single files: modules, parameters, courses, cohorts, endpoints, quantities."""

from __future__ import annotations

from pathlib import Path

import pytest

from reseed.base.errors import Fault, InvalidInput
from reseed.nouns.course import Quantity
from reseed.nouns.distribution import Distribution
from reseed.spec import parse_quantity, read_cohort, read_course, read_endpoint, read_module
from reseed.spec.cohort import FORMULAS
from reseed.spec.endpoint import REFERENCES, SETTINGS
from reseed.spec.quantity import parse_dose

PORTS = "port\tsymbol\tquantity\tunit\tdirection\tnote\n"
PARAMETERS = "id\tvalue\tunit\tdistribution\tcv\tuncertainty\tse\tlow\thigh\tstatus\tsource\tnote\n"
HAZARDS = "hazard\tsymbol\trecurrent\tends\tadds\tnote\n"


def module(folder: Path, **files: str) -> Path:
    """A module in order, some of whose files are replaced."""
    texts = {
        "readme": "# Blood\n\nAs published.\n",
        "model": "model blood()\n count; rate; load;\nend\n",
        "ports": PORTS + "neutrophils\tcount\tcount\tcell/L\tout\t\nload\tload\tfactor\t\tout\t\n",
        "parameters": PARAMETERS + "transit\t5\tday\t\t\t\t\t\t\tmeasured\tdoi:10.1/x\t\n",
        "hazards": HAZARDS + "infection\trate\tyes\t\tload=1\t\n",
        "checks": '[[check]]\nkind = "rest"\ndays = 200\n',
    } | files
    names = {
        "readme": "README.md",
        "model": "model.ant",
        "ports": "ports.tsv",
        "parameters": "parameters.tsv",
        "hazards": "hazards.tsv",
        "checks": "checks.toml",
    }
    path = folder / "blood"
    path.mkdir()
    for key, text in texts.items():
        (path / names[key]).write_text(text)
    return path


def faults(read, path: Path) -> list[Fault]:
    """What reading a file complains of."""
    with pytest.raises(InvalidInput) as caught:
        read(path)
    return list(caught.value.faults)


def written(folder: Path, text: str) -> Path:
    """A file with that text."""
    path = folder / "item.toml"
    path.write_text(text)
    return path


# --- quantities ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("50 mg_per_kg", 50.0, "mg_per_kg"),
        ("0.5e9 cell/L", 5e8, "cell/L"),
        ("-3 day", -3.0, "day"),
        ("0.9", 0.9, ""),
        ("5 1e9 cell/L", 5.0, "1e9 cell/L"),
        (" .5  h ", 0.5, "h"),
    ],
)
def test_quantity(text: str, value: float, unit: str) -> None:
    """Value and unit as written."""
    assert parse_quantity(text) == Quantity(value, unit)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("50 mg/kg", "mg_per_kg"),
        ("50 mg_per_kg", "mg_per_kg"),
        ("200 mg/m2", "mg_per_m2"),
        ("200 mg / m^2", "mg_per_m2"),
        ("5 ug/kg", "ug_per_kg"),
        ("50 mg", "mg"),
    ],
)
def test_dose(text: str, unit: str) -> None:
    """Per kg and per m2 may be written in two ways; one is kept."""
    assert parse_dose(text).unit == unit


@pytest.mark.parametrize("text", ["", "mg", "5mg", "5 mgs", "nan mg", "1e999 mg", "1 " * 99])
def test_no_quantity(text: str) -> None:
    """What is no value with a readable unit is refused."""
    with pytest.raises(ValueError):
        parse_quantity(text)


# --- modules -------------------------------------------------------------------------------------


def test_module_in_order(tmp_path: Path) -> None:
    """Title, text, ports, parameters and hazards as they stand in the folder."""
    found = read_module(module(tmp_path))
    assert (found.name, found.title) == ("blood", "Blood")
    assert [(p.name, p.symbol, p.unit) for p in found.ports] == [
        ("neutrophils", "count", "cell/L"),
        ("load", "load", ""),
    ]
    assert found.hazards[0].recurrent and found.hazards[0].adds == (("load", 1.0),)
    assert found.parameters[0].variability is None


def test_module_of_a_procedure_has_parameters_alone(tmp_path: Path) -> None:
    """Harvesting has no equations."""
    path = module(tmp_path)
    for name in ("model.ant", "ports.tsv", "hazards.tsv", "checks.toml"):
        (path / name).unlink()
    found = read_module(path)
    assert (found.text, found.ports, found.hazards) == ("", (), ())


@pytest.mark.parametrize(
    ("fields", "law"),
    [
        ("lognormal\t0.3\t\t\t\t", Distribution("lognormal", 5.0, 0.3)),
        ("normal\t0.3\t\t\t\t", Distribution("normal", 5.0, 1.5)),
        ("lognormal\t0.3\t\t\t1\t20", Distribution("lognormal", 5.0, 0.3, low=1.0, high=20.0)),
        ("fixed\t\t\t\t\t", None),
    ],
)
def test_spread_between_patients(tmp_path: Path, fields: str, law: Distribution | None) -> None:
    """A CV is a share of the value; a normal law itself speaks of an SD."""
    row = f"transit\t5\tday\t{fields}\tassumed\tusual\t\n"
    found = read_module(module(tmp_path, parameters=PARAMETERS + row))
    assert found.parameters[0].variability == law


def test_uncertainty_is_kept_apart(tmp_path: Path) -> None:
    """A standard error is in the parameter's own unit, or a CV for a lognormal."""
    rows = (
        "a\t5\tday\t\t\tnormal\t0.5\t\t\tassumed\tx\t\n"
        "b\t5\tday\t\t\tlognormal\t0.2\t\t\tassumed\tx\t\n"
    )
    first, second = read_module(module(tmp_path, parameters=PARAMETERS + rows)).parameters
    assert first.uncertainty == Distribution("normal", 5.0, 0.5)
    assert second.uncertainty == Distribution("lognormal", 5.0, 0.2)
    assert first.variability is None


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        ("transit\t5\tday\t\t\t\t\t\t\tmeasured\t\t", "source", "where the value comes from"),
        ("transit\t5\tday\t\t\t\t\t\t\tmesured\tx\t", "status", '"measured"'),
        ("transit\t5\tday\t\t\t\t\t6\t9\tmeasured\tx\t", "value", "at least low, 6"),
        ("transit\t5\tday\t\t\t\t\t1\t4\tmeasured\tx\t", "value", "at most high, 4"),
        ("transit\t5\tday\t\t\t\t\t9\t1\tmeasured\tx\t", "low", "at most high, 1"),
        ("transit\tfive\tday\t\t\t\t\t\t\tmeasured\tx\t", "value", "a number"),
        ("transit\t\tday\t\t\t\t\t\t\tmeasured\tx\t", "value", "a number"),
        ("transit\tnan\tday\t\t\t\t\t\t\tmeasured\tx\t", "value", "a number"),
        ("transit\t5\tdayz\t\t\t\t\t\t\tmeasured\tx\t", "unit", "'dayz'"),
        ("transit\t5\tday\tweibull\t1\t\t\t\t\tmeasured\tx\t", "distribution", "lognormal"),
        ("transit\t5\tday\tlognormal\t\t\t\t\t\tmeasured\tx\t", "cv", "lognormal law"),
        ("transit\t5\tday\tlognormal\t-1\t\t\t\t\tmeasured\tx\t", "cv", "from 0"),
        ("transit\t-5\tday\tlognormal\t1\t\t\t\t\tmeasured\tx\t", "value", "above 0"),
        ("transit\t5\t\tlogitnormal\t1\t\t\t\t\tmeasured\tx\t", "value", "between 0 and 1"),
        ("transit\t5\tday\t\t0.3\t\t\t\t\tmeasured\tx\t", "cv", "no spread"),
        ("transit\t5\tday\t\t\tnormal\t\t\t\tmeasured\tx\t", "se", "normal law"),
        ("tran sit\t5\tday\t\t\t\t\t\t\tmeasured\tx\t", "id", "a name"),
        ("a__b\t5\tday\t\t\t\t\t\t\tmeasured\tx\t", "id", "single _"),
    ],
)
def test_slips_in_parameters(tmp_path: Path, row: str, column: str, expected: str) -> None:
    """Each has its line, its column and its remedy."""
    path = module(tmp_path, parameters=f"# a comment\n{PARAMETERS}{row}\n")
    found = [f for f in faults(read_module, path) if f.place == f"line 3, {column}"]
    assert found and expected in found[0].expected


def test_every_slip_of_a_table_is_told(tmp_path: Path) -> None:
    """Not only the first."""
    rows = "a\tx\tday\t\t\t\t\t\t\tmeasured\tx\t\nb\t1\tday\na\t1\tdog\t\t\t\t\t\t\t?\t\t\n"
    found = faults(read_module, module(tmp_path, parameters=PARAMETERS + rows))
    assert {f.place for f in found} == {
        "line 2, value",
        "line 3",
        "line 4, id",
        "line 4, unit",
        "line 4, status",
        "line 4, source",
    }


@pytest.mark.parametrize(
    ("part", "text", "place", "expected"),
    [
        ("ports", "port\tsymbol\n", "line 1", "the columns port, symbol"),
        ("ports", "", "file", "the columns"),
        ("ports", PORTS + "n\t1count\tcount\tcell/L\tout\t\n", "line 2, symbol", "a name"),
        ("ports", PORTS + "n\tnothing\tcount\tcell/L\tout\t\n", "line 2, symbol", "text uses"),
        ("ports", PORTS + "n\tcount\tcounts\tcell/L\tout\t\n", "line 2, quantity", '"count"'),
        ("ports", PORTS + "n\tcount\tcount\tcell/L\touts\t\n", "line 2, direction", '"out"'),
        ("ports", PORTS + "N\tcount\tcount\tcell/L\tout\t\n", "line 2, port", "lower-case"),
        ("ports", PORTS + "n\tcount\tcount\t\tin\tdefault=x\n", "line 2, note", "default=NUMBER"),
        ("ports", PORTS + "n\tcount\tcount\t\tin\t\n" * 2, "line 3, port", "used once"),
        ("hazards", HAZARDS + "h\trate\tmaybe\t\t\t\n", "line 2, recurrent", "yes, no"),
        ("hazards", HAZARDS + "h\tcount\tyes\t\t\t\n", "line 2, symbol", "a rate"),
        ("hazards", HAZARDS + "h\trate\tyes\t\tload\t\n", "line 2, adds", "port=amount"),
        ("hazards", HAZARDS + "h\trate\tyes\t\tlaod=1\t\n", "line 2, adds", "instead of laod"),
        ("readme", "Blood\n", "line 1", "# Title"),
        ("model", "model other()\n count; rate; load;\nend\n", "model", "called blood"),
        ("checks", "[[check]]\ndays = 3\n", "check[1].kind", "this key"),
    ],
)
def test_slips_in_a_module(tmp_path: Path, part: str, text: str, place: str, expected: str) -> None:
    """Each has its place and its remedy."""
    found = faults(read_module, module(tmp_path, **{part: text}))
    assert any(f.place == place and expected in f.expected for f in found)


def test_a_module_without_a_readme_is_called_as_its_folder(tmp_path: Path) -> None:
    """A first try needs three files."""
    path = module(tmp_path)
    (path / "README.md").unlink()
    assert read_module(path).title == "Blood"


def test_a_choice_names_its_options_once(tmp_path: Path) -> None:
    """In their own order."""
    row = "transit\t5\tday\t\t\t\t\t\t\tguess\tdoi:10.1/x\t\n"
    (fault,) = faults(read_module, module(tmp_path, parameters=PARAMETERS + row))
    assert fault.expected == "one of measured, fitted, derived, assumed"


def test_a_module_s_name_is_a_name_of_the_model_text(tmp_path: Path) -> None:
    """Ids are `module__id`, so a double _ would be ambiguous."""
    path = module(tmp_path)
    moved = path.rename(path.with_name("two__parts"))
    assert any(f.place == "folder" for f in faults(read_module, moved))
    assert faults(read_module, tmp_path / "nowhere")[0].found == "nothing"


# --- courses -------------------------------------------------------------------------------------

STAGE = '[[stage]]\nname = "one"\ntitle = "One"\n'
GIVE = '[[stage.give]]\ndrug = "x"\ndose = "1 mg"\ndays = {}\n'


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("[2, 1]", "increasing"),
        ("[1, 1]", "each once"),
        ("[]", "1 to 4000 days"),
        ('"2..1"', "not after the last"),
        ('"1..2..3"', "first..last"),
        ('"0..9999"', "at most 4000"),
        ("[1e9]", "between"),
        ("[nan]", "a day as a number"),
        ("[true]", "a day as a number"),
        ("3", "a list"),
    ],
)
def test_days_of_a_course(tmp_path: Path, days: str, expected: str) -> None:
    """Days out of order or out of all bounds."""
    path = written(tmp_path, 'title = "T"\n' + STAGE + GIVE.format(days))
    (fault,) = faults(read_course, path)
    assert fault.place == "stage[1].give[1].days" and expected in fault.expected


@pytest.mark.parametrize(
    ("extra", "place", "expected"),
    [
        ('over = "2 mg"', "over", "unit of time"),
        ('over = "-2 h"', "over", "above 0"),
        ('over = "9999 h"', "over", "at most 240"),
        ("hour = 24", "hour", "below 24"),
        ("per_day = 0", "per_day", "at least 1"),
        ('drag = "x"', "drag", '"drug"'),
        ('until = {port = "n", at_last = "1 mg"}', "until.at_last", '"at_least"'),
        ('until = {port = "n", at_least = "1 mg", days = 0}', "until.days", "at least 1"),
    ],
)
def test_slips_in_what_is_given(tmp_path: Path, extra: str, place: str, expected: str) -> None:
    """Each has its key and its remedy."""
    path = written(tmp_path, 'title = "T"\n' + STAGE + GIVE.format("[1]") + extra)
    found = {f.place: f.expected for f in faults(read_course, path)}
    assert expected in found[f"stage[1].give[1].{place}"]


def test_stages_stand_in_their_order(tmp_path: Path) -> None:
    """And have names of their own, and something in them."""
    text = 'title = "T"\n' + STAGE + GIVE.format("[5]") + STAGE + GIVE.format("[1]") + STAGE
    found = faults(read_course, written(tmp_path, text))
    assert {f.place for f in found} == {
        "stage[2]",
        "stage[2].name",
        "stage[3].name",
        "stage[3]",
    }


def test_sizes_are_bounded(tmp_path: Path) -> None:
    """A course of a thousand stages is no course."""
    text = 'title = "T"\n' + (STAGE + GIVE.format("[5]")) * 201
    assert any(f.expected == "at most 200" for f in faults(read_course, written(tmp_path, text)))


# --- cohorts -------------------------------------------------------------------------------------

SEX = """title = "T"
[[covariate]]
name = "sex"
distribution = "categorical"
levels = ["female", "male"]
weights = [3, 1]
status = "measured"
source = "doi:10.1/x"
"""
HEIGHT = """[[covariate]]
name = "height"
unit = "cm"
distribution = "normal"
by = "sex"
low = 140
status = "assumed"
source = "x"
[covariate.level.female]
mean = 165
sd = 6
[covariate.level.male]
mean = 178
sd = 7
low = 150
"""
WEIGHT = """[[covariate]]
name = "weight"
unit = "kg"
distribution = "lognormal"
median = 70
cv = 0.2
status = "assumed"
source = "x"
[[covariate]]
name = "body_surface_area"
unit = "m^2"
formula = "body_surface_area"
status = "derived"
source = "Mosteller"
"""


def test_cohort_by_level_with_formula(tmp_path: Path) -> None:
    """One law per level in the order of the levels; bounds beside them stand for all."""
    design = read_cohort(written(tmp_path, SEX + HEIGHT + WEIGHT))
    sex, height, weight, surface = design.rows
    assert sex.covariate.levels == ("female", "male")
    assert sex.distributions == (Distribution("categorical", weights=(3.0, 1.0)),)
    assert height.by == "sex"
    assert height.distributions == (
        Distribution("normal", 165.0, 6.0, low=140.0),
        Distribution("normal", 178.0, 7.0, low=150.0),
    )
    assert weight.distributions == (Distribution("lognormal", 70.0, 0.2),)
    assert (surface.formula, surface.distributions) == ("body_surface_area", ())


def test_correlations_need_a_source(tmp_path: Path) -> None:
    """An assumption is named as one."""
    pair = '[[correlation]]\nbetween = ["height", "weight"]\nrank = 0.4\n'
    text = SEX + HEIGHT + WEIGHT + pair
    (fault,) = faults(read_cohort, written(tmp_path, text))
    assert fault.place == "correlation_source"
    sourced = text.replace('title = "T"', 'title = "T"\ncorrelation_source = "assumed"')
    assert read_cohort(written(tmp_path, sourced)).correlations == (("height", "weight", 0.4),)
    wrong = sourced.replace('["height"', '["sex"')
    assert "continuous" in faults(read_cohort, written(tmp_path, wrong))[0].expected


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ("median = 70", "median = -70", "covariate[3].median", "above 0"),
        ("cv = 0.2\n", "", "covariate[3].cv", "lognormal law"),
        ("cv = 0.2", "cv = 0.2\nsd = 1", "covariate[3].sd", "only median, cv"),
        ("cv = 0.2", "cv = 0.2\nlow = 9\nhigh = 1", "covariate[3].low", "at most high, 1"),
        ('"lognormal"', '"lognorm"', "covariate[3].distribution", '"lognormal"'),
        ('formula = "body_s', 'formula = "body', "covariate[4].formula", "body_surface_area"),
        ('unit = "kg"', 'unit = "kgs"', "covariate[3].unit", "kgs"),
        ('by = "sex"', 'by = "sax"', "covariate[2].by", '"sex"'),
        ("[covariate.level.male]", "[covariate.level.men]", "covariate[2].level", "female, male"),
        ("weights = [3, 1]", "weights = [3]", "covariate[1].weights", "2 weights"),
        ("weights = [3, 1]", "weights = [3, -1]", "covariate[1].weights[2]", "at least 0"),
        ("sd = 7", "sd = -7", "covariate[2].level.male.sd", "above 0"),
        ('name = "weight"', 'name = "height"', "covariate[3].name", "used once"),
        ('status = "derived"', 'status = "guess"', "covariate[4].status", "assumed"),
        ('source = "Mosteller"\n', "", "covariate[4].source", "this key"),
    ],
)
def test_slips_in_a_cohort(tmp_path: Path, old: str, new: str, place: str, expected: str) -> None:
    """Each has its key and its remedy."""
    text = SEX + HEIGHT + WEIGHT
    assert old in text
    found = faults(read_cohort, written(tmp_path, text.replace(old, new)))
    assert any(f.place == place and expected in f.expected for f in found)


def test_formulas_are_those_of_the_cohort_room() -> None:
    """The list stands on two floors."""
    from reseed.cohort.formulas import FORMULAS as there

    assert set(FORMULAS) == set(there)


# --- endpoints -----------------------------------------------------------------------------------

ENDPOINT = """title = "T"
definition = "D"
kind = "{kind}"
origin = "infusion"
from_day = 1
to_day = 60
source = "S"
[settings]
{settings}
"""


def test_endpoint_settings_are_typed(tmp_path: Path) -> None:
    """Levels are quantities, lists are tuples, the rest as written."""
    text = ENDPOINT.format(
        kind="sustained", settings='port = "n"\nat_least = "1 cell/L"\ndays = 3\n'
    )
    assert dict(read_endpoint(written(tmp_path, text)).settings) == {
        "port": "n",
        "at_least": Quantity(1.0, "cell/L"),
        "days": 3,
    }
    steps = 'port = "n"\nconfirm = 84\nrise = [[0, 1.5], [6, 0.5]]'
    found = read_endpoint(written(tmp_path, ENDPOINT.format(kind="confirmed", settings=steps)))
    assert dict(found.settings)["rise"] == ((0, 1.5), (6, 0.5))
    text = ENDPOINT.format(kind="first", settings='records = ["death"]')
    assert dict(read_endpoint(written(tmp_path, text)).settings) == {"records": ("death",)}


@pytest.mark.parametrize(
    ("kind", "settings", "place"),
    [
        ("sustained", 'port = "n"\nat_least = "1 cell/L"\n', "settings.days"),
        ("sustained", 'port = "n"\nat_least = 1\ndays = 3\n', "settings.at_least"),
        ("sustained", 'port = "n"\nat_least = "1 mg"\ndays = 3\nwithout = "t"', "settings"),
        ("first", 'record = ["death"]', "settings.record"),
        ("first", "records = []", "settings.records"),
        ("amount", 'source = "a"\nrecord = "b"\npick = "any"', "settings.pick"),
        ("not_by", 'endpoint = "a"', "settings.day"),
        ("confirmed", 'port = "n"\nconfirm = 84', "settings"),
        ("confirmed", 'port = "n"\nconfirm = 84\nrise = [[0, 1]]\nat_least = "6"', "settings"),
        ("confirmed", 'port = "n"\nconfirm = 84\nrise = [[1, 1], [0, 1]]', "settings.rise"),
        ("confirmed", 'port = "n"\nconfirm = 84\nfall = [[0, -1]]', "settings.fall"),
        ("confirmed", 'port = "n"\nrise = [[0, 1]]', "settings.confirm"),
        ("composite", "endpoints = []", "settings.endpoints"),
        ("at_visit", 'port = "n"\nday = 1\nmeasure = "loss"', "settings.measure"),
        ("rate", 'records = "x"', "settings.records"),
        ("utility_years", 'port = "n"\nutility = [[0]]', "settings.utility[1]"),
        ("sustaind", "x = 1", "kind"),
    ],
)
def test_slips_in_an_endpoint(tmp_path: Path, kind: str, settings: str, place: str) -> None:
    """Each has its key."""
    found = faults(read_endpoint, written(tmp_path, ENDPOINT.format(kind=kind, settings=settings)))
    assert place in {f.place for f in found}


def test_endpoint_window_runs_forward(tmp_path: Path) -> None:
    """From 60 to 1 nothing can be seen."""
    text = ENDPOINT.format(kind="first", settings='records = ["x"]')
    text = text.replace("from_day = 1", "from_day = 61")
    assert faults(read_endpoint, written(tmp_path, text))[0].place == "from_day"


def test_kinds_are_those_of_the_readout_room() -> None:
    """The list stands on two floors."""
    from reseed.readout.kinds import KINDS, REFERS

    assert set(SETTINGS) == set(KINDS)
    assert REFERENCES == REFERS
