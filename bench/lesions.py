"""Monthly lesions of relapsing multiple sclerosis as published, to hold a module's own against.

Velez de Mendizabal 2013, doi:10.1371/journal.pone.0073361: the number of contrast-enhancing lesions
in a month is negative binomial, its mean a base plus shares of the two months before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BASE, FIRST, SECOND, DISPERSION = 0.923, 0.447, 0.150, 0.132  # typical patient; per month
VARIANCE_BASE, VARIANCE_FIRST = 0.438, 0.127  # between patients, of the logarithms
STABLE = 0.97  # of the shares' sum: patients above it would have ever more lesions


def monthly(patients: int, months: int, seed: int = 1) -> NDArray[np.float64]:
    """New lesions of patients whose shares add up to less than `STABLE`: (patient, month)."""
    random = np.random.default_rng(seed)
    base = BASE * np.exp(np.sqrt(VARIANCE_BASE) * random.standard_normal(patients))
    first = FIRST * np.exp(np.sqrt(VARIANCE_FIRST) * random.standard_normal(patients))
    kept = first + SECOND < STABLE
    base, first = base[kept], first[kept]
    counts = np.zeros((len(base), months + 2))
    for month in range(2, months + 2):
        mean = base + first * counts[:, month - 1] + SECOND * counts[:, month - 2]
        size = 1.0 / DISPERSION
        counts[:, month] = random.negative_binomial(size, size / (size + mean))
    return counts[:, 2:]
