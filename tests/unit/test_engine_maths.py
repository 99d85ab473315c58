"""The kernel's own functions and random numbers against wider arithmetic and closed forms.

References are in extended precision where the machine has it. The powers of two and their
logarithms may be as short as 1e-14 relative; the others keep about a unit in the last place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from kernels import WIDTHS, Vector, lanes, numbers
from scipy import stats

from reseed.base.keys import exponentials, philox_key, uniforms
from reseed.engine.kernel import draws, lane_width, maths
from reseed.engine.kernel.ir import DOUBLE, LONG, Function, Value
from reseed.nouns.key import Key

Wide = np.longdouble
UNIT = 2.0**-52
SHORT = 2e-14  # relative, of powers of two and their logarithms
MANY = 100_000
KEY = Key(20260904, "leap/clone.die")
ADDRESS = [LONG] * 5  # draw, occurrence, patient, seed, stream


def chance() -> np.random.Generator:
    """Where functions are looked at: the same places whichever tests run."""
    return np.random.default_rng(20260904)


def cosine(f: Function, x: Value) -> Value:
    """As formulas of models have it."""
    return maths.sine(f, x, 1)


def power(f: Function, base: Value, exponent: Value) -> Value:
    """base ** exponent, base > 0, as formulas of models have it."""
    return maths.power2(f, exponent * maths.log2_positive(f, maths.base_of_power(f, base)))


def error(found: Vector, expected: np.ndarray) -> float:
    """The largest relative error."""
    wide = found.astype(Wide)
    return float(np.max(np.abs((wide - expected) / expected)))


def spread(low: float, high: float, *around: float) -> Vector:
    """Numbers over the whole range, as many again near each of some places, and both ends."""
    draw = chance()
    parts = [draw.uniform(low, high, MANY), np.array([low, high])]
    for place in around:
        near = np.exp(draw.uniform(-36.0, 0.0, MANY)) * draw.choice([-1.0, 1.0], MANY)
        parts.append(place + near)
    return np.concatenate(parts)


def positive(low: float, high: float) -> Vector:
    """Positive numbers of every size between two powers of two, and as many close to 1."""
    return np.concatenate([np.exp2(chance().uniform(low, high, MANY)), spread(0.5, 2.0, 1.0)[:-1]])


@pytest.mark.parametrize("function", [maths.exp2, maths.power2])
def test_powers_of_two(function: Callable[[Function, Value], Value]) -> None:
    """2**x over all exponents of normal numbers."""
    x = spread(-1020.9, 1023.3, 0.0, 0.5, -0.5)
    assert error(lanes(function)(x), np.exp2(x.astype(Wide))) < SHORT


def test_exponential_is_good_to_a_unit_or_two() -> None:
    """e**x over all arguments with a normal result, and close to 0."""
    x = spread(-708.3, 709.7, 0.0)
    assert error(lanes(maths.exp)(x), np.exp(x.astype(Wide))) < 2.5 * UNIT


def test_exponentials_below_normal_numbers_lose_digits_only() -> None:
    """Where doubles grow sparse the nearest or the next is given, then 0."""
    x = np.linspace(-745.0, -708.4, 20_001)
    step = 2.0**-1074
    wide = np.exp(x.astype(Wide))
    found = lanes(maths.exp)(x).astype(Wide)
    assert np.all(np.abs(found - wide) <= 1.01 * step + 2.5 * UNIT * wide)
    y = np.linspace(-1074.4, -1022.0, 20_001)
    short = np.exp2(y.astype(Wide))
    found = lanes(maths.exp2)(y).astype(Wide)
    assert np.all(np.abs(found - short) <= 1.01 * step + SHORT * short)


def test_logarithm_is_good_to_two_or_three_units() -> None:
    """ln x for every positive number, also those below the normal ones and close to 1."""
    x = positive(-1074.0, 1023.9)
    x = x[x != 1.0]
    assert error(lanes(maths.ln)(x), np.log(x.astype(Wide))) < 3 * UNIT
    assert lanes(maths.ln)(1.0) == 0.0


def test_binary_logarithm_of_normal_numbers() -> None:
    """log2 x; whole for powers of two."""
    x = positive(-1022.0, 1023.9)
    x = x[x != 1.0]
    assert error(lanes(maths.log2_positive)(x), np.log2(x.astype(Wide))) < SHORT
    whole = np.arange(-1022.0, 1024.0)
    np.testing.assert_array_equal(lanes(maths.log2_positive)(np.exp2(whole)), whole)


def test_powers_of_positive_numbers() -> None:
    """base**exponent: the error grows with |exponent * log2(base)|, which is its exponent."""
    draw = chance()
    base = np.exp2(draw.uniform(-900.0, 900.0, MANY))
    base[::2] = np.exp2(draw.uniform(-20.0, 20.0, len(base[::2])))
    exponent = draw.uniform(-1.0, 1.0, MANY) * np.exp(draw.uniform(-10.0, 3.5, MANY))
    size = np.abs(exponent * np.log2(base))
    base, exponent, size = (column[size < 1020.0] for column in (base, exponent, size))
    expected = base.astype(Wide) ** exponent.astype(Wide)
    found = lanes(power, 2)(base, exponent).astype(Wide)
    assert len(base) > MANY / 2
    assert np.all(np.abs(found / expected - 1) < SHORT * (1.0 + size))


@pytest.mark.parametrize("function, wide", [(maths.sine, np.sin), (cosine, np.cos)])
def test_sine_and_cosine_to_a_million(
    function: Callable[[Function, Value], Value], wide: np.ufunc
) -> None:
    """Absolute error over the range that is promised; relative error over a few turns."""
    x = spread(-1e6, 1e6, 0.0)
    found = lanes(function)(x).astype(Wide)
    assert np.max(np.abs(found - wide(x.astype(Wide)))) < 2 * UNIT
    roots = np.arange(1, 201) * (np.pi / 2)  # as close to roots as doubles come
    near = np.concatenate([spread(-20.0, 20.0), roots, np.nextafter(roots, 0.0)])
    assert error(lanes(function)(near), wide(near.astype(Wide))) < 16 * UNIT


def test_hyperbolic_tangent() -> None:
    """Near 0, across the change of formulas at 0.1, and far away."""
    x = np.concatenate([spread(-25.0, 25.0, 0.0, 0.1, -0.1), np.array([-700.0, 700.0])])
    assert error(lanes(maths.tanh)(x), np.tanh(x.astype(Wide))) < 8 * UNIT


@pytest.mark.parametrize("function, wide", [(maths.sinh, np.sinh), (maths.cosh, np.cosh)])
def test_hyperbolic_sine_and_cosine(
    function: Callable[[Function, Value], Value], wide: np.ufunc
) -> None:
    """Over all arguments with a finite result, near 0, and across the change of formulas at 1."""
    x = spread(-710.4, 710.4, 0.0, 1.0, -1.0)
    x = np.concatenate([x, spread(-3.0, 3.0)])
    assert error(lanes(function)(x), wide(x.astype(Wide))) < 2.5 * UNIT


@pytest.mark.parametrize("function, wide", [(maths.asin, np.arcsin), (maths.acos, np.arccos)])
def test_inverse_sine_and_cosine(
    function: Callable[[Function, Value], Value], wide: np.ufunc
) -> None:
    """From -1 to 1, close to both ends, to 0, and across the change of formulas at 1/2."""
    x = spread(-1.0, 1.0, 0.0, 0.5, -0.5, 1.0, -1.0)
    x = x[(np.abs(x) <= 1.0) & (x != (1.0 if wide is np.arccos else 0.0))]
    assert error(lanes(function)(x), wide(x.astype(Wide))) < 2 * UNIT


def test_inverse_tangent() -> None:
    """Numbers of every size, and across the changes of formulas at tan(pi/8) and tan(3 pi/8)."""
    x = np.concatenate([positive(-1000.0, 1000.0), spread(-4.0, 4.0, 0.41421356, 2.41421356)])
    assert error(lanes(maths.atan)(x), np.arctan(x.astype(Wide))) < 2 * UNIT


NAN, INF = float("nan"), float("inf")
LEAST = 2.0**-1074  # the smallest number above 0
EDGES = {
    "exp2": (
        maths.exp2,
        {0.0: 1.0, -1074.0: LEAST, -1080.0: 0.0, -1e300: 0.0, -INF: 0.0, 1023.0: 2.0**1023}
        | {1024.0: INF, 1e300: INF, INF: INF, NAN: NAN},
    ),
    "power2": (
        maths.power2,
        {0.0: 1.0, 10.0: 1024.0, -1021.0: 2.0**-1021, 1023.0: 2.0**1023, NAN: NAN},
    ),
    "exp": (
        maths.exp,
        {0.0: 1.0, -745.2: 0.0, -1e300: 0.0, -INF: 0.0, 709.79: INF, 1e300: INF, INF: INF}
        | {NAN: NAN},
    ),
    "ln": (
        maths.ln,
        {0.0: -INF, 1.0: 0.0, INF: INF, -1.0: NAN, -LEAST: NAN, -INF: NAN, NAN: NAN},
    ),
    "base": (
        maths.base_of_power,
        {0.0: maths.TINY, 1e-300: maths.TINY, -3.0: 3.0, 1e300: 1e300, -INF: INF, NAN: NAN},
    ),
    "parity": (
        maths.parity,
        {0.0: 1.0, 1.0: -1.0, -1.0: -1.0, 2.0: 1.0, -7.0: -1.0, 0.5: 0.0, -2.5: 0.0}
        | {2.0**53 - 1: -1.0, 1e300: 1.0, LEAST: 0.0, NAN: 0.0},
    ),
    "sine": (maths.sine, {0.0: 0.0, LEAST: LEAST, INF: NAN, -INF: NAN, NAN: NAN}),
    "cosine": (cosine, {0.0: 1.0, LEAST: 1.0, INF: NAN, -INF: NAN, NAN: NAN}),
    "tanh": (
        maths.tanh,
        {0.0: 0.0, LEAST: LEAST, 40.0: 1.0, -40.0: -1.0, INF: 1.0, -INF: -1.0, NAN: NAN},
    ),
    "sinh": (
        maths.sinh,
        {0.0: 0.0, LEAST: LEAST, 711.0: INF, -711.0: -INF, INF: INF, -INF: -INF, NAN: NAN},
    ),
    "cosh": (maths.cosh, {0.0: 1.0, LEAST: 1.0, -711.0: INF, INF: INF, -INF: INF, NAN: NAN}),
    "asin": (
        maths.asin,
        {0.0: 0.0, LEAST: LEAST, 1.0: math.pi / 2, -1.0: -math.pi / 2, 1.0 + UNIT: NAN}
        | {-1.0 - UNIT: NAN, 2.0: NAN, INF: NAN, -INF: NAN, NAN: NAN},
    ),
    "acos": (
        maths.acos,
        {1.0: 0.0, 0.0: math.pi / 2, -1.0: math.pi, 1.0 + UNIT: NAN, -1.0 - UNIT: NAN}
        | {-3.0: NAN, INF: NAN, -INF: NAN, NAN: NAN},
    ),
    "atan": (
        maths.atan,
        {0.0: 0.0, LEAST: LEAST, 1.0: math.pi / 4, 1e300: math.pi / 2, INF: math.pi / 2}
        | {-INF: -math.pi / 2, NAN: NAN},
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_values_at_the_edges(name: str) -> None:
    """Zero, the smallest and largest numbers, infinity and what is no number."""
    function, expected = EDGES[name]
    found = lanes(function)(np.array(list(expected)))
    np.testing.assert_array_equal(found, np.array(list(expected.values())))


def test_powers_stay_finite_and_above_zero() -> None:
    """Beyond the range of `power2` the result stays at its ends, so that reciprocals exist."""
    ends = lanes(maths.power2)(np.array([-1021.0, -1e5, -INF, 1023.4, 1e5, INF]))
    np.testing.assert_array_equal(ends[:3], 2.0**-1021)
    np.testing.assert_array_equal(ends[3:], ends[3])
    assert ends[3] == pytest.approx(2.0**1023.4, rel=1e-12) and np.all(1.0 / ends > 0.0)


def test_a_power_of_what_is_no_number_is_none() -> None:
    """0/0 to any power is no number: a Hill function of it must not look like one."""
    assert np.isnan(lanes(power, 2)(NAN, np.array([0.3, 1.5, -2.2]))).all()


def test_sine_of_enormous_numbers_is_a_sine_or_no_number() -> None:
    """Accuracy is lost beyond a million, but nothing leaves -1 to 1."""
    x = np.exp(chance().uniform(np.log(1e6), np.log(1e300), MANY))
    assert not np.any(np.abs(lanes(maths.sine)(x)) > 1.0 + UNIT)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_width_gives_the_same_bits(width: int) -> None:
    """A function of a lane does not know how many lanes there are."""
    x = spread(-700.0, 700.0, 0.0)
    more = (maths.sinh, maths.cosh, maths.asin, maths.acos, maths.atan)
    for function in (maths.exp, maths.exp2, maths.ln, maths.sine, cosine, maths.tanh, *more):
        widest = lanes(function)(x)
        np.testing.assert_array_equal(lanes(function, 1, width)(x), widest)
    both = lanes(power, 2)(np.abs(x), 0.7)
    np.testing.assert_array_equal(lanes(power, 2, width)(np.abs(x), 0.7), both)


# --- random numbers ------------------------------------------------------------------------------


def signed(word: int) -> int:
    """64 bits as LLVM's and numpy's signed number."""
    return word - (1 << 64) if word >> 63 else word


def key_words(key: Key) -> tuple[int, int]:
    """Seed and stream as the kernel is given them."""
    seed, stream = philox_key(key)
    return signed(seed), signed(stream)


@cache
def law(name: str) -> Callable[..., Vector]:
    """`uniform`, `exponential` or `poisson` of the kernel."""
    kinds = [DOUBLE, *ADDRESS] if name == "poisson" else ADDRESS
    return numbers(name, kinds, draws.functions(lane_width()))


@pytest.mark.parametrize("seed", [0, 1, 2**63 + 5, 2**64 - 1])
def test_uniform_numbers_are_those_of_their_address(seed: int) -> None:
    """The same bits as `reseed.base.keys`, for small and for enormous addresses."""
    key = Key(seed, "hazard/infection")
    patients = np.concatenate([np.arange(1000), 2**62 + np.arange(1000), [2**63 - 1]])
    for draw, occurrence in [(0, 0), (1, 0), (0, 1), (7, 2**40), (2**33, 2**62)]:
        found = law("uniform")(draw, occurrence, patients, *key_words(key))
        expected = uniforms(key, patients, draw=draw, occurrence=occurrence)
        np.testing.assert_array_equal(found, expected)


def test_exponential_numbers_are_those_of_their_address() -> None:
    """-ln of the uniform number, within the logarithm's error."""
    patients = np.arange(MANY)
    found = law("exponential")(0, 3, patients, *key_words(KEY))
    np.testing.assert_allclose(found, exponentials(KEY, patients, occurrence=3), rtol=3 * UNIT)
    assert stats.kstest(found, stats.expon.cdf).pvalue > 1e-6


