"""Of which patients an endpoint tells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reseed.base.units import convert
from reseed.nouns.among import Among
from reseed.nouns.cohort import Cohort
from reseed.nouns.endpoint import Endpoint


def whom(endpoint: Endpoint, cohort: Cohort) -> NDArray[np.bool_]:
    """Whether each patient is of those of whom the endpoint tells, (patient,).

    All conditions must hold, on covariates at study entry. KeyError with a sentence for a covariate
    or a level that the cohort does not have, ValueError for a unit of another kind.
    """
    chosen = np.ones(len(cohort.ids), dtype=bool)
    for condition in endpoint.among:
        chosen &= _meets(condition, cohort)
    return chosen


def _meets(condition: Among, cohort: Cohort) -> NDArray[np.bool_]:
    columns = {column.name: column for column in cohort.columns}
    if condition.covariate not in columns:
        raise KeyError(f"the cohort has no covariate {condition.covariate!r}")
    column, values = columns[condition.covariate], cohort.covariates[condition.covariate]
    if condition.level:
        if condition.level not in column.levels:
            raise KeyError(f"{column.name} has no level {condition.level!r}")
        return np.asarray(values == column.levels.index(condition.level))
    low, high = (
        default if bound is None else convert(bound.value, bound.unit or column.unit, column.unit)
        for bound, default in ((condition.low, -np.inf), (condition.high, np.inf))
    )
    return np.asarray((values >= low) & (values <= high))
