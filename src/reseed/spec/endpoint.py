"""Endpoint files: a clinical outcome as its field defines it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from reseed.nouns.endpoint import Endpoint, Setting
from reseed.spec.among import AmongShape, among_of
from reseed.spec.days import FARTHEST
from reseed.spec.shape import (
    AnyQuantity,
    Line,
    Name,
    PositiveQuantity,
    Shape,
    Text,
    Word,
    fit,
    read_toml,
)
from reseed.spec.sheet import Sheet

Day = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST)]
Count = Annotated[int, Field(ge=1, le=365)]
Names = Annotated[list[Line], Field(min_length=1, max_length=50)]
Summary = Literal["survival", "cumulative_incidence"]
Number = Annotated[float, Field(ge=-1e12, le=1e12)]
Pair = Annotated[list[Number], Field(min_length=2, max_length=2)]


def _rising(pairs: list[list[float]]) -> list[list[float]]:
    if any(first[0] >= other[0] for first, other in zip(pairs, pairs[1:], strict=False)):
        raise ValueError("pairs [level, value] whose levels rise")
    return pairs


def _positive(pairs: list[list[float]]) -> list[list[float]]:
    if any(value <= 0 for _, value in pairs):
        raise ValueError("pairs [level, change] whose changes are above 0")
    return pairs


Table = Annotated[list[Pair], Field(min_length=1, max_length=100), AfterValidator(_rising)]
Steps = Annotated[Table, AfterValidator(_positive)]


class SustainedShape(Shape):
    port: Word
    at_least: PositiveQuantity
    days: Count
    without: Line | None = None
    without_days: Count | None = None
    nadir_by: Day | None = None


class FirstShape(Shape):
    records: Names
    baseline_day: Day | None = None
    summary: Summary | None = None


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


class LostShape(Shape):
    endpoint: Name
    port: Word
    below: PositiveQuantity
    days: Count


class ConfirmedShape(Shape):
    port: Word
    confirm: Annotated[float, Field(ge=0, le=FARTHEST)]
    rise: Steps | None = None
    fall: Steps | None = None
    at_least: AnyQuantity | None = None
    baseline_day: Day | None = None
    without: Line | None = None
    without_days: Count | None = None
    records: Names | None = None
    summary: Summary | None = None


class CompositeShape(Shape):
    endpoints: Annotated[list[Name], Field(min_length=1, max_length=20)]
    summary: Summary | None = None


class AtVisitShape(Shape):
    port: Word
    day: Day
    measure: Literal["value", "change", "percent_change", "within"] | None = None
    baseline_day: Day | None = None
    unit: Line | None = None
    at_least: AnyQuantity | None = None
    at_most: AnyQuantity | None = None


class RateShape(Shape):
    records: Names


class UtilityYearsShape(Shape):
    port: Word
    utility: Table
    death: Names | None = None


class ClonesShape(Shape):
    day: Day
    measure: (
        Literal[
            "alive", "late", "rest", "seen", "estimated", "shannon", "simpson", "gini", "kept"
        ]
        | None
    ) = None  # fmt: skip
    cells: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    first_day: Day | None = None


SETTINGS: dict[str, type[Shape]] = {
    "sustained": SustainedShape,
    "first": FirstShape,
    "time_below": TimeBelowShape,
    "time_above": TimeAboveShape,
    "count": CountShape,
    "amount": AmountShape,
    "not_by": NotByShape,
    "lost": LostShape,
    "confirmed": ConfirmedShape,
    "composite": CompositeShape,
    "at_visit": AtVisitShape,
    "rate": RateShape,
    "utility_years": UtilityYearsShape,
    "clones": ClonesShape,
}
"""Kind of endpoint to its settings; a test keeps the kinds those of `reseed.readout`."""

REFERENCES = {"not_by": "endpoint", "lost": "endpoint", "composite": "endpoints"}
"""Kinds that rest on other endpoints, and the setting that names them; tested as the kinds are."""

PORTS = {
    "clones": (
        "host_stem_cells", "corrected_stem_cells", "stem_cell_births", "stem_cell_losses",
        "short_term_cells", "short_term_losses", "blood_delay",
    )
}  # fmt: skip
"""Kinds that look at ports of their own, which no setting names, without any noise."""


class EndpointShape(Shape):
    title: Line
    definition: Text
    kind: Literal[
        "sustained", "first", "time_below", "time_above", "count", "amount", "not_by", "lost",
        "confirmed", "composite", "at_visit", "rate", "utility_years", "clones",
    ]  # fmt: skip
    origin: Literal["infusion", "entry"]
    from_day: Day
    to_day: Day
    competing: Annotated[list[Line], Field(max_length=50)] = []
    source: Line
    better: Literal["", "less", "more"] = ""
    among: Annotated[list[AmongShape], Field(max_length=20)] = []
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
    among = tuple(
        among_of(one, f"among[{i}]", sheet) for i, one in enumerate(shape.among if shape else (), 1)
    )
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
        better=shape.better,
        among=among,
    ), data


def _settings(data: dict[str, Any], sheet: Sheet) -> Shape | None:
    kind, given = data.get("kind"), data.get("settings", {})
    if not isinstance(kind, str) or kind not in SETTINGS or not isinstance(given, dict):
        return None
    settings = fit(SETTINGS[kind], given, sheet, "settings")
    if ("without" in given) != ("without_days" in given):
        sheet.add("settings", "one of without and without_days", "both or neither")
    if kind == "confirmed" and sum(key in given for key in ("rise", "fall", "at_least")) != 1:
        found = " and ".join(key for key in ("rise", "fall", "at_least") if key in given)
        sheet.add("settings", found or "nothing", "one of rise, fall and at_least")
    if kind == "at_visit":
        bounds, within = {"at_least", "at_most"} & given.keys(), given.get("measure") == "within"
        if bool(bounds) != within:
            sheet.add("settings", " and ".join(sorted(bounds)) or "no bounds", "bounds with within")
    if kind == "clones":
        measure = given.get("measure", "alive")
        whole = measure in ("alive", "late", "rest")
        if ("cells" in given) == whole:
            expected = f"none with {measure}" if whole else f"a number with {measure}"
            sheet.add("settings.cells", str(given.get("cells", "nothing")), expected)
        if ("first_day" in given) != (measure == "kept"):
            expected = "a day with kept, and with nothing else"
            sheet.add("settings.first_day", str(given.get("first_day", "nothing")), expected)
    if given.get("summary") == "survival" and data.get("competing"):
        sheet.add("competing", "competing events", "none where the summary is survival")
    return settings


def _frozen(settings: Shape) -> tuple[tuple[str, Setting], ...]:
    """The settings that were given, in the order of their shape."""
    frozen: list[tuple[str, Setting]] = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is not None:
            frozen.append((name, _tuples(value)))
    return tuple(frozen)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
