"""Summary: what a Reduction leaves of the trajectories of many patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Extremes:
    """Per variable the value that nobody passed, whose it was, and the day: (variable,) each.

    NaN, -1 and NaN where nobody had a value; of equals, the smallest id, and its first day.
    """

    value: Vector
    patient: Whole
    time: Vector


@dataclass(frozen=True, slots=True)
class PatientRows:
    """Each patient alone, in the order of the cohort: (patient, variable) and (patient, threshold).

    Lowest and highest of the samples with their days; days above each threshold of the Summary,
    on straight lines between samples, until the last sample under observation.
    """

    ids: Whole
    lowest: Vector
    lowest_time: Vector
    highest: Vector
    highest_time: Vector
    days_above: Vector


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts that add up exactly, whatever the order of the patients.

    `observed` (time,) are the patients with a value; one who has left or failed has none.
    `counts` has for each variable with `edges` an array (time, bin): bin 0 below the first edge,
    bin k from edge k-1 to below edge k, the last at or above the last edge. `failures` maps codes
    of `reseed.engine.FAILURES` to numbers of patients, `ends` reasons of early ends. `ever_above`
    (threshold,) counts the patients with any sample above it. `rows` is None unless asked for.
    """

    patients: int
    failures: Mapping[int, int]
    ends: Mapping[str, int]
    variables: tuple[str, ...]
    units: tuple[str, ...]
    times: Vector
    observed: Whole
    edges: Mapping[str, Vector]
    counts: Mapping[str, Whole]
    above: Mapping[str, float]
    ever_above: Whole
    lowest: Extremes
    highest: Extremes
    rows: PatientRows | None
