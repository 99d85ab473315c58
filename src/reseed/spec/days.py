"""Days of a course, relative to its day 0: numbers, or "first..last", or "first.." without end."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import Field, PlainValidator

from reseed.base import units
from reseed.base.time import DAYS_PER_YEAR, HOURS_PER_DAY
from reseed.spec.quantity import parse_quantity

FARTHEST = 100 * DAYS_PER_YEAR
_OPEN = re.compile(r"\s*(-?\d{1,6})\s*\.\.\s*")
_RANGE = re.compile(r"\s*(-?\d{1,6})\s*\.\.\s*(-?\d{1,6})\s*")
_MOST = 4_000
_LONGEST_HOURS = 240.0


def parse_days(value: Any) -> tuple[float, ...]:
    """Days in increasing order from a list of numbers or "first..last"; ValueError otherwise.

    "first.." has no end: the first day, and infinity.
    """
    if isinstance(value, str) and (found := _OPEN.fullmatch(value)):
        return (_day(int(found[1])), math.inf)
    if isinstance(value, str):
        first, last = _span(value)
        return tuple(float(day) for day in range(int(first), int(last) + 1))
    if not isinstance(value, list) or not value or len(value) > _MOST:
        raise ValueError(f'a list of 1 to {_MOST} days, or "first..last"')
    days = tuple(_day(day) for day in value)
    if any(later <= day for day, later in zip(days, days[1:], strict=False)):
        raise ValueError("days in increasing order, each once")
    return days


def parse_span(value: Any) -> tuple[float, float]:
    """First and last day from a number or "first..last"; ValueError otherwise."""
    if isinstance(value, str):
        return _span(value)
    return (_day(value), _day(value))


def parse_hours(value: Any) -> float:
    """The length of an infusion in hours, from "2 h" or another unit of time."""
    hours = _time(value, "h", "2 h")
    if not 0 < hours <= _LONGEST_HOURS:
        raise ValueError(f"a time above 0 and at most {_LONGEST_HOURS:g} h")
    return hours


def parse_length(value: Any) -> float:
    """A length of time in days, from "26 week" or another unit of time."""
    days = _time(value, "day", "26 week")
    if not 0 <= days <= FARTHEST:
        raise ValueError(f"a time of 0 to {FARTHEST:g} days")
    return days


def _time(value: Any, unit: str, example: str) -> float:
    """A quantity of time in a unit."""
    if not isinstance(value, str):
        raise ValueError(f'a time in quotes, such as "{example}"')
    quantity = parse_quantity(value)
    if not units.compatible(quantity.unit, unit):
        raise ValueError(f'a unit of time, such as "{example}"')
    return units.convert(quantity.value, quantity.unit, unit)


def parse_gap(value: Any) -> float:
    """A length of time that is long enough to be repeated: at least an hour, in days."""
    days = parse_length(value)
    if days < 1 / HOURS_PER_DAY:
        raise ValueError("at least an hour")
    return days


Days = Annotated[tuple[float, ...], PlainValidator(parse_days)]
Span = Annotated[tuple[float, float], PlainValidator(parse_span)]
Hours = Annotated[float, PlainValidator(parse_hours)]
Length = Annotated[float, PlainValidator(parse_length)]
Gap = Annotated[float, PlainValidator(parse_gap)]
Hour = Annotated[float, Field(ge=0, lt=24)]


def _day(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError('a day as a number, or "first..last"')
    if abs(value) > FARTHEST:
        raise ValueError(f"a day between {-FARTHEST:g} and {FARTHEST:g}")
    return float(value)


def _span(text: str) -> tuple[float, float]:
    found = _RANGE.fullmatch(text)
    if not found:
        raise ValueError('whole days as "first..last", such as "-6..-2"')
    first, last = _day(int(found[1])), _day(int(found[2]))
    if first > last:
        raise ValueError("a first day not after the last")
    if last - first >= _MOST:
        raise ValueError(f"at most {_MOST} days")
    return first, last
