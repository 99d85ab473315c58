"""Among: of which patients an endpoint tells."""

from __future__ import annotations

from dataclasses import dataclass

from reseed.nouns.course import Quantity


@dataclass(frozen=True, slots=True)
class Among:
    """A covariate at study entry of those who count: its `level`, or bounds, both included.

    A bound without a unit is in the covariate's own; `level` is "" for a covariate of numbers.
    """

    covariate: str
    level: str = ""
    low: Quantity | None = None
    high: Quantity | None = None

    def __str__(self) -> str:
        if self.level:
            return f"{self.covariate} is {self.level}"
        bounds = (("at least", self.low), ("at most", self.high))
        told = [f"{word} {str(bound).strip()}" for word, bound in bounds if bound is not None]
        return f"{self.covariate} {' and '.join(told)}"
