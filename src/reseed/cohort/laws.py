"""Inverse distribution functions: a uniform number in (0, 1) becomes a value of a named law.

Drawing by inversion lets each number have an address of its own, and truncation then keeps to
the same one number: u goes to F(low) + u (F(high) - F(low)) (Devroye 1986, Non-Uniform Random
Variate Generation, section II.2). No law rejects and draws again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.distribution import Distribution

Values = NDArray[np.float64]
_MOST = 2.0**53  # counts beyond are no longer whole


@dataclass(frozen=True, slots=True)
class Law:
    """Inverse and distribution function, and whether the law is on the integers.

    `cumulative` is None where low and high are part of the law itself or truncation has no
    meaning.
    """

    inverse: Callable[[Distribution, Values], Values]
    cumulative: Callable[[Distribution, Values], Values] | None = None
    discrete: bool = False


def values_of(distribution: Distribution, uniform: Values) -> Values:
    """Values of a law at uniform numbers, any shape, in the law's own unit.

    ValueError with a sentence if its numbers make no law (see `fault_of`).
    """
    fault = fault_of(distribution)
    if fault:
        raise ValueError(fault)
    law = LAWS[distribution.kind]
    if law.cumulative is None:
        return law.inverse(distribution, uniform)
    below, above = _truncation(distribution, law)
    if (below, above) != (0.0, 1.0):
        # the clip keeps a rounded 1 from becoming infinity; the last one rounding at the bounds
        uniform = np.clip(below + uniform * (above - below), 2.0**-1074, 1.0 - 2.0**-53)
        return np.clip(law.inverse(distribution, uniform), distribution.low, distribution.high)
    return law.inverse(distribution, uniform)


def fault_of(distribution: Distribution) -> str:
    """What is wrong with a distribution, as a sentence, or "" if nothing is."""
    if distribution.kind not in LAWS:
        return f"no law {distribution.kind!r}; known are {', '.join(LAWS)}"
    low, high = distribution.low, distribution.high
    if low is not None and high is not None and low > high:
        return f"low {low:g} above high {high:g}"
    for valid, expected in _conditions(distribution):
        if not valid:
            return f"a {distribution.kind} law needs {expected}"
    law = LAWS[distribution.kind]
    if law.cumulative is not None:
        below, above = _truncation(distribution, law)
        if not above > below:
            return "nothing of the law lies between its bounds"
    return ""


def _conditions(law: Distribution) -> list[tuple[bool, str]]:
    """What each kind asks of its numbers."""
    spread = (np.isfinite(law.spread) and law.spread >= 0, "a spread of at least 0")
    shapes = (law.shape > 0 and law.scale > 0, "shape and scale above 0")
    bounds = (law.low is not None and law.high is not None, "both low and high")
    weights = np.asarray(law.weights, dtype=np.float64)
    table: dict[str, list[tuple[bool, str]]] = {
        "normal": [spread],
        "lognormal": [spread, (law.centre > 0, "a median above 0")],
        "logitnormal": [spread, (0 < law.centre < 1, "a median between 0 and 1")],
        "uniform": [bounds],
        "gamma": [shapes],
        "beta": [shapes],
        "negative_binomial": [(law.centre > 0 and law.shape > 0, "mean and size above 0")],
        "bernoulli": [(0 <= law.centre <= 1, "a probability from 0 to 1")],
        "categorical": [
            (weights.size > 0 and bool(np.all(weights >= 0)) and weights.sum() > 0, "weights >= 0")
        ],
    }
    return table.get(law.kind, [])


def _truncation(distribution: Distribution, law: Law) -> tuple[float, float]:
    """F just below low and F at high; for a continuous law F(low) and F(high)."""
    assert law.cumulative is not None
    below, above = 0.0, 1.0
    if distribution.low is not None:
        edge = np.ceil(distribution.low) - 1 if law.discrete else distribution.low
        below = float(law.cumulative(distribution, np.asarray(edge)))
    if distribution.high is not None:
        above = float(law.cumulative(distribution, np.asarray(distribution.high)))
    return below, above


def log_sd(cv: float) -> float:
    """SD of the logarithm of a lognormal quantity with that coefficient of variation."""
    return float(np.sqrt(np.log1p(cv**2)))


def _fixed(law: Distribution, uniform: Values) -> Values:
    return np.full(uniform.shape, law.centre)


def _normal(law: Distribution, uniform: Values) -> Values:
    from scipy.special import ndtri

    return law.centre + law.spread * ndtri(uniform)


def _normal_cumulative(law: Distribution, value: Values) -> Values:
    from scipy.special import ndtr

    return ndtr(_standardised(value - law.centre, law.spread))


def _lognormal(law: Distribution, uniform: Values) -> Values:
    from scipy.special import ndtri

    return law.centre * np.exp(log_sd(law.spread) * ndtri(uniform))


def _lognormal_cumulative(law: Distribution, value: Values) -> Values:
    from scipy.special import ndtr

    with np.errstate(divide="ignore"):  # log 0 is minus infinity, as it should be
        logarithm = np.log(np.maximum(value, 0.0) / law.centre)
    return ndtr(_standardised(logarithm, log_sd(law.spread)))


def _logitnormal(law: Distribution, uniform: Values) -> Values:
    from scipy.special import expit, logit, ndtri

    return expit(logit(law.centre) + law.spread * ndtri(uniform))


def _logitnormal_cumulative(law: Distribution, value: Values) -> Values:
    from scipy.special import logit, ndtr

    distance = logit(np.clip(value, 0.0, 1.0)) - logit(law.centre)
    return ndtr(_standardised(distance, law.spread))


def _standardised(distance: Values, spread: float) -> Values:
    """Distance in SDs; without spread all of the law lies at distance 0."""
    if spread > 0:
        return distance / spread
    return np.where(distance >= 0, np.inf, -np.inf)


def _uniform(law: Distribution, uniform: Values) -> Values:
    assert law.low is not None and law.high is not None
    return law.low + uniform * (law.high - law.low)


def _gamma(law: Distribution, uniform: Values) -> Values:
    from scipy.special import gammaincinv

    return law.scale * gammaincinv(law.shape, uniform)


def _gamma_cumulative(law: Distribution, value: Values) -> Values:
    from scipy.special import gammainc

    return gammainc(law.shape, np.maximum(value, 0.0) / law.scale)


def _beta(law: Distribution, uniform: Values) -> Values:
    from scipy.special import betaincinv

    low, high = _support(law)
    return low + (high - low) * betaincinv(law.shape, law.scale, uniform)


def _support(law: Distribution) -> tuple[float, float]:
    """Where a beta law lies: between 0 and 1 unless it says otherwise."""
    return (0.0 if law.low is None else law.low, 1.0 if law.high is None else law.high)


def _negative_binomial(law: Distribution, uniform: Values) -> Values:
    """The smallest count whose cumulative probability reaches u: doubling, then halving.

    scipy.stats has it too, but takes a second to import.
    """
    low, high = np.full(np.shape(uniform), -1.0), np.zeros(np.shape(uniform))
    while (short := _negative_binomial_cumulative(law, high) < uniform).any():
        low = np.where(short, high, low)
        high = np.where(short, np.minimum(2.0 * high + 1.0, _MOST), high)
        if (high[short] >= _MOST).all():
            break
    while (high - low > 1.0).any():
        middle = np.floor(0.5 * (low + high))
        reached = _negative_binomial_cumulative(law, middle) >= uniform
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high


def _negative_binomial_cumulative(law: Distribution, value: Values) -> Values:
    from scipy.special import betainc

    share = law.shape / (law.shape + law.centre)
    count = np.floor(value)
    return np.where(count < 0, 0.0, betainc(law.shape, np.maximum(count, 0) + 1.0, share))


def _bernoulli(law: Distribution, uniform: Values) -> Values:
    return (uniform > 1.0 - law.centre).astype(np.float64)


def _categorical(law: Distribution, uniform: Values) -> Values:
    edges = np.cumsum(np.asarray(law.weights, dtype=np.float64))
    index = np.searchsorted(edges[:-1] / edges[-1], uniform, side="right")
    return index.astype(np.float64)


LAWS: dict[str, Law] = {
    "fixed": Law(_fixed),
    "normal": Law(_normal, _normal_cumulative),
    "lognormal": Law(_lognormal, _lognormal_cumulative),
    "logitnormal": Law(_logitnormal, _logitnormal_cumulative),
    "uniform": Law(_uniform),
    "gamma": Law(_gamma, _gamma_cumulative),
    "beta": Law(_beta),
    "negative_binomial": Law(_negative_binomial, _negative_binomial_cumulative, discrete=True),
    "bernoulli": Law(_bernoulli),
    "categorical": Law(_categorical),
}
"""Kind to law: the closed list of `Distribution.kind`."""

CONTINUOUS = ("normal", "lognormal", "logitnormal", "uniform", "gamma", "beta")
"""Kinds that may be correlated: a rank correlation needs values without ties."""
