"""Laws of discrete species with closed forms or master equations, one by one and in leaps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import quad, solve_ivp
from scipy.sparse import diags
from scipy.sparse.linalg import expm_multiply

from bench.chance_systems import ALONE, DIRECT, draw, system_of
from bench.findings import (
    Finding,
    counts_of,
    covariance_of,
    mean_of,
    share_of,
    variance_of,
)
from reseed.engine import Solver
from reseed.nouns.expression import Expression
from reseed.nouns.system import Channel

Vector = NDArray[np.float64]
Rate = Callable[[float], float]
LEAPING = Solver(exact_below=100.0)


def births_and_deaths(law: str, birth: Expression, death: Expression) -> list[Channel]:
    """Channels of a species `n` whose members divide and die at these rates each.

    Channels of one name have the same random numbers, so every law has names of its own.
    """
    return [
        Channel(f"{law} divide", ("*", birth, "n"), (("n", 1.0),)),
        Channel(f"{law} die", ("*", death, "n"), (("n", -1.0),)),
    ]


def kendall(ancestors: int, birth: Rate, death: Rate, end: float, most: int) -> Vector:
    """Chances of 0, 1, ... `most` at the end (Kendall 1948, doi:10.1214/aoms/1177730285)."""

    def excess(t: float) -> float:
        return quad(lambda s: death(s) - birth(s), 0.0, t, epsabs=1e-12, epsrel=1e-12)[0]

    inner = quad(lambda s: death(s) * np.exp(excess(s)), 0.0, end, epsabs=1e-11, epsrel=1e-11)[0]
    shrink = np.exp(-excess(end))
    weight = shrink * (1.0 + inner)
    gone, more = 1.0 - shrink / weight, 1.0 - 1.0 / weight
    one = np.empty(most + 1)
    one[0] = gone
    one[1:] = (1.0 - gone) * (1.0 - more) * more ** np.arange(most)
    return power_of(one, ancestors)


def power_of(chances: Vector, times: int) -> Vector:
    """The law of a sum of that many independent numbers, cut off where `chances` is."""
    made, square = np.zeros(len(chances)), chances
    made[0] = 1.0
    while times:
        if times & 1:
            made = np.convolve(made, square)[: len(chances)]
        square = np.convolve(square, square)[: len(chances)]
        times >>= 1
    return made


def moments(chances: Vector) -> tuple[float, float]:
    """Mean and variance."""
    n = np.arange(len(chances))
    mean = float(chances @ n)
    return mean, float(chances @ (n - mean) ** 2)


def whole_law(drawn: Vector, chances: Vector) -> list[Finding]:
    """Mean, variance, extinction and all counts."""
    mean, variance = moments(chances)
    return [
        mean_of("mean", drawn, mean, variance),
        variance_of("variance", drawn, variance),
        share_of("extinct", drawn < 0.5, float(chances[0])),
        counts_of("counts", drawn, chances),
    ]


def linear(draws: int, seed: int, solver: Solver = ALONE) -> list[Finding]:
    """Ten that divide at 0.35 and die at 0.3 a day each, on day 4."""
    birth, death, end = 0.35, 0.3, 4.0
    system = system_of(
        "linear", counts={"n": 10.0}, channels=births_and_deaths("linear", birth, death)
    )
    drawn = draw(system, draws, end, seed=seed, solver=solver).last["n"]
    return whole_law(drawn, kendall(10, lambda t: birth, lambda t: death, end, 300))


def dying(draws: int, seed: int) -> list[Finding]:
    """Forty that only die: a binomial number is left."""
    channel = Channel("dying die", ("*", 0.3, "n"), (("n", -1.0),))
    system = system_of("dying", counts={"n": 40.0}, channels=[channel])
    drawn = draw(system, draws, 3.0, seed=seed).last["n"]
    chances = stats.binom.pmf(np.arange(41), 40, np.exp(-0.9))
    mean, variance = moments(chances)
    return [
        mean_of("mean", drawn, mean, variance),
        variance_of("variance", drawn, variance),
        counts_of("counts", drawn, chances),
    ]


def arriving(draws: int, seed: int) -> list[Finding]:
    """Arrivals at 4 a day that leave at 0.5 a day each: a Poisson number."""
    system = system_of(
        "arriving",
        counts={"n": 0.0},
        channels=[
            Channel("arriving arrive", 4.0, (("n", 1.0),)),
            Channel("arriving leave", ("*", 0.5, "n"), (("n", -1.0),)),
        ],
    )
    drawn = draw(system, draws, 4.0, seed=seed).last["n"]
    return whole_law(drawn, stats.poisson.pmf(np.arange(60), 8.0 * -np.expm1(-2.0)))


def immigrating(draws: int, seed: int, solver: Solver = ALONE) -> list[Finding]:
    """Birth, death and immigration from none: a negative binomial number."""
    birth, death, inflow, end = 0.3, 0.4, 1.5, 6.0
    system = system_of(
        "immigrating",
        counts={"n": 0.0},
        channels=[
            *births_and_deaths("immigrating", birth, death),
            Channel("immigrating arrive", inflow, (("n", 1.0),)),
        ],
    )
    drawn = draw(system, draws, end, seed=seed, solver=solver).last["n"]
    growth = np.exp((birth - death) * end)
    chance = (birth - death) / (birth * growth - death)
    return whole_law(drawn, stats.nbinom.pmf(np.arange(200), inflow / birth, chance))


def drugged(draws: int, seed: int) -> list[Finding]:
    """A clone of five under a drug that decays: extinction where rates follow a state."""
    decay, kill, end = 0.6, 1.5, 6.0
    system = system_of(
        "drugged",
        states={"drug": (1.0, ("*", -decay, "drug"))},
        counts={"n": 5.0},
        channels=births_and_deaths("drugged", 0.4, ("+", 0.1, ("*", kill, "drug"))),
    )
    drawn = draw(system, draws, end, seed=seed)
    expected = kendall(5, lambda t: 0.4, lambda t: 0.1 + kill * np.exp(-decay * t), end, 300)
    return whole_law(drawn.last["n"], expected)


def in_season(draws: int, seed: int) -> list[Finding]:
    """Rates of time itself: six that divide at 0.3 (1 + sin t) and die at 0.2 (1 + cos 2t)."""
    end = 5.0
    birth = ("*", 0.3, ("+", 1.0, ("sin", "time")))
    death = ("*", 0.2, ("+", 1.0, ("cos", ("*", 2.0, "time"))))
    system = system_of(
        "in season", counts={"n": 6.0}, channels=births_and_deaths("in season", birth, death)
    )
    drawn = draw(system, draws, end, seed=seed).last["n"]
    expected = kendall(
        6, lambda t: 0.3 * (1 + np.sin(t)), lambda t: 0.2 * (1 + np.cos(2 * t)), end, 400
    )
    return whole_law(drawn, expected)


def crowding(start: int, room: int, end: float) -> Vector:
    """The master equation of births 0.9 n (1 - n/room) and deaths 0.2 n."""
    n = np.arange(room + 1.0)
    up, down = 0.9 * n * (1.0 - n / room), 0.2 * n
    flow = diags([up[:-1], -(up + down), down[1:]], [-1, 0, 1], format="csc")
    first = np.zeros(room + 1)
    first[start] = 1.0
    return np.asarray(expm_multiply(flow * end, first))


def crowded(draws: int, seed: int) -> list[Finding]:
    """Births that fall off with crowding, four in a room for 30, against the master equation."""
    drawn = _crowd(draws, seed, 4, 30, ALONE)
    return whole_law(drawn, crowding(4, 30, 5.0))


def linear_directly(draws: int, seed: int) -> list[Finding]:
    """Ten that divide and die, by the direct method."""
    return linear(draws, seed, DIRECT)


def immigrating_directly(draws: int, seed: int) -> list[Finding]:
    """Birth, death and immigration, by the direct method."""
    return immigrating(draws, seed, DIRECT)


def crowded_directly(draws: int, seed: int) -> list[Finding]:
    """Births that fall off with crowding, by the direct method."""
    return whole_law(_crowd(draws, seed, 4, 30, DIRECT), crowding(4, 30, 5.0))


def _crowd(draws: int, seed: int, start: int, room: int, solver: Solver) -> Vector:
    birth = ("*", 0.9, ("-", 1.0, ("/", "n", float(room))))
    system = system_of(
        "crowded", counts={"n": float(start)}, channels=births_and_deaths("crowded", birth, 0.2)
    )
    return draw(system, draws, 5.0, seed=seed, solver=solver).last["n"]


def signalling(draws: int, seed: int) -> list[Finding]:
    """Cells that come and go make a signal that decays: moments of the continuous state.

    n' = inflow - loss n and x' = yield n - decay x in the mean; the second moments are exact too,
    as all rates are linear.
    """
    inflow, loss, made, decay, end = 3.0, 0.4, 0.7, 0.9, 5.0
    system = system_of(
        "signalling",
        states={"x": (0.0, ("-", ("*", made, "n"), ("*", decay, "x")))},
        counts={"n": 2.0},
        channels=[
            Channel("signalling arrive", inflow, (("n", 1.0),)),
            Channel("signalling leave", ("*", loss, "n"), (("n", -1.0),)),
        ],
    )

    def change(t: float, moment: Vector) -> Sequence[float]:
        n, x, nn, nx, xx = moment
        return (
            inflow - loss * n,
            made * n - decay * x,
            inflow + loss * n - 2.0 * loss * nn,
            made * nn - (loss + decay) * nx,
            2.0 * made * nx - 2.0 * decay * xx,
        )

    start = [2.0, 0.0, 0.0, 0.0, 0.0]
    n, x, nn, nx, xx = solve_ivp(change, (0.0, end), start, rtol=1e-11, atol=1e-12).y[:, -1]
    last = draw(system, draws, end, seed=seed).last
    return [
        mean_of("mean cells", last["n"], n, nn),
        mean_of("mean signal", last["x"], x, xx),
        variance_of("variance of cells", last["n"], nn),
        variance_of("variance of signal", last["x"], xx),
        covariance_of("covariance", last["n"], last["x"], nx),
    ]


def ripening(draws: int, seed: int) -> list[Finding]:
    """Twenty that ripen at 0.5 and are then lost at 0.3 a day: two species, each binomial."""
    ripen, lose, end, start = 0.5, 0.3, 2.5, 20
    system = system_of(
        "ripening",
        counts={"young": float(start), "ripe": 0.0},
        channels=[
            Channel("ripening ripen", ("*", ripen, "young"), (("young", -1.0), ("ripe", 1.0))),
            Channel("ripening lose", ("*", lose, "ripe"), (("ripe", -1.0),)),
        ],
    )
    last = draw(system, draws, end, seed=seed).last
    young = np.exp(-ripen * end)
    ripe = ripen / (ripen - lose) * (np.exp(-lose * end) - young)
    n = np.arange(start + 1)
    return [
        counts_of("young", last["young"], stats.binom.pmf(n, start, young)),
        counts_of("ripe", last["ripe"], stats.binom.pmf(n, start, ripe)),
        covariance_of("covariance", last["young"], last["ripe"], -start * young * ripe),
    ]


# --- leaps ---------------------------------------------------------------------------------------
# Means of linear rates are exact. Chance within a step is not damped within it, so where numbers
# return to a level their variance is too large by about a step's share of the turnover.


def leaping(draws: int, seed: int) -> list[Finding]:
    """A thousand that divide at 0.3 and die at 0.25 a day each, in leaps from first to last."""
    birth, death, end, start = 0.3, 0.25, 3.0, 1000.0
    system = system_of(
        "leaping", counts={"n": start}, channels=births_and_deaths("leaping", birth, death)
    )
    drawn = draw(system, draws, end, seed=seed, solver=LEAPING).last["n"]
    growth = np.exp((birth - death) * end)
    variance = start * (birth + death) / (birth - death) * growth * (growth - 1.0)
    return [
        mean_of("mean", drawn, start * growth),
        variance_of("variance", drawn, variance, margin=0.03),
    ]


def leaping_at_rest(draws: int, seed: int) -> list[Finding]:
    """Five hundred that come and go: the number stays a Poisson number."""
    system = system_of(
        "leaping at rest",
        counts={"n": 500.0},
        channels=[
            Channel("leaping at rest arrive", 250.0, (("n", 1.0),)),
            Channel("leaping at rest leave", ("*", 0.5, "n"), (("n", -1.0),)),
        ],
    )
    drawn = draw(system, draws, 6.0, seed=seed, solver=LEAPING).last["n"]
    return [
        mean_of("mean", drawn, 500.0),
        variance_of("variance", drawn, 500.0 * -np.expm1(-6.0), margin=0.12),
    ]


def leaping_out(draws: int, seed: int) -> list[Finding]:
    """Three hundred that die out: leaps first, then one by one to the last."""
    birth, death, end, start = 0.4, 1.0, 8.0, 300
    system = system_of(
        "leaping out",
        counts={"n": float(start)},
        channels=births_and_deaths("leaping out", birth, death),
    )
    drawn = draw(system, draws, end, seed=seed, solver=LEAPING).last["n"]
    expected = kendall(start, lambda t: birth, lambda t: death, end, 400)
    mean, variance = moments(expected)
    return [
        mean_of("mean", drawn, mean, variance),
        variance_of("variance", drawn, variance, margin=0.03),
        share_of("extinct", drawn < 0.5, float(expected[0]), margin=0.02),
    ]


def leaping_under_a_drug(draws: int, seed: int) -> list[Finding]:
    """Two thousand under a drug that decays: the mean follows the integral of the rates."""
    decay, kill, end, start = 0.6, 1.5, 6.0, 2000.0
    system = system_of(
        "leaping under a drug",
        states={"drug": (1.0, ("*", -decay, "drug"))},
        counts={"n": start},
        channels=births_and_deaths("leaping under a drug", 0.4, ("+", 0.1, ("*", kill, "drug"))),
    )
    drawn = draw(system, draws, end, seed=seed, solver=LEAPING).last["n"]
    excess = 0.3 * end - kill / decay * -np.expm1(-decay * end)
    return [mean_of("mean", drawn, start * np.exp(excess))]


def leaping_in_a_crowd(draws: int, seed: int) -> list[Finding]:
    """Births that fall off with crowding, 150 in a room for 600: approximate in leaps."""
    drawn = _crowd(draws, seed, 150, 600, LEAPING)
    mean, variance = moments(crowding(150, 600, 5.0))
    return [
        replace(mean_of("mean", drawn, mean), margin=0.005),
        variance_of("variance", drawn, variance, margin=0.25),
    ]
