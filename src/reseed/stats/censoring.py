"""What those whose total is known count for, where follow-up of others was cut off."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.stats.curve import checked


def censoring_weights(time: ArrayLike, status: ArrayLike) -> NDArray[np.float64]:
    """One over the probability of being followed for as long as the patient was, (patient,).

    A total (years of life, months with low counts) is known of those who were followed to the
    last day or died before it, at `time` (days) with `status` 1; it is not of those cut off at
    `time` with `status` 0, who get weight 0. Without weights the dead would count for more than
    their share, since they needed less follow-up. The probability is Kaplan and Meier's, of not
    being cut off before that time. Patients whose time is NaN are left out of it: where they have
    a value, it counts once. All weights are 1 where nobody was cut off. ValueError if the columns
    do not fit.

    Bang and Tsiatis 2000, Biometrika 87:329, doi:10.1093/biomet/87.2.329 (simple weighting).
    """
    given = np.asarray(time, dtype=np.float64)
    states = np.asarray(status)
    timed = ~np.isnan(given)
    weights = np.where(states == 1, 1.0, 0.0)
    times, found, _ = checked(given[timed], states[timed], [0.0])
    cut = np.sort(times[found == 0])
    if not cut.size:
        return weights
    ordered = np.sort(times)
    # at risk of being cut off at that time: everyone followed beyond it, and those cut off then
    ends, numbers = np.unique(cut, return_counts=True)
    known_then = np.searchsorted(np.sort(times[found != 0]), ends, "right")
    cut_before = np.searchsorted(cut, ends, "left")
    at_risk = ordered.size - known_then - cut_before
    uncut = np.concatenate([[1.0], np.cumprod(1.0 - numbers / at_risk)])
    kept = uncut[np.searchsorted(ends, times, "left")]
    weights[timed] = np.where(found == 1, 1.0 / np.where(kept > 0, kept, 1.0), 0.0)
    return weights
