"""Checks of a scenario together with all that it names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reseed.base.words import nearest, one_of
from reseed.nouns.module import Module
from reseed.spec import crosscheck
from reseed.spec.among import check_among
from reseed.spec.assembly import Gap, assemble, outputs
from reseed.spec.assessment import check_assessments, check_baseline
from reseed.spec.course import misfits
from reseed.spec.display import check_displays
from reseed.spec.endpoint import REFERENCES
from reseed.spec.evidence import check_endpoints
from reseed.spec.gather import Gathered
from reseed.spec.shape import tables
from reseed.spec.sheet import Sheet, quoted
from reseed.spec.sizes import check_sizes
from reseed.spec.stages import first_days


def check_together(found: Gathered) -> None:
    """Notes, on the sheets of the files concerned, whatever does not fit together."""
    data, sheet = found.data, found.sheet
    available = tuple(found.modules.values())
    base = _base(found)
    _check_names(found)
    _check_compare(found)
    _check_clock(found)
    crosscheck.check_parameters(data.get("parameters"), "parameters", sheet, available)
    for i, arm in enumerate(tables(data, "arm"), 1):
        place = f"arm[{i}].parameters"
        crosscheck.check_parameters(arm.get("parameters"), place, sheet, available)
    covariates = _covariates(found)
    whole = len(base) == len(data["model"]) if isinstance(data.get("model"), list) else False
    arms: list[Sequence[Module]] = []
    for course, (course_sheet, _, raw) in found.courses.items():
        drugs, procedures = crosscheck.mentioned(raw)
        modules, gaps = assemble(base, drugs, procedures, available, covariates or ())
        found.used.update(dict.fromkeys(module.name for module in modules))
        # Where a name could not be resolved, a port missing for that is no fault of its own.
        known = whole and raw and crosscheck.all_known(drugs, procedures, available)
        arms.append(modules if known else available)
        crosscheck.check_course(raw, course_sheet, available, arms[-1])
        if covariates is not None:
            for gap in gaps:
                _note_gap(gap, sheet)
            check_sizes(raw, course, covariates, sheet)
        _check_suppliers(modules, sheet)
    for arm_modules in arms:
        for endpoint_sheet, _, raw in found.endpoints.values():
            crosscheck.check_endpoint(raw, endpoint_sheet, arm_modules)
        if found.cohort and found.cohort[1]:
            crosscheck.check_covariates(found.cohort[1], found.cohort[0], arm_modules)
    if found.cohort and found.cohort[1]:
        for endpoint_sheet, _, raw in found.endpoints.values():
            check_among(raw, endpoint_sheet, found.cohort[1])
    for endpoint_sheet, _, raw in found.endpoints.values():
        check_baseline(raw, endpoint_sheet, data)
    _check_following(found)
    _check_show(found, arms)
    _check_summary(found)
    whole_trial = [module for modules in arms for module in modules]
    check_assessments(data, sheet, outputs(whole_trial), crosscheck.happenings_of(whole_trial))


def _base(found: Gathered) -> list[str]:
    names = found.data.get("model")
    known = {name: module for name, module in found.modules.items() if module.text.strip()}
    base = []
    for i, name in enumerate(names if isinstance(names, list) else [], 1):
        if isinstance(name, str) and name in found.modules:
            base.append(name)
            found.used[name] = None
        elif isinstance(name, str):
            expected = one_of(name, known, "a module of the library")
            found.sheet.add(f"model[{i}]", quoted(name), expected)
    return base


def _check_summary(found: Gathered) -> None:
    """The summary tells of endpoints that the scenario has."""
    names, own = (found.data.get(key) for key in ("summary", "endpoints"))
    known = [name for name in own if isinstance(name, str)] if isinstance(own, list) else []
    for i, name in enumerate(names if isinstance(names, list) else [], 1):
        if isinstance(name, str) and name not in known:
            expected = one_of(name, known, "an endpoint of the scenario")
            found.sheet.add(f"summary[{i}]", quoted(name), expected)


def _covariates(found: Gathered) -> list[str] | None:
    """The cohort's covariates, or None where the cohort cannot be read."""
    if found.cohort is None or found.cohort[1] is None:
        return None
    return [row.covariate.name for row in found.cohort[1].rows]


def _check_names(found: Gathered) -> None:
    """Names of arms, modules, endpoints, shown variables and studies are used once."""
    data, sheet = found.data, found.sheet
    lists: dict[str, list[Any]] = {"arm": [arm.get("name") for arm in tables(data, "arm")]}
    for key in ("model", "endpoints", "show", "compare"):
        values = data.get(key)
        lists[key] = values if isinstance(values, list) else []
    for key, names in lists.items():
        for i, name in enumerate(names, 1):
            if isinstance(name, str) and name in names[: i - 1]:
                place = f"arm[{i}].name" if key == "arm" else f"{key}[{i}]"
                sheet.add(place, f"{quoted(name)} again", "each name once")
    _check_references(found, lists["endpoints"])


