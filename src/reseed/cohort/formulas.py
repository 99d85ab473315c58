"""The closed list of formulas that compute one covariate from others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.base.units import convert
from reseed.nouns.cohort import Covariate

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Input:
    """A covariate that a formula reads, in `unit`; with `level`, 1 where it has that level."""

    name: str
    unit: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Formula:
    """A function of arrays of shape (patient,), its inputs in order, its unit and its source."""

    inputs: tuple[Input, ...]
    unit: str
    function: Callable[..., Values]
    source: str


def body_surface_area(height: Values, weight: Values) -> Values:
    """Body surface area (m^2) from height (cm) and weight (kg), after Mosteller.

    doi:10.1056/NEJM198710223171717
    """
    return np.sqrt(height * weight / 3600.0)


def ideal_body_weight(height: Values, female: Values) -> Values:
    """Ideal body weight (kg) from height (cm), after Devine: 50 kg (men) or 45.5 kg (women) at
    60 inches, and 2.3 kg for each inch more or less.

    Devine 1974, Drug Intell Clin Pharm 8:650; its history in doi:10.1345/aph.19381
    """
    return np.where(female > 0, 45.5, 50.0) + 2.3 * (height / 2.54 - 60.0)


def body_mass_index(height: Values, weight: Values) -> Values:
    """Weight over squared height (kg/m^2) from height (cm) and weight (kg).

    Keys 1972, doi:10.1016/0021-9681(72)90027-6
    """
    return weight / (height / 100.0) ** 2


def lean_body_weight(height: Values, weight: Values, female: Values) -> Values:
    """Lean body weight (kg) from height (cm) and weight (kg), after Janmahasatian.

    doi:10.2165/00003088-200544100-00004
    """
    index = body_mass_index(height, weight)
    return 9270.0 * weight / np.where(female > 0, 8780.0 + 244.0 * index, 6680.0 + 216.0 * index)


def creatinine_clearance(age: Values, weight: Values, creatinine: Values, female: Values) -> Values:
    """Creatinine clearance (mL/min) from age (year), weight (kg) and serum creatinine (mg/dL).

    Cockcroft and Gault 1976, doi:10.1159/000180580; women have 0.85 of men's.
    """
    return (140.0 - age) * weight / (72.0 * creatinine) * np.where(female > 0, 0.85, 1.0)


_HEIGHT = Input("height", "cm")
_WEIGHT = Input("weight", "kg")
_FEMALE = Input("sex", level="female")

FORMULAS: dict[str, Formula] = {
    "body_surface_area": Formula(
        (_HEIGHT, _WEIGHT), "m^2", body_surface_area, "doi:10.1056/NEJM198710223171717"
    ),
    "body_mass_index": Formula(
        (_HEIGHT, _WEIGHT), "kg/m^2", body_mass_index, "doi:10.1016/0021-9681(72)90027-6"
    ),
    "ideal_body_weight": Formula(
        (_HEIGHT, _FEMALE), "kg", ideal_body_weight, "Devine 1974, Drug Intell Clin Pharm 8:650"
    ),
    "lean_body_weight": Formula(
        (_HEIGHT, _WEIGHT, _FEMALE), "kg", lean_body_weight, "doi:10.2165/00003088-200544100-00004"
    ),
    "creatinine_clearance": Formula(
        (Input("age", "year"), _WEIGHT, Input("serum_creatinine", "mg/dL"), _FEMALE),
        "mL/min",
        creatinine_clearance,
        "doi:10.1159/000180580",
    ),
}
"""Name to formula."""


def computed(
    name: str, unit: str, columns: Mapping[str, Covariate], covariates: Mapping[str, Values]
) -> Values:
    """A formula's values in `unit`, from covariates that are there already, (patient,).

    ValueError with a sentence if the formula is unknown, an input is missing, has no such
    level, or has a unit of another kind.
    """
    if name not in FORMULAS:
        raise ValueError(f"no formula {name!r}; known are {', '.join(FORMULAS)}")
    formula = FORMULAS[name]
    missing = [given.name for given in formula.inputs if given.name not in columns]
    if missing:
        raise ValueError(f"needs {', '.join(missing)}, which no row before it gives")
    inputs = [_input(given, columns[given.name], covariates) for given in formula.inputs]
    return formula.function(*inputs) * convert(1.0, formula.unit, unit)


def _input(given: Input, column: Covariate, covariates: Mapping[str, Values]) -> Values:
    values = covariates[given.name]
    if not given.level:
        return values * convert(1.0, column.unit, given.unit)
    if given.level not in column.levels:
        raise ValueError(f"needs {given.name} to have the level {given.level!r}")
    return (values == column.levels.index(given.level)).astype(np.float64)
