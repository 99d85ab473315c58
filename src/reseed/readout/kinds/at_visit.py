"""What a visit found, or how it differs from the baseline."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import TOLERANCE, Cases, Verdicts, in_window, measured, setting

MEASURES = ("value", "change", "percent_change")


def at_visit(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The value of `port` at the visit nearest to `day`, among those in the endpoint's window.

    `measure` says what of it: the `value` (if not given), its `change` from the baseline, or that
    in per cent of the baseline, which is the last visit on or before `baseline_day` (0 if not
    given). Of two visits that are equally near the earlier one counts. Who was not seen at
    either, after death for example, has no value. ValueError for another `measure`.
    """
    measure = setting(endpoint, "measure", "value")
    if measure not in MEASURES:
        raise ValueError(f"measure is {measure!r}; it may be {', '.join(MEASURES)}")
    port = setting(endpoint, "port")
    values, unit = cases.observations.of(port), cases.observations.unit(port)
    day = float(setting(endpoint, "day"))
    window = in_window(endpoint, cases.visits)
    value = _nearest(values, cases.visits, np.abs(cases.visits - day), window)
    if measure != "value":
        first = float(setting(endpoint, "baseline_day", 0.0))
        back = first - cases.visits
        baseline = _nearest(values, cases.visits, back, back >= -TOLERANCE)
        value = value - baseline
        if measure == "percent_change":
            value, unit = 100.0 * value / baseline, "percent"
    return measured(value, (unit,) * cases.count)


def _nearest(
    values: NDArray[np.float64],
    days: NDArray[np.int64],
    distance: NDArray[np.floating] | NDArray[np.integer],
    allowed: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Each patient's value at the least distance, NaN where nothing was seen, (patient,)."""
    far = np.where(allowed & ~np.isnan(values), distance, np.inf)
    if not far.shape[1]:
        return np.full(len(values), np.nan)
    place = np.argmin(far, axis=1)
    patients = np.arange(len(values))
    return np.where(np.isinf(far[patients, place]), np.nan, values[patients, place])
