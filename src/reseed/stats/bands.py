"""Bands: quantiles over time from the counts of a Summary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.words import meant
from reseed.nouns.summary import Summary


def bands(
    summary: Summary, variable: str, shares: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95)
) -> NDArray[np.float64]:
    """Quantiles among those under observation, (share, time), in the variable's unit.

    `shares` are from 0 to 1: 0.5 is the median. Who is observed without a value (`undefined`) does
    not count. Within a bin values are taken as evenly spread, so a quantile is off by at most the
    width of its bin; one beyond the edges is given as the outer edge. NaN where nobody is under
    observation. Raises InvalidInput where the Summary has no counts of the variable, or a share
    is none.
    """
    faults = []
    if variable not in summary.counts:
        known = meant(variable, summary.counts)
        faults.append(Fault("bands", variable, "no counts of it in the Summary", known))
    try:
        found = ", ".join(str(share) for share in shares if not 0.0 <= share <= 1.0)
    except TypeError:
        found = repr(shares)
    if found:
        faults.append(Fault("bands", "shares", found, "fractions from 0 to 1, as 0.95 for 95 %"))
    if faults:
        raise InvalidInput(faults)
    counts, edges = summary.counts[variable], summary.edges[variable]
    below = np.cumsum(counts[:, :-1], axis=1)  # patients below each edge: (time, edge)
    result = np.full((len(shares), len(counts)), np.nan)
    for time, (heaps, total) in enumerate(zip(below, counts.sum(axis=1), strict=True)):
        if total:
            result[:, time] = np.interp(np.asarray(shares) * total, heaps, edges)
    return result
