"""Laws of integrated hazards with closed forms: when, which first, how often.

Hazards of one name have the same random numbers, so every law has a name of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import erfc

from bench.chance_systems import Course, draw, ending, recurring, system_of
from bench.findings import (
    Finding,
    counts_of,
    covariance_of,
    mean_of,
    share_of,
    times_of,
    variance_of,
)
from reseed.base.keys import uniforms
from reseed.nouns.key import Key

Vector = NDArray[np.float64]


def exponential(draws: int, seed: int) -> list[Finding]:
    """A constant hazard of 0.2 per day: exponential times."""
    system = system_of("exponential", hazards=[ending("exponential", 0.2)])
    times = draw(system, draws, 500.0, seed=seed).firsts("exponential")
    return [
        mean_of("mean", times, 5.0, 25.0),
        mean_of("mean square", times**2, 50.0, 20.0 * 5.0**4),
        times_of("times", times, stats.expon(scale=5.0).cdf),
    ]


def weibull(draws: int, seed: int) -> list[Finding]:
    """A hazard that rises with the 1.5th power of time, and follow-up that ends before half of it.

    Whoever is left has none; the times of the others are those of a Weibull law cut off there.
    """
    shape, scale, end = 2.5, 5.0, 4.0
    law = stats.weibull_min(shape, scale=scale)
    rate = ("*", shape / scale, ("^", ("/", "time", scale), shape - 1.0))
    times = draw(
        system_of("weibull", hazards=[ending("weibull", rate)]), draws, end, seed=seed
    ).firsts("weibull")
    struck = times[np.isfinite(times)]
    return [
        share_of("left on day 4", np.isinf(times), float(law.sf(end))),
        times_of("times", struck, lambda t: law.cdf(t) / law.cdf(end)),
    ]


def falling(draws: int, seed: int) -> list[Finding]:
    """A hazard a/(b + age) that falls with a state: Lomax times, with a heavy tail."""
    a, b = 3.5, 2.0
    system = system_of(
        "falling",
        states={"age": (0.0, 1.0)},
        hazards=[ending("falling", ("/", a, ("+", b, "age")))],
    )
    times = draw(system, draws, 1e5, seed=seed).firsts("falling")
    law = stats.lomax(a, scale=b)
    return [
        mean_of("mean", times, law.mean(), law.var()),
        times_of("times", times, law.cdf),
    ]


def ageing(draws: int, seed: int) -> list[Finding]:
    """Gompertz: a hazard in proportion to a state that grows exponentially."""
    start, growth = 0.01, 0.3
    system = system_of(
        "ageing",
        states={"wear": (1.0, ("*", growth, "wear"))},
        hazards=[ending("ageing", ("*", start, "wear"))],
    )
    times = draw(system, draws, 60.0, seed=seed).firsts("ageing")
    return [times_of("times", times, lambda t: -np.expm1(-start / growth * np.expm1(growth * t)))]


def dosed(draws: int, seed: int) -> list[Finding]:
    """Patients of their own risk, dose and day: the hazard follows a drug that decays.

    The integral of each patient's hazard up to its event is unit-exponential.
    """
    base, slope, decay = 0.1, 0.5, 0.4
    ids = np.arange(draws)
    days = 8.0 * uniforms(Key(seed, "day"), ids)
    sizes = 1.0 + 3.0 * uniforms(Key(seed, "size"), ids)
    risks = 0.5 + uniforms(Key(seed, "risk"), ids)
    system = system_of(
        "dosed",
        states={"drug": (0.0, ("*", -decay, "drug"))},
        parameters={"risk": 1.0},
        hazards=[ending("dosed", ("*", "risk", ("+", base, ("*", slope, "drug"))))],
    )
    times = draw(
        system, draws, 800.0, seed=seed, parameters={"risk": risks},
        course=Course("drug", days, sizes),
    ).firsts("dosed")  # fmt: skip
    exposure = sizes / decay * -np.expm1(-decay * np.clip(times - days, 0.0, None))
    integrals = risks * (base * times + slope * exposure)
    before = -np.expm1(-risks * base * days)
    caught = (times < days).astype(float)
    spread = float(np.mean(before * (1.0 - before)))
    return [
        mean_of("mean integral", integrals, 1.0, 1.0),
        mean_of("before the dose", caught, float(before.mean()), spread),
        times_of("integrals", integrals, stats.expon.cdf),
    ]


def competing(draws: int, seed: int) -> list[Finding]:
    """Constant hazards of 0.1 and 0.3 and one that rises as 0.08 t: whichever comes first ends."""
    a, b, c = 0.1, 0.3, 0.08
    system = system_of(
        "competing",
        hazards=[ending("a", a), ending("b", b), ending("c", ("*", c, "time"))],
    )
    drawn = draw(system, draws, 100.0, seed=seed)
    firsts = {name: drawn.firsts(name) for name in "abc"}
    times = np.minimum.reduce(list(firsts.values()))
    # the integral of exp(-r t - c t^2/2)
    r = a + b
    whole = np.sqrt(np.pi / (2.0 * c)) * np.exp(r * r / (2.0 * c)) * erfc(r / np.sqrt(2.0 * c))
    shares = {"a": a * whole, "b": b * whole, "c": 1.0 - r * whole}

    def of_constant(t: Vector) -> Vector:
        """Times of those whom `a` or `b` ends: its share of the integral up to t."""
        rest = erfc((r + c * t) / np.sqrt(2.0 * c)) / erfc(r / np.sqrt(2.0 * c))
        return 1.0 - rest

    found = [
        share_of(f"share of {name}", np.isfinite(firsts[name]), shares[name]) for name in "abc"
    ]
    found += [
        times_of("times", times, lambda t: -np.expm1(-r * t - 0.5 * c * t * t)),
        times_of("times of a", firsts["a"][np.isfinite(firsts["a"])], of_constant),
        times_of("times of b", firsts["b"][np.isfinite(firsts["b"])], of_constant),
    ]
    return found


def seasonal(draws: int, seed: int) -> list[Finding]:
    """A recurrent hazard 0.3 (1 + 0.8 sin t): Poisson counts, and times where the hazard is."""
    base, swing, end = 0.3, 0.8, 17.0

    def integral(t: Vector | float) -> Vector:
        return base * (np.asarray(t) + swing * (1.0 - np.cos(t)))

    rate = ("*", base, ("+", 1.0, ("*", swing, ("sin", "time"))))
    drawn = draw(
        system_of("seasonal", hazards=[recurring("seasonal", rate)]), draws, end, seed=seed
    )
    mean = float(integral(end))
    counts = drawn.counts("seasonal")
    chances = stats.poisson.pmf(np.arange(60), mean)
    return [
        mean_of("mean count", counts, mean, mean),
        variance_of("variance", counts, mean),
        counts_of("counts", counts, chances),
        times_of("times", drawn.times["seasonal"], lambda t: integral(t) / mean),
    ]


def steady(draws: int, seed: int) -> list[Finding]:
    """Two recurrent hazards of 0.4 and 0.25: times between strikes, and neither knows the other."""
    drawn = draw(
        system_of("steady", hazards=[recurring("one", 0.4), recurring("two", 0.25)]),
        draws, 20.0, seed=seed,
    )  # fmt: skip
    one, two = drawn.counts("one"), drawn.counts("two")
    times, patients = drawn.times["one"], drawn.patients["one"]
    # the gap after a first strike before day 5 that is seen whole, or cut off 15 days later
    starts = np.flatnonzero(np.diff(patients, prepend=-1) > 0)
    early = starts[times[starts] < 5.0]
    after = np.minimum(early + 1, len(times) - 1)
    seconds = np.where(patients[after] == patients[early], times[after], np.inf)
    seconds[after == early] = np.inf
    gaps = seconds - times[early]
    cut = gaps[gaps <= 15.0]
    law = stats.expon(scale=1 / 0.4)
    return [
        counts_of("counts of one", one, stats.poisson.pmf(np.arange(60), 8.0)),
        counts_of("counts of two", two, stats.poisson.pmf(np.arange(60), 5.0)),
        covariance_of("covariance", one, two, 0.0),
        times_of("gaps", cut, lambda t: law.cdf(t) / law.cdf(15.0)),
        share_of("longer gaps", gaps > 15.0, float(law.sf(15.0))),
    ]


def contagious(draws: int, seed: int) -> list[Finding]:
    """Each strike adds its equal to the hazard (Yule): geometric counts."""
    birth, end = 0.2, 8.0
    system = system_of(
        "contagious",
        parameters={"force": 1.0},
        hazards=[recurring("contagious", ("*", birth, "force"), ("force", 1.0))],
    )
    counts = draw(system, draws, end, seed=seed).counts("contagious")
    p = np.exp(-birth * end)
    law = stats.geom(p, loc=-1)
    return [
        mean_of("mean count", counts, law.mean(), law.var()),
        variance_of("variance", counts, law.var()),
        counts_of("counts", counts, law.pmf(np.arange(400))),
    ]
