"""Findings: how far drawn numbers are from their law, in standard errors or as a p value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Vector = NDArray[np.float64]
FEWEST = 10.0  # draws that a cell of chi-squared is expected to hold, at least
Z_LIMIT, P_LIMIT = 5.0, 1e-6  # a true law passes either with a probability above 1 - 1e-6


@dataclass(frozen=True, slots=True)
class Finding:
    """One quantity of a law: what it should be and what was drawn.

    Either `z` (standard errors) or `p` (of the whole distribution, Kolmogorov-Smirnov or
    chi-squared; then `observed` is the statistic) is a number, the other NaN. What leaps only
    approximate has a `margin`: the relative error that is allowed beside chance.
    """

    quantity: str
    draws: int
    expected: float
    observed: float
    z: float = float("nan")
    p: float = float("nan")
    margin: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether chance, and the margin, explain the difference."""
        if not np.isnan(self.p):
            return self.p > P_LIMIT
        if self.margin:
            standard_error = abs(self.observed - self.expected) / max(abs(self.z), 1e-300)
            allowed = self.margin * abs(self.expected) + Z_LIMIT * standard_error
            return abs(self.observed - self.expected) < allowed
        return abs(self.z) < Z_LIMIT


def mean_of(
    quantity: str, drawn: Vector, expected: float, variance: float | None = None
) -> Finding:
    """The mean of draws; without its exact variance, that of the draws themselves counts."""
    spread = drawn.var() if variance is None else variance
    error = np.sqrt(spread / len(drawn))
    observed = float(drawn.mean())
    return Finding(quantity, len(drawn), expected, observed, float((observed - expected) / error))


def variance_of(quantity: str, drawn: Vector, expected: float, margin: float = 0.0) -> Finding:
    """The variance of draws; its own error comes from their fourth moment."""
    squares = (drawn - drawn.mean()) ** 2
    observed, error = float(squares.mean()), float(squares.std() / np.sqrt(len(drawn)))
    z = (observed - expected) / error
    return Finding(quantity, len(drawn), expected, observed, z, margin=margin)


def covariance_of(quantity: str, one: Vector, two: Vector, expected: float) -> Finding:
    """The covariance of pairs."""
    products = (one - one.mean()) * (two - two.mean())
    observed, error = float(products.mean()), float(products.std() / np.sqrt(len(one)))
    return Finding(quantity, len(one), expected, observed, (observed - expected) / error)


def share_of(
    quantity: str, truths: NDArray[np.bool_], expected: float, margin: float = 0.0
) -> Finding:
    """How many are true, as a share."""
    observed, error = float(truths.mean()), np.sqrt(expected * (1.0 - expected) / len(truths))
    z = float((observed - expected) / error)
    return Finding(quantity, len(truths), expected, observed, z, margin=margin)


def times_of(quantity: str, drawn: Vector, cdf: Callable[[Vector], Vector]) -> Finding:
    """A continuous distribution, by Kolmogorov and Smirnov."""
    test = stats.kstest(drawn, cdf)
    return Finding(quantity, len(drawn), 0.0, float(test.statistic), p=float(test.pvalue))


def counts_of(quantity: str, drawn: NDArray[Any], chances: Vector) -> Finding:
    """A distribution of whole numbers 0, 1, ...: chi-squared over cells that are full enough.

    `chances` may stop where the rest is negligible; the rest belongs to the last cell.
    """
    counts = np.bincount(np.round(drawn).astype(np.int64), minlength=len(chances))
    counts = np.append(counts[: len(chances)], counts[len(chances) :].sum())
    expected = np.append(chances, max(1.0 - chances.sum(), 0.0)) * len(drawn)
    cells, found, wanted = [], 0.0, 0.0
    for number, mean in zip(counts, expected, strict=True):
        found, wanted = found + number, wanted + mean
        if wanted >= FEWEST:
            cells.append((found, wanted))
            found, wanted = 0.0, 0.0
    last = cells.pop()  # what is left over is too little for a cell of its own
    cells.append((last[0] + found, last[1] + wanted))
    statistic = sum((found - wanted) ** 2 / wanted for found, wanted in cells)
    freedom = len(cells) - 1
    p = float(stats.chi2.sf(statistic, freedom))
    return Finding(quantity, len(drawn), float(freedom), float(statistic), p=p)
