"""How the stages of a course fit together: their order, days without end, and switches."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reseed.base.time import HOURS_PER_DAY
from reseed.base.units import compatible, convert
from reseed.base.words import one_of
from reseed.nouns.course import OF_A_DRUG
from reseed.spec.days import parse_days, parse_length, parse_span
from reseed.spec.shape import attempt, parse_level, tables
from reseed.spec.sheet import Sheet, quoted, shown

LEVELS = ("rises_by", "at_least", "at_most")
NINE = 9.0  # the hour of what has none
UNPLANNED = ("until", "steady", "every")


def switched_to(data: Mapping[str, Any]) -> set[str]:
    """The names of the stages that begin with a switch, from a course's raw tables."""
    found = (_switch(stage).get("to") for stage in tables(data, "stage"))
    return {name for name in found if isinstance(name, str)}


def first_days(data: Mapping[str, Any]) -> list[float]:
    """The first days of all that is given and done and does not wait for a switch."""
    waiting = switched_to(data)
    stages = [s for s in tables(data, "stage") if str(s.get("name")) not in waiting]
    return [day for stage in stages for day in _firsts(stage)]


def check_stages(data: Mapping[str, Any], sheet: Sheet) -> None:
    """Stages and procedures stand in the order in which they begin; names are used once."""
    names: set[str] = set()
    before: dict[str, float] = {}
    clock = (-math.inf, 0.0)
    waiting = switched_to(data)
    all_names = [stage.get("name") for stage in tables(data, "stage")]
    for i, stage in enumerate(tables(data, "stage"), 1):
        name, place = stage.get("name"), f"stage[{i}]"
        if isinstance(name, str) and name in names:
            sheet.add(f"{place}.name", f'"{name}" again', "a name used once")
        names.add(str(name))
        if not any(stage.get(key) for key in ("give", "procedure", "switch")):
            sheet.add(place, "an empty stage", "something given or done in it, or a switch")
        _check_gives(stage, place, sheet)
        _check_drugs(stage, place, sheet)
        if "switch" in stage:
            _check_switch(_switch(stage), f"{place}.switch", sheet, all_names[i:])
        if str(name) in waiting:
            _check_waiting(stage, place, sheet)
            continue
        if firsts := _firsts(stage):
            _in_order(sheet, place, "stage", min(firsts), before)
        for j, do in enumerate(tables(stage, "procedure"), 1):
            if span := attempt(parse_span, do.get("days")):
                _in_order(sheet, f"{place}.procedure[{j}].days", "procedure", span[0], before)
                clock = _by_hour(sheet, f"{place}.procedure[{j}].hour", span[0], do, clock)


def _switch(stage: Mapping[str, Any]) -> Mapping[str, Any]:
    switch = stage.get("switch")
    return switch if isinstance(switch, dict) else {}


def _firsts(stage: Mapping[str, Any]) -> list[float]:
    gives = [attempt(parse_days, give.get("days")) for give in tables(stage, "give")]
    dos = [attempt(parse_span, do.get("days")) for do in tables(stage, "procedure")]
    return [days[0] for days in (*gives, *dos) if days]


def _in_order(sheet: Sheet, place: str, what: str, day: float, before: dict[str, float]) -> None:
    if day < before.get(what, day):
        expected = f"{what}s in the order in which they begin (the one before: {before[what]:g})"
        sheet.add(place, f"day {shown(f'{day:g}')}", expected)
    before[what] = max(day, before.get(what, day))


def _by_hour(
    sheet: Sheet, place: str, day: float, do: Mapping[str, Any], before: tuple[float, float]
) -> tuple[float, float]:
    """Day and hour of a procedure, which is no sooner than the one before on the same day."""
    hour = _hour(do)
    if day == before[0] and hour < before[1]:
        expected = f"{before[1]:g} or later: the procedure before it is at that hour of the day"
        sheet.add(place, f"hour {hour:g}", expected)
    return day, hour


def _check_gives(stage: Mapping[str, Any], place: str, sheet: Sheet) -> None:
    """What needs days without end, and what such days do not go with."""
    for j, give in enumerate(tables(stage, "give"), 1):
        at, days = f"{place}.give[{j}]", attempt(parse_days, give.get("days"))
        if days is None:
            continue
        endless, steady = math.isinf(days[-1]), give.get("steady") is True
        if not endless and (steady or "every" in give):
            key = "steady" if steady else "every"
            expected = f'days without end, such as "0..", with `{key}`'
            sheet.add(f"{at}.days", quoted(give.get("days")), expected)
        _check_bands(give, at, sheet)
        gap = attempt(parse_length, give.get("every"))
        if gap is not None and gap < 1.0 and not steady:
            expected = "at least 1 day, or `steady` for a rate without doses"
            sheet.add(f"{at}.every", quoted(give["every"]), expected)
        for key in ("until", "only_if"):
            if endless and key in give:
                sheet.add(f"{at}.{key}", quoted(give.get("days")), f"days that end, with `{key}`")
            if key in give and "over" in give:
                sheet.add(f"{at}.{key}", "an infusion", f"a bolus, with `{key}`")
        if "until" in give and "only_if" in give:
            sheet.add(f"{at}.only_if", "until and only_if", "one of them")
        if steady and "over" in give:
            sheet.add(f"{at}.over", quoted(give["over"]), "no duration: it is given without pause")


