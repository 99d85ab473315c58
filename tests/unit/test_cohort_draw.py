"""Virtual patients: right in distribution, and the same whoever else is drawn."""

from dataclasses import replace

import numpy as np
import pytest

from reseed.base.errors import InvalidInput
from reseed.cohort import draw_cohort
from reseed.cohort.formulas import FORMULAS, computed
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.cohort_design import CohortDesign, DesignRow
from reseed.nouns.distribution import Distribution
from reseed.nouns.key import Key

KEY = Key(11)
IDS = np.arange(100_000)


def row(name: str, unit: str, *laws: Distribution, by: str = "", formula: str = "") -> DesignRow:
    """A row without provenance."""
    levels = ("female", "male") if name == "sex" else ()
    return DesignRow(Covariate(name, unit, levels), laws, by, formula, "test", "assumed")


DESIGN = CohortDesign(
    "adults",
    "Adults",
    (
        row("sex", "", Distribution("categorical", weights=(0.7, 0.3))),
        row("age", "year", Distribution("normal", 40, 12, low=18, high=65)),
        row(
            "height",
            "cm",
            Distribution("normal", 164, 7),
            Distribution("normal", 178, 7),
            by="sex",
        ),
        row("weight", "kg", Distribution("lognormal", 75, 0.2)),
        row("serum_creatinine", "mg/dL", Distribution("lognormal", 0.9, 0.2)),
        row("body_surface_area", "m^2", formula="body_surface_area"),
        row("creatinine_clearance", "mL/min", formula="creatinine_clearance"),
    ),
    (("weight", "height", 0.5), ("age", "serum_creatinine", 0.3)),
    "test",
)
VARIABILITY = {
    "melphalan__CL": Distribution("lognormal", 500.0, 0.4, low=100.0),
    "platelets__N0": Distribution("lognormal", 1.0, 0.2),
}
DEFAULTS = {"melphalan__CL": 500.0, "platelets__N0": 2e11, "fixed__k": 0.25}


def draw(ids=IDS, design: CohortDesign = DESIGN, **more) -> Cohort:
    """Patients of the design above."""
    return draw_cohort(design, VARIABILITY, DEFAULTS, ids, KEY, **more)


@pytest.fixture(scope="module")
def adults() -> Cohort:
    """A hundred thousand of them."""
    return draw()


def test_covariates_follow_their_laws(adults: Cohort) -> None:
    """Also by sex, and truncated."""
    age, sex, height = (adults.covariates[name] for name in ("age", "sex", "height"))
    assert np.mean(sex) == pytest.approx(0.3, abs=0.008)
    assert age.min() >= 18 and age.max() <= 65
    for level, mean in ((0, 164), (1, 178)):
        assert height[sex == level].mean() == pytest.approx(mean, abs=0.2)
        assert height[sex == level].std() == pytest.approx(7, abs=0.15)
    assert np.median(adults.covariates["weight"]) == pytest.approx(75, rel=0.005)


def test_rank_correlations_are_achieved(adults: Cohort) -> None:
    """Within each sex, since height differs between them; other pairs have none."""
    from scipy.stats import spearmanr

    values = adults.covariates
    women = values["sex"] == 0
    assert spearmanr(values["weight"][women], values["height"][women])[0] == pytest.approx(
        0.5, abs=0.015
    )
    assert spearmanr(values["age"], values["serum_creatinine"])[0] == pytest.approx(0.3, abs=0.015)
    assert abs(spearmanr(values["age"], values["weight"])[0]) < 0.015


def test_parameters_vary_about_the_default(adults: Cohort) -> None:
    """The scenario's value is the median, whatever the library's; others are left out."""
    assert list(adults.parameters) == ["melphalan__CL", "platelets__N0"]
    assert np.median(adults.parameters["platelets__N0"]) == pytest.approx(2e11, rel=0.005)
    clearance = adults.parameters["melphalan__CL"]
    assert clearance.std() / clearance.mean() == pytest.approx(0.4, rel=0.03)
    assert clearance.min() >= 100


def test_patients_do_not_depend_on_the_batch(adults: Cohort) -> None:
    """Alone, in reverse, or among others: the same bits."""
    for chosen in (np.array([77]), IDS[500:531], IDS[:1000][::-1]):
        part = draw(chosen)
        for mine, whole in (
            (part.covariates, adults.covariates),
            (part.parameters, adults.parameters),
        ):
            for name, values in mine.items():
                assert values.tobytes() == np.ascontiguousarray(whole[name][chosen]).tobytes()


def test_patients_do_not_depend_on_other_rows() -> None:
    """A further covariate, correlation or parameter leaves the others as they were."""
    extra = row("ferritin", "ug/L", Distribution("lognormal", 100, 1.0))
    score = row("score", "", Distribution("normal", 0, 1))
    wider = replace(
        DESIGN,
        rows=(extra, score, *DESIGN.rows),
        correlations=(("ferritin", "score", 0.9), *DESIGN.correlations),
    )
    few, many = draw(IDS[:50]), draw(IDS[:50], wider)
    for name, values in few.covariates.items():
        assert np.array_equal(values, many.covariates[name])
    fewer = draw_cohort(DESIGN, {}, DEFAULTS, IDS[:50], KEY)
    assert fewer.parameters == {}
    assert np.array_equal(fewer.covariates["age"], few.covariates["age"])


def test_seeds_give_other_people() -> None:
    """The stream of the key plays no part."""
    one = draw(IDS[:10]).covariates["age"]
    for key, same in ((Key(12), False), (Key(11, "any"), True)):
        other = draw_cohort(DESIGN, {}, DEFAULTS, IDS[:10], key).covariates["age"]
        assert np.array_equal(one, other) is same


