"""Quantiles over patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def quantiles(
    values: ArrayLike,
    shares: Sequence[float] = (0.25, 0.5, 0.75),
    weights: ArrayLike | None = None,
) -> NDArray:
    """Quantiles of the values that are there (numpy's default, Hyndman and Fan's type 7).

    doi:10.1080/00031305.1996.10473566; NaN is left out, and NaN is given if nothing is left. With
    `weights` that differ, the smallest values that reach the shares of the whole weight.
    """
    given = np.asarray(values, dtype=np.float64)
    there = ~np.isnan(given)
    known = given[there]
    if known.size == 0:
        return np.full(len(shares), np.nan)
    heavy = np.ones(known.size) if weights is None else np.asarray(weights, np.float64)[there]
    if heavy.min() == heavy.max():
        return np.quantile(known, shares)
    return np.quantile(known, shares, weights=heavy, method="inverted_cdf")
