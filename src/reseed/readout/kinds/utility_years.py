"""Years of life, each weighed by how good it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reseed.base.time import DAYS_PER_YEAR
from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import TOLERANCE, Cases, Verdicts, setting, totalled


def utility_years(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """Years in the window, weighed by the utility of `port`: quality-adjusted life years.

    `utility` holds levels and their utilities; between them, and between visits, the utility
    lies on straight lines, beyond them it is that of the last one. The first and the last visit
    stand for the time before and after them. After an end of follow-up that `death` names
    ("death" if not given) the utility is 0. Nothing is discounted. A patient never seen has no
    value, nor has one whom another end of follow-up takes out of the window.
    """
    values = cases.observations.of(setting(endpoint, "port"))
    table = np.array(setting(endpoint, "utility"))
    utility = np.interp(values, table[:, 0], table[:, 1])
    start = np.full(cases.count, float(endpoint.from_day))
    stop = np.maximum(np.minimum(cases.end, endpoint.to_day), start)
    years = np.full(cases.count, np.nan)
    for patient in np.flatnonzero(~np.isnan(values).all(axis=1)):
        seen = ~np.isnan(values[patient])
        days, own = cases.visits[patient][seen], utility[patient][seen]
        inside = (days > start[patient]) & (days < stop[patient])
        knots = np.concatenate([[start[patient]], days[inside], [stop[patient]]])
        years[patient] = np.trapezoid(np.interp(knots, days, own), knots) / DAYS_PER_YEAR
    years[cases.end < endpoint.from_day - TOLERANCE] = np.nan
    return totalled(cases, endpoint, years, "year")
