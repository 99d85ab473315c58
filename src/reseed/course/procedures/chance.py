"""Whole numbers by chance, from one uniform number each: the smallest whose share reaches it.

scipy.stats has these laws too, but takes a second to import.
"""

from __future__ import annotations

import math

from reseed.base.keys import uniforms
from reseed.nouns.key import Key
from reseed.nouns.schedule import Moment


def uniform_of(moment: Moment, stream: str) -> float:
    """The patient's uniform number of a stream, for this boundary of a course."""
    return float(uniforms(Key(moment.key.seed, stream), moment.patient, draw=moment.ordinal))


def poisson(uniform: float, mean: float) -> float:
    """Poisson's law."""
    from scipy.special import pdtr, pdtrik

    if mean <= 0.0:
        return 0.0
    number = max(math.ceil(float(pdtrik(uniform, mean))), 0)
    while number > 0 and pdtr(number - 1, mean) >= uniform:
        number -= 1
    while pdtr(number, mean) < uniform:
        number += 1
    return float(number)


def binomial(uniform: float, tries: float, share: float) -> float:
    """The binomial law of so many tries, each successful with chance `share`."""
    from scipy.special import bdtr, bdtrik

    if tries <= 0.0 or share <= 0.0:
        return 0.0
    if share >= 1.0:
        return float(tries)
    number = min(max(math.ceil(float(bdtrik(uniform, tries, share))), 0), int(tries))
    while number > 0 and bdtr(number - 1, int(tries), share) >= uniform:
        number -= 1
    while number < tries and bdtr(number, int(tries), share) < uniform:
        number += 1
    return float(number)
