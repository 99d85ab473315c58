"""Records: what procedures, events and hazards left behind, one row each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Records:
    """Parallel columns, ordered by patient and then by time.

    `source` is `event`, `hazard`, `end`, `stop` or the name of a procedure; `name` says what;
    `time` is in days on the study clock. An `end` row carries the reason as its name, a `stop` row
    the tag under which a procedure dropped all that was still to come: `drug/stage`.
    """

    patient: NDArray[np.int64]
    time: NDArray[np.float64]
    source: tuple[str, ...]
    name: tuple[str, ...]
    value: NDArray[np.float64]
    unit: tuple[str, ...]