def test_uncertainty_moves_all_patients_of_a_replicate_together() -> None:
    """Replicate 0 has none; the typical values of many replicates follow the law."""
    laws = {"platelets__N0": Distribution("normal", 0.0, 2e10), "fixed__k": Distribution("lognormal", 1, 0.1)}  # fmt: skip  # noqa: E501
    none = draw(IDS[:5], uncertainty=laws)
    assert np.array_equal(
        none.parameters["platelets__N0"], draw(IDS[:5]).parameters["platelets__N0"]
    )
    assert "fixed__k" not in none.parameters
    typical = []
    for replicate in range(1, 401):
        cohort = draw_cohort(
            DESIGN, {}, DEFAULTS, IDS[:2], KEY, uncertainty=laws, replicate=replicate
        )
        values = cohort.parameters["platelets__N0"]
        assert values[0] == values[1]
        typical.append(values[0])
    assert np.mean(typical) == pytest.approx(2e11, abs=5 * 2e10 / 20)
    assert np.std(typical) == pytest.approx(2e10, rel=0.2)


def test_variability_is_about_the_uncertain_typical_value() -> None:
    """Between-patient spread stays, its median moves."""
    laws = {"platelets__N0": Distribution("lognormal", 1.0, 0.3)}
    alone = draw_cohort(DESIGN, {}, DEFAULTS, [0], KEY, uncertainty=laws, replicate=3)
    many = draw(IDS[:20_000], uncertainty=laws, replicate=3).parameters["platelets__N0"]
    typical = alone.parameters["platelets__N0"][0]
    assert typical != pytest.approx(2e11, rel=0.02)
    assert np.median(many) == pytest.approx(typical, rel=0.01)


@pytest.mark.parametrize(
    ("name", "inputs", "expected"),
    [
        # worked by hand: sqrt(170 * 70 / 3600); (140 - 40) * 72 / 72 * 0.85; 45.5 + 2.3 * 5
        ("body_surface_area", {"height": 170, "weight": 70}, 1.8181),
        ("creatinine_clearance", {"age": 40, "weight": 72, "serum_creatinine": 1, "sex": 0}, 85.0),
        ("creatinine_clearance", {"age": 40, "weight": 72, "serum_creatinine": 1, "sex": 1}, 100.0),
        ("ideal_body_weight", {"height": 165.1, "sex": 0}, 57.0),
        ("ideal_body_weight", {"height": 177.8, "sex": 1}, 73.0),
        ("body_mass_index", {"height": 200, "weight": 100}, 25.0),
        # 9270 * 80 / (6680 + 216 * 20)
        ("lean_body_weight", {"height": 200, "weight": 80, "sex": 1}, 67.418),
    ],
)
def test_formulas_give_worked_examples(name: str, inputs: dict, expected: float) -> None:
    """In the formula's own unit."""
    units = {"height": "cm", "weight": "kg", "age": "year", "serum_creatinine": "mg/dL"}
    columns = {
        key: Covariate(key, units.get(key, ""), ("female", "male") if key == "sex" else ())
        for key in inputs
    }
    values = {key: np.array([float(value)]) for key, value in inputs.items()}
    given = computed(name, FORMULAS[name].unit, columns, values)
    assert given == pytest.approx([expected], rel=1e-4)


def test_formula_reads_other_units() -> None:
    """Height in metres and a surface in cm^2 are converted, never assumed."""
    columns = {"height": Covariate("height", "m"), "weight": Covariate("weight", "kg")}
    values = {"height": np.array([1.7]), "weight": np.array([70.0])}
    assert computed("body_surface_area", "cm^2", columns, values) == pytest.approx(
        [18181], rel=1e-3
    )
    with pytest.raises(ValueError, match="kg"):
        computed("body_surface_area", "kg", columns, values)


def test_formulas_have_a_source() -> None:
    """Every number has one."""
    for formula in FORMULAS.values():
        assert formula.source and formula.source in (formula.function.__doc__ or "")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"rows": (row("x", "", Distribution("weibull")),)}, "weibull"),
        ({"rows": (row("x", "", Distribution("fixed"), by="sex"),)}, "sex"),
        ({"rows": (row("x", ""),)}, "0 distributions"),
        ({"rows": (row("x", "kg", formula="astrology"),)}, "astrology"),
        ({"rows": (row("x", "m^2", formula="body_surface_area"),)}, "height"),
        ({"correlations": (("age", "sex", 0.5),)}, "sex"),
        ({"correlations": (("age", "weight", 1.0),)}, "between -1 and 1"),
        (
            {
                "correlations": (
                    ("age", "weight", 0.9),
                    ("age", "height", 0.9),
                    ("height", "weight", -0.9),
                )
            },  # noqa: E501
            "contradict",
        ),
    ],
)
def test_impossible_designs_are_refused(change: dict, part: str) -> None:
    """With the place and what was found there."""
    base = {"correlations": ()} | change
    with pytest.raises(InvalidInput, match=part):
        draw_cohort(replace(DESIGN, **base), {}, {}, [0], KEY)


def test_all_faults_are_told_at_once() -> None:
    """Of the design and of the model's distributions."""
    design = replace(DESIGN, rows=(row("x", "", Distribution("normal", 0, -1)),), correlations=())
    laws = {"a__b": Distribution("normal"), "c__d": Distribution("lognormal", 1, 0.1)}
    with pytest.raises(InvalidInput) as caught:
        draw_cohort(design, laws, {"c__d": -1.0}, [0], KEY)
    assert len(caught.value.faults) == 3
