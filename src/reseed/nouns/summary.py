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
    on straight lines between samples, until the last sample under observation. A sample without
    a value is passed over, and so are the days beside it.
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

    `observed` (time,) are the patients under observation: not before their first day, not after
    they have left, and never one who failed. `undefined` (variable, time) are those of them whose
    value is no number, as the logarithm of a negative one: they are in no bin and no extreme.
    `counts` has for each variable with `edges` an array (time, bin): bin 0 below the first edge,
    bin k from edge k-1 to below edge k, the last at or above the last edge; with the undefined,
    a row adds up to the observed. `failures` maps codes
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
    undefined: Whole
    edges: Mapping[str, Vector]
    counts: Mapping[str, Whole]
    above: Mapping[str, float]
    ever_above: Whole
    lowest: Extremes
    highest: Extremes
    rows: PatientRows | None
