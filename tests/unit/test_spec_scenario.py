"""Scenarios: everything wrong with one and with all it names is told at once."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from reseed.base.errors import Fault, InvalidInput
from reseed.nouns.course import Quantity
from reseed.spec import Library, arm_modules, find_library, lint, read_course, read_scenario
from reseed.spec.sheet import quoted

PORTS = "port\tsymbol\tquantity\tunit\tdirection\tnote\n"
PARAMETERS = "id\tvalue\tunit\tdistribution\tcv\tuncertainty\tse\tlow\thigh\tstatus\tsource\tnote\n"
FILES = {
    "models/blood/README.md": "# Blood\n",
    "models/blood/model.ant": "model blood(cells)\n cells; count; weight; boost; death_rate\nend\n",
    "models/blood/ports.tsv": PORTS
    + "stem_cells\tcells\tcount\tcell\towns\t\n"
    + "neutrophils\tcount\tcount\tcell/L\tout\t\n"
    + "weight\tweight\tcovariate\tkg\tin\t\n"
    + "booster_concentration\tboost\tconcentration\tmg/L\tin\tdefault=0\n"
    + "rescue\tcount\tevent\t\tout\t\n",
    "models/blood/parameters.tsv": PARAMETERS
    + "transit\t5\tday\tlognormal\t0.3\t\t\t1\t20\tmeasured\tdoi:10.1/x\t\n",
    "models/blood/hazards.tsv": "hazard\tsymbol\trecurrent\tends\tadds\tnote\n"
    + "death\tdeath_rate\tno\tdeath\t\t\n",
    "models/poison/README.md": "# Poison\n",
    "models/poison/model.ant": "model poison(cells)\n rate; level; cells;\nend\n",
    "models/poison/ports.tsv": PORTS
    + "stem_cells\tcells\tcount\tcell\tshares\t\n"
    + "poison\trate\tdose\tmg/day\tdose\t\n"
    + "poison_concentration\tlevel\tconcentration\tmg/L\tout\t\n",
    "models/poison/parameters.tsv": PARAMETERS,
    "models/booster/README.md": "# Booster\n",
    "models/booster/model.ant": "model booster()\n depot; level;\nend\n",
    "models/booster/ports.tsv": PORTS
    + "booster\tdepot\tdose\tmg\tdose\t\n"
    + "booster_concentration\tlevel\tconcentration\tmg/L\tout\t\n",
    "models/booster/parameters.tsv": PARAMETERS,
    "models/infuse/README.md": "# Infusion\n",
    "models/infuse/parameters.tsv": PARAMETERS
    + "target\t5e6\tcell/kg\t\t\t\t\t1e5\t1e8\tassumed\tusual\t\n",
    "courses/short.toml": """title = "Short"
[[stage]]
name = "conditioning"
title = "Conditioning"
[[stage.give]]
drug = "poison"
dose = "50 mg_per_kg"
over = "1 h"
days = "-5..-2"
[[stage]]
name = "return"
title = "Return"
[[stage.procedure]]
do = "infuse"
days = 0
[stage.procedure.set]
target = "2e6 cell_per_kg"
[[stage.give]]
drug = "booster"
dose = "5 ug_per_kg"
days = [5, 6.5, 8]
[stage.give.until]
port = "neutrophils"
at_least = "0.5e9 cell/L"
""",
    "cohorts/adults.toml": """title = "Adults"
[[covariate]]
name = "age"
unit = "year"
distribution = "normal"
mean = 40
sd = 10
low = 18
high = 60
status = "assumed"
source = "invented"
[[covariate]]
name = "weight"
unit = "kg"
distribution = "lognormal"
median = 70
cv = 0.2
status = "assumed"
source = "invented"
""",
    "endpoints/engraftment.toml": """title = "Engraftment"
definition = "First of three days."
kind = "sustained"
origin = "infusion"
from_day = 1
to_day = 60
competing = ["death"]
source = "usual"
[settings]
port = "neutrophils"
at_least = "0.5e9 cell/L"
days = 3
""",
    "endpoints/failure.toml": """title = "Graft failure"
