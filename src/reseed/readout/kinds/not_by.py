"""Something that should have happened by a day, and did not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import TOLERANCE, Cases, Verdicts, setting, time_to_event


def not_by(cases: Cases, endpoint: Endpoint, others: Mapping[str, Verdicts]) -> Verdicts:
    """The event, on `day`, is to be under follow-up then without the endpoint `endpoint`.

    Primary graft failure is not to have engrafted by day 28 and to be alive then. Who has the
    other endpoint in time stays at risk without the event up to the end of follow-up, so that
    the incidence on that day is a share of all patients; an earlier death competes if the
    endpoint lists it.

    Who has begun a run by `day` that follow-up does not show to its end may have engrafted or
    not, and is censored on the day before it began: the last on which all is known. `confirm`
    says how many days beyond `day` such a run takes; it is for the plan of a trial, which must
    follow its patients so far, and changes no verdict.
    """
    day = float(setting(endpoint, "day"))
    other = others[setting(endpoint, "endpoint")]
    reached = (other.status == 1) & (other.time <= day + TOLERANCE)
    waiting = ~reached & (cases.end >= day - TOLERANCE)
    unclear = waiting & (other.begun <= day + TOLERANCE)
    event = np.where(waiting & ~unclear, day, np.inf)
    found = time_to_event(cases, endpoint, event)
    before = np.maximum(other.begun - 1.0, endpoint.from_day)
    return replace(
        found,
        time=np.where(unclear, before, found.time),
        after=np.where(unclear, before, found.after),
        status=np.where(unclear, 0, found.status),
    )
