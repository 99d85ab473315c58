"""Events that have fired and wait to be carried out, for all patients of a chunk.

One entry is one place in each array, in the order of firing, so that thousands of patients are
served by a few calls of NumPy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Whole = NDArray[np.int64]


class Pending:
    """Entries: whose (`rows`), when due (`times`), of which event, and its `values` if known.

    `values` has room for the `widest` event; it is read only where an event's values are those of
    its trigger's moment.
    """

    def __init__(self, patients: int, widest: int) -> None:
        self.patients, self.widest = patients, widest
        self.rows: Whole = np.zeros(0, dtype=np.int64)
        self.times: Vector = np.zeros(0)
        self.events: Whole = np.zeros(0, dtype=np.int64)
        self.values: Vector = np.zeros((0, widest))

    def add(self, rows: Whole, times: Vector, events: Whole, values: Vector) -> None:
        """New entries behind those that wait."""
        if len(rows):
            self.rows = np.concatenate([self.rows, rows])
            self.times = np.concatenate([self.times, times])
            self.events = np.concatenate([self.events, events])
            self.values = np.concatenate([self.values, values])

    def drop(self, entries: Whole) -> None:
        """Takes entries out."""
        if len(entries):
            kept = np.ones(len(self.rows), dtype=bool)
            kept[entries] = False
            self.rows, self.times = self.rows[kept], self.times[kept]
            self.events, self.values = self.events[kept], self.values[kept]

    def of(self, who: Whole) -> Whole:
        """The entries of these patients, in the order of firing."""
        among = np.zeros(self.patients, dtype=bool)
        among[who] = True
        return np.flatnonzero(among[self.rows])

    def places(self, who: Whole, entries: Whole) -> Whole:
        """For each entry, where its patient stands in `who`."""
        place = np.zeros(self.patients, dtype=np.int64)
        place[who] = np.arange(len(who))
        return place[self.rows[entries]]

    def next_times(self, who: Whole) -> Vector:
        """When the first entry of each patient is due; infinite where there is none."""
        first = np.full(self.patients, np.inf)
        np.minimum.at(first, self.rows, self.times)
        return first[who]