definition = "Not engrafted by day 28."
kind = "not_by"
origin = "infusion"
from_day = 0
to_day = 28
source = "usual"
[settings]
endpoint = "engraftment"
day = 28
""",
    "scenarios/first.toml": """title = "First"
question = "How fast?"
cohort = "adults"
model = ["blood"]
patients = 10
infusion_day = 7
follow_up_days = 60
endpoints = ["engraftment", "failure"]
show = ["neutrophils", "poison_concentration"]
[parameters]
blood__transit = "120 h"
[[arm]]
name = "short"
title = "Short course"
course = "short"
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small library that is in order."""
    for name, text in FILES.items():
        file = tmp_path / "lib" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "lib"


def change(folder: Path, name: str, old: str, new: str) -> None:
    """One slip in one file."""
    text = (folder / name).read_text()
    assert text.count(old) >= 1
    (folder / name).write_text(text.replace(old, new, 1))


def faults_of(folder: Path, name: str = "first") -> list[Fault]:
    """What reading the scenario complains of."""
    with pytest.raises(InvalidInput) as caught:
        read_scenario(name, library_of(folder))
    return list(caught.value.faults)


def library_of(folder: Path) -> Library:
    """That folder alone, whatever our own library holds."""
    whole = find_library([folder])
    ours = Library(whole.folders[:0], {kind: {} for kind in whole.items})
    return ours.including(folder)


def test_a_scenario_in_order_is_read(folder: Path) -> None:
    """Everything is resolved: no name is left to look up."""
    scenario = read_scenario("first", library_of(folder))
    assert scenario.name == "first"
    assert scenario.text == FILES["scenarios/first.toml"]
    assert scenario.parameters == (("blood__transit", Quantity(120.0, "h")),)
    assert [e.name for e in scenario.endpoints] == ["engraftment", "failure"]
    give = scenario.arms[0].course.stages[0].gives[0]
    assert give.days == (-5.0, -4.0, -3.0, -2.0)
    assert (give.dose, give.hours, give.hour) == (Quantity(50.0, "mg_per_kg"), 1.0, 9.0)
    assert {m.name for m in scenario.modules} == {"blood", "poison", "booster", "infuse"}
    assert (scenario.design, scenario.seed, scenario.rtol) == ("parallel", 1, 1e-6)


def test_modules_of_an_arm_follow_from_its_course(folder: Path) -> None:
    """Drugs and procedures bring theirs; an input with a default brings none."""
    scenario = read_scenario("first", library_of(folder))
    arm = scenario.arms[0]
    assert [m.name for m in arm_modules(scenario, arm)] == ["blood", "booster", "infuse", "poison"]
    stages = (dataclasses.replace(arm.course.stages[0], procedures=()),)
    shorter = dataclasses.replace(arm, course=dataclasses.replace(arm.course, stages=stages))
    assert [m.name for m in arm_modules(scenario, shorter)] == ["blood", "poison"]
    alone = dataclasses.replace(scenario, base=())
    assert [m.name for m in arm_modules(alone, shorter)] == ["blood", "poison"]  # owns stem_cells


def test_five_different_faults_are_told_at_once(folder: Path) -> None:
    """Unknown key, wrong unit, negative dose, unknown module, age range reversed."""
    change(folder, "scenarios/first.toml", "patients = 10", "patients = 10\npatiens = 3")
    change(folder, "scenarios/first.toml", '["blood"]', '["blood", "blod"]')
    change(folder, "courses/short.toml", "50 mg_per_kg", "-50 mg_per_kg")
    change(folder, "endpoints/engraftment.toml", "0.5e9 cell/L", "0.5 mg/L")
    change(folder, "cohorts/adults.toml", "low = 18", "low = 81")
    faults = faults_of(folder)
    lib = str(folder)
    assert {(f.file, f.place) for f in faults} == {
        (f"{lib}/scenarios/first.toml", "patiens"),
        (f"{lib}/scenarios/first.toml", "model[2]"),
        (f"{lib}/courses/short.toml", "stage[1].give[1].dose"),
        (f"{lib}/endpoints/engraftment.toml", "settings.at_least"),
        (f"{lib}/cohorts/adults.toml", "covariate[1].low"),
    }
    told = {f.place: f for f in faults}
    assert 'did you mean "patients"' in told["patiens"].expected
    assert 'did you mean "blood"' in told["model[2]"].expected
    assert told["stage[1].give[1].dose"].found == '"-50 mg_per_kg"'
    assert told["stage[1].give[1].dose"].expected == "zero or more"
    assert "cell/L" in told["settings.at_least"].expected
    assert (told["covariate[1].low"].found, "60" in told["covariate[1].low"].expected) == (
        "81",
        True,
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "expected"),
    [
        ("scenarios/first.toml", '"adults"', '"adult"', "cohort", '"adults"'),
        ("scenarios/first.toml", 'course = "short"', 'course = "shrt"', "arm[1].course", "short"),
        ("scenarios/first.toml", 'course = "short"', 'course = "../x"', "arm[1].course", "a name"),
        ("scenarios/first.toml", '"failure"', '"failur"', "endpoints[2]", "failure"),
        ("scenarios/first.toml", '"failure"', '"engraftment"', "endpoints[2]", "each name once"),
        ("scenarios/first.toml", "= 10", "= 0", "patients", "at least 1"),
        ("scenarios/first.toml", "= 10", "= 10000001", "patients", "at most 10000000"),
        ("scenarios/first.toml", "= 10", "= 1.5", "patients", "a whole number"),
        ("scenarios/first.toml", "= 10", '= "10"', "patients", "a whole number"),
        ("scenarios/first.toml", "= 10", "= true", "patients", "a whole number"),
        ("scenarios/first.toml", "= 60", "= inf", "follow_up_days", "a finite number"),
        ("scenarios/first.toml", "= 60", "= 0", "follow_up_days", "above 0"),
        ("scenarios/first.toml", "infusion_day = 7\n", "", "infusion_day", "this key"),
        ("scenarios/first.toml", "infusion_day = 7", "infusion_day = 3", "infusion_day", "least 5"),
        ("scenarios/first.toml", '"neutrophils"', '"neutrophil"', "show[1]", "neutrophils"),
        ("scenarios/first.toml", "120 h", "120 mg", "parameters.blood__transit", "day"),
        ("scenarios/first.toml", "120 h", "1 h", "parameters.blood__transit", "from 1 to 20 day"),
        ("scenarios/first.toml", "__transit", "__tansit", "parameters.blood__tansit", "transit"),
        ("scenarios/first.toml", 'name = "short"', 'name = "a_b"', "arm[1].name", "digits and -"),
        ("courses/short.toml", '"poison"', '"poisson"', "stage[1].give[1].drug", '"poison"'),
        ("courses/short.toml", "50 mg_per_kg", "50 cell", "stage[1].give[1].dose", "mg/kg"),
        ("courses/short.toml", 'over = "1 h"\n', "", "stage[1].give[1].over", "how long"),
        ("courses/short.toml", "[5,", '[4,5]\nover = "1 h"#', "stage[2].give[1].over", "bolus"),
        ("courses/short.toml", '"infuse"', '"infus"', "stage[2].procedure[1].do", "infuse"),
        ("courses/short.toml", '"infuse"', '"blood"', "stage[2].procedure[1].do", "procedure"),
        ("courses/short.toml", "target =", "goal =", "stage[2].procedure[1].set.goal", "target"),
        ("courses/short.toml", "2e6 cell", "2 cell", "stage[2].procedure[1].set.target", "100000"),
        ("courses/short.toml", "0.5e9 cell/L", "1 mg", "stage[2].give[1].until.at_least", "cell/L"),
        ("courses/short.toml", '"neutrophils"', '"x"', "stage[2].give[1].until.port", "out port"),
        ("endpoints/engraftment.toml", '"neutrophils"', '"platelets"', "settings.port", "out port"),
        ("endpoints/engraftment.toml", '["death"]', '["deaht"]', "competing", "death"),
        ("endpoints/failure.toml", '"engraftment"', '"engraft"', "settings.endpoint", "engraftm"),
        ("cohorts/adults.toml", '"kg"', '"day"', "covariate weight", "kg"),
        ("cohorts/adults.toml", '"weight"', '"height"', "model", "covariate of the cohort"),
        ("models/blood/ports.tsv", "\tmg/L\t", "\tmgl\t", "line 5, unit", "a unit"),
        ("models/poison/ports.tsv", "poison_conc", "neutrophils\tlevel\t", "line 4", "6 fields"),
    ],
)
def test_each_slip_has_its_place_and_its_remedy(
    folder: Path, file: str, old: str, new: str, place: str, expected: str
) -> None:
    """One slip, told in the file where it stands, with what was expected there."""
    change(folder, file, old, new)
    faults = [f for f in faults_of(folder) if f.file == f"{folder}/{file}" or place == "model"]
    assert place in [f.place for f in faults]
    assert any(expected in f.expected for f in faults if f.place == place)


ASSESSMENT = """[[observation.assessment]]
port = "neutrophils"
every = "26 week"
levels = [0, 1, 1.5, 2]
sd = 0.2
source = "usual"
[[observation.assessment]]
record = "death"
every = "1 year"
source = "usual"
"""


def test_a_schedule_of_assessments_is_read(folder: Path) -> None:
    """Ports are rated, records are found; times are in days."""
    change(folder, "scenarios/first.toml", "[parameters]", scheduled())
    rated, found = read_scenario("first", library_of(folder)).assessments
    assert (rated.port, rated.record, rated.every, rated.sd) == ("neutrophils", "", 182.0, 0.2)
    assert rated.levels == (0.0, 1.0, 1.5, 2.0)
    assert (found.port, found.record, found.every, found.levels) == ("", "death", 365.25, ())


def scheduled(old: str = "", new: str = "") -> str:
    """The tables of a schedule, one thing changed, before those of the parameters."""
    assert old in ASSESSMENT
    return ASSESSMENT.replace(old, new, 1) + "[parameters]"


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ('"neutrophils"', '"neutrophil"', "[1].port", "neutrophils"),
        ('"death"', '"deaht"', "[2].record", "death"),
        ('record = "death"', 'port = "neutrophils"', "[2]", "each once"),
        ('record = "death"', 'record = "death"\nsd = 0.1', "[2]", "with a port only"),
        ('record = "death"', 'record = "death"\nport = "x"', "[2]", "one of port and record"),
        ('record = "death"', "", "[2]", "one of port and record"),
        ("26 week", "26 mg", "[1].every", "a time of at least a day"),
        ("26 week", "2 h", "[1].every", "a time of at least a day"),
        ("1, 1.5", "1.5, 1", "[1].levels", "levels that rise"),
        ("sd = 0.2", "sd = -1", "[1].sd", "at least 0"),
        ("sd = 0.2", "sdd = 1", "[1].sdd", "sd"),
        ('source = "usual"', "", "[1].source", "this key"),
    ],
)
def test_slips_in_a_schedule(folder: Path, old: str, new: str, place: str, expected: str) -> None:
    """Each has its place and its remedy."""
    change(folder, "scenarios/first.toml", "[parameters]", scheduled(old, new))
    told = {f.place: f.expected for f in faults_of(folder)}
    assert expected in told[f"observation.assessment{place}"]


def test_a_composite_needs_its_endpoints(folder: Path) -> None:
    """Each that the scenario does not have is told."""
    text = FILES["endpoints/failure.toml"].replace("not_by", "composite")
    text = text.replace(
        'endpoint = "engraftment"\nday = 28', 'endpoints = ["engraftment", "relapse"]'
    )
    (folder / "endpoints/failure.toml").write_text(text)
    (fault,) = faults_of(folder)
    assert (fault.place, fault.found) == ("settings.endpoints", '"relapse"')


AFTER = """title = "Afterwards"
[[stage]]
name = "watching"
title = "Watching"
[stage.switch]
to = "more"
visits = "10 day"
[[stage.switch.when]]
port = "neutrophils"
at_most = "1e9 cell/L"
[[stage]]
name = "more"
title = "More"
[[stage.give]]
drug = "booster"
dose = "5 ug"
days = [0]
"""


def followed_by(folder: Path, old: str = "", new: str = "") -> None:
    """The scenario's arm with a course that follows, and one slip in that."""
    assert not old or old in AFTER
    (folder / "courses/after.toml").write_text(AFTER.replace(old, new, 1) if old else AFTER)
    change(folder, "scenarios/first.toml", 'course = "short"', 'course = "short"\nthen = "after"')


