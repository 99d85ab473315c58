"""How often something happened for each year of watching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import TOLERANCE, Cases, Verdicts, in_window, measured, names_in


def rate(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The number of records in the window with one of the names in `records`, and the days.

    The value is the number, the time the days on which it was watched for: those of the window
    from the first day that is told up to the end of follow-up, or to the last scan where only a
    scan finds the record. A rate is made of sums of both over patients, so who leaves early counts
    as long as watched. Patients not watched for any time have no value.
    """
    names = names_in(endpoint, "records")
    known = np.minimum(cases.known_until(names), endpoint.to_day)
    since = endpoint.from_day if cases.first is None else np.maximum(cases.first, endpoint.from_day)
    watched = np.maximum(known - since, 0.0)
    rows = cases.seen(names, ends=False)
    counted = in_window(endpoint, rows.day) & (rows.day <= known[rows.patient] + TOLERANCE)
    number = np.bincount(rows.patient[counted], minlength=cases.count).astype(np.float64)
    there = watched > 0
    found = measured(np.where(there, number, np.nan), ("",) * cases.count)
    days = np.where(there, watched, np.nan)
    return replace(found, time=days, after=days)
