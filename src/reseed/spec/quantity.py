"""Quantities as people write them: "VALUE UNIT", e.g. "50 mg_per_kg" or "0.5e9 cell/L"."""

from __future__ import annotations

import math
import re

from reseed.base import units
from reseed.nouns.course import Quantity

_WRITTEN = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)(?:\s+(\S.*))?\s*")
_OVER_KG = re.compile(r"\s*/\s*kg\s*$")
_OVER_M2 = re.compile(r"\s*/\s*(?:m2|m\^2|m\*\*2|m²)\s*$")
_LONGEST = 100


def parse_dose(text: str) -> Quantity:
    """A quantity whose unit may end in `_per_kg` or `_per_m2`, also written `/kg` and `/m2`."""
    if len(text) <= _LONGEST:
        text = _OVER_M2.sub("_per_m2", _OVER_KG.sub("_per_kg", text))
    return parse_quantity(text)


def parse_quantity(text: str) -> Quantity:
    """Value and unit; ValueError with a sentence. Without a unit the quantity is dimensionless."""
    found = _WRITTEN.fullmatch(text) if len(text) <= _LONGEST else None
    if not found:
        raise ValueError('a value, a space and a unit, such as "50 mg_per_kg"')
    value, unit = float(found[1]), (found[2] or "").strip()
    if not math.isfinite(value):
        raise ValueError("a finite value")
    try:
        units.check(unit)
    except ValueError as error:
        raise ValueError(f"a unit that can be read ({error})") from error
    return Quantity(value, unit)
