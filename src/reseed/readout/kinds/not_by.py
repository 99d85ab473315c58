"""Something that should have happened by a day, and did not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import TOLERANCE, Cases, Verdicts, setting, time_to_event


def not_by(cases: Cases, endpoint: Endpoint, others: Mapping[str, Verdicts]) -> Verdicts:
    """The event, on `day`, is to be under follow-up then without the endpoint `endpoint`.

    Primary graft failure is not to have engrafted by day 28 and to be alive then. Who has the
    other endpoint in time stays at risk without the event up to the end of follow-up, so that
    the incidence on that day is a share of all patients; an earlier death competes if the
    endpoint lists it. `confirm` is how many days beyond `day` the other endpoint may need to be
    known (two, for three days in a row): who is not followed so far cannot be judged.
    """
    day = float(setting(endpoint, "day"))
    other = others[setting(endpoint, "endpoint")]
    reached = (other.status == 1) & (other.time <= day + TOLERANCE)
    judged = cases.end >= day + float(setting(endpoint, "confirm", 0)) - TOLERANCE
    waiting = ~reached & judged
    return time_to_event(cases, endpoint, np.where(waiting, day, np.inf))
