"""Settle: how many stem cells that come by the blood find one of few empty niches.

While cells in blood attach to empty niches and are lost otherwise, S arrivals leave E1 of E0
niches empty, with S = (E0 - E1) + h ln(E0/E1), where h empty niches let half of them settle: the
fast stage of Ashcroft 2017 (doi:10.1371/journal.pcbi.1005803) for one cohort of arrivals.
"""

from __future__ import annotations

import math

from reseed.nouns.schedule import Moment

NICHES = ("empty_niches", "half_empty_niches")


def settled(arrivals: float, empty: float, half: float) -> float:
    """The mean number that settles, of `arrivals` cells and `empty` niches; all three in cells."""
    if arrivals <= 0.0 or empty <= 0.0:
        return 0.0
    low, high = 0.0, min(arrivals, empty)  # of those that settle
    for _ in range(200):
        middle = 0.5 * (low + high)
        left = empty - middle
        used = middle + half * math.log(empty / left) if left > 0.0 else math.inf
        low, high = (middle, high) if used < arrivals else (low, middle)
    return low


def share_settled(moment: Moment, arrivals: float) -> float:
    """The chance of each of so many arrivals to settle; 1 where the model has no niches."""
    if arrivals <= 0.0 or NICHES[0] not in moment.values:
        return 1.0
    empty, half = (moment.values[name] for name in NICHES)
    return settled(arrivals, empty, half) / arrivals
