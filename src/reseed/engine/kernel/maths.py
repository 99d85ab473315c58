"""Elementary functions on vectors, in plain arithmetic: no library is called.

Polynomials are interpolants at Chebyshev nodes, computed with 60 digits and rounded; their own
relative errors are below 4e-17, so the results are within about one unit in the last place, and
`power` within that times |exponent * log2(base)|. The reductions are the classical ones
(Cody & Waite 1980; Tang 1989, doi:10.1145/63522.214389).
"""

from __future__ import annotations

from collections.abc import Sequence

from reseed.engine.kernel.ir import Function, Value

LOG2_E, LN2 = 1.4426950408889634, 0.6931471805599453
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
SMALLEST = 2.2250738585072014e-308  # normal number
TINY = 1e-290  # the smallest base of a power; its reciprocal is still finite
PI_HALF, PI_HALF_LOW = 1.5707963267948966, 6.123233995736766e-17
HALF_PI = (1.570796325802803, 9.920935774287987e-10, 2.2517417741562176e-18)
EXP2 = (
    1.0, 0.6931471805599453, 0.2402265069591016, 0.055504108664821625, 0.009618129107587223,
    0.0013333558146406453, 0.00015403530463766596, 1.5252733841579287e-05, 1.3215432514189648e-06,
    1.017805707615539e-07, 7.074198158791346e-09, 4.4558199665721414e-10,
)  # fmt: skip
EXP = (
    1.0, 1.0, 0.5000000000000019, 0.1666666666666668, 0.04166666666648666, 0.00833333333331949,
    0.0013888888952696516, 0.00019841269890340666, 2.4801485074105115e-05, 2.7557240604663896e-06,
    2.763279054211718e-07, 2.511015364692893e-08,
)  # fmt: skip
LN = (  # ln((1+s)/(1-s)) / s in powers of s*s
    2.0, 0.6666666666666765, 0.39999999999300206, 0.28571428761125084, 0.222221970050849,
    0.1818363448836193, 0.15312452963285678, 0.14810496439058343,
)  # fmt: skip
LOG2 = (
    2.8853900817779268, 0.9617966939259898, 0.5770780163454895, 0.41219858584787455,
    0.32059853416893563, 0.2623343930169728, 0.2209119995397776, 0.21367029765733125,
)  # fmt: skip
SINE = (
    1.0, -0.16666666666666666, 0.008333333333333321, -0.00019841269841253315,
    2.7557319213478686e-06, -2.505210475744903e-08, 1.6058349666986754e-10, -7.577952537294004e-13,
)  # fmt: skip
COSINE = (
    1.0, -0.5, 0.041666666666666664, -0.001388888888888886, 2.4801587301562954e-05,
    -2.755731921260294e-07, 2.087675386140757e-09, -1.147024498199492e-11, 4.7362193615931124e-14,
)  # fmt: skip

ASIN = (  # (asin(x)/x - 1) / x**2 in powers of x*x, to x = 1/2
    0.16666666666666669, 0.07499999999998433, 0.04464285714635543, 0.030381944138531247,
    0.02237217294214989, 0.017352392720869973, 0.013971212973552933, 0.011479177415184906,
    0.01032281435018578, 0.005457506718640358, 0.01740087944269402, -0.014851887071247204,
    0.028757851367421566,
)  # fmt: skip
ATAN = (  # (atan(x)/x - 1) / x**2 in powers of x*x, to x = tan(pi/8)
    -0.3333333333333333, 0.19999999999995519, -0.14285714284666184, 0.11111111015227572,
    -0.09090904576954117, 0.07692183163650894, -0.06664511064599371, 0.05858145587628202,
    -0.050854323376990765, 0.0392311556198723, -0.01917627151752634,
)  # fmt: skip
SINH = (  # (sinh(x)/x - 1) / x**2 in powers of x*x, to x = 1
    0.16666666666666666, 0.008333333333333333, 0.00019841269841269773, 2.755731922404034e-06,
    2.505210836405804e-08, 1.6059048396350562e-10, 7.646625361656657e-13, 2.8445264169895285e-15,
)  # fmt: skip


def polynomial(f: Function, x: Value, coefficients: Sequence[float]) -> Value:
    """Even and odd powers apart: half the chain of Horner's rule for one operation more."""
    if len(coefficients) < 4:
        return _horner(f, x, coefficients)
    square = x * x
    even, odd = (_horner(f, square, coefficients[start::2]) for start in (0, 1))
    return f.fma(odd, x, even)


def _horner(f: Function, x: Value, coefficients: Sequence[float]) -> Value:
    value = f.like(coefficients[-1], x)
    for coefficient in reversed(coefficients[:-1]):
        value = f.fma(value, x, f.like(coefficient, x))
    return value


