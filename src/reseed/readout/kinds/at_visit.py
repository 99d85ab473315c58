"""What a visit found, or how it differs from the baseline."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reseed.base.units import convert
from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import TOLERANCE, Cases, Verdicts, in_window, level_in, measured, setting

MEASURES = ("value", "change", "percent_change", "within")


def at_visit(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The value of `port` at the visit nearest to `day`, among those in the endpoint's window.

    `measure` says what of it: the `value` (if not given), its `change` from the baseline, or that
    in per cent of the baseline, which is the last visit on or before `baseline_day` (0 if not
    given); `within` is 100 per cent for whom it lies between `at_least` and `at_most`, of which
    one may be missing, and 0 for others. Values are in `unit`, or that of the port. Of two visits
    that are equally near the earlier one counts. Who was not seen at either, after death for
    example, has no value. ValueError for another `measure`.
    """
    measure = setting(endpoint, "measure", "value")
    if measure not in MEASURES:
        raise ValueError(f"measure is {measure!r}; it may be {', '.join(MEASURES)}")
    port, given = setting(endpoint, "port"), dict(endpoint.settings)
    own = cases.observations.unit(port)
    unit = setting(endpoint, "unit", own)
    values = cases.observations.of(port) * convert(1.0, own, unit)
    day = float(setting(endpoint, "day"))
    window = in_window(endpoint, cases.visits)
    value = _nearest(values, cases.visits, np.abs(cases.visits - day), window)
    if measure == "within":
        low = level_in(endpoint, "at_least", unit) if "at_least" in given else -np.inf
        high = level_in(endpoint, "at_most", unit) if "at_most" in given else np.inf
        inside = np.where((value >= low) & (value <= high), 100.0, 0.0)
        value, unit = np.where(np.isnan(value), np.nan, inside), "percent"
    elif measure != "value":
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
