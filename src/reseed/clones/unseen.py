"""How many clones there are, those that a sample missed among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def chao(seen: ArrayLike) -> float:
    """The least number of clones that agrees with a sample; `seen` (clone,) cells, at least 0.

    With s clones seen, a of them once and b twice: s + a(a - 1)/(2(b + 1)), the form that needs no
    clone to be seen twice. Unbiased if all clones are as large, too low if they differ. Chao 1984,
    Scand J Stat 11:265, and 1987, doi:10.2307/2531532.
    """
    cells = np.asarray(seen)
    once, twice = int((cells == 1).sum()), int((cells == 2).sum())
    return float((cells > 0).sum() + once * (once - 1) / (2.0 * (twice + 1)))