def _nearest(f: Function, x: Value) -> tuple[Value, Value]:
    """The nearest whole number, as a number and as an integer; |x| < 2**51."""
    magic = float(3 * 2**51)
    shifted = x + magic
    whole = f.bits(shifted) - f.like(_bits_of(magic), f.bits(shifted))
    return shifted - magic, whole


def _bits_of(number: float) -> int:
    import struct

    return int(struct.unpack("<q", struct.pack("<d", number))[0])


def _scale(f: Function, value: Value, exponent: Value) -> Value:
    """value * 2**exponent in two halves, so that results near the limits are right."""
    half = f.emit(
        f"ashr {exponent.type} {exponent.name}, {f.like(1, exponent).name}", exponent.type
    )
    rest = exponent - half
    return value * f.bits((half + 1023) << 52) * f.bits((rest + 1023) << 52)


def _clamp(f: Function, x: Value, low: float, high: float) -> Value:
    """Between low and high; what is not a number stays so."""
    x = f.select(x < low, low, x)
    return f.select(x > high, high, x)


def exp2(f: Function, x: Value) -> Value:
    """2**x; 0 below -1080, infinite from 1024."""
    x = _clamp(f, x, -1080.0, 1025.0)
    whole, exponent = _nearest(f, x)
    return _scale(f, polynomial(f, x - whole, EXP2), exponent)


def power2(f: Function, x: Value) -> Value:
    """2**x for powers: between 2**-1021 and 2**1023.4, where it stays; not a number stays so."""
    x = _clamp(f, x, -1021.0, 1023.4)
    # the sum's low bits are the exponent of 2**whole, as a floating-point number keeps it
    magic = float(3 * 2**51 + 1023)
    shifted = x + magic
    rest = x - (shifted - magic)
    return polynomial(f, rest, EXP2) * f.bits(f.bits(shifted) << 52)


def exp(f: Function, x: Value) -> Value:
    """e**x."""
    value, exponent = _exp_parts(f, _clamp(f, x, -748.0, 710.0))
    return _scale(f, value, exponent)


def _exp_parts(f: Function, x: Value) -> tuple[Value, Value]:
    """e**x as value * 2**exponent."""
    whole, exponent = _nearest(f, x * LOG2_E)
    rest = f.fma(whole, -LN2_LOW, f.fma(whole, -LN2_HIGH, x))
    return polynomial(f, rest, EXP), exponent


def _half_exp(f: Function, x: Value) -> Value:
    """e**x / 2, finite wherever that is."""
    value, exponent = _exp_parts(f, _clamp(f, x, -748.0, 711.0))
    return _scale(f, value, exponent - 1)


def _split(f: Function, x: Value) -> tuple[Value, Value]:
    """x > 0, normal, as m * 2**e with m between sqrt(1/2) and sqrt(2): s = (m-1)/(m+1), and e."""
    bits = f.bits(x)
    offset = f.like(_bits_of(0.7071067811865476), bits)
    shifted = bits - offset
    exponent = f.emit(f"ashr {bits.type} {shifted.name}, {f.like(52, bits).name}", bits.type)
    mantissa = f.bits(bits - (exponent << 52))
    # exponents are small integers: the magic constant turns them into numbers on any processor
    magic = float(3 * 2**51)
    number = f.bits(exponent + f.like(_bits_of(magic), bits)) - magic
    return (mantissa - 1.0) / (mantissa + 1.0), number


def log2_positive(f: Function, x: Value) -> Value:
    """log2 of a normal positive number; 1024 of infinity, and not a number stays so."""
    s, exponent = _split(f, x)
    return f.select(x.equals(x), f.fma(s, polynomial(f, s * s, LOG2), exponent), x)


def ln(f: Function, x: Value) -> Value:
    """Natural logarithm: -inf at 0, no number below."""
    small = x < SMALLEST
    lifted = f.select(small, x * 2.0**54, x)
    s, exponent = _split(f, lifted)
    exponent = f.select(small, exponent - 54.0, exponent)
    value = f.fma(exponent, LN2_HIGH, f.fma(exponent, LN2_LOW, s * polynomial(f, s * s, LN)))
    value = f.select(x.equals(0.0), float("-inf"), value)
    value = f.select(x < 0.0, float("nan"), value)
    return f.select(x < float("inf"), value, f.select(x.equals(float("inf")), x, float("nan")))


def base_of_power(f: Function, x: Value) -> Value:
    """|x|, kept away from 0 so that logarithm and reciprocal stay finite."""
    size = f.intrinsic("fabs", x)
    return f.select(size < TINY, TINY, size)


def parity(f: Function, n: Value) -> Value:
    """The sign of (-1)**n: 1 or -1 for whole n, and 0 for others."""
    whole = f.intrinsic("floor", n).equals(n)
    half = n * 0.5
    even = f.intrinsic("floor", half).equals(half)
    return f.select(whole, f.select(even, f.like(1.0, n), -1.0), 0.0)


