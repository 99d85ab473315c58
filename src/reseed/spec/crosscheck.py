"""Checks across files: do the names that one file uses exist, and do their units fit?

They look at raw tables, not at finished nouns, so that a file with one fault is still checked
for all others; what has the wrong type has been noted already and is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reseed.base import units
from reseed.base.words import nearest, one_of
from reseed.nouns.cohort_design import CohortDesign
from reseed.nouns.course import Quantity
from reseed.nouns.module import Module, Parameter, Port
from reseed.spec.assembly import outputs
from reseed.spec.endpoint import PORTS
from reseed.spec.quantity import parse_dose, parse_quantity
from reseed.spec.shape import attempt, parse_level, tables
from reseed.spec.sheet import Sheet, quoted
from reseed.spec.stages import LEVELS


def mentioned(data: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The drugs and procedures that a course's raw tables name."""
    stages = tables(data, "stage")
    drugs = [give.get("drug") for stage in stages for give in tables(stage, "give")]
    dos = [do.get("do") for stage in stages for do in tables(stage, "procedure")]
    return [d for d in drugs if isinstance(d, str)], [d for d in dos if isinstance(d, str)]


def all_known(drugs: Iterable[str], procedures: Iterable[str], available: Sequence[Module]) -> bool:
    """Whether the library has every drug and every procedure."""
    doses = {p.name for m in available for p in m.ports if p.direction == "dose"}
    return doses.issuperset(drugs) and {m.name for m in available}.issuperset(procedures)


def check_course(
    data: Mapping[str, Any], sheet: Sheet, available: Sequence[Module], arm: Sequence[Module]
) -> None:
    """A course against all modules there are, and against those of its own arm."""
    doses = {p.name: p for m in available for p in m.ports if p.direction == "dose"}
    seen = outputs(arm)
    procedures = {m.name: m for m in available if not m.text.strip()}
    for i, stage in enumerate(tables(data, "stage"), 1):
        for j, give in enumerate(tables(stage, "give"), 1):
            _check_give(give, f"stage[{i}].give[{j}]", sheet, doses, seen)
        for j, do in enumerate(tables(stage, "procedure"), 1):
            _check_do(do, f"stage[{i}].procedure[{j}]", sheet, procedures)
            _check_exposure(do, f"stage[{i}].procedure[{j}]", sheet, seen)
        switch = stage.get("switch")
        for j, one in enumerate(tables(switch, "when") if isinstance(switch, dict) else [], 1):
            place = f"stage[{i}].switch.when[{j}]"
            for level in (key for key in LEVELS if key in one):
                check_level(one, "port", level, place, sheet, seen)
            if (failed := one.get("failed")) and str(failed) not in procedures:
                expected = one_of(str(failed), procedures, "a procedure")
                sheet.add(f"{place}.failed", quoted(failed), expected)


def _check_give(
    give: Mapping[str, Any],
    place: str,
    sheet: Sheet,
    doses: Mapping[str, Port],
    seen: Mapping[str, Port],
) -> None:
    drug, until = give.get("drug"), give.get("until")
    if isinstance(until, dict):
        check_level(until, "port", "at_least", f"{place}.until", sheet, seen)
    if isinstance(only := give.get("only_if"), dict):
        check_level(only, "port", "at_most", f"{place}.only_if", sheet, seen)
    if not isinstance(drug, str):
        return
    if drug not in doses:
        sheet.add(f"{place}.drug", quoted(drug), one_of(drug, doses, "a drug of the library"))
        return
    port, dose = doses[drug], attempt(parse_dose, give.get("dose"))
    if dose is None:
        return
    amount, _ = units.split_dose_unit(dose.unit)
    if units.compatible(amount, port.unit):
        if "over" in give:
            sheet.add(f"{place}.over", quoted(give["over"]), f"no duration: {drug} is a bolus")
        if give.get("steady") is True:
            sheet.add(f"{place}.steady", "true", f"single doses: {drug} is a bolus")
    elif units.compatible(f"({amount or '1'})/day", port.unit):
        if "over" not in give and give.get("steady") is not True:
            expected = f'how long each infusion of {drug} lasts, such as "2 h"'
            sheet.add(f"{place}.over", "nothing", expected)
    else:
        mass = _per_time_removed(port.unit)
        expected = f"a dose in {mass}, {mass}/kg, {mass}/m2 or alike for {drug}"
        sheet.add(f"{place}.dose", quoted(give.get("dose")), expected)
        return
    for k, band in enumerate(tables(give, "band"), 1):
        own = attempt(parse_dose, band.get("dose"))
        if own and not _alike(dose, own):
            expected = f"an amount as that of the dose, {quoted(give.get('dose'))}"
            sheet.add(f"{place}.band[{k}].dose", quoted(band.get("dose")), expected)


