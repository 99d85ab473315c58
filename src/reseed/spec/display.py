"""Displays: how a scenario asks for its quantities over time to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from reseed.base import units
from reseed.nouns.display import Display
from reseed.nouns.module import Port
from reseed.spec.shape import Line, Shape
from reseed.spec.sheet import Sheet, one_of, quoted

Level = Annotated[float, Field(ge=-1e15, le=1e15)]


class DisplayShape(Shape):
    title: Line | None = None
    unit: Line | None = None
    scale: Literal["linear", "log"] | None = None
    time: Literal["recovery", "years"] | None = None
    levels: Annotated[list[Level], Field(max_length=5)] = []
    normal: Annotated[list[Level], Field(min_length=2, max_length=2)] | None = None
    better: Literal["less", "more"] | None = None
    same: Annotated[float, Field(ge=0, le=1e15)] = 0.0
    source: Line | None = None


def displays(shapes: Mapping[str, DisplayShape]) -> tuple[Display, ...]:
    """The nouns, in the order of their ports."""
    return tuple(
        Display(
            port=port,
            title=shape.title or "",
            unit=shape.unit or "",
            scale=shape.scale or "",
            time=shape.time or "",
            levels=tuple(shape.levels),
            normal=(shape.normal[0], shape.normal[1]) if shape.normal else None,
            better=shape.better or "",
            same=shape.same,
            source=shape.source or "",
        )
        for port, shape in sorted(shapes.items())
    )


def check_displays(data: Mapping[str, Any], sheet: Sheet, seen: Mapping[str, Port]) -> None:
    """Each is of a port that is shown, in a unit of its kind, with a source for its numbers."""
    given, names = data.get("display"), data.get("show")
    show = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    for port, table in given.items() if isinstance(given, dict) else ():
        place = f"display.{port}"
        if port not in show:
            sheet.add(place, quoted(port), one_of(port, show, "a port of show"))
        elif isinstance(table, dict):
            _check(table, place, sheet, seen.get(port))


def _check(table: Mapping[str, Any], place: str, sheet: Sheet, port: Port | None) -> None:
    unit, normal = table.get("unit"), table.get("normal")
    if isinstance(unit, str):
        try:
            units.check(unit)
        except ValueError as error:
            sheet.add(f"{place}.unit", quoted(unit), f"a unit that can be read ({error})")
        else:
            if port and not units.compatible(unit, port.unit):
                expected = f"a unit such as {port.unit or 'none'}"
                sheet.add(f"{place}.unit", quoted(unit), expected)
    numbers = [key for key in ("levels", "normal", "same") if key in table]
    if numbers and port and port.unit and unit is None:
        sheet.add(f"{place}.unit", "nothing", f"the unit of {' and '.join(numbers)}")
    if ("levels" in table or "normal" in table) and "source" not in table:
        sheet.add(f"{place}.source", "nothing", "where the numbers come from")
    pair = normal if isinstance(normal, list) and len(normal) == 2 else []
    if all(isinstance(bound, int | float) for bound in pair) and pair and pair[0] >= pair[1]:
        sheet.add(f"{place}.normal", quoted(normal), "a lower bound, then a higher one")
