"""Probe: which quantities are wanted, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Probe:
    """Public port names and times (days on the study clock, increasing).

    A value at a time at which something jumps is the value just before the jump; or, with `after`,
    that which doses, procedures and events of that very time have left, as SBML has it.
    """

    variables: tuple[str, ...]
    times: NDArray[np.float64]
    after: bool = False
