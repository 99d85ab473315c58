"""Sizes of independent clones, where nothing is known of their total."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.clones.kendall import Law


def sizes(law: Law, uniforms: ArrayLike) -> NDArray[np.int64]:
    """How large each clone of one founder is, by the inverse distribution function of `law`.

    `uniforms` in (0, 1); the parts of the law broadcast against them.
    """
    luck = np.asarray(uniforms, dtype=np.float64)
    alive = luck > 1.0 - law.survival
    left = np.clip((1.0 - luck) / law.survival, 0.0, 1.0)  # uniform among those that live
    with np.errstate(divide="ignore", invalid="ignore"):
        more = np.where(law.more > 0.0, np.floor(np.log(left) / np.log(law.more)), 0.0)
    return np.where(alive, 1 + more, 0).astype(np.int64)