def _check_bands(give: Mapping[str, Any], place: str, sheet: Sheet) -> None:
    """Bands of the dose go by body weight, and their bounds rise."""
    last = 0.0
    for k, band in enumerate(tables(give, "band"), 1):
        below = attempt(parse_level, band.get("below"))
        if below is None:
            continue
        if not compatible(below.unit, "kg"):
            sheet.add(f"{place}.band[{k}].below", quoted(band["below"]), "a body weight, in kg")
            continue
        weight = convert(below.value, below.unit, "kg")
        if weight <= last:
            sheet.add(
                f"{place}.band[{k}].below", quoted(band["below"]), "a higher weight each time"
            )
        last = weight


def _check_drugs(stage: Mapping[str, Any], place: str, sheet: Sheet) -> None:
    """What is about a drug names one of its stage, whose doses are all planned."""
    gives = tables(stage, "give")
    drugs = {str(give.get("drug")) for give in gives}
    for j, do in enumerate(tables(stage, "procedure"), 1):
        at, drug, about = f"{place}.procedure[{j}]", do.get("drug"), do.get("do") in OF_A_DRUG
        if drug is not None and not about:
            sheet.add(f"{at}.drug", quoted(drug), f"no drug for {do.get('do')}")
        if not about:
            continue
        if not isinstance(drug, str) or drug not in drugs:
            expected = one_of(str(drug), drugs, "a drug of its stage")
            sheet.add(f"{at}.drug", "nothing" if drug is None else quoted(drug), expected)
        elif any(key in give for give in gives if give.get("drug") == drug for key in UNPLANNED):
            expected = f"doses of {drug} without {', '.join(UNPLANNED)}, so that all are planned"
            sheet.add(at, quoted(do.get("do")), expected)
        elif not _after_first(do, [give for give in gives if give.get("drug") == drug]):
            sheet.add(f"{at}.days", quoted(do.get("days")), f"after the first dose of {drug}")


def _after_first(do: Mapping[str, Any], gives: list[Mapping[str, Any]]) -> bool:
    """Whether a procedure stands after the first dose, as far as the file can be read."""
    span = attempt(parse_span, do.get("days"))
    days = [(attempt(parse_days, give.get("days")), _hour(give)) for give in gives]
    starts = [found[0] + hour / HOURS_PER_DAY for found, hour in days if found]
    return not span or not starts or span[0] + _hour(do) / HOURS_PER_DAY > min(starts)


def _hour(table: Mapping[str, Any]) -> float:
    hour = table.get("hour")
    return float(hour) if isinstance(hour, int | float) else NINE


def _check_switch(switch: Mapping[str, Any], place: str, sheet: Sheet, later: list[Any]) -> None:
    """To a later stage; each condition is a port with one level, or a procedure that failed."""
    name = switch.get("to")
    if isinstance(name, str) and name not in later:
        known = [other for other in later if isinstance(other, str)]
        sheet.add(f"{place}.to", quoted(name), one_of(name, known, "a stage further down"))
    for j, one in enumerate(tables(switch, "when"), 1):
        given = [key for key in LEVELS if key in one]
        what = [key for key in ("port", "failed") if key in one]
        if len(what) != 1:
            found = " and ".join(what) or "nothing"
            sheet.add(f"{place}.when[{j}]", found, "one of port and failed")
        elif "failed" in one and given:
            expected = "no level: a procedure failed or did not"
            sheet.add(f"{place}.when[{j}]", " and ".join(given), expected)
        elif "port" in one and len(given) != 1:
            found = " and ".join(given) or "nothing"
            sheet.add(f"{place}.when[{j}]", found, f"one of {', '.join(LEVELS)}")
        rise = attempt(parse_level, one.get("rises_by"))
        if rise is not None and rise.value <= 0:
            sheet.add(f"{place}.when[{j}].rises_by", quoted(one["rises_by"]), "above 0")


def _check_waiting(stage: Mapping[str, Any], place: str, sheet: Sheet) -> None:
    """What a stage that begins with a switch cannot have: all that has a day of its own."""
    if tables(stage, "procedure"):
        expected = "none in a stage that begins with a switch"
        sheet.add(f"{place}.procedure", "a procedure", expected)
    for j, give in enumerate(tables(stage, "give"), 1):
        for key in ("until", "only_if"):
            if key in give:
                expected = "none in a stage that begins with a switch"
                sheet.add(f"{place}.give[{j}].{key}", key, expected)
        days = attempt(parse_days, give.get("days"))
        if days and days[0] < 0:
            expected = "days from 0 on: the day of the switch is day 0"
            sheet.add(f"{place}.give[{j}].days", quoted(give.get("days")), expected)
