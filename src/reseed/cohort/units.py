"""A cohort in the units of a System."""

from __future__ import annotations

import dataclasses

from reseed.base.units import convert
from reseed.nouns.cohort import Cohort
from reseed.nouns.system import System


def in_units_of(cohort: Cohort, system: System) -> Cohort:
    """The cohort with every covariate that the system reads in the system's own unit."""
    units = {port.name: port.unit for port in system.ports if port.direction == "in"}
    columns, values = [], dict(cohort.covariates)
    for column in cohort.columns:
        unit = units.get(column.name, column.unit)
        if unit != column.unit:
            values[column.name] = values[column.name] * convert(1.0, column.unit, unit)
        columns.append(dataclasses.replace(column, unit=unit))
    return dataclasses.replace(cohort, columns=tuple(columns), covariates=values)