# around 30 the method changes; 1e10 is far more than any model has
MEANS = (1e-3, 0.3, 2.0, 11.5, 29.9, 30.1, 47.0, 300.0, 1e4, 1e6, 1e8, 1e10)


@pytest.mark.parametrize("mean", MEANS)
def test_poisson_numbers_follow_their_law(mean: float) -> None:
    """Mean, variance, and chi-squared over cells of about a fortieth each."""
    count = 2 * MANY
    drawn = law("poisson")(mean, 0, 0, np.arange(count), *key_words(KEY))
    np.testing.assert_array_equal(drawn, np.floor(drawn))
    assert abs(drawn.mean() - mean) < 5 * np.sqrt(mean / count)
    # the fourth central moment is mean + 3 mean**2
    assert abs(drawn.var() - mean) < 5.5 * np.sqrt((mean + 2 * mean**2) / count)
    inner = np.unique(stats.poisson.ppf(np.linspace(0.0, 1.0, 41)[1:-1], mean))
    chances = np.diff(stats.poisson.cdf(inner, mean), prepend=0.0, append=1.0)
    cells = np.bincount(np.searchsorted(inner, drawn), minlength=len(chances))
    assert np.all(chances * count > 5)
    assert stats.chisquare(cells, chances * count).pvalue > 1e-6