def test_a_course_may_follow_another_in_an_arm(folder: Path) -> None:
    """One course of both, by the name of the first; without `then` nothing is added."""
    plain = read_scenario("first", library_of(folder)).arms[0].course
    followed_by(folder)
    whole = read_scenario("first", library_of(folder)).arms[0].course
    assert (whole.name, whole.title) == (plain.name, plain.title)
    assert [stage.name for stage in whole.stages] == ["conditioning", "return", "watching", "more"]
    assert whole.stages[:2] == plain.stages


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ('"more"\ntitle', '"return"\ntitle', "arm[1].then", "other names than those of short"),
        ("[[stage]]", 'origin = "entry"\n[[stage]]', "arm[1].then", "from infusion, as"),
        ('port = "neutrophils"\nat_most = "1e9 cell/L"', 'failed = "infusion"',
         "stage[1].switch.when[1].failed", '"infuse"'),
        ("drug = \"booster\"", 'drug = "boster"', "stage[2].give[1].drug", '"booster"'),
    ],
)  # fmt: skip
def test_what_follows_must_fit(folder: Path, old: str, new: str, place: str, expected: str) -> None:
    """Stages of other names, days from the same origin, drugs and procedures that exist."""
    followed_by(folder, old, new)
    if "return" in new:
        change(folder, "courses/after.toml", 'to = "more"', 'to = "return"')
    (fault,) = faults_of(folder)
    assert fault.place == place and expected in fault.expected


