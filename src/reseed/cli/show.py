"""`reseed show`: one item of the library in words."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reseed.base import units
from reseed.base.errors import InvalidInput, Unknown
from reseed.base.words import nearest
from reseed.cli.columns import columns
from reseed.nouns.assessment import Assessment
from reseed.nouns.cohort_design import DesignRow
from reseed.nouns.course import Course, Quantity
from reseed.nouns.distribution import Distribution
from reseed.nouns.evidence import DoseGroup, Published
from reseed.nouns.module import Module, Parameter
from reseed.nouns.scenario import Scenario
from reseed.spec import (
    KINDS,
    Library,
    find_library,
    read_cohort,
    read_course,
    read_endpoint,
    read_evidence,
    read_module,
    read_organism,
    read_scenario,
)
from reseed.spec.shape import read_toml, tables
from reseed.spec.sheet import Sheet, plain

_WIDTH = 96


def show_item(name: str, scenario: str | None, folders: Sequence[Path]) -> str:
    """Everything of that name, in words; `kind/name` picks one kind. InvalidInput if unknown.

    With the name of a scenario, a model's parameters are those of the layer that won.
    """
    library = find_library(folders)
    kind, _, bare = name.rpartition("/")
    kinds = [k for k in KINDS if bare in library.items[k] and kind in ("", k)]
    if not kinds:
        raise InvalidInput(
            [Unknown(library.shown_folders(), "item", f'"{name}"', _hint(bare, library))]
        )
    context = read_scenario(scenario, library) if scenario else None
    shown = []
    for k in kinds:
        path = library.path(k, bare)
        file = library.sheet(path).file
        body = _model(path, context) if k == "models" else _SHOWN[k](path, library)
        shown.append(f"{k.removesuffix('s')} {bare}  ({file})\n\n{body}")
    return "\n\n\n".join(shown)


def _hint(name: str, library: Library) -> str:
    """What may have been meant: an arm of a scenario, or the nearest name."""
    arms = [
        f"it is an arm of the scenario {scenario} with the course {arm.get('course')}"
        for scenario in library.names("scenarios")
        for arm in _arms(library.sheet(library.path("scenarios", scenario)))
        if arm.get("name") == name
    ]
    if arms:
        return plain("; ".join(arms))
    near = nearest(name, {known for kind in KINDS for known in library.items[kind]})
    return f'did you mean "{near}"?' if near else "`reseed list` prints all names"


def _arms(sheet: Sheet) -> list[dict[str, Any]]:
    """The raw arms of a scenario; none where it cannot be read."""
    return tables(read_toml(sheet), "arm")


def _scenario(path: Path, library: Library) -> str:
    scenario = read_scenario(path, library)
    parts = [scenario.title, _wrapped(scenario.question)]
    facts = [
        ("organism", scenario.organism or "people"),
        ("cohort", f"{scenario.cohort.name}: {scenario.cohort.title}"),
        ("models", ", ".join(scenario.base)),
        ("patients", f"{scenario.patients} in each arm, {scenario.design} design"),
        ("seed", str(scenario.seed)),
        ("infusion", f"on study day {scenario.infusion_day:g}"),
        ("follow-up", f"{scenario.follow_up_days:g} days after infusion"),
    ]
    for one in scenario.assessments:
        facts.append((f"{one.port or one.record}", _assessed(one)))
    if scenario.evidence:
        facts.append(("compared with", ", ".join(study.name for study in scenario.evidence)))
    parts.append(columns(facts))
    for arm in scenario.arms:
        parts.append(f"arm {arm.name}: {arm.title}\n" + _indented(_course_words(arm.course)))
    endpoints = [(e.name, e.definition) for e in scenario.endpoints]
    parts.append("endpoints\n" + columns(endpoints, "  "))
    replaced = [(key, str(value), "scenario") for key, value in scenario.parameters]
    for arm in scenario.arms:
        replaced += [(key, str(value), f"arm {arm.name}") for key, value in arm.parameters]
    if replaced:
        parts.append("parameters replaced\n" + columns(replaced, "  "))
    if scenario.limits:
        parts.append("limits\n" + _listed(scenario.limits))
    return "\n\n".join(parts)


def _assessed(one: Assessment) -> str:
    """When something is looked at, and how well it is told."""
    parts = [f"looked at on study day 0 and every {one.every:g} days after the infusion"]
    if one.sd:
        parts.append(f"error SD {one.sd:g}")
    if one.levels:
        parts.append(f"as one of {len(one.levels)} levels, {one.levels[0]:g} to {one.levels[-1]:g}")
    return ", ".join(parts)


def _course(path: Path, library: Library) -> str:
    course = read_course(path, library)
    parts = [course.title, _wrapped(course.summary), _course_words(course)]
    if course.sources:
        parts.append("sources\n" + _listed(course.sources))
    return "\n\n".join(filter(None, parts))


def _course_words(course: Course) -> str:
    from reseed.course import in_words

    return "\n\n".join(_wrapped(paragraph) for paragraph in in_words(course))


def _cohort(path: Path, library: Library) -> str:
    cohort = read_cohort(path)
    header = ("covariate", "unit", "drawn from", "status", "source")
    rows = [
        (row.covariate.name, row.covariate.unit, _drawn(row), row.status, row.source)
        for row in cohort.rows
    ]
    parts = [cohort.title, columns([header, *rows])]
    if cohort.correlations:
        pairs = [(f"{a}, {b}", f"{rank:g}") for a, b, rank in cohort.correlations]
        parts.append(f"rank correlations ({cohort.correlation_source})\n" + columns(pairs, "  "))
    return "\n\n".join(parts)


def _drawn(row: DesignRow) -> str:
    if row.formula:
        return f"formula {row.formula}"
    laws = "; ".join(law_in_words(law, row.covariate.levels) for law in row.distributions)
    return f"{laws} (by {row.by})" if row.by else laws


def law_in_words(law: Distribution, levels: Sequence[str] = ()) -> str:
    """A distribution with its numbers, e.g. "lognormal, median 70, CV 0.2"."""
    if law.kind == "categorical":
        total = sum(law.weights)
        pairs = zip(levels, law.weights, strict=False)
        return ", ".join(f"{weight / total:.3g} {level}" for level, weight in pairs)
    names = {
        "fixed": (("value", law.centre),),
        "normal": (("mean", law.centre), ("SD", law.spread)),
        "lognormal": (("median", law.centre), ("CV", law.spread)),
        "logitnormal": (("median", law.centre), ("logit SD", law.spread)),
        "bernoulli": (("probability", law.centre),),
        "negative_binomial": (("mean", law.centre), ("size", law.shape)),
        "uniform": (),
    }.get(law.kind, (("shape", law.shape), ("scale", law.scale)))
    numbers = [f"{name} {value:g}" for name, value in names]
    if law.low is not None and law.high is not None:
        numbers.append(f"within {law.low:g} to {law.high:g}")
    elif law.low is not None or law.high is not None:
        numbers.append(f"at least {law.low:g}" if law.high is None else f"at most {law.high:g}")
    return ", ".join([law.kind, *numbers])


def _endpoint(path: Path, library: Library) -> str:
    endpoint = read_endpoint(path)
    settings = [
        (key, ", ".join(map(_item, value)) if isinstance(value, tuple) else str(value))
        for key, value in endpoint.settings
    ]
    facts = [
        ("kind", endpoint.kind),
        *settings,
        ("from", f"day {endpoint.from_day:g} to {endpoint.to_day:g} after {endpoint.origin}"),
        ("competing", ", ".join(endpoint.competing) or "nothing"),
        ("source", endpoint.source),
    ]
    return "\n\n".join([endpoint.title, _wrapped(endpoint.definition), columns(facts)])


def _item(item: str | tuple[float, float]) -> str:
    """A name, or a step: the level from which on a value holds."""
    return item if isinstance(item, str) else f"{item[1]:g} from {item[0]:g}"


def _organism(path: Path, library: Library) -> str:
    title, rows = read_organism(path)
    header = ("parameter", "value", "unit", "between patients", "status", "source")
    return "\n\n".join([title, columns([header, *((*_told(p), p.source) for p in rows)])])


def _evidence(path: Path, library: Library) -> str:
    study = read_evidence(path)
    header = ("endpoint", "dose", "unit", "median day", "patients", "for calibration", "note")
    rows = [
        (g.endpoint, _dose(g), g.unit, f"{g.median_days:g}", str(g.n or ""), g.used, g.note)
        for g in study.groups
    ]
    parts = [study.title, _wrapped(study.source)]
    if rows:
        parts.append(columns([header, *rows]))
    if study.outcomes:
        parts.append(columns(_published_rows(study.outcomes)))
    return "\n\n".join(parts)


def _published_rows(outcomes: Sequence[Published]) -> list[tuple[str, ...]]:
    """A header and a row per published number; shares in per cent."""
    header = ("study", "course", "endpoint", "measure", "value", "patients", "for calibration")
    rows = []
    for one in outcomes:
        share = one.measure == "share"
        factor, unit = (100.0, "%") if share else (1.0, one.unit)
        value = f"{factor * one.value:g}"
        if one.low is not None and one.high is not None:
            value += f" ({factor * one.low:g} to {factor * one.high:g})"
        measure = f"share on day {one.day:g}" if one.day is not None else one.measure
        told = f"{value} {unit}".rstrip()
        rows.append(
            (one.study, one.course, one.endpoint, measure, told, str(one.n or ""), one.used)
        )
    return [header, *rows]


def _dose(group: DoseGroup) -> str:
    if group.low is None:
        return "any" if group.high is None else f"below {group.high:g}"
    return f"from {group.low:g}" if group.high is None else f"{group.low:g} to {group.high:g}"


def _model(path: Path, scenario: Scenario | None) -> str:
    own = {module.name: module for module in scenario.modules} if scenario else {}
    module = own.get(path.name) or read_module(path)
    parts = [module.title]
    if module.ports:
        header = ("port", "direction", "quantity", "unit", "note")
        rows = [(p.name, p.direction, p.quantity, p.unit, p.note) for p in module.ports]
        parts.append(columns([header, *rows]))
    if module.hazards:
        header = ("hazard", "rate", "recurrent", "ends", "adds")
        rows = [
            (
                h.name,
                h.symbol,
                "yes" if h.recurrent else "no",
                h.ends,
                _adds(h.adds),
            )
            for h in module.hazards
        ]
        parts.append(columns([header, *rows]))
    if module.channels:
        steps = [(c.name, c.symbol, _adds(c.adds)) for c in module.channels]
        parts.append(columns([("channel", "rate", "adds"), *steps]))
    if module.parameters:
        parts.append(columns(_parameter_rows(module, scenario)))
    return "\n\n".join(parts)


def _adds(pairs: Sequence[tuple[str, float]]) -> str:
    return "; ".join(f"{name}={amount:g}" for name, amount in pairs)


def _parameter_rows(module: Module, scenario: Scenario | None) -> list[tuple[str, ...]]:
    """A header and a row per parameter; with a scenario a row per layer that wins in some arm."""
    header = ("parameter", "value", "unit", "between patients", "status")
    if scenario is None:
        return [(*header, "source"), *((*_told(p), p.source) for p in module.parameters)]
    from reseed.trial.arms import overrides_of

    layers = [(arm.name, overrides_of(scenario, arm)) for arm in scenario.arms]
    rows: list[tuple[str, ...]] = [(*header, "layer", "source")]
    for parameter in module.parameters:
        key = f"{module.name}__{parameter.id}"
        won = {arm: found[key] for arm, found in layers if key in found}
        if len(won) < len(layers):
            rows.append((*_told(parameter), "module", parameter.source))
        told: set[tuple[str, str]] = set()
        for quantity, layer in won.values():
            if (str(quantity), layer) not in told:
                told.add((str(quantity), layer))
                told_so = _told(_replaced(parameter, quantity))
                rows.append((*told_so, layer, parameter.source))
    return rows


def _replaced(parameter: Parameter, quantity: Quantity) -> Parameter:
    """With another value, in its unit; the spread between patients stays, about that value."""
    scale = units.factor(parameter.unit, quantity.unit)
    law = parameter.variability
    law = None if law is None else law.centred(quantity.value, scale)
    return replace(parameter, value=quantity.value, unit=quantity.unit, variability=law)


def _told(parameter: Parameter) -> tuple[str, str, str, str, str]:
    law = parameter.variability
    spread = law_in_words(law) if law else ""
    return parameter.id, f"{parameter.value:g}", parameter.unit, spread, parameter.status


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH)


def _listed(lines: Sequence[str]) -> str:
    def item(line: str) -> str:
        return textwrap.fill(line, _WIDTH, initial_indent="  - ", subsequent_indent="    ")

    return "\n".join(item(line) for line in lines)


def _indented(text: str) -> str:
    return textwrap.indent(text, "  ")


_SHOWN: dict[str, Callable[[Path, Library], str]] = {
    "scenarios": _scenario,
    "courses": _course,
    "cohorts": _cohort,
    "endpoints": _endpoint,
    "organisms": _organism,
    "evidence": _evidence,
}
"""Kind of item to its words; models also take a scenario."""
