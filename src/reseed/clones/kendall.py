"""The law of a family's size, in closed form from the rates of birth and loss over time.

Of one cell at the start, with births b(t) and losses d(t) per cell, D(t) the integral of d - b,
L = integral of exp(D)*d and B = integral of exp(D)*b, some are left with probability 1/(1 + L), and
these are geometric: n of them with probability (1 - q)*q^(n-1), q = B/(exp(D) + B).
Kendall 1948, doi:10.1214/aoms/1177730285.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike, NDArray

_NODES, _WEIGHTS = leggauss(8)


@dataclass(frozen=True, slots=True)
class Law:
    """The size of the family of one cell: any left with chance `survival`, then geometric.

    `more` is the chance that a family of n has more than n cells, the q above. Equal shapes.
    """

    survival: NDArray[np.float64]
    more: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean size, those that died out among them."""
        return self.survival / (1.0 - self.more)

    @property
    def variance(self) -> NDArray[np.float64]:
        """Variance of the size, those that died out among them."""
        return self.mean * ((1.0 + self.more) / (1.0 - self.more) - self.mean)

    @property
    def odds(self) -> NDArray[np.float64]:
        """Weight of one more family among so many cells (see `families`); infinite without loss."""
        lost = (1.0 - self.survival) * self.more
        with np.errstate(divide="ignore"):
            return np.where(lost > 0.0, self.survival * (1.0 - self.more) / lost, np.inf)


def between(times: ArrayLike, births: ArrayLike, losses: ArrayLike) -> Law:
    """The law over each interval of `times`: shape (interval,), one less than times.

    `times` (time,) in days, increasing; `births` and `losses` (time,) per cell and day, at least
    0, on straight lines between the times. ValueError for other shapes, order or signs.
    """
    days, born, lost = (np.asarray(x, dtype=np.float64) for x in (times, births, losses))
    if days.ndim != 1 or born.shape != days.shape or lost.shape != days.shape or len(days) < 2:
        raise ValueError("times, births and losses are three rows of equal length, at least 2")
    if not (np.diff(days) > 0).all():
        raise ValueError("times have to increase")
    if not (min(born.min(), lost.min()) >= 0 and np.isfinite(born + lost).all()):
        raise ValueError("births and losses have to be finite and at least 0")
    span = np.diff(days)[:, None]
    part = 0.5 * (_NODES + 1.0)[None, :]
    first, last = (lost - born)[:-1, None], (lost - born)[1:, None]
    decline = span * part * (first + 0.5 * part * (last - first))
    loss = lost[:-1, None] + part * np.diff(lost)[:, None]
    weight = 0.5 * span * _WEIGHTS * np.exp(decline)
    killed = (weight * loss).sum(axis=1)
    birth = born[:-1, None] + part * np.diff(born)[:, None]
    gained = (weight * birth).sum(axis=1)
    whole = np.exp(0.5 * span * (first + last))[:, 0]
    return Law(1.0 / (1.0 + killed), gained / (whole + gained))
