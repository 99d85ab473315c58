"""One file per kind of endpoint; this table is the closed list."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import Cases, Verdicts
from reseed.readout.kinds.amount import amount
from reseed.readout.kinds.at_visit import at_visit
from reseed.readout.kinds.clones import clones
from reseed.readout.kinds.composite import composite
from reseed.readout.kinds.confirmed import confirmed
from reseed.readout.kinds.count import count
from reseed.readout.kinds.first import first
from reseed.readout.kinds.lost import lost
from reseed.readout.kinds.not_by import not_by
from reseed.readout.kinds.rate import rate
from reseed.readout.kinds.sustained import sustained
from reseed.readout.kinds.time_above import time_above
from reseed.readout.kinds.time_below import time_below
from reseed.readout.kinds.utility_years import utility_years

Adjudicator = Callable[[Cases, Endpoint, Mapping[str, Verdicts]], Verdicts]
"""Patients, the endpoint, and the verdicts on other endpoints that it refers to."""

KINDS: dict[str, Adjudicator] = {
    "sustained": sustained,
    "first": first,
    "time_below": time_below,
    "time_above": time_above,
    "count": count,
    "amount": amount,
    "not_by": not_by,
    "lost": lost,
    "confirmed": confirmed,
    "composite": composite,
    "at_visit": at_visit,
    "rate": rate,
    "utility_years": utility_years,
    "clones": clones,
}
"""Kind of endpoint to its adjudicator."""

REFERS: dict[str, str] = {"not_by": "endpoint", "lost": "endpoint", "composite": "endpoints"}
"""Kinds that need other endpoints' verdicts, and the setting that names them."""
