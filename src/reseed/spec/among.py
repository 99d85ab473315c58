"""Whom a file is about, by covariates: `[[among]]` of an endpoint, `among` of what is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reseed.base import units
from reseed.base.words import one_of
from reseed.nouns.among import Among
from reseed.nouns.cohort_design import CohortDesign
from reseed.nouns.course import Quantity
from reseed.spec.shape import Level, Line, Shape, Word, attempt, parse_level, tables
from reseed.spec.sheet import Sheet, quoted

BOUNDS = ("at_least", "at_most")


class AmongShape(Shape):
    covariate: Word
    level: Line | None = None
    at_least: Level | None = None
    at_most: Level | None = None


def among_of(shape: AmongShape, place: str, sheet: Sheet) -> Among:
    """The noun; a fault where there is no level and no bound, or both, or nothing between."""
    low, high = shape.at_least, shape.at_most
    bounded = low is not None or high is not None
    if (shape.level is not None) == bounded:
        found = "a level and bounds" if bounded else "neither a level nor a bound"
        sheet.add(place, found, "level, or at_least and at_most or one of them")
    if low and high and low.unit == high.unit and low.value > high.value:
        sheet.add(f"{place}.at_most", str(high), f"a value of at least {low}")
    return Among(shape.covariate, shape.level or "", low, high)


def check_among(data: Mapping[str, Any], sheet: Sheet, cohort: CohortDesign) -> None:
    """Whether the cohort has those covariates, their levels, and bounds in units of their kind."""
    columns = {row.covariate.name: row.covariate for row in cohort.rows}
    for i, raw in enumerate(tables(data, "among"), 1):
        name, place = raw.get("covariate"), f"among[{i}]"
        if not isinstance(name, str):
            continue
        if name not in columns:
            sheet.add(f"{place}.covariate", quoted(name), one_of(name, columns, "a covariate"))
            continue
        column, level = columns[name], raw.get("level")
        if isinstance(level, str) and level not in column.levels:
            expected = one_of(level, column.levels, f"a level of {name}")
            sheet.add(f"{place}.level", quoted(level), expected)
        for key in (key for key in BOUNDS if key in raw):
            if column.levels:
                sheet.add(f"{place}.{key}", quoted(raw[key]), f"a level, since {name} has levels")
                continue
            bound = attempt(parse_level, raw[key])
            if isinstance(bound, Quantity) and not _fits(bound, column.unit):
                expected = f"a value in {column.unit or 'no unit'} or alike, the unit of {name}"
                sheet.add(f"{place}.{key}", quoted(raw[key]), expected)


def check_bands(data: Mapping[str, Any], sheet: Sheet, cohort: CohortDesign) -> None:
    """Whether the cohort has the covariates of bands in a course: numbers, in fitting units."""
    columns = {row.covariate.name: row.covariate for row in cohort.rows}
    known = [name for name, column in columns.items() if not column.levels]
    for i, stage in enumerate(tables(data, "stage"), 1):
        for j, give in enumerate(tables(stage, "give"), 1):
            band, place = give.get("among"), f"stage[{i}].give[{j}].among"
            name = band.get("covariate") if isinstance(band, dict) else None
            if not isinstance(band, dict) or not isinstance(name, str):
                continue
            if name not in known:
                expected = one_of(name, known, "a covariate of numbers")
                sheet.add(f"{place}.covariate", quoted(name), expected)
                continue
            unit = columns[name].unit
            for key in (key for key in ("at_least", "below") if key in band):
                bound = attempt(parse_level, band[key])
                if isinstance(bound, Quantity) and not _fits(bound, unit):
                    expected = f"a value in {unit or 'no unit'} or alike, the unit of {name}"
                    sheet.add(f"{place}.{key}", quoted(band[key]), expected)


def _fits(bound: Quantity, unit: str) -> bool:
    return not bound.unit or units.compatible(bound.unit, unit)
