"""parameters.tsv: values with unit, spread between patients, uncertainty and provenance."""

from __future__ import annotations

from reseed.nouns.distribution import Distribution
from reseed.nouns.module import Parameter
from reseed.spec.sheet import Sheet
from reseed.spec.table import Row, read_table, unique

COLUMNS = (
    "id",
    "value",
    "unit",
    "distribution",
    "cv",
    "uncertainty",
    "se",
    "low",
    "high",
    "status",
    "source",
    "note",
)
VARIABILITY = ("", "fixed", "lognormal", "normal", "logitnormal")
UNCERTAINTY = ("", "normal", "lognormal")
STATUSES = ("measured", "fitted", "derived", "assumed")
_WIDEST = 100.0  # a coefficient of variation above this is a slip of the pen


def read_parameters(sheet: Sheet, whole: bool = False) -> tuple[Parameter, ...]:
    """The rows without faults; the others are noted. `whole` ids are `module__id`."""
    rows = read_table(sheet, COLUMNS)
    unique(rows, "id")
    found = [_parameter(row, whole) for row in rows]
    return tuple(parameter for parameter in found if parameter)


def _parameter(row: Row, whole: bool) -> Parameter | None:
    before = len(row.sheet.faults)
    name = row.text("id") if whole else row.symbol("id")
    value, unit = row.number("value"), row.unit("unit")
    if not row.text("value"):
        row.fault("value", "a number")
    low, high = row.number("low"), row.number("high")
    status = row.choice("status", STATUSES)
    row.needed("source", "where the value comes from (for assumed: why)")
    if low is not None and high is not None and low > high:
        row.fault("low", f"a low of at most high, {high:g}")
    elif value is not None and low is not None and value < low:
        row.fault("value", f"a value of at least low, {low:g}")
    elif value is not None and high is not None and value > high:
        row.fault("value", f"a value of at most high, {high:g}")
    variability = _law(row, "distribution", "cv", VARIABILITY, value, (low, high))
    uncertainty = _law(row, "uncertainty", "se", UNCERTAINTY, value, (low, high))
    if len(row.sheet.faults) > before or name is None or value is None or status is None:
        return None
    source, note = row.text("source"), row.text("note")
    bounds = (low, high)
    return Parameter(
        name, value, unit or "", variability, uncertainty, *bounds, status, source, note
    )


def _law(
    row: Row,
    column: str,
    spread_column: str,
    kinds: tuple[str, ...],
    value: float | None,
    bounds: tuple[float | None, float | None],
) -> Distribution | None:
    """The law around the value, None for none; its spread must be there exactly if needed."""
    kind, spread = row.choice(column, kinds), row.number(spread_column)
    if kind is None:
        return None
    if kind in ("", "fixed"):
        if row.text(spread_column):
            row.fault(spread_column, f"no spread without a {column}")
        return None
    limit = float("inf") if kind == "normal" and column == "uncertainty" else _WIDEST
    if spread is None and not row.text(spread_column):
        row.fault(spread_column, f"a number for the {kind} law")
    elif spread is not None and not 0 <= spread <= limit:
        row.fault(spread_column, f"a number from 0 to {limit:g}")
    if value is not None and kind == "lognormal" and value <= 0:
        row.fault("value", "a value above 0 for a lognormal law")
    if value is not None and kind == "logitnormal" and not 0 < value < 1:
        row.fault("value", "a value between 0 and 1 for a logitnormal law")
    if value is None or spread is None:
        return None
    # A CV of a normal law is a share of its mean; the law itself speaks of an SD.
    sd = spread * abs(value) if column == "distribution" and kind == "normal" else spread
    return Distribution(kind, value, sd, low=bounds[0], high=bounds[1])
