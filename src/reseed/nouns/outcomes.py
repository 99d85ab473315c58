"""Outcomes: what adjudication decided, one row per patient and endpoint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Parallel columns, ordered by patient and then by endpoint in the scenario's order.
    An endpoint that tells of some patients only (`Endpoint.among`) has no row for the others.

    A time-to-event endpoint has `time` (days after its origin) and `status` (0 censored,
    1 event, 2 competing event); its `value` is NaN. A measured endpoint has `value` with
    `unit` and status 1; a patient for whom it is not defined has value NaN, status 0. Its time is
    NaN, but for sums over a window (days, events, years): there it is the day on which the sum was
    known, or was cut off (status 0).
    """

    patient: NDArray[np.int64]
    endpoint: tuple[str, ...]
    time: NDArray[np.float64]
    status: NDArray[np.int64]
    value: NDArray[np.float64]
    unit: tuple[str, ...]
    after: NDArray[np.float64]
