"""Cohort files: from which distributions virtual patients are drawn.

A law that differs by a categorical covariate has one table per level:

    [[covariate]]
    name = "height"
    unit = "cm"
    distribution = "normal"
    by = "sex"
    status = "assumed"
    source = "..."
    [covariate.level.female]
    mean = 165
    sd = 7
    [covariate.level.male]
    mean = 178
    sd = 7
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from reseed.base import units
from reseed.base.words import one_of
from reseed.nouns.cohort import Covariate
from reseed.nouns.cohort_design import CohortDesign, DesignRow
from reseed.nouns.course import Quantity
from reseed.nouns.distribution import Distribution
from reseed.nouns.history import Criterion, History
from reseed.spec.shape import Line, PositiveQuantity, Shape, Word, fit, read_toml
from reseed.spec.sheet import Sheet, quoted

FORMULAS = (
    "body_surface_area",
    "body_mass_index",
    "ideal_body_weight",
    "lean_body_weight",
    "creatinine_clearance",
)
"""The names of `reseed.cohort.formulas`, which stands a floor above; a test keeps them equal."""

_NUMBERS = ("mean", "sd", "median", "cv", "shape", "scale", "probability", "value", "low", "high")
_LAWS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fixed": (("value",), ()),
    "normal": (("mean", "sd"), ("low", "high")),
    "lognormal": (("median", "cv"), ("low", "high")),
    "logitnormal": (("median", "sd"), ("low", "high")),
    "uniform": (("low", "high"), ()),
    "gamma": (("shape", "scale"), ("low", "high")),
    "beta": (("shape", "scale"), ("low", "high")),
    "negative_binomial": (("mean", "shape"), ("low", "high")),
    "bernoulli": (("probability",), ()),
    "categorical": (("levels", "weights"), ()),
}
"""Kind of law to the numbers it needs and those it may have."""

_POSITIVE = ("sd", "cv", "shape", "scale")


def _unit(text: str) -> str:
    units.check(text)
    return "" if text == "1" else text


Unit = Annotated[str, AfterValidator(_unit)]
Status = Literal["measured", "fitted", "derived", "assumed"]
Law = Literal[
    "fixed",
    "normal",
    "lognormal",
    "logitnormal",
    "uniform",
    "gamma",
    "beta",
    "negative_binomial",
    "bernoulli",
    "categorical",
]


class NumbersShape(Shape):
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    cv: float | None = None
    shape: float | None = None
    scale: float | None = None
    probability: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    weights: Annotated[list[Annotated[float, Field(ge=0)]], Field(max_length=50)] | None = None


class CovariateShape(NumbersShape):
    name: Word
    unit: Unit = ""
    distribution: Law | None = None
    formula: Word | None = None
    levels: Annotated[list[Word], Field(min_length=1, max_length=50)] | None = None
    by: Word | None = None
    level: dict[str, NumbersShape] | None = None
    status: Status
    source: Line


class CorrelationShape(Shape):
    between: Annotated[list[Word], Field(min_length=2, max_length=2)]
    rank: Annotated[float, Field(gt=-1, lt=1)]


class CriterionShape(Shape):
    record: Line | None = None
    port: Word | None = None
    covariate: Word | None = None
    unit: Unit = ""
    at_least: float | None = None
    at_most: float | None = None
    within: PositiveQuantity | None = None
    becomes: Word | None = None


class HistoryShape(Shape):
    visits: PositiveQuantity
    longest: PositiveQuantity
    criterion: Annotated[list[CriterionShape], Field(min_length=1, max_length=20)]
    status: Status
    source: Line


class CohortShape(Shape):
    title: Line
    sources: Annotated[list[Line], Field(max_length=100)] = []
    covariate: Annotated[list[CovariateShape], Field(min_length=1, max_length=200)]
    correlation: Annotated[list[CorrelationShape], Field(max_length=200)] = []
    correlation_source: Line = ""
    history: HistoryShape | None = None


def read_cohort(path: Path) -> CohortDesign:
    """The design of a file; InvalidInput with every fault of it."""
    sheet = Sheet(Path(path), str(path))
    design = load_cohort(sheet)
    sheet.refuse()
    assert design is not None  # no design without a fault
    return design


def load_cohort(sheet: Sheet) -> CohortDesign | None:
    """The design, or None after faults."""
    data = read_toml(sheet)
    if data is None:
        return None
    shape = fit(CohortShape, data, sheet)
    # Each row is looked at by itself too, so that one bad row does not hide the faults of others.
    rows = data.get("covariate")
    levels: dict[str, tuple[str, ...]] = {}
    names: list[str] = []
    for i, raw in enumerate(rows if isinstance(rows, list) else [], 1):
        place = f"covariate[{i}]"
        row = _quiet(raw)
        name = raw.get("name") if isinstance(raw, dict) else None
        if name in names:
            sheet.add(f"{place}.name", f'"{name}" again', "a name used once")
        if row:
            _check_row(row, place, levels, sheet)
        if isinstance(name, str):
            names.append(name)
    if shape is None:
        return None
    _check_correlations(shape, sheet)
    history = _history(shape, sheet) if shape.history else None
    if sheet.faults:
        return None
    found = tuple(_row(row, levels) for row in shape.covariate)
    pairs = tuple((c.between[0], c.between[1], c.rank) for c in shape.correlation)
    source = shape.correlation_source
    return CohortDesign(sheet.path.stem, shape.title, found, pairs, source, history)


def _quiet(raw: Any) -> CovariateShape | None:
    """The row without unknown keys, whose faults are noted already; None if it is no row."""
    if not isinstance(raw, dict):
        return None
    known = {key: value for key, value in raw.items() if key in CovariateShape.model_fields}
    return fit(CovariateShape, known, Sheet(Path(), ""))


def _check_row(
    row: CovariateShape, place: str, levels: dict[str, tuple[str, ...]], sheet: Sheet
) -> None:
    """One row's law; `levels` gathers those of the categorical rows before it."""
    if (row.formula is None) == (row.distribution is None):
        sheet.add(place, "both or neither", "either a distribution or a formula")
        return
    if row.formula is not None:
        given = [key for key in (*_NUMBERS, "weights", "by", "level", "levels") if _has(row, key)]
        if given:
            sheet.add(place, ", ".join(given), "nothing of a distribution beside a formula")
        if row.formula not in FORMULAS:
            sheet.add(f"{place}.formula", quoted(row.formula), one_of(row.formula, FORMULAS, "one"))
        return
    if row.distribution == "categorical":
        levels[row.name] = tuple(row.levels or ())
        if len(set(levels[row.name])) != len(levels[row.name]):
            sheet.add(f"{place}.levels", "a level twice", "each level once")
    elif row.levels is not None:
        sheet.add(f"{place}.levels", "levels", "none for a law that is not categorical")
    if row.by is None and row.level is None:
        _check_numbers(row, row, place, sheet)
    elif row.by not in levels:
        found = quoted(row.by)
        sheet.add(f"{place}.by", found, one_of(row.by or "", levels, "a categorical row before it"))
    elif set(row.level or {}) != set(levels[row.by]):
        expected = "a table for each level: " + ", ".join(levels[row.by])
        sheet.add(f"{place}.level", ", ".join(row.level or {}) or "nothing", expected)
    else:
        for name, numbers in (row.level or {}).items():
            _check_numbers(row, numbers, f"{place}.level.{name}", sheet)


