"""The first time that something happened."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import Cases, Verdicts, in_window, names_in, time_to_event


def first(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The first record with one of the names in `records`, from any source, within the window.

    The name may be that of a reason for which follow-up ends: `["death"]` is overall survival,
    `["infection", "death"]` the composite of both.
    """
    rows = cases.seen(names_in(endpoint, "records"))
    counted = in_window(endpoint, rows.day)
    event = np.full(cases.count, np.inf)
    np.minimum.at(event, rows.patient[counted], rows.day[counted])
    return time_to_event(cases, endpoint, event)