def test_a_failure_is_waited_for_where_the_procedure_is_done(folder: Path) -> None:
    """A course that waits for the failure of what no course of the arm does is refused."""
    (folder / "models/thaw").mkdir()
    (folder / "models/thaw/README.md").write_text("# Thaw\n")
    (folder / "models/thaw/parameters.tsv").write_text(PARAMETERS)
    followed_by(folder, 'port = "neutrophils"\nat_most = "1e9 cell/L"', 'failed = "thaw"')
    (fault,) = faults_of(folder)
    assert (fault.place, fault.found) == ("arm[1].course", "no thaw")
    assert "with that procedure" in fault.expected


def test_an_unknown_course_that_follows_has_its_remedy(folder: Path) -> None:
    """As for any other name."""
    followed_by(folder)
    change(folder, "scenarios/first.toml", '"after"', '"aftr"')
    (fault,) = faults_of(folder)
    assert fault.place == "arm[1].then" and "after" in fault.expected


@pytest.mark.parametrize(
    ("condition", "place", "told"),
    [
        ('covariate = "aeg"\nat_least = 18', "among[1].covariate", "age"),
        ('covariate = "age"\nat_least = "18 kg"', "among[1].at_least", "year"),
        ('covariate = "age"\nlevel = "old"', "among[1].level", "level of age"),
    ],
)
def test_those_an_endpoint_tells_of_are_known_to_the_cohort(
    folder: Path, condition: str, place: str, told: str
) -> None:
    text = FILES["endpoints/failure.toml"] + f"[[among]]\n{condition}\n"
    (folder / "endpoints/failure.toml").write_text(text)
    (fault,) = faults_of(folder)
    assert fault.place == place
    assert told in fault.expected


