"""Pending jumps of many patients as one table of columns that the kernel reads.

A patient's jumps are a run of rows in order of time; when a procedure adds or cancels some, the
patient gets a new run behind the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.jump import Jump
from reseed.nouns.schedule import Schedule

Vector = NDArray[np.float64]


class JumpTable:
    """Columns `times`, `rows`, `values`, `tags`; `first` and `last` (exclusive) per patient."""

    def __init__(
        self, schedule: Schedule, patients: NDArray[np.int64], rows: Mapping[str, int]
    ) -> None:
        self.rows_of = rows
        self.tag_numbers: dict[str, int] = {}
        values = schedule.values[patients]
        # a value of NaN means no such jump for that patient
        times = np.where(np.isnan(values), np.inf, schedule.times[patients])
        order = np.argsort(times, axis=1, kind="stable")
        count, width = times.shape
        self.times = np.take_along_axis(times, order, axis=1).ravel()
        self.values = np.take_along_axis(values, order, axis=1).ravel()
        targets = np.array([rows[name] for name in schedule.targets], dtype=np.int64)
        tags = np.array([self._tag(tag) for tag in schedule.tags], dtype=np.int64)
        self.rows = targets[order].ravel() if width else np.zeros(0, dtype=np.int64)
        self.tags = tags[order].ravel() if width else np.zeros(0, dtype=np.int64)
        self.first = np.arange(count, dtype=np.int64) * width
        self.last = self.first + np.sum(np.isfinite(times), axis=1)
        self._more: list[tuple[Vector, NDArray[np.int64], Vector, NDArray[np.int64]]] = []
        self._size = len(self.times)

    def _tag(self, tag: str) -> int:
        return self.tag_numbers.setdefault(tag, len(self.tag_numbers))

    def pending(self, start: int, stop: int) -> list[tuple[float, int, float, int]]:
        """Rows from `start` to `stop` as tuples (time, row, value, tag)."""
        self.join()
        part = slice(start, stop)
        columns = (self.times[part], self.rows[part], self.values[part], self.tags[part])
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def entry(self, jump: Jump) -> tuple[float, int, float, int]:
        """A Jump as a row of the table; KeyError where its target has no place."""
        return jump.time, self.rows_of[jump.target], jump.value, self._tag(jump.tag)

    def numbers_of(self, tags: Sequence[str]) -> set[int]:
        """The numbers of those tags that occur."""
        return {self.tag_numbers[tag] for tag in tags if tag in self.tag_numbers}

    def append(self, entries: Sequence[tuple[float, int, float, int]]) -> tuple[int, int]:
        """A new run of these rows, which must be in order of time; where it starts and ends."""
        start = self._size
        if entries:
            times, rows, values, tags = zip(*entries, strict=True)
            self._more.append(
                (
                    np.array(times, dtype=np.float64),
                    np.array(rows, dtype=np.int64),
                    np.array(values, dtype=np.float64),
                    np.array(tags, dtype=np.int64),
                )
            )
            self._size += len(entries)
        return start, self._size

    def join(self) -> None:
        """Makes one array of what was appended."""
        if not self._more:
            return
        columns = (self.times, self.rows, self.values, self.tags)
        self.times, self.rows, self.values, self.tags = (
            np.concatenate(parts) for parts in zip(columns, *self._more, strict=True)
        )
        self._more = []