def _alike(dose: Quantity, other: Quantity) -> bool:
    """Whether two doses are amounts of the same kind, whatever they go by."""
    amounts = [units.split_dose_unit(one.unit)[0] for one in (dose, other)]
    return units.compatible(*amounts)


def _per_time_removed(unit: str) -> str:
    """mg/day as mg: what a dose is written in."""
    return unit.rsplit("/", 1)[0] if unit.endswith(("/day", "/d", "/h")) else unit


def _check_do(
    do: Mapping[str, Any], place: str, sheet: Sheet, procedures: Mapping[str, Module]
) -> None:
    name, settings = do.get("do"), do.get("set")
    if not isinstance(name, str):
        return
    if name not in procedures:
        sheet.add(f"{place}.do", quoted(name), one_of(name, procedures, "a procedure"))
        return
    known = {parameter.id: parameter for parameter in procedures[name].parameters}
    for key, value in settings.items() if isinstance(settings, dict) else ():
        if key not in known:
            expected = one_of(key, known, f"a parameter of {name}")
            sheet.add(f"{place}.set.{key}", "an unknown key", expected)
        else:
            check_value(value, known[key], f"{place}.set.{key}", sheet)


def _check_exposure(
    do: Mapping[str, Any], place: str, sheet: Sheet, seen: Mapping[str, Port]
) -> None:
    """What measures a drug needs its area and its concentration."""
    drug = do.get("drug")
    for port in (f"{drug}_auc", f"{drug}_concentration") if isinstance(drug, str) else ():
        if port not in seen:
            sheet.add(f"{place}.drug", quoted(drug), f"a drug with the out port {port}")


def check_level(
    table: Mapping[str, Any],
    port_key: str,
    level_key: str,
    place: str,
    sheet: Sheet,
    seen: Mapping[str, Port],
) -> None:
    """A port that must be observable, and a level that must be in a unit of its kind."""
    name = table.get(port_key)
    if not isinstance(name, str):
        return
    if name not in seen:
        expected = one_of(name, seen, "an out port of the arm's modules")
        sheet.add(f"{place}.{port_key}", quoted(name), expected)
        return
    level, unit = attempt(parse_level, table.get(level_key)), seen[name].unit
    if isinstance(level, Quantity) and not units.compatible(level.unit, unit):
        expected = f"a level in {unit or 'no unit'} or alike, the unit of {name}"
        sheet.add(f"{place}.{level_key}", quoted(table.get(level_key)), expected)


def check_value(value: Any, parameter: Parameter, place: str, sheet: Sheet) -> None:
    """A replaced value: in the parameter's kind of unit and within its bounds."""
    quantity = _quantity(value)
    if quantity is None:
        return
    unit = parameter.unit
    if not units.compatible(quantity.unit, unit):
        sheet.add(place, quoted(value), f"a value in {unit or 'no unit'} or alike")
        return
    own = units.convert(quantity.value, quantity.unit, unit)
    low, high = parameter.low, parameter.high
    if (low is not None and own < low) or (high is not None and own > high):
        least, most = ("any" if bound is None else f"{bound:g}" for bound in (low, high))
        sheet.add(place, quoted(value), f"a value from {least} to {most} {unit}".rstrip())


