"""Orders: what giving a drug adds to a state or a rate, and when, for each patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.base.ports import find_port
from reseed.base.time import HOURS_PER_DAY
from reseed.base.units import convert, split_dose_unit
from reseed.nouns.cohort import Cohort
from reseed.nouns.course import SIZES, Give, Quantity, Stage
from reseed.nouns.system import System

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Order:
    """On `day`, counted from day 0 of its course or stage, `amounts` (patient,) go to `target`."""

    day: float
    target: str
    amounts: Vector
    tag: str


def tag(drug: str, stage: Stage) -> str:
    """What the jumps of a drug in a stage are called, so that a procedure can cancel them."""
    return f"{drug}/{stage.name}"


def orders(give: Give, stage: Stage, cohort: Cohort, system: System, last: float) -> list[Order]:
    """All orders of a drug; what has no end is given until the day `last`, and then stops."""
    port, label = find_port(system, give.drug), tag(give.drug, stage)
    if give.steady:
        daily = give.per_day / give.every
        rate = doses(give, cohort, f"({port.unit})*day") * daily
        first = administrations(give, give.days[0])[0]
        found = [(first, rate), (max(last, first), -rate)]
    elif give.hours:
        rate = doses(give, cohort, f"({port.unit})*day") * (HOURS_PER_DAY / give.hours)
        long = give.hours / HOURS_PER_DAY
        starts = administrations(give, last)
        found = [pair for day in starts for pair in ((day, rate), (day + long, -rate))]
    else:
        amount = doses(give, cohort, port.unit)
        found = [(day, amount) for day in administrations(give, last)]
    return [Order(day, port.symbol, amounts, label) for day, amounts in found]


def administrations(give: Give, last: float) -> list[float]:
    """Every time of giving, in order, in days from day 0; without end, those until `last`."""
    gap = HOURS_PER_DAY / give.per_day
    hours = [give.hour + number * gap for number in range(give.per_day)]
    days = list(give.days)
    while give.every and days[-1] + give.every <= last:
        days.append(give.days[-1] + give.every * (len(days) - len(give.days) + 1))
    return sorted(day + hour / HOURS_PER_DAY for day in days for hour in hours)


def doses(give: Give, cohort: Cohort, unit: str) -> Vector:
    """The amount of one administration for each patient, (patient,), in `unit`."""
    amounts = _amounts(give.dose, cohort, unit)
    for below, dose in reversed(give.bands):
        light = _covariate(cohort, *SIZES["kg"]) < below
        amounts = np.where(light, _amounts(dose, cohort, unit), amounts)
    return amounts


def _amounts(dose: Quantity, cohort: Cohort, unit: str) -> Vector:
    amount, per = split_dose_unit(dose.unit)
    size = _covariate(cohort, *SIZES[per]) if per else np.ones(len(cohort.ids))
    return convert(dose.value, amount, unit) * size


def _covariate(cohort: Cohort, name: str, unit: str) -> Vector:
    own = next((column.unit for column in cohort.columns if column.name == name), None)
    if own is None:
        raise KeyError(f"a dose needs the covariate {name!r}, which the cohort does not have")
    return cohort.covariates[name] * convert(1.0, own, unit)
