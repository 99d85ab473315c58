"""Endpoint files: a clinical outcome as its field defines it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from reseed.nouns.course import Quantity
from reseed.nouns.endpoint import Endpoint
from reseed.spec.days import FARTHEST
from reseed.spec.shape import Line, Name, PositiveQuantity, Shape, Text, Word, fit, read_toml
from reseed.spec.sheet import Sheet

Day = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST)]
Count = Annotated[int, Field(ge=1, le=365)]
Names = Annotated[list[Line], Field(min_length=1, max_length=50)]


class SustainedShape(Shape):
    port: Word
    at_least: PositiveQuantity
    days: Count
    without: Line | None = None
    without_days: Count | None = None
    nadir_by: Day | None = None


class FirstShape(Shape):
    records: Names
    summary: Literal["survival", "cumulative_incidence"] | None = None


class TimeBelowShape(Shape):
    port: Word
    below: PositiveQuantity
    unit: Literal["day", "month", "year"] | None = None


class TimeAboveShape(Shape):
    port: Word
    at_least: PositiveQuantity
    unit: Literal["day", "month", "year"] | None = None


class CountShape(Shape):
    records: Names


class AmountShape(Shape):
    source: Line
    record: Line
    pick: Literal["sum", "first", "last"] | None = None


class NotByShape(Shape):
    endpoint: Name
    day: Day
    confirm: Count | None = None


SETTINGS: dict[str, type[Shape]] = {
    "sustained": SustainedShape,
    "first": FirstShape,
    "time_below": TimeBelowShape,
    "time_above": TimeAboveShape,
    "count": CountShape,
    "amount": AmountShape,
    "not_by": NotByShape,
}
"""Kind of endpoint to its settings; a test keeps the kinds those of `reseed.readout`."""


class EndpointShape(Shape):
    title: Line
    definition: Text
    kind: Literal["sustained", "first", "time_below", "time_above", "count", "amount", "not_by"]
    origin: Literal["infusion", "entry"]
    from_day: Day
    to_day: Day
    competing: Annotated[list[Line], Field(max_length=50)] = []
    source: Line
    settings: dict[str, Any] = {}


def read_endpoint(path: Path) -> Endpoint:
    """The endpoint of a file; InvalidInput with every fault of it."""
    sheet = Sheet(Path(path), str(path))
    endpoint, _ = load_endpoint(sheet)
    sheet.refuse()
    assert endpoint is not None  # no endpoint without a fault
    return endpoint


def load_endpoint(sheet: Sheet) -> tuple[Endpoint | None, dict[str, Any]]:
    """The endpoint (None after faults), and the raw tables for checks across files."""
    data = read_toml(sheet)
    if data is None:
        return None, {}
    shape = fit(EndpointShape, data, sheet)
    settings = _settings(data, sheet)
    first, last = data.get("from_day"), data.get("to_day")
    if isinstance(first, int | float) and isinstance(last, int | float) and first > last:
        sheet.add("from_day", f"{first:g}", f"a day not after to_day, {last:g}")
    if shape is None or settings is None or sheet.faults:
        return None, data
    return Endpoint(
        name=sheet.path.stem,
        title=shape.title,
        definition=shape.definition,
        kind=shape.kind,
        origin=shape.origin,
        from_day=shape.from_day,
        to_day=shape.to_day,
        settings=_frozen(settings),
        competing=tuple(shape.competing),
        source=shape.source,
    ), data


def _settings(data: dict[str, Any], sheet: Sheet) -> Shape | None:
    kind, given = data.get("kind"), data.get("settings", {})
    if not isinstance(kind, str) or kind not in SETTINGS or not isinstance(given, dict):
        return None
    settings = fit(SETTINGS[kind], given, sheet, "settings")
    if kind == "sustained" and ("without" in given) != ("without_days" in given):
        sheet.add("settings", "one of without and without_days", "both or neither")
    if kind == "first" and given.get("summary") == "survival" and data.get("competing"):
        sheet.add("competing", "competing events", "none where the summary is survival")
    return settings


def _frozen(settings: Shape) -> tuple[tuple[str, str | float | Quantity | tuple[str, ...]], ...]:
    """The settings that were given, in the order of their shape."""
    frozen: list[tuple[str, str | float | Quantity | tuple[str, ...]]] = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is not None:
            frozen.append((name, tuple(value) if isinstance(value, list) else value))
    return tuple(frozen)
