"""A sample of blood: so many cells, each of a clone by the clone's share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reseed.base.keys import uniforms
from reseed.nouns.key import Key


def sampled(
    key: Key, patient: int, occasion: int, weights: NDArray[np.float64], cells: int
) -> NDArray[np.int64]:
    """How many of the sampled cells each clone has, (clone,): the multinomial law.

    `weights` (clone,) are at least 0, in cells of blood; blood holds far more than a sample. What
    has no tag is a clone of its own. One addressed uniform for each sampled cell, by the inverse
    distribution function of the shares.
    """
    edges = np.cumsum(weights)
    if not len(edges) or edges[-1] <= 0.0:
        return np.zeros(len(weights), dtype=np.int64)
    luck = uniforms(key, patient, draw=np.arange(cells), occurrence=occasion)
    which = np.searchsorted(edges, luck * edges[-1], side="right")
    last = int(np.flatnonzero(weights)[-1])  # rounding must not draw what is not there
    return np.bincount(np.minimum(which, last), minlength=len(weights)).astype(np.int64)
