"""FollowUp: until when a trial sees its patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The last study day on which each patient is seen, (patient,), and why no later.

    `reason` is "" at the planned end, "drop-out" for who left the trial, else the reason that the
    model gave, such as "death". What happens to a patient afterwards, nobody sees.
    """

    until: NDArray[np.float64]
    reason: tuple[str, ...]
