"""A Gaussian copula: correlated covariates that keep their own distributions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def cholesky_of_ranks(
    names: Sequence[str], correlations: Sequence[tuple[str, str, float]]
) -> Values:
    """Lower Cholesky factor of the normal scores' correlations, (name, name).

    Correlations are of ranks (Spearman); a pair not given has none. The normal scores of such
    a pair correlate by r = 2 sin(pi rank / 6) (Pearson 1907; Kruskal 1958,
    doi:10.1080/01621459.1958.10501481). ValueError if no joint distribution has them all.
    """
    matrix = np.eye(len(names))
    for one, other, rank in correlations:
        i, j = names.index(one), names.index(other)
        matrix[i, j] = matrix[j, i] = 2.0 * np.sin(np.pi * rank / 6.0)
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise ValueError("the correlations contradict each other") from error


def correlate(uniforms: Sequence[Values], factor: Values) -> list[Values]:
    """Independent uniform numbers, one array per name, as correlated ones in the same order.

    Each name's own normal is mixed with those of the names before it. The sum is spelt out: a
    matrix product may round differently for another number of patients.
    """
    from scipy.special import ndtr, ndtri

    normals = [ndtri(uniform) for uniform in uniforms]
    mixed = []
    for row in range(len(normals)):
        total = factor[row, 0] * normals[0]
        for column in range(1, row + 1):
            total = total + factor[row, column] * normals[column]
        # ndtr rounds to 1 beyond 8.3 SD, where an inverse would be infinite
        mixed.append(np.minimum(ndtr(total), 1.0 - 2.0**-53))
    return mixed