def test_poisson_numbers_of_rare_values() -> None:
    """The far tails, about one in ten thousand on each side, are as heavy as they should be."""
    count = 20 * MANY
    for mean in (20.0, 40.0, 1000.0):
        drawn = law("poisson")(mean, 0, 1, np.arange(count), *key_words(KEY))
        low, high = stats.poisson.ppf([1e-4, 1.0 - 1e-4], mean)
        for found, chance in (
            (np.sum(drawn <= low), stats.poisson.cdf(low, mean)),
            (np.sum(drawn > high), stats.poisson.sf(high, mean)),
        ):
            assert abs(found - count * chance) < 5.5 * np.sqrt(count * chance)


def test_poisson_numbers_of_no_mean_are_zero() -> None:
    """Nothing happens at a mean of 0, below, or of no number."""
    means = np.array([0.0, -1.0, NAN])
    np.testing.assert_array_equal(law("poisson")(means, 0, 0, 0, 1, 2), 0.0)


def test_poisson_numbers_of_neighbours_are_independent() -> None:
    """Patients, occurrences and streams beside each other do not correlate."""
    patients, other = np.arange(MANY), Key(KEY.seed, "leap/clone.divide")
    for mean in (3.0, 300.0):
        one = law("poisson")(mean, 0, 0, patients, *key_words(KEY))
        for two in (
            law("poisson")(mean, 0, 1, patients, *key_words(KEY)),
            law("poisson")(mean, 0, 0, patients + 1, *key_words(KEY)),
            law("poisson")(mean, 0, 0, patients, *key_words(other)),
        ):
            assert abs(np.corrcoef(one, two)[0, 1]) < 5 / np.sqrt(MANY)
