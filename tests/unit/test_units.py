"""Units: what clinicians write, and what must be refused."""

import math
import time

import pytest

from reseed.base.units import check, compatible, convert, factor, split_dose_unit


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (0.5, "1e9 cell/L", "cell/L", 5e8),
        (1.0, "cell/uL", "cell/L", 1e6),
        (2.0, "h", "day", 1 / 12),
        (100.0, "mL/min", "L/day", 144.0),
        (1.0, "ng/mL", "mg/L", 1e-3),
        (1.0, "ug/kg", "mg/kg", 1e-3),
        (5e6, "cell_per_kg", "cell/kg", 5e6),
        (1.8, "m^2", "cm**2", 18_000.0),
        (1.0, "mg_per_m2", "mg/m^2", 1.0),
        (1.0, "week", "day", 7.0),
        (1.0, "kg m^-2", "kg/m^2", 1.0),
        (1.0, "year", "day", 365.25),
        (50.0, "percent", "", 0.5),
        (3.0, "", "1", 3.0),
        (1.0, "item/litre", "cells/L", 1.0),
        (1.0, "gram/(86400 second)", "g/day", 1.0),
    ],
)
def test_conversion(value: float, unit: str, to: str, expected: float) -> None:
    """Anchors that anyone can check by hand."""
    assert convert(value, unit, to) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "to"),
    [("mg/L", "ng/mL"), ("1e9 cell/L", "cell/uL"), ("mL/min", "L/h"), ("1/day", "1/year")],
)
def test_there_and_back(unit: str, to: str) -> None:
    """Conversion and its inverse cancel, and a unit is one of itself."""
    assert factor(unit, unit) == 1.0
    assert factor(unit, to) * factor(to, unit) == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize(
    ("unit", "to"),
    [("mg", "cell"), ("cell/L", "1/L"), ("mg/L", "mg"), ("day", "1/day"), ("IU", "mg"), ("", "kg")],
)
def test_apart(unit: str, to: str) -> None:
    """A count of cells is not a number, and an amount is not a concentration."""
    assert not compatible(unit, to)
    with pytest.raises(ValueError, match="cannot be converted"):
        factor(unit, to)


@pytest.mark.parametrize(
    "unit",
    [
        "mgg",
        "parsec",
        "mg//L",
        "mg +",
        "__import__('os')",
        "mg;L",
        "9^9^9",
        "(m^9)^9",
        "m^999",
        "m" * 61,
        "mg\n/L\x1b",
        "0 mg",
        "1e308e9 mg",
        "(mg",
        "mg - kg",
        "-1 mg",
        "µg",
        "1e300 km^9 1e99",
    ],
)
def test_unreadable(unit: str) -> None:
    """Untrusted text is refused with a sentence, at once."""
    start = time.perf_counter()
    with pytest.raises(ValueError, match="unit|cannot be read"):
        check(unit)
    assert not compatible(unit, "mg")
    assert time.perf_counter() - start < 1


def test_dose_units_say_per_what() -> None:
    """The ending decides whether weight or body surface multiplies the dose."""
    assert split_dose_unit("mg_per_kg") == ("mg", "kg")
    assert split_dose_unit("mg_per_m2") == ("mg", "m2")
    assert split_dose_unit("cell_per_kg") == ("cell", "kg")
    assert split_dose_unit("mg") == ("mg", "")
    assert split_dose_unit("mg/kg") == ("mg/kg", "")


def test_big_numbers_stay_exact() -> None:
    """Cell counts are large; a power of ten must not lose digits."""
    assert math.isclose(convert(7.0, "1e9 cell/L", "cell/L"), 7e9, rel_tol=1e-15)
