"""Cohort: virtual patients, one row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Covariate:
    """A column that describes patients: its name, unit ("" for none), and levels if categorical."""

    name: str
    unit: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cohort:
    """Patients by id. `covariates` and `parameters` map a name to values of shape (patient,).

    Covariates are in the units of `columns`; a categorical one holds the index of its level.
    `parameters` holds those model parameters (ids `module__name`, the system's units) that
    differ from the system's default for at least one patient. `luck` holds the numbers that
    address each patient's draws, where these are not the ids: who was drawn anew because the first
    try did not fit the study has another luck. Ids and luck are from 0 to 2**53. Patients of one
    number share their luck in everything: who stands in the cohort twice is a twin, whom only
    other parameters, covariates or treatment can tell apart.
    """

    ids: NDArray[np.int64]
    columns: tuple[Covariate, ...]
    covariates: Mapping[str, NDArray[np.float64]]
    parameters: Mapping[str, NDArray[np.float64]]
    luck: NDArray[np.int64] | None = None

    def draws(self) -> NDArray[np.int64]:
        """The numbers that address each patient's draws: (patient,)."""
        return self.ids if self.luck is None else self.luck
