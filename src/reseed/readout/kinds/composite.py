"""The first of several endpoints."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import Cases, Verdicts, names_in, time_to_event, undefined_where


def composite(cases: Cases, endpoint: Endpoint, others: Mapping[str, Verdicts]) -> Verdicts:
    """The first event of any of `endpoints` in the window: who has none is free of them all.

    No evidence of disease activity is to be free of relapse, of confirmed progression and of
    new lesions. All must be known: a patient is followed as long as each of the endpoints is,
    and an event of one counts up to then. Who lacks one of the outcomes has none here.
    """
    parts = [others[name] for name in names_in(endpoint, "endpoints")]
    happened = np.stack([part.status == 1 for part in parts])
    times = np.stack([part.time for part in parts])
    missing = np.asarray(np.isnan(times).any(axis=0))
    counted = happened & (times >= endpoint.from_day) & ~missing
    event = np.where(counted, times, np.inf).min(axis=0)
    after = np.where(counted, np.stack([part.after for part in parts]), np.inf).min(axis=0)
    known = np.where(happened | missing, np.inf, times).min(axis=0)
    known = np.minimum(known, cases.end)
    found = time_to_event(cases, endpoint, event, known=known, after=after)
    return undefined_where(missing, found)