def check_parameters(values: Any, place: str, sheet: Sheet, available: Sequence[Module]) -> None:
    """Replaced parameters, by `module__id`."""
    known = {f"{m.name}__{p.id}": p for m in available for p in m.parameters}
    for key, value in values.items() if isinstance(values, dict) else ():
        if key in known:
            check_value(value, known[key], f"{place}.{key}", sheet)
        else:
            near = nearest(key, known)
            hint = f'; did you mean "{near}"?' if near else ""
            expected = f"a parameter of the library, as module__id{hint}"
            sheet.add(f"{place}.{key}", "an unknown parameter", expected)


def check_endpoint(data: Mapping[str, Any], sheet: Sheet, arm: Sequence[Module]) -> None:
    """An endpoint against the modules of an arm: its port, its level, its records."""
    settings, kind = data.get("settings"), data.get("kind")
    if not isinstance(settings, dict):
        return
    levels = {
        "sustained": "at_least",
        "time_below": "below",
        "time_above": "at_least",
        "lost": "below",
    }
    level = levels.get(str(kind))
    if level:
        check_level(settings, "port", level, "settings", sheet, outputs(arm))
    elif isinstance(settings.get("port"), str):
        check_level(settings, "port", "at_least", "settings", sheet, outputs(arm))
        check_level(settings, "port", "at_most", "settings", sheet, outputs(arm))
    if kind == "at_visit":
        _check_unit(settings, sheet, outputs(arm))
    for port in PORTS.get(str(kind), ()):
        if port not in outputs(arm):
            sheet.add("kind", f"{kind}, without the port {port}", "an arm with module niche")
            break
    happenings = happenings_of(arm)
    _check_records(settings.get("records"), "settings.records", sheet, happenings)
    _check_records([settings.get("without")], "settings.without", sheet, happenings)
    _check_records(data.get("competing"), "competing", sheet, happenings)


def _check_unit(settings: Mapping[str, Any], sheet: Sheet, seen: Mapping[str, Port]) -> None:
    """The unit in which a port is to be told is one of its kind."""
    name, unit = settings.get("port"), settings.get("unit")
    if not isinstance(name, str) or name not in seen or not isinstance(unit, str):
        return
    own = seen[name].unit
    if not units.compatible(own, unit):
        sheet.add("settings.unit", quoted(unit), f"{own or 'no unit'} or alike, the unit of {name}")


def happenings_of(arm: Sequence[Module]) -> set[str]:
    """Events, hazards and their ends: what the modules leave in the records."""
    events = {p.name for m in arm for p in m.ports if p.quantity == "event"}
    hazards = {name for m in arm for row in m.hazards for name in (row.name, row.ends)}
    return (events | hazards) - {""}


def _check_records(names: Any, place: str, sheet: Sheet, known: Iterable[str]) -> None:
    """Procedures leave records of their own, so only what looks like a slip is a fault.

    Records of several words (harvest failure) are theirs alone.
    """
    for name in names if isinstance(names, list) else []:
        if not isinstance(name, str) or name in known or " " in name:
            continue
        if near := nearest(name, known):
            sheet.add(place, quoted(name), f'a record of the arm; did you mean "{near}"?')


def check_covariates(cohort: CohortDesign, sheet: Sheet, arm: Sequence[Module]) -> None:
    """The units of the cohort's covariates against those of the ports that read them."""
    columns = {row.covariate.name: row.covariate for row in cohort.rows}
    for name, port in {p.name: p for m in arm for p in m.ports if p.direction == "in"}.items():
        column = columns.get(name)
        if column and not column.levels and not units.compatible(column.unit, port.unit):
            expected = f"a unit such as {port.unit or 'none'}, which the models read it in"
            sheet.add(f"covariate {name}", column.unit or "no unit", expected)


def _quantity(value: Any) -> Quantity | None:
    found = attempt(parse_quantity, value)
    return found if isinstance(found, Quantity) else None
