"""Estimate: one endpoint in one arm, as a trial reports it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Estimate:
    """`kind` is `cumulative_incidence`, `survival`, `distribution`, `mean` or `rate`.

    For the first two, `times` (days) run parallel with `estimate`, `low`, `high` (fractions,
    95 % intervals) and `at_risk`; `median`, `q25`, `q75` are the times at which the cumulative
    incidence (or 1 - survival) reaches 0.5, 0.25 and 0.75, NaN where it does not. For a
    distribution the curves are empty and the three are quantiles over patients, in `unit`.
    A mean and a rate have those too, and one time, the last day, with the mean (or the events
    per year, over all patients) and its interval, in `unit`.
    `n` counts patients with the endpoint defined, `missing` those without.
    """

    arm: str
    endpoint: str
    kind: str
    times: NDArray[np.float64]
    estimate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    at_risk: NDArray[np.int64]
    median: float
    q25: float
    q75: float
    unit: str
    n: int
    missing: int