def test_a_baseline_after_treatment_needs_a_scan_by_then(folder: Path) -> None:
    """A scan every 26 weeks from the infusion on day 7: the first is on day 189 after entry."""
    rule = FILES["endpoints/failure.toml"].replace("not_by", "first")
    rule = rule.replace(
        'endpoint = "engraftment"\nday = 28', 'records = ["death"]\nbaseline_day = 150'
    )
    (folder / "endpoints/failure.toml").write_text(rule.replace('"infusion"', '"entry"'))
    scan = '[[observation.assessment]]\nrecord = "death"\nevery = "26 week"\nsource = "usual"\n'
    change(folder, "scenarios/first.toml", "[parameters]", f"{scan}[parameters]")
    (fault,) = faults_of(folder)
    assert fault.place == "settings.baseline_day"
    assert fault.expected.startswith("189 or later")


def test_syntax_error_has_its_line(folder: Path) -> None:
    """A file that is no TOML says where it ceases to be."""
    change(folder, "courses/short.toml", 'name = "conditioning"', "name : conditioning")
    (fault,) = faults_of(folder)
    assert fault.file.endswith("courses/short.toml") and fault.place.startswith("line 3")


def test_a_port_from_two_modules_is_ambiguous(folder: Path) -> None:
    """Nobody chooses silently which module is meant."""
    change(folder, "models/poison/ports.tsv", "poison_concentration\t", "neutrophils\t")
    assert any("neutrophils from both" in f.found for f in faults_of(folder))


