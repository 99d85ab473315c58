"""CohortDesign: from which distributions virtual patients are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from reseed.nouns.cohort import Covariate
from reseed.nouns.distribution import Distribution
from reseed.nouns.history import History


@dataclass(frozen=True, slots=True)
class DesignRow:
    """One covariate: how it is drawn, or (if `formula` is set) computed from earlier ones.

    `formula` names one of the closed list in `reseed.cohort.formulas` (e.g. body surface area),
    never text to evaluate. `by` names a categorical covariate whose level picks one of
    `distributions`; without `by` there is exactly one.
    """

    covariate: Covariate
    distributions: tuple[Distribution, ...]
    by: str
    formula: str
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class CohortDesign:
    """Rows in drawing order, and rank correlations between continuous ones (Gaussian copula).

    With a `history` the rows describe people at the onset of their disease.
    """

    name: str
    title: str
    rows: tuple[DesignRow, ...]
    correlations: tuple[tuple[str, str, float], ...]
    correlation_source: str
    history: History | None = None