def _has(numbers: NumbersShape, key: str) -> bool:
    return getattr(numbers, key, None) is not None


def _check_numbers(row: CovariateShape, numbers: NumbersShape, place: str, sheet: Sheet) -> None:
    """That a law has the numbers it needs, no others, and that they make sense."""
    law = str(row.distribution)
    needed, allowed = _LAWS[law]
    # With tables by level a number beside them (a common bound, say) stands for every level.
    has = [key for key in (*_NUMBERS, "weights") if _has(numbers, key) or _has(row, key)]
    if row.levels is not None:
        has.append("levels")
    for key in needed:
        if key not in has:
            sheet.add(f"{place}.{key}", "nothing", f"a number for the {law} law")
    for key in has:
        if key not in (*needed, *allowed):
            expected = f"only {', '.join((*needed, *allowed))} for the {law} law"
            sheet.add(f"{place}.{key}", "a number", expected)
    value = {key: _number(row, numbers, key) for key in _NUMBERS}
    low, high = value["low"], value["high"]
    if low is not None and high is not None and low > high:
        sheet.add(f"{place}.low", f"{low:g}", f"a low of at most high, {high:g}")
    for key in _POSITIVE:
        number = value[key]
        if number is not None and (number < 0 or (number == 0 and key in ("shape", "scale"))):
            sheet.add(f"{place}.{key}", f"{number:g}", "a number above 0")
    centre = value["median"]
    if centre is not None and law == "lognormal" and centre <= 0:
        sheet.add(f"{place}.median", f"{centre:g}", "a number above 0")
    if centre is not None and law == "logitnormal" and not 0 < centre < 1:
        sheet.add(f"{place}.median", f"{centre:g}", "a number between 0 and 1")
    chance = value["probability"]
    if chance is not None and not 0 <= chance <= 1:
        sheet.add(f"{place}.probability", f"{chance:g}", "a number from 0 to 1")
    _check_weights(row, numbers, place, sheet)


def _check_weights(row: CovariateShape, numbers: NumbersShape, place: str, sheet: Sheet) -> None:
    weights = numbers.weights or row.weights
    if weights is None or row.levels is None:
        return
    if len(weights) != len(row.levels) or not sum(weights) > 0:
        found = f"{len(weights)} weights with the sum {sum(weights):g}"
        sheet.add(f"{place}.weights", found, f"{len(row.levels)} weights, not all 0")


