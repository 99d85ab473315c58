"""Quantiles over patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def quantiles(values: ArrayLike, shares: Sequence[float] = (0.25, 0.5, 0.75)) -> NDArray:
    """Quantiles of the values that are there (numpy's default, Hyndman and Fan's type 7).

    doi:10.1080/00031305.1996.10473566; NaN is left out, and NaN is given if nothing is left.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    if known.size == 0:
        return np.full(len(shares), np.nan)
    return np.quantile(known, shares)