def test_a_broken_module_that_nobody_uses_does_no_harm(folder: Path) -> None:
    """And is not among the modules that a run may use."""
    bad = folder / "models" / "bad"
    bad.mkdir()
    (bad / "parameters.tsv").write_text("nonsense\n")
    scenario = read_scenario("first", library_of(folder))
    assert "bad" not in {m.name for m in scenario.modules}
    assert {f.file for f in lint(folder, library_of(folder))} == {
        f"{folder}/models/bad/parameters.tsv"
    }


def test_unknown_scenario_suggests_the_nearest(folder: Path) -> None:
    """A slip of the pen in the name itself."""
    (fault,) = faults_of(folder, "frist")
    assert str(fault) == 'no scenario "frist"; did you mean "first"?'
    with pytest.raises(InvalidInput, match='^no course "shrt"; did you mean "short"'):
        library_of(folder).path("courses", "shrt")


def test_a_misspelt_endpoint_is_told_once_and_never_suggested(folder: Path) -> None:
    """An endpoint that another one names is not missing if it is only misspelt in the list."""
    change(folder, "scenarios/first.toml", '"engraftment"', '"engraftmnt"')
    (fault,) = faults_of(folder)
    assert fault.place == "endpoints[1]"
    assert 'did you mean "engraftment"' in fault.expected


def test_a_scenario_by_path_finds_what_lies_beside_it(folder: Path) -> None:
    """A colleague's folder works without being named as a library."""
    scenario = read_scenario(folder / "scenarios" / "first.toml", find_library())
    assert scenario.arms[0].course.name == "short"


def test_a_value_is_told_in_a_unit_of_its_port(folder: Path) -> None:
    """Another kind of unit is a fault of the endpoint's file, with the unit of the port."""
    name = "endpoints/failure.toml"
    change(folder, name, 'kind = "not_by"', 'kind = "at_visit"')
    change(folder, name, 'endpoint = "engraftment"', 'port = "neutrophils"\nunit = "mg/L"')
    (fault,) = faults_of(folder)
    assert (fault.place, fault.found) == ("settings.unit", '"mg/L"')
    assert "cell/L" in fault.expected
    change(folder, name, "mg/L", "1e6 cell/L")
    assert read_scenario("first", library_of(folder)).endpoints[1].kind == "at_visit"


def test_procedures_of_a_day_stand_in_the_order_of_their_hours(folder: Path) -> None:
    """An infusion at nine that stands after a thaw at ten would come before it."""
    again = '[[stage.procedure]]\ndo = "infuse"\ndays = 0\nhour = 10\n'
    change(folder, "courses/short.toml", "[[stage.procedure]]", again + "[[stage.procedure]]")
    (fault,) = faults_of(folder)
    assert (fault.place, fault.found) == ("stage[2].procedure[2].hour", "hour 9")
    assert "10 or later" in fault.expected


