"""Random numbers inside the kernel, at the addresses of `reseed.base.keys`, and two laws.

Philox4x64-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405); Poisson numbers by inversion
below a mean of 30 and by transformed rejection above (Hörmann 1993,
doi:10.1016/0167-6687(93)90997-4).
"""

from __future__ import annotations

import math

from reseed.engine.kernel import maths
from reseed.engine.kernel.ir import DOUBLE, LONG, Function, Value

_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ADDRESS = [(LONG, name) for name in ("draw", "occurrence", "patient", "seed", "stream")]


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word


def functions(width: int) -> str:
    """The text of `uniform`, `exponential` and `poisson`."""
    return "".join(make(width).text() for make in (_uniform, _exponential, _poisson))


def pairs(width: int) -> str:
    """The text of `uniforms`: two numbers of one address, the first that of `uniform`."""
    f = Function("uniforms", _ADDRESS, "<2 x double>", width)
    words = _philox(f)
    both = Value(f, "poison", "<2 x double>")
    for place in (0, 1):
        text = f"insertelement <2 x double> {both.name}, double {_open(f, words[place]).name}"
        both = f.emit(f"{text}, i32 {place}", "<2 x double>")
    f.give(both)
    return f.text()


def _uniform(width: int) -> Function:
    f = Function("uniform", _ADDRESS, DOUBLE, width)
    f.give(_open(f, _philox(f)[0]))
    return f


def _open(f: Function, word: Value) -> Value:
    """A number between 0 and 1 from the high bits of a word."""
    number = f.cast("uitofp", word >> 11, DOUBLE)
    return (number + 0.5) * 2.0**-53


def _philox(f: Function) -> list[Value]:
    counter = [f["draw"], f["occurrence"], f["patient"], f.whole(0)]
    keys = [f["seed"], f["stream"]]
    for _ in range(10):
        (high0, low0), (high1, low1) = (
            _multiply(f, m, counter[i]) for m, i in zip(_MULTIPLIERS, (0, 2), strict=True)
        )
        counter = [high1 ^ counter[1] ^ keys[0], low1, high0 ^ counter[3] ^ keys[1], low0]
        keys = [key + _signed(step) for key, step in zip(keys, _WEYL, strict=True)]
    return counter


def _multiply(f: Function, multiplier: int, word: Value) -> tuple[Value, Value]:
    """High and low halves of the 128-bit product."""
    wide = f.cast("zext", word, "i128")
    product = f.emit(f"mul i128 {wide.name}, {multiplier}", "i128")
    high = f.emit(f"lshr i128 {product.name}, 64", "i128")
    return f.cast("trunc", high, LONG), f.cast("trunc", product, LONG)


def _exponential(width: int) -> Function:
    f = Function("exponential", _ADDRESS, DOUBLE, width)
    u = f.call("uniform", DOUBLE, *(f[name] for _, name in _ADDRESS))
    f.give(-maths.ln(f, u))
    return f


def _poisson(width: int) -> Function:
    f = Function("poisson", [(DOUBLE, "mean"), *_ADDRESS], DOUBLE, width)
    mean, draw = f["mean"], f.variable(f["draw"])

    def uniform() -> Value:
        now = draw.get()
        draw.set(now + 1)
        return f.call("uniform", DOUBLE, now, *(f[name] for _, name in _ADDRESS[1:]))

    with f.when(~(mean > 0.0)):
        f.give(f.real(0.0))
        f.open(f.label("never"))
    with f.when(mean < 30.0):
        u, count = uniform(), f.variable(f.real(0.0))
        chance = f.variable(maths.exp(f, -mean))
        total = f.variable(chance.get())
        with f.repeat(lambda: (total.get() < u) & (count.get() < 200.0)):
            count.set(count.get() + 1.0)
            chance.set(chance.get() * mean / count.get())
            total.set(total.get() + chance.get())
        f.give(count.get())
        f.open(f.label("never"))
    root = f.intrinsic("sqrt", mean)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    factor = 1.1239 + 1.1328 / (b - 3.4)
    edge = 0.9277 - 3.6224 / (b - 2.0)
    found, value = f.variable(f.whole(0)), f.variable(f.real(0.0))
    with f.repeat(lambda: found.get().equals(0)):
        u, v = uniform() - 0.5, uniform()
        us = 0.5 - f.intrinsic("fabs", u)
        k = f.intrinsic("floor", (2.0 * a / us + b) * u + mean + 0.43)
        value.set(k)
        easy = (us >= 0.07) & (v <= edge)
        possible = ~(k < 0.0) & ~((us < 0.013) & (v > us))
        left = maths.ln(f, v) + maths.ln(f, factor) - maths.ln(f, a / (us * us) + b)
        right = k * maths.ln(f, mean) - mean - _log_factorial(f, f.select(k < 0.0, 0.0, k))
        found.set(f.mask(easy | (possible & (left <= right))))
    f.give(value.get())
    return f


def _log_factorial(f: Function, k: Value) -> Value:
    """ln k! by Stirling's series at k + 10, less the factors between."""
    between = k + 1.0
    for step in range(2, 11):
        between = between * (k + float(step))
    n = k + 10.0
    inverse = 1.0 / n
    square = inverse * inverse
    series = inverse * maths.polynomial(f, square, (1 / 12, -1 / 360, 1 / 1260))
    whole = (n + 0.5) * maths.ln(f, n) - n + 0.5 * math.log(2.0 * math.pi) + series
    return whole - maths.ln(f, between)
