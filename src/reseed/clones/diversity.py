"""How many clones there are, how even, and how many stay; sizes are (clone,), at least 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def richness(sizes: ArrayLike) -> int:
    """The number of clones with any cell."""
    return int((np.asarray(sizes) > 0).sum())


def shannon(sizes: ArrayLike) -> float:
    """Shannon's entropy in natural units; NaN of nothing. Its exponential is a number of clones."""
    share = _shares(sizes)
    return float(-(share * np.log(share)).sum()) if len(share) else float("nan")


def simpson(sizes: ArrayLike) -> float:
    """The chance that two cells, drawn with replacement, are of one clone; NaN of nothing."""
    share = _shares(sizes)
    return float((share**2).sum()) if len(share) else float("nan")


def gini(sizes: ArrayLike) -> float:
    """Gini's coefficient among clones with any cell: 0 if all are equal; NaN of nothing."""
    share = np.sort(_shares(sizes))
    if not len(share):
        return float("nan")
    rank = np.arange(1, len(share) + 1)
    return float(2.0 * (rank * share).sum() / len(share) - (len(share) + 1.0) / len(share))


def kept(early: ArrayLike, late: ArrayLike) -> float:
    """Of the clones with any cell early, the share that has one late; NaN without any early."""
    first, second = np.asarray(early) > 0, np.asarray(late) > 0
    return float((first & second).sum() / first.sum()) if first.any() else float("nan")


def _shares(sizes: ArrayLike) -> NDArray[np.float64]:
    cells = np.asarray(sizes, dtype=np.float64)
    cells = cells[cells > 0]
    return cells / cells.sum() if len(cells) else cells
