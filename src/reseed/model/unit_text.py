"""SBML unit definitions as short texts that pint reads: "L/day", "mg/L", "cell"."""

from __future__ import annotations

from typing import Any

from reseed.base.time import SECONDS_PER_DAY

_KINDS = {
    "litre": "L",
    "gram": "g",
    "kilogram": "kg",
    "second": "s",
    "metre": "m",
    "item": "cell",
    "mole": "mol",
}
_NAMED = {
    ("second", SECONDS_PER_DAY): "day",
    ("second", 3600.0): "h",
    ("second", 60.0): "min",
    ("second", 2_629_800.0): "month",
    ("second", 31_557_600.0): "year",
    ("gram", 1e3): "kg",
    ("gram", 1e-3): "mg",
    ("gram", 1e-6): "ug",
    ("gram", 1e-9): "ng",
    ("litre", 1e-3): "mL",
    ("litre", 1e-6): "uL",
    ("metre", 1e-2): "cm",
    ("mole", 1e-3): "mmol",
    ("mole", 1e-6): "umol",
    ("mole", 1e-9): "nmol",
    ("mole", 1e-12): "pmol",
}


def unit_text(model: Any, unit: str) -> str:
    """The text of a unit id of an SBML model; "" for dimensionless or none."""
    if unit in ("", "dimensionless"):
        return ""
    definition = model.getUnitDefinition(unit)
    if definition is None:
        return _KINDS.get(unit, unit)
    over: list[str] = []
    under: list[str] = []
    for index in range(definition.getNumUnits()):
        part = definition.getUnit(index)
        if part.isDimensionless() and part.getMultiplier() == 1.0:
            continue
        power = part.getExponentAsDouble()
        text = _base(part) + (f"^{abs(power):g}" if abs(power) != 1 else "")
        (over if power > 0 else under).append(text)
    numerator = "*".join(over) or "1"
    if not under:
        return "" if numerator == "1" else numerator
    return numerator + "".join(f"/{text}" for text in under)


def _base(part: Any) -> str:
    import libsbml

    kind = libsbml.UnitKind_toString(part.getKind())
    size = part.getMultiplier() * 10.0 ** part.getScale()
    for (named, factor), text in _NAMED.items():
        if named == kind and abs(size / factor - 1) < 1e-12:
            return text
    name = _KINDS.get(kind, kind)
    return name if size == 1.0 else f"({size!r}*{name})"
