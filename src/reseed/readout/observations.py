"""Observations: what the laboratory and the follow-up office know, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Observations:
    """Values (patient, variable, visit) at daily visits; NaN where a patient was not seen.

    `days` is the study day of each visit, (visit,), a whole number. `end` is the day on the
    study clock at which each patient's follow-up ended, (patient,), and `reason` why: "" is
    the planned end. `scans` holds, for each record that only a scan finds, the study days of
    the scans, (scan,); all other records are known when they are made.
    """

    ids: NDArray[np.int64]
    variables: tuple[str, ...]
    units: tuple[str, ...]
    days: NDArray[np.int64]
    values: NDArray[np.float64]
    end: NDArray[np.float64]
    reason: tuple[str, ...]
    scans: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    def of(self, variable: str) -> NDArray[np.float64]:
        """Values of one variable, (patient, visit); KeyError with a sentence if not observed."""
        return self.values[:, self._column(variable)]

    def unit(self, variable: str) -> str:
        """The unit of one variable; KeyError with a sentence if it was not observed."""
        return self.units[self._column(variable)]

    def _column(self, variable: str) -> int:
        if variable not in self.variables:
            raise KeyError(f"{variable!r} was not observed; known: {', '.join(self.variables)}")
        return self.variables.index(variable)
