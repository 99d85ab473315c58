"""Which patients are in a band of a covariate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reseed.base.units import convert
from reseed.nouns.cohort import Cohort
from reseed.nouns.course import Band


def inside(band: Band, cohort: Cohort) -> NDArray[np.bool_]:
    """Whether each patient is in the band, (patient,).

    KeyError with a sentence for a covariate that the cohort does not have, ValueError for a unit of
    another kind.
    """
    unit = next((c.unit for c in cohort.columns if c.name == band.covariate), None)
    if unit is None:
        raise KeyError(f"a band needs the covariate {band.covariate!r}, which the cohort lacks")
    low, below = (
        default if bound is None else convert(bound.value, bound.unit or unit, unit)
        for bound, default in ((band.low, -np.inf), (band.below, np.inf))
    )
    values = cohort.covariates[band.covariate]
    return np.asarray((values >= low) & (values < below))