def _check_references(found: Gathered, endpoints: Sequence[Any]) -> None:
    """An endpoint that rests on others needs them in the scenario."""
    for sheet, _, raw in found.endpoints.values():
        settings = raw.get("settings")
        key = REFERENCES.get(str(raw.get("kind")), "")
        given = settings.get(key) if isinstance(settings, dict) else None
        for name in given if isinstance(given, list) else [given]:
            if isinstance(name, str) and name not in endpoints and not _meant(name, found):
                expected = one_of(name, found.endpoints, "an endpoint of the scenario")
                sheet.add(f"settings.{key}", quoted(name), expected)


def _meant(name: str, found: Gathered) -> bool:
    """Whether an endpoint of the scenario that is not there is a slip for this one."""
    names = found.data.get("endpoints")
    slips = [n for n in names if isinstance(n, str)] if isinstance(names, list) else []
    return bool(nearest(name, [slip for slip in slips if slip not in found.endpoints]))


def _check_compare(found: Gathered) -> None:
    """A study may be compared with if the scenario has its endpoints."""
    names, named = found.data.get("compare"), found.data.get("endpoints")
    known = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    # One that cannot be read has been noted, and is taken to be what was meant.
    raw = {name: found.endpoints[name][2] for name in known if name in found.endpoints}
    for i, name in enumerate(names if isinstance(names, list) else [], 1):
        if isinstance(name, str) and name in found.evidence:
            evidence = found.evidence[name][1]
            rows = [row.endpoint for row in evidence.groups]
            for endpoint in (*rows, *(row.endpoint for row in evidence.outcomes)):
                if endpoint not in raw and _meant(endpoint, found):
                    raw[endpoint] = {}
            what = "an endpoint of the scenario"
            check_endpoints(evidence, raw, found.sheet, f"compare[{i}]", what)


def _check_clock(found: Gathered) -> None:
    """No course may begin before study day 0."""
    infusion = found.data.get("infusion_day")
    if isinstance(infusion, bool) or not isinstance(infusion, int | float):
        return
    for name, (sheet, _, raw) in found.courses.items():
        first = min(first_days(raw), default=0.0)
        if raw.get("origin") == "entry" and first < 0:
            sheet.add("origin", f"day {first:g}", "days from 0 on: day 0 is study entry")
        elif raw.get("origin") != "entry" and infusion + first < 0:
            expected = f"at least {-first:g}, since the course {name} begins on day {first:g}"
            found.sheet.add("infusion_day", f"{infusion:g}", expected)


def _check_following(found: Gathered) -> None:
    """What follows a course in an arm fits it, and what a switch waits for may happen there."""
    for i, arm in enumerate(tables(found.data, "arm"), 1):
        names = [str(arm[key]) for key in ("course", "then") if key in arm]
        known = [found.courses[name] for name in names if name in found.courses]
        courses = [course for sheet, course, _ in known if course and not sheet.faults]
        if names and len(courses) == len(names):  # what cannot be read has been noted
            for key, what, expected in misfits(*courses):
                found.sheet.add(f"arm[{i}].{key}", what, expected)


def _note_gap(gap: Gap, sheet: Sheet) -> None:
    what = f"{gap.port.name}, which the module {gap.module} needs"
    if gap.owners:
        expected = f"one of {', '.join(gap.owners)} in model, since each supplies it"
        sheet.add("model", f"no choice of a module for {what}", expected)
    else:
        expected = "a module or a covariate of the cohort with that name"
        sheet.add("model", f"nothing that supplies {what}", expected)


def _check_suppliers(modules: Sequence[Module], sheet: Sheet) -> None:
    first: dict[str, str] = {}
    for module in modules:
        for port in module.ports:
            if port.direction in ("out", "owns", "dose"):
                owner = first.setdefault(f"{port.direction == 'dose'} {port.name}", module.name)
                if owner != module.name:
                    found = f"{port.name} from both {owner} and {module.name}"
                    sheet.add("model", found, "one module for each port")


def _check_show(found: Gathered, arms: Sequence[Sequence[Module]]) -> None:
    """Each shown variable must be there in at least one arm."""
    seen = outputs(module for modules in arms for module in modules)
    names = found.data.get("show")
    for i, name in enumerate(names if isinstance(names, list) and arms else [], 1):
        if isinstance(name, str) and name not in seen:
            expected = one_of(name, seen, "an out port of the arms' modules")
            found.sheet.add(f"show[{i}]", quoted(name), expected)
    check_displays(found.data, found.sheet, seen)
