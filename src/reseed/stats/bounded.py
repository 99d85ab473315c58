"""A value with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounded:
    """A value with its 95 % interval; NaN where the data say nothing."""

    value: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether the value and both bounds are there."""
        return all(math.isfinite(number) for number in (self.value, self.low, self.high))

    def times(self, factor: float) -> Bounded:
        """The same in another unit; the factor is above 0."""
        return Bounded(self.value * factor, self.low * factor, self.high * factor)
