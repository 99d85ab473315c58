"""How long something was high, or was given."""

from __future__ import annotations

from collections.abc import Mapping

from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import Cases, Verdicts, level_in, setting
from reseed.readout.kinds.time_below import time_where


def time_above(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """The time in the window during which the observed `port` was `at_least` a level.

    Days with fever, months on a prophylaxis: as `time_below`, the other way round.
    """
    port = setting(endpoint, "port")
    values = cases.observations.of(port)
    level = level_in(endpoint, "at_least", cases.observations.unit(port))
    return time_where(cases, endpoint, values, values >= level)