def _quadrant(f: Function, x: Value) -> tuple[Value, Value]:
    whole, number = _nearest(f, x * (1.0 / (HALF_PI[0] + HALF_PI[1])))
    rest = x
    for part in HALF_PI:
        rest = f.fma(whole, -part, rest)
    return rest, number


def sine(f: Function, x: Value, shift: int = 0) -> Value:
    """sin(x + shift*pi/2); good to |x| about 1e6; accuracy is lost beyond, and all from 2**50."""
    rest, number = _quadrant(f, x)
    number = number + shift
    square = rest * rest
    sine, cosine = rest * polynomial(f, square, SINE), polynomial(f, square, COSINE)
    value = f.select((number & 1).differs(0), cosine, sine)
    value = f.select((number & 2).differs(0), -value, value)
    return f.select(f.intrinsic("fabs", x) < 2.0**50, value, float("nan"))


def tanh(f: Function, x: Value) -> Value:
    """Odd rational form near 0, by the exponential elsewhere."""
    size = f.intrinsic("fabs", x)
    e = exp(f, size * -2.0)
    far = (1.0 - e) / (1.0 + e)
    square = x * x
    near = polynomial(
        f, square, (1.0, -1 / 3, 2 / 15, -17 / 315, 62 / 2835, -1382 / 155925, 21844 / 6081075)
    )
    small = size < 0.1
    value = f.select(small, size * near, far)
    return f.select(x < 0.0, -value, value)


def sinh(f: Function, x: Value) -> Value:
    """Odd polynomial to 1, by the exponential beyond."""
    size = f.intrinsic("fabs", x)
    half, square = _half_exp(f, size), size * size
    near = f.fma(size * square, polynomial(f, square, SINH), size)
    value = f.select(size < 1.0, near, half - 0.25 / half)
    return f.intrinsic("copysign", value, x)


def cosh(f: Function, x: Value) -> Value:
    """By the exponential."""
    half = _half_exp(f, f.intrinsic("fabs", x))
    return half + 0.25 / half


def _asin_parts(f: Function, x: Value) -> tuple[Value, Value, Value, Value]:
    """|x| > 1/2, and asin(y) = y + rest with y = |x| or, there, sqrt((1 - |x|)/2) and its error."""
    size = f.intrinsic("fabs", x)
    far = size > 0.5
    square = f.select(far, (1.0 - size) * 0.5, size * size)
    root = f.intrinsic("sqrt", square)
    y = f.select(far, root, size)
    lost = f.fma(-root, root, square) / (root * 2.0)
    lost = f.select(far & (root > 0.0), lost, 0.0)
    return far, y, y * square * polynomial(f, square, ASIN), lost


def asin(f: Function, x: Value) -> Value:
    """No number beyond -1 and 1."""
    far, y, rest, lost = _asin_parts(f, x)
    # asin(x) = pi/2 - 2 asin(sqrt((1 - x)/2))
    beyond = PI_HALF - (y * 2.0 + ((rest + lost) * 2.0 - PI_HALF_LOW))
    value = f.select(far, beyond, y + rest)
    return f.intrinsic("copysign", value, x)


def acos(f: Function, x: Value) -> Value:
    """No number beyond -1 and 1."""
    far, y, rest, lost = _asin_parts(f, x)
    below = x < 0.0
    near = f.select(below, y + (rest + PI_HALF_LOW), -(y + (rest - PI_HALF_LOW)))
    double = y * 2.0 + (rest + lost) * 2.0
    beyond = f.select(below, 2.0 * PI_HALF - (double - 2.0 * PI_HALF_LOW), double)
    return f.select(far, beyond, PI_HALF + near)


def atan(f: Function, x: Value) -> Value:
    """By atan(x) = a + atan((x - tan a)/(1 + x tan a)) with a = 0, pi/4 and pi/2."""
    size = f.intrinsic("fabs", x)
    middle, far = size > 0.41421356237309503, size > 2.414213562373095
    above = f.select(far, f.like(-1.0, x), f.select(middle, size - 1.0, size))
    below = f.select(far, size, f.select(middle, size + 1.0, 1.0))
    y = above / below
    square = y * y
    rest = y * square * polynomial(f, square, ATAN)
    # what rounding took from the quotient and its parts
    lost = f.select(middle, f.fma(-y, below, above), 0.0)
    short = size - (below - 1.0)
    lost = f.select(middle & ~far, f.fma(-y, short, lost), lost) / below
    lost = f.select(lost.equals(lost), lost, 0.0)
    start = f.select(far, PI_HALF, f.select(middle, f.like(0.5 * PI_HALF, x), 0.0))
    low = f.select(far, PI_HALF_LOW, f.select(middle, f.like(0.5 * PI_HALF_LOW, x), 0.0))
    return f.intrinsic("copysign", start + (y + (rest + (lost + low))), x)
