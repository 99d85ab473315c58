"""Laws of chance by their quantiles: uniform numbers in, draws out. Those of SBML's `distrib`.

SBML Level 3 Package: Distributions, Version 1, doi:10.1515/jib-2020-0018. Most take a lower and an
upper bound after their own numbers: draws are then of the law between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

NUMBERS: Mapping[str, tuple[int, int]] = {
    "bernoulli": (1, 1),
    "binomial": (2, 2),
    "cauchy": (1, 2),
    "chisquare": (1, 1),
    "exponential": (1, 1),
    "gamma": (2, 2),
    "laplace": (1, 2),
    "lognormal": (2, 2),
    "normal": (2, 2),
    "poisson": (1, 1),
    "rayleigh": (1, 1),
    "uniform": (2, 2),
}
"""How many numbers each law takes, at least and at most, bounds not counted."""
UNBOUNDED = ("bernoulli", "uniform")
COUNTS = ("bernoulli", "binomial", "poisson")


def fits(law: str, count: int) -> bool:
    """Whether a law may have so many numbers, two bounds among them or none."""
    least, most = NUMBERS[law]
    return least <= count <= most or (law not in UNBOUNDED and count == most + 2)


def quantile(law: str, share: Vector, numbers: Sequence[Vector]) -> Vector:
    """The values below which those shares of draws lie; NaN where the numbers make no law.

    `share` and each of `numbers` are (patient,).
    """
    given = list(numbers)
    bounds: list[Vector] = []
    if law not in UNBOUNDED and len(given) == NUMBERS[law][1] + 2:
        given, bounds = given[:-2], given[-2:]
    name, shape = _LAWS[law]
    found, own = _scipy(name), shape(given)
    if not bounds:
        return np.asarray(found.ppf(share, **own), dtype=np.float64)
    low, high = bounds
    # a count may be its lower bound, which its distribution function counts already
    below = found.cdf(low - 1.0 if law in COUNTS else low, **own)
    above = found.cdf(high, **own)
    inside = np.clip(found.ppf(below + share * (above - below), **own), low, high)
    return np.where(above > below, inside, np.nan)


def _scipy(name: str) -> Any:
    from scipy import stats

    return getattr(stats, name)


def _located(given: Sequence[Vector]) -> dict[str, Any]:
    """Of a scale, around 0 or a place given before it."""
    *place, scale = given
    return {"loc": place[0] if place else 0.0, "scale": scale}


_LAWS: Mapping[str, tuple[str, Callable[[Sequence[Vector]], dict[str, Any]]]] = {
    "bernoulli": ("bernoulli", lambda given: {"p": given[0]}),
    "binomial": ("binom", lambda given: {"n": given[0], "p": given[1]}),
    "cauchy": ("cauchy", _located),
    "chisquare": ("chi2", lambda given: {"df": given[0]}),
    "exponential": ("expon", lambda given: {"scale": 1.0 / given[0]}),
    "gamma": ("gamma", lambda given: {"a": given[0], "scale": given[1]}),
    "laplace": ("laplace", _located),
    "lognormal": ("lognorm", lambda given: {"s": given[1], "scale": np.exp(given[0])}),
    "normal": ("norm", lambda given: {"loc": given[0], "scale": given[1]}),
    "poisson": ("poisson", lambda given: {"mu": given[0]}),
    "rayleigh": ("rayleigh", lambda given: {"scale": given[0]}),
    "uniform": ("uniform", lambda given: {"loc": given[0], "scale": given[1] - given[0]}),
}
"""A law's name in SciPy, and its numbers there."""
