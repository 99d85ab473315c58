"""How much a procedure gave."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import Cases, Verdicts, in_window, measured, setting


def amount(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The value of the record `record` of `source` within the window, in the record's unit.

    Cells collected or infused. `pick` says which of several: `sum` (if not given), `first` or
    `last`. A patient without such a record has no value. ValueError for another `pick`.
    """
    pick = setting(endpoint, "pick", "sum")
    if pick not in ("sum", "first", "last"):
        raise ValueError(f"pick is {pick!r}; it may be sum, first or last")
    rows = cases.seen((setting(endpoint, "record"),), source=setting(endpoint, "source"))
    value = np.full(cases.count, np.nan)
    unit = [""] * cases.count
    for row in np.flatnonzero(in_window(endpoint, rows.day)):  # rows are in the order of time
        patient = rows.patient[row]
        unit[patient] = rows.unit[row]
        if np.isnan(value[patient]) or pick == "last":
            value[patient] = rows.value[row]
        elif pick == "sum":
            value[patient] += rows.value[row]
    return measured(value, tuple(unit))
