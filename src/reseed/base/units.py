"""Units: the only door between what people write and day, litre, cell and mg inside.

Pint does the arithmetic over a small list of units of our own, so a slip of the pen ("gm",
"hr") is refused instead of read as something exotic. `cell` has a dimension of its own: a count
of cells never passes for a number. Unit texts come from files of strangers and are checked
character by character before pint sees them.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pint import UnitRegistry

LONGEST = 60

_DEFINITIONS = """
femto- = 1e-15 = f-
pico- = 1e-12 = p-
nano- = 1e-9 = n-
micro- = 1e-6 = u-
milli- = 1e-3 = m-
centi- = 1e-2 = c-
deci- = 1e-1 = d-
kilo- = 1e3 = k-
mega- = 1e6 = M-
giga- = 1e9 = G-
second = [time] = s
minute = 60 * second = min
hour = 3600 * second = h
day = 86400 * second = d
week = 7 * day
month = 30.4375 * day
year = 365.25 * day
metre = [length] = m = meter
litre = 1e-3 * metre ** 3 = L = l = liter
gram = [mass] = g
mole = [substance] = mol
molar = mole / litre = M
cell = [cell] = _ = cells = count = counts = item = items
international_unit = [activity] = IU
kelvin = [temperature] = K
ampere = [current] = A
candela = [luminosity] = cd
becquerel = 1 / second = Bq
gray = metre ** 2 / second ** 2 = Gy
percent = 0.01
dimensionless = 1
unity = 1
"""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<power>(?:\*\*|\^)\s*(?:-?\d{1,2}(?:\.\d{1,3})?(?![\d.])|\(\s*-?\d{1,2}\s*\)))
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?(?![A-Za-z0-9_.]))
    | (?P<name>[A-Za-z][A-Za-z0-9_]*)
    | (?P<operator>[*/()])
    )\s*""",
    re.VERBOSE,
)
_DOSE = re.compile(r"(?P<base>.+)_per_(?P<per>kg|m2)")


def factor(unit: str, to: str) -> float:
    """How many `to` one `unit` is; ValueError with a sentence if either is unreadable or apart."""
    return _factor(unit, to)


def convert(value: float, unit: str, to: str) -> float:
    """`value` in `unit`, expressed in `to`; ValueError as `factor`."""
    return value * _factor(unit, to)


def compatible(unit: str, to: str) -> bool:
    """Whether both are readable and measure the same kind of thing."""
    try:
        _factor(unit, to)
    except ValueError:
        return False
    return True


def check(unit: str) -> None:
    """ValueError with a sentence if the unit cannot be read; "" and "1" are dimensionless."""
    _parse(unit)


def split_dose_unit(unit: str) -> tuple[str, str]:
    """("mg_per_kg") -> ("mg", "kg"); per m2 -> (.., "m2"); without such an ending (unit, "")."""
    found = _DOSE.fullmatch(unit.strip())
    return (found["base"], found["per"]) if found else (unit, "")


@lru_cache(maxsize=4096)
def _factor(unit: str, to: str) -> float:
    one, other = _parse(unit), _parse(to)
    if one.dimensionality != other.dimensionality:
        raise ValueError(f"{unit or '1'!r} cannot be converted to {to or '1'!r}")
    return float((one / other).to_base_units().magnitude)


@lru_cache(maxsize=4096)
def _parse(unit: str) -> Any:
    """The unit as a pint quantity of positive finite size; ValueError with a sentence."""
    text = _rewritten(unit)
    try:
        quantity: Any = _registry().Quantity(_registry().parse_expression(text or "1"))
        size = float(quantity.to_base_units().magnitude)
    except Exception as error:  # pint raises a dozen kinds, some of them AttributeError
        name = getattr(error, "unit_names", None)
        what = f"no unit is called {name!r}" if isinstance(name, str) else "it is no unit"
        raise ValueError(f"{unit!r} cannot be read: {what}") from error
    if not (math.isfinite(size) and size > 0):
        raise ValueError(f"{unit!r} cannot be read: its size is not a positive number")
    return quantity


def _rewritten(unit: str) -> str:
    """Checked text for pint, with `_per_` spelt out; ValueError if anything in it is foreign."""
    if len(unit) > LONGEST:
        raise ValueError(f"a unit has at most {LONGEST} characters")
    place, tokens, before = 0, [], ""
    while place < len(unit.rstrip()):
        found = _TOKEN.match(unit, place)
        # A power of a power could keep Python's whole numbers busy for years.
        if not found or (found["power"] and before not in ("name", "number")):
            raise ValueError(f"{unit!r} cannot be read at {unit[place : place + 10]!r}")
        tokens.append(_plain(found["name"]) if found["name"] else found[0].strip())
        place, before = found.end(), found.lastgroup or ""
    return " ".join(tokens)


def _plain(name: str) -> str:
    """`cell_per_kg` as pint text: `(cell / kg)`; m2 is the square metre there."""
    head, *rest = name.split("_per_")
    over = "".join(f" / {'m ** 2' if part == 'm2' else part}" for part in rest)
    return f"({head}{over})" if rest else name


def warm_up() -> None:
    """Load what conversions need, which takes a moment, before the first of them."""
    _registry()


@cache
def _registry() -> UnitRegistry:
    from pint import UnitRegistry

    # Without a file of definitions pint knows nothing but what stands above.
    registry: UnitRegistry = UnitRegistry(None)
    registry.load_definitions(_DEFINITIONS.strip().splitlines())
    return registry