def _number(row: NumbersShape, numbers: NumbersShape, key: str) -> float | None:
    own = getattr(numbers, key)
    found = getattr(row, key) if own is None else own
    return None if found is None else float(found)


def _check_correlations(shape: CohortShape, sheet: Sheet) -> None:
    continuous = [
        row.name
        for row in shape.covariate
        if row.distribution not in (None, "fixed", "categorical", "bernoulli")
    ]
    pairs: set[frozenset[str]] = set()
    for i, correlation in enumerate(shape.correlation, 1):
        place = f"correlation[{i}].between"
        for name in correlation.between:
            if name not in continuous:
                expected = one_of(name, continuous, "a continuous covariate that is drawn")
                sheet.add(place, quoted(name), expected)
        pair = frozenset(correlation.between)
        if len(pair) < 2 or pair in pairs:
            sheet.add(place, " and ".join(correlation.between), "two covariates, each pair once")
        pairs.add(pair)
    if shape.correlation and not shape.correlation_source:
        sheet.add("correlation_source", "nothing", "where the correlations come from")


MOST_VISITS = 1_000


def _history(shape: CohortShape, sheet: Sheet) -> History | None:
    """The life before entry, or None after faults."""
    told = shape.history
    assert told is not None
    visit, longest = _days(told.visits, "visits", sheet), _days(told.longest, "longest", sheet)
    names = [row.name for row in shape.covariate]
    criteria = [
        _criterion(one, f"history.criterion[{i}]", names, sheet)
        for i, one in enumerate(told.criterion, 1)
    ]
    if visit is None or longest is None:
        return None
    if not longest / visit <= MOST_VISITS:
        found = f"{longest / visit:.0f} visits"
        sheet.add("history.visits", found, f"at most {MOST_VISITS} in the longest life")
    return History(visit, longest, tuple(c for c in criteria if c), told.source, told.status)


def _criterion(one: CriterionShape, place: str, names: list[str], sheet: Sheet) -> Criterion | None:
    kinds = {"record": one.record, "port": one.port, "covariate": one.covariate}
    given = {kind: name for kind, name in kinds.items() if name is not None}
    if len(given) != 1:
        sheet.add(place, " and ".join(given) or "nothing", "one of record, port and covariate")
        return None
    kind, name = next(iter(given.items()))
    low = -math.inf if one.at_least is None else one.at_least
    high = math.inf if one.at_most is None else one.at_most
    if low == -high == -math.inf or low > high:
        sheet.add(place, "no bounds, or none between them", "at_least, at_most, or both")
    if (kind == "record") != (one.within is not None):
        sheet.add(f"{place}.within", kind, "a time with a record, and with nothing else")
    if kind == "covariate" and name not in names:
        sheet.add(f"{place}.covariate", quoted(name), one_of(name, names, "a covariate"))
    if one.becomes in names:
        sheet.add(f"{place}.becomes", quoted(one.becomes), "a name that no covariate has")
    within = 0.0 if one.within is None else _days(one.within, f"{place}.within", sheet) or 0.0
    return Criterion(kind, name, low, high, one.unit, within, one.becomes or "")


def _days(quantity: Quantity, place: str, sheet: Sheet) -> float | None:
    try:
        return units.convert(quantity.value, quantity.unit, "day")
    except ValueError:
        sheet.add(place, str(quantity), "a length of time")
        return None


def _row(row: CovariateShape, levels: dict[str, tuple[str, ...]]) -> DesignRow:
    covariate = Covariate(row.name, row.unit, tuple(row.levels or ()))
    if row.formula is not None:
        laws: tuple[Distribution, ...] = ()
    elif row.by is None:
        laws = (_distribution(row, row),)
    else:
        laws = tuple(_distribution(row, (row.level or {})[name]) for name in levels[row.by])
    return DesignRow(covariate, laws, row.by or "", row.formula or "", row.source, row.status)


def _distribution(row: CovariateShape, numbers: NumbersShape) -> Distribution:
    value = {key: _number(row, numbers, key) for key in _NUMBERS}
    centres = ("mean", "median", "probability", "value")
    low, high = value["low"], value["high"]
    if row.distribution == "beta":
        low, high = (0.0 if low is None else low), (1.0 if high is None else high)
    return Distribution(
        kind=str(row.distribution),
        centre=next((value[key] or 0.0 for key in centres if value[key] is not None), 0.0),
        spread=value["sd"] or value["cv"] or 0.0,
        shape=value["shape"] or 0.0,
        scale=value["scale"] or 0.0,
        low=low,
        high=high,
        weights=tuple(numbers.weights or row.weights or ()),
    )