@pytest.mark.parametrize("slip", ["dose", "band"])
def test_doses_by_surface_need_a_cohort_that_has_it(folder: Path, slip: str) -> None:
    """Told with the drug and the course, before anybody is drawn."""
    area, kept = 'dose = "200 mg_per_m2"', 'dose = "50 mg_per_kg"'
    band = f'{kept}\n[[stage.give.band]]\nbelow = "30 kg"\n{area}\n'
    if slip == "dose":
        change(folder, "courses/short.toml", kept, area)
    else:
        text = (folder / "courses/short.toml").read_text()
        rest = 'over = "1 h"\ndays = "-5..-2"\n'
        assert f"{kept}\n{rest}" in text
        moved = band.replace(kept, f"{kept}\n{rest.strip()}")
        (folder / "courses/short.toml").write_text(text.replace(f"{kept}\n{rest}", moved))
    (fault,) = faults_of(folder)
    assert fault.place == "cohort" and "body_surface_area" in fault.found
    assert "poison in course short" in fault.expected


def test_bands_of_a_dose_in_a_wrong_unit_are_not_told_of_as_well(folder: Path) -> None:
    """The dose alone is at fault: the bands are right when it is."""
    kept, band = (
        'dose = "50 mg_per_kg"',
        '[[stage.give.band]]\nbelow = "30 kg"\ndose = "40 mg_per_kg"',
    )
    rest = 'over = "1 h"\ndays = "-5..-2"\n'
    text = (folder / "courses/short.toml").read_text()
    assert f"{kept}\n{rest}" in text
    slip = f'dose = "50 L_per_kg"\n{rest}\n{band}\n'
    (folder / "courses/short.toml").write_text(text.replace(f"{kept}\n{rest}", slip))
    (fault,) = faults_of(folder)
    assert fault.place == "stage[1].give[1].dose" and fault.found == '"50 L_per_kg"'


def test_short_lists_are_repeated_in_a_message() -> None:
    """Longer ones, and those of tables, are told by their size."""
    assert quoted(["a", 2]) == '["a", 2]' and quoted([]) == "[]"
    assert quoted(list(range(9))) == "a list of 9" and quoted([{}]) == "a list of 1"


def test_an_infusion_that_waits_needs_an_antibody(folder: Path) -> None:
    """The procedure says what it looks at: without it a scenario is refused, not its patients."""
    values = "below\t2\tmg/L\t\t\t\t\t\t\tassumed\tusual\t\n"
    own = find_library().path("models", "wait_for_washout")
    copy = folder / "models/wait_for_washout"
    copy.mkdir()
    (copy / "parameters.tsv").write_text(PARAMETERS + values)
    (copy / "ports.tsv").write_text((own / "ports.tsv").read_text())
    wait = 'do = "wait_for_washout"\ndays = 0\n\n[[stage.procedure]]\ndo = "infuse"'
    change(folder, "courses/short.toml", 'do = "infuse"', wait)
    (fault,) = faults_of(folder)
    assert "stem_cell_antibody" in fault.found + fault.expected


def test_later_folders_win(folder: Path, tmp_path: Path) -> None:
    """The user's own files stand before ours."""
    own = tmp_path / "own"
    (own / "courses").mkdir(parents=True)
    text = FILES["courses/short.toml"].replace('"Short"', '"Mine"')
    (own / "courses" / "short.toml").write_text(text)
    library = library_of(folder).including(own)
    assert read_scenario("first", library).arms[0].course.title == "Mine"


def test_links_out_of_the_library_are_refused(folder: Path, tmp_path: Path) -> None:
    """A library from a stranger must not show files of the machine."""
    secret = tmp_path / "secret.toml"
    secret.write_text(FILES["courses/short.toml"])
    (folder / "courses" / "short.toml").unlink()
    (folder / "courses" / "short.toml").symlink_to(secret)
    (folder / "models" / "blood" / "model.ant").unlink()
    (folder / "models" / "blood" / "model.ant").symlink_to(secret)
    found = {f.file: f.found for f in faults_of(folder) if "link" in f.found}
    assert set(found) == {
        f"{folder}/courses/short.toml",
        f"{folder}/models/blood/model.ant",
    }


