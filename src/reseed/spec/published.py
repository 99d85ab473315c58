"""Published outcomes: the rows of a study's `outcomes.tsv`, each a number beside a trial's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reseed.base import units
from reseed.base.words import one_of
from reseed.nouns.evidence import Published
from reseed.spec.library import NAME
from reseed.spec.quantity import parse_quantity
from reseed.spec.shape import attempt
from reseed.spec.sheet import Sheet, quoted
from reseed.spec.table import Row, read_table

TABLE = "outcomes.tsv"
COLUMNS = (
    "study", "course", "endpoint", "measure", "time", "n", "value", "low", "high", "level", "unit",
    "used", "note",
)  # fmt: skip
MEASURES = ("share", "median", "mean")
USED = ("fitted", "not used")
_TIMED = ("sustained", "first", "confirmed", "composite", "not_by", "lost")


def load_published(table: Sheet) -> tuple[Published, ...]:
    """The rows that can be read; faults are on the sheet."""
    before = len(table.faults)
    rows = read_table(table, COLUMNS)
    if not rows and len(table.faults) == before:
        table.add("file", "no row", "a row for each published number")
    found = [_published(row) for row in rows]
    return tuple(one for one in found if one)


def check_published(
    published: tuple[Published, ...],
    endpoints: Mapping[str, Mapping[str, Any]],
    sheet: Sheet,
    place: str,
    what: str,
) -> None:
    """Notes each endpoint that is not among these (raw tables) or does not fit the measure."""
    said = set()
    for one in published:
        raw = endpoints.get(one.endpoint)
        for found, expected in _misfits(one, raw, endpoints, what):
            if (found, expected) not in said:
                said.add((found, expected))
                sheet.add(place, found, expected)


def _misfits(
    one: Published,
    raw: Mapping[str, Any] | None,
    endpoints: Mapping[str, Mapping[str, Any]],
    what: str,
) -> list[tuple[str, str]]:
    if raw is None:
        return [(quoted(one.endpoint), one_of(one.endpoint, endpoints, what))]
    if not raw:
        return []  # a slip that is noted elsewhere
    timed, last = raw.get("kind") in _TIMED, raw.get("to_day")
    name = f"{one.measure} of {one.endpoint}"
    if one.measure == "share" and not timed:
        return [(name, "an endpoint with a time, for a share")]
    if one.measure == "mean" and timed:
        return [(name, "an endpoint with a measured value, for a mean")]
    if one.measure == "median" and timed and not units.compatible(one.unit, "day"):
        return [(f"{name} in {one.unit or 'no unit'}", "a median time in a unit of time")]
    if one.day is not None and isinstance(last, int | float) and one.day > last + 1e-6:
        return [(f"{name} on day {one.day:g}", f"a time up to the endpoint's last day, {last:g}")]
    return []


def _published(row: Row) -> Published | None:
    before = len(row.sheet.faults)
    study = row.needed("study", "the study and its arm, such as Doe 2001, drug arm")
    course, name = row.text("course"), row.text("endpoint")
    if course and not NAME.fullmatch(course):
        row.fault("course", "the name of a course, or nothing for every arm")
    if not NAME.fullmatch(name):
        row.fault("endpoint", "the name of an endpoint")
    measure = row.choice("measure", MEASURES)
    day = _day(row, measure or "")
    n = row.number("n")
    if n is not None and (n < 1 or n != int(n)):
        row.fault("n", "a whole number of at least 1, or nothing where the source does not say")
    value, unit = row.number("value"), row.unit("unit")
    if not row.text("value"):
        row.fault("value", "a number")
    low, high, level = _interval(row, value)
    if measure == "share" and unit is not None:
        _check_share(row, unit, value, low, high)
    used = row.choice("used", USED)
    if len(row.sheet.faults) > before or value is None or not measure or not used or unit is None:
        return None
    size = None if n is None else int(n)
    factor = units.factor(unit, "") if measure == "share" else 1.0
    shown = "" if measure == "share" else unit
    low, high = (None if bound is None else factor * bound for bound in (low, high))
    return Published(
        study, course, name, measure, day, size, factor * value, low, high, level, shown, used,
        row.text("note"),
    )  # fmt: skip


def _day(row: Row, measure: str) -> float | None:
    """The time of a share in days; the other measures have none."""
    text = row.text("time")
    if measure != "share":
        if measure and text:
            row.fault("time", f"nothing, since a {measure} has no time")
        return None
    time = attempt(parse_quantity, text)
    if time is None or not units.compatible(time.unit, "day"):
        row.fault("time", "a time after the endpoint's origin with its unit, such as 5 year")
        return None
    day = float(units.convert(time.value, time.unit, "day"))
    if day < 0:
        row.fault("time", "a time of at least 0")
    return day


def _interval(row: Row, value: float | None) -> tuple[float | None, float | None, float | None]:
    low, high, level = (row.number(name) for name in ("low", "high", "level"))
    given = [bool(row.text(name)) for name in ("low", "high", "level")]
    if any(given) and not all(given):
        row.fault("level", "low, high and level together, or none of them", "a part of them")
    if level is not None and not 50 <= level < 100:
        row.fault("level", "the confidence of the interval in per cent, such as 95")
    if low is not None and high is not None and value is not None and not low <= value <= high:
        row.fault("low", f"an interval from low to high around the value, {value:g}")
    return low, high, level


def _check_share(
    row: Row, unit: str, value: float | None, low: float | None, high: float | None
) -> None:
    if not units.compatible(unit, ""):
        row.fault("unit", "percent, or nothing for a fraction")
        return
    factor = units.factor(unit, "")
    for column, number in (("value", value), ("low", low), ("high", high)):
        if number is not None and not 0 <= factor * number <= 1 + 1e-12:
            row.fault(column, "a share from 0 to 1, or from 0 to 100 percent")
