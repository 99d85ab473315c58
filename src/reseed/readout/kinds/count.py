"""How often something happened."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import (
    TOLERANCE,
    Cases,
    Verdicts,
    in_window,
    names_in,
    totalled,
)


def count(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The number of records in the window with one of the names in `records`.

    Transfusions, infections, days of collection. The row that says why follow-up ended is not
    counted a second time. A patient whose follow-up ended before the window has no value, nor
    has one whom the planned end or a drop-out takes out of it; one who died within it has what
    was seen until then.
    """
    rows = cases.seen(names_in(endpoint, "records"), ends=False)
    counted = in_window(endpoint, rows.day)
    number = np.bincount(rows.patient[counted], minlength=cases.count).astype(np.float64)
    known = np.where(cases.end >= endpoint.from_day - TOLERANCE, number, np.nan)
    return totalled(cases, endpoint, known, "")