def test_files_of_strangers_are_bounded(folder: Path) -> None:
    """Too large, not text, or nested without end: a fault, not a hang or a crash."""
    course = folder / "courses" / "short.toml"
    for content, word in (
        (b"#" * 1_000_001, "1 MB"),
        (b"\xff\xfe", "UTF-8"),
        (b"x = " + b"[" * 5000 + b"]" * 5000, "TOML"),
        (b"x = " + b"9" * 100_000, "TOML"),
    ):
        course.write_bytes(content)
        faults = [f for f in faults_of(folder) if f.file == f"{folder}/courses/short.toml"]
        assert any(word in f.expected for f in faults)


def test_messages_cannot_command_the_terminal(folder: Path) -> None:
    """Escape sequences in a file are shown, not obeyed."""
    change(folder, "scenarios/first.toml", '"First"', '"\\u001b[2J"')
    change(folder, "scenarios/first.toml", "patients", '"\\u001b[2Jx" = 1\npatients')
    faults = faults_of(folder)
    assert {f.place for f in faults} >= {"title"}
    assert "\x1b" not in "".join(str(f) for f in faults)


def test_course_against_a_library(folder: Path) -> None:
    """A course alone is checked against what the library has."""
    library = library_of(folder)
    path = library.path("courses", "short")
    assert read_course(path, library) == read_course(path)
    change(folder, "courses/short.toml", '"poison"', '"arsenic"')
    assert read_course(path).stages[0].gives[0].drug == "arsenic"
    with pytest.raises(InvalidInput, match="arsenic"):
        read_course(path, library)


@pytest.mark.parametrize(
    "path",
    [
        "scenarios/first.toml",
        "courses/short.toml",
        "cohorts/adults.toml",
        "endpoints/engraftment.toml",
        "models/blood",
        "models/blood/ports.tsv",
        "courses",
        "models",
        "",
    ],
)
def test_lint_knows_the_kind(folder: Path, path: str) -> None:
    """Any part of a library in order has no faults, and is recognised."""
    assert lint(folder / path, library_of(folder)) == []


def test_lint_knows_a_loose_file_by_its_keys(folder: Path, tmp_path: Path) -> None:
    """A file on somebody's desk."""
    for name in ("scenarios/first.toml", "courses/short.toml", "cohorts/adults.toml"):
        loose = tmp_path / "loose.toml"
        loose.write_text(FILES[name])
        assert lint(loose, library_of(folder)) == []
    loose.write_text("x = 1\n")
    (fault,) = lint(loose, library_of(folder))
    assert "what it is" in fault.found
    (fault,) = lint(tmp_path / "nothing.toml", library_of(folder))
    assert fault.found == "nothing"


def test_our_own_library_has_no_faults() -> None:
    """What we ship passes our own lint."""
    library = find_library()
    ours, name = library.folders[0]
    assert name == "library"
    assert lint(ours, library) == []


@pytest.mark.parametrize("file", [name for name in FILES if name.endswith(".toml")])
def test_nonsense_anywhere_is_told_and_never_crashes(folder: Path, file: str) -> None:
    """Whatever stands after an equals sign: a fault or a scenario, nothing else."""
    library = library_of(folder)
    lines = FILES[file].splitlines()
    refused = 0
    for i, line in enumerate(lines):
        for nonsense in ("3", '"x"', "[]", "{}", "[[1]]", "[{}]", "true", "nan", '""', "9e99"):
            if " = " not in line:
                continue
            slip = [*lines[:i], line.split(" = ")[0] + " = " + nonsense, *lines[i + 1 :]]
            (folder / file).write_text("\n".join(slip))
            try:
                read_scenario("first", library)
            except InvalidInput as error:
                refused += 1
                assert all(f.place and f.found and f.expected for f in error.faults)
    assert refused > len(lines)
