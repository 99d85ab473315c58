"""Trajectories: what a Probe asked for, and how each patient's solution went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Trajectories:
    """`values` has shape (patient, variable, time); NaN before a patient's first day, after the
    end, everywhere after a failure, and where a formula has no value (the logarithm of -1).

    Per patient: `end_time` (day of the end of follow-up), `end_reason` ("" = planned end),
    `status` (0 = solved; else a code of `reseed.engine.failure`), `status_time`,
    `status_state` (the state that caused it), `rung` (0 = first try), `steps`.
    """

    ids: NDArray[np.int64]
    variables: tuple[str, ...]
    units: tuple[str, ...]
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    end_time: NDArray[np.float64]
    end_reason: tuple[str, ...]
    status: NDArray[np.int64]
    status_time: NDArray[np.float64]
    status_state: tuple[str, ...]
    rung: NDArray[np.int64]
    steps: NDArray[np.int64]
