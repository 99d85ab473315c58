"""How many cells of a pool have descendants at a later time, when both totals are known."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln


def families(uniform: float, before: int, after: int, odds: float) -> int:
    """Of `before` cells, those whose families make up the `after` cells; at least 1 if any are.

    k of n families survive in C(n, k) ways, and make m cells in C(m-1, k-1) ways, each as likely
    as any other; so k has the weight C(n, k)*C(m-1, k-1)*odds^k (`Law.odds`). By the inverse
    distribution function of one uniform.
    """
    most = min(before, after)
    if most <= 1 or not np.isfinite(odds):
        return most
    k = np.arange(1.0, most + 1.0)
    weight = k * np.log(odds) - gammaln(k + 1) - gammaln(before - k + 1)
    weight -= gammaln(k) + gammaln(after - k + 1)
    share = np.cumsum(np.exp(weight - weight.max()))
    return int(min(np.searchsorted(share, uniform * share[-1]) + 1, most))
