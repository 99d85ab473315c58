"""Numbers as a trial report prints them: en dash for none, "to" between the ends of a range."""

from __future__ import annotations

import math
from collections.abc import Sequence

NONE = "–"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(exponent: int) -> str:
    """Ten to an integer power, in print: 10⁹."""
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def number(value: float, digits: int = 3) -> str:
    """A value to some significant digits; very large and very small ones as powers of ten."""
    if not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)) + 1e-12)
    if exponent >= 5 or exponent < -3:
        mantissa = f"{value / 10.0**exponent:.{digits}g}"
        return f"{minus(mantissa)} × {power(exponent)}"
    decimals = max(0, digits - 1 - exponent)
    text = f"{value:.{decimals}f}"
    return minus(text.rstrip("0").rstrip(".") if "." in text else text)


def tenth(value: float) -> str:
    """A value to one decimal, without a trailing zero: days, counts and their quantiles."""
    if not math.isfinite(value):
        return NONE
    text = f"{value:.1f}"
    text = text[:-2] if text.endswith(".0") else text
    return minus("0" if text == "-0" else text)


def signed(value: float) -> str:
    """A day or a difference with its sign, to one decimal: "+35", "−3", "0"."""
    return ("+" if round(value, 1) > 0 else "") + tenth(value)


def minus(text: str) -> str:
    """The text with a real minus sign in front of a negative number."""
    return "−" + text[1:] if text.startswith("-") else text


def together(*values: float, absent: str = NONE) -> tuple[str, ...]:
    """Values that stand side by side, with as many decimals each: ("38.3", "32.0", "44.5").

    No more decimals than the values have, and none from a thousand upwards. What is exactly
    nothing is "0".
    """
    finite = [value for value in values if math.isfinite(value)]
    largest = max((abs(value) for value in finite), default=0.0)
    if 1e3 <= largest < 1e7:
        return tuple(minus(count(_whole(v))) if math.isfinite(v) else absent for v in values)
    if 0 < largest < 1e-3 or largest >= 1e7:
        return tuple(number(value) if math.isfinite(value) else absent for value in values)
    whole = all(f"{value:.3f}".endswith(".000") for value in finite)
    decimals = 0 if whole else 1 if largest >= 3 else 2 - math.floor(math.log10(largest))
    while decimals and all(math.isclose(v, round(v, decimals - 1)) for v in finite):
        decimals -= 1
    # adding nothing turns -0 into 0
    shown = (f"{round(v, decimals) + 0.0:.{decimals}f}" if v else "0" for v in finite)
    return tuple(minus(next(shown)) if math.isfinite(v) else absent for v in values)


def _whole(value: float) -> int:
    """The nearest whole number; from a hundred thousand on three significant digits of it."""
    digits = math.floor(math.log10(abs(value))) - 2 if abs(value) >= 1e5 else 0
    return round(value / 10**digits) * 10**digits


def spread(middle: float, low: float, high: float, *, absent: str = NONE) -> str:
    """A median with its quartiles, "11 (10 to 12)"; `absent` stands for what is not there."""
    shown = together(middle, low, high, absent=absent)
    return absent if set(shown) == {absent} else f"{shown[0]} ({shown[1]} to {shown[2]})"


def spreads(cells: Sequence[tuple[float, float, float]], *, absent: str = NONE) -> tuple[str, ...]:
    """Values, each with the ends of its range, with as many decimals in all cells of a row.

    A cell whose range is not known is its value alone.
    """
    flat = together(*(value for cell in cells for value in cell), absent=absent)
    texts = []
    for start in range(0, len(flat), 3):
        middle, low, high = flat[start : start + 3]
        texts.append(middle if low == high == absent else f"{middle} ({low} to {high})")
    return tuple(texts)


def percent(fraction: float) -> str:
    """A fraction in per cent, one decimal, without the sign."""
    return f"{100 * fraction:.1f}" if math.isfinite(fraction) else NONE


def percent_interval(estimate: float, low: float, high: float) -> str:
    """An estimated fraction with its interval, in per cent: "4.5 (2.4 to 8.3)"."""
    if not math.isfinite(estimate):
        return NONE
    return f"{percent(estimate)} ({percent(low)} to {percent(high)})"


def count(value: int) -> str:
    """A whole number with thin spaces between thousands from 10,000 upwards."""
    return f"{value:,}".replace(",", "\u202f") if abs(value) >= 10_000 else str(value)


def share(part: int, whole: int) -> str:
    """A count with its share: "12 (6.0%)"; a count alone where there is nothing to share."""
    return f"{count(part)} ({percent(part / whole)}%)" if whole else count(part)


def plural(amount: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 patient", "3 patients"."""
    return f"{count(amount)} {one if amount == 1 else many or one + 's'}"
