"""The schedule of assessments of a scenario: what is looked at only at planned visits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reseed.base import units
from reseed.base.words import nearest, one_of
from reseed.nouns.assessment import Assessment
from reseed.spec.quantity import parse_quantity
from reseed.spec.shape import Line, PositiveQuantity, Shape, Word, attempt, tables
from reseed.spec.sheet import Sheet, quoted


def _rising(levels: list[float]) -> list[float]:
    if any(first >= other for first, other in zip(levels, levels[1:], strict=False)):
        raise ValueError("levels that rise")
    return levels


Levels = Annotated[list[float], Field(min_length=2, max_length=1000), AfterValidator(_rising)]


class AssessmentShape(Shape):
    every: PositiveQuantity
    source: Line
    port: Word | None = None
    record: Line | None = None
    levels: Levels | None = None
    sd: Annotated[float, Field(ge=0)] | None = None


def assessment_of(shape: AssessmentShape) -> Assessment:
    """The noun of a table without faults."""
    return Assessment(
        port=shape.port or "",
        record=shape.record or "",
        every=units.convert(shape.every.value, shape.every.unit, "day"),
        levels=tuple(shape.levels or ()),
        sd=shape.sd or 0.0,
        source=shape.source,
    )


def check_assessments(
    data: Mapping[str, Any], sheet: Sheet, ports: Iterable[str], records: Iterable[str]
) -> None:
    """Each names a port or a record of the arms, once, and a time of at least a day."""
    rows = tables(data.get("observation"), "assessment")
    for i, row in enumerate(rows, 1):
        place = f"observation.assessment[{i}]"
        port, record = row.get("port"), row.get("record")
        if (port is None) == (record is None):
            sheet.add(place, "both" if port is not None else "neither", "one of port and record")
        if isinstance(port, str) and port not in ports:
            expected = one_of(port, ports, "an out port of the arms' modules")
            sheet.add(f"{place}.port", quoted(port), expected)
        if isinstance(record, str) and record not in records and (near := nearest(record, records)):
            expected = f'a record of the arms; did you mean "{near}"?'
            sheet.add(f"{place}.record", quoted(record), expected)
        if record is not None and (row.get("levels") or row.get("sd")):
            sheet.add(place, "a rating of a record", "levels and sd with a port only")
        _check_time(row, place, sheet)
    _check_once([row.get("port") or row.get("record") for row in rows], sheet)


def check_baseline(endpoint: Mapping[str, Any], sheet: Sheet, scenario: Mapping[str, Any]) -> None:
    """A baseline after the treatment needs a scan between the infusion and its day."""
    settings, infusion = endpoint.get("settings"), scenario.get("infusion_day")
    if not isinstance(settings, dict) or not isinstance(infusion, int | float):
        return
    baseline, records = settings.get("baseline_day"), settings.get("records")
    if not isinstance(baseline, int | float) or baseline <= 0 or not isinstance(records, list):
        return
    start = 0.0 if endpoint.get("origin") == "infusion" else float(infusion)
    for row in tables(scenario.get("observation"), "assessment"):
        every = attempt(parse_quantity, row.get("every"))
        if row.get("record") not in records or every is None:
            continue
        if not units.compatible(every.unit, "day"):
            continue
        first = start + round(units.convert(every.value, every.unit, "day"))
        if first > baseline:
            found = f"day {baseline:g}, and the first scan after the infusion on day {first:g}"
            sheet.add("settings.baseline_day", found, f"{first:g} or later, of this scenario")


def _check_time(row: Mapping[str, Any], place: str, sheet: Sheet) -> None:
    every = attempt(parse_quantity, row.get("every"))
    if every is None:
        return
    whole = units.compatible(every.unit, "day")
    if not whole or units.convert(every.value, every.unit, "day") < 1:
        expected = 'a time of at least a day between visits, such as "26 week"'
        sheet.add(f"{place}.every", quoted(row.get("every")), expected)


def _check_once(names: Sequence[Any], sheet: Sheet) -> None:
    for i, name in enumerate(names, 1):
        if isinstance(name, str) and name in names[: i - 1]:
            sheet.add(f"observation.assessment[{i}]", f"{quoted(name)} again", "each once")
