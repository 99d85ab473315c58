"""Reduction: what is kept of trajectories where nobody keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Reduction:
    """Edges of bins, and thresholds, by the names of a Probe's variables, in their units.

    `edges` increase; `above` is a threshold over which days are counted. `each` keeps a row for
    every patient beside what is known of all; without it, memory does not grow with patients.
    """

    edges: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    above: Mapping[str, float] = field(default_factory=dict)
    each: bool = False
