"""What `run.json` says: the whole run, without host, times or paths."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from typing import Any

from reseed.base.version import VERSION
from reseed.course import (
    administrations,
    dose_in_words,
    given_of,
    in_words,
    record_of,
    stop_of,
    tag,
)
from reseed.nouns.cohort_design import DesignRow
from reseed.nouns.course import Give
from reseed.nouns.distribution import Distribution
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.history import History
from reseed.nouns.module import Module, Parameter
from reseed.nouns.scenario import Arm, Scenario
from reseed.readout import visit_days
from reseed.spec import arm_modules
from reseed.trial.arms import overrides_of
from reseed.trial.setup import Setup, ids_start

RESULTS_VERSION = 1  # raised whenever the same scenario and seed give other numbers


def manifest(setup: Setup) -> dict[str, Any]:
    """The contents of `run.json`."""
    scenario = setup.scenario
    return {
        "reseed": VERSION,
        "results": RESULTS_VERSION,
        "scenario": scenario.name,
        "digest": _digest(setup),
        "title": scenario.title,
        "question": scenario.question,
        "organism": scenario.organism,
        "seed": scenario.seed,
        "design": scenario.design,
        "patients": scenario.patients,
        "infusion_day": scenario.infusion_day,
        "follow_up_days": scenario.follow_up_days,
        "rtol": scenario.rtol,
        "count_cv": scenario.count_cv,
        "dropout_per_year": scenario.dropout_per_year,
        "assessments": [dataclasses.asdict(one) for one in scenario.assessments],
        "limits": [*scenario.limits, *_follow_up_limits(setup)],
        "left_out": [{"endpoint": name, "why": why} for name, why in setup.left_out],
        "own": _own(setup),
        "arms": [_arm(setup, number) for number in range(len(scenario.arms))],
        "cohort": _cohort(setup),
        "endpoints": [
            {
                "name": e.name,
                "title": e.title,
                "definition": e.definition,
                "kind": e.kind,
                "origin": e.origin,
                "from_day": e.from_day,
                "to_day": e.to_day,
                "competing": list(e.competing),
                "source": e.source,
                "better": e.better,
                "among": [str(condition) for condition in e.among],
                "records": _records_of(e),
                "settings": _plain_settings(e),
                "seen_from": seen_from(scenario, e),
            }
            for e in scenario.endpoints
        ],
        "evidence": [dataclasses.asdict(study) for study in scenario.evidence],
        "display": {
            display.port: dataclasses.asdict(display)
            for display in scenario.display
            if display.port in setup.probe.variables
        },
        "summary": [e.name for e in scenario.endpoints if e.name in scenario.summary],
        "show": [name for name in scenario.show if name in setup.probe.variables],
        "parameters": _parameters(setup),
    }


def _own(setup: Setup) -> list[dict[str, str]]:
    """Files of the user's own that the run rests on; of the modules, those of some arm."""
    scenario = setup.scenario
    used = {module.name for arm in scenario.arms for module in arm_modules(scenario, arm)}
    return [
        dataclasses.asdict(one) for one in scenario.own if one.kind != "models" or one.name in used
    ]


def _plain_settings(endpoint: Endpoint) -> dict[str, str | float]:
    """The settings of an endpoint that are a word or a number without unit."""
    return {name: v for name, v in endpoint.settings if isinstance(v, str | int | float)}


def _records_of(endpoint: Endpoint) -> list[str]:
    """The records that an endpoint looks at, if it does."""
    names = dict(endpoint.settings).get("records", ())
    return [str(name) for name in names] if isinstance(names, tuple) else []


def seen_from(scenario: Scenario, endpoint: Endpoint) -> float | None:
    """The first day after its origin on which an endpoint can be seen whole; None if never.

    What only scans find, and what only visits rate and confirm, has the day of the first one that
    counts: the first after the baseline. A composite is seen when all of its parts are.
    """
    settings, by_name = dict(endpoint.settings), {e.name: e for e in scenario.endpoints}
    if endpoint.kind == "composite":
        parts = [seen_from(scenario, by_name[n]) for n in _texts(settings.get("endpoints", ()))]
        known = [part for part in parts if part is not None]
        return max(known) if len(known) == len(parts) else None
    scanned = set(_records_of(endpoint)) if endpoint.kind == "first" else set()
    rated = settings.get("port") if endpoint.kind == "confirmed" else None
    infusion, end = scenario.infusion_day, scenario.infusion_day + scenario.follow_up_days
    start = 0.0 if endpoint.origin == "entry" else float(math.floor(infusion + 1e-9))
    baseline = settings.get("baseline_day", 0.0 if rated else None)
    days = [endpoint.from_day]
    for one in scenario.assessments:
        if one.record not in scanned and (not one.port or one.port != rated):
            continue
        visits = visit_days(one, infusion, end) - start
        counted = (visits >= endpoint.from_day) & (visits + start > 0)
        if isinstance(baseline, int | float):
            counted &= visits > baseline
        if not counted.any():
            return None
        days.append(float(visits[counted][0]))
    return max(days)


def _texts(wanted: object) -> tuple[str, ...]:
    """A setting of names."""
    return tuple(str(name) for name in wanted) if isinstance(wanted, tuple) else ()


def _follow_up_limits(setup: Setup) -> list[str]:
    """What the reader must know of endpoints that this run judges otherwise than defined."""
    last = setup.scenario.follow_up_days
    sentences = [
        f"The endpoint {name} is left out of this run: {why}." for name, why in setup.left_out
    ]
    if setup.shortened:
        sentences.append(
            f"Follow-up ends on day {last:g}: endpoints are looked at until then, also where "
            "their definition names a later day."
        )
    return sentences


def _digest(setup: Setup) -> str:
    """SHA-256 of all that results depend on: a run is taken up only by the very same one.

    Courses to the hour, endpoints with their settings, the cohort's laws; the mathematics is in
    the systems' own digests, so a module that no arm uses plays no part.
    """
    scenario = dataclasses.replace(
        setup.scenario, text="", modules=(), evidence=(), limits=(), display=(), summary=(), own=()
    )
    whole = (dataclasses.asdict(scenario), [setup.systems[n].digest for n in sorted(setup.systems)])
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def _arm(setup: Setup, number: int) -> dict[str, Any]:
    arm = setup.scenario.arms[number]
    return {
        "name": arm.name,
        "title": arm.title,
        "course": arm.course.name,
        "then": arm.course.then,
        "origin": arm.course.origin,
        "words": in_words(arm.course),
        "given": _given(setup, arm),
        "modules": [module.name for module in arm_modules(setup.scenario, arm)],
        "system": setup.systems[number].digest,
        "ids_start": ids_start(setup.scenario, number),
    }


def _given(setup: Setup, arm: Arm) -> list[dict[str, Any]]:
    """What each stage gives, and the records that tell to whom: one entry per order.

    `days` are the times of giving, after the infusion; in a stage that begins with a switch, after
    the record `begins`. What has no end (`endless`) is given to the end of the study at the latest.
    `until` is true where it may stop earlier: with a record of source `stop` and the name `tag`,
    or with the drug's own (`stops`). Where each dose waits for a low count, `gives` is
    the record of those that were given. A `steady` drug has its first and its last day alone.
    """
    course, infusion = arm.course, setup.scenario.infusion_day
    earlier = infusion if course.origin == "entry" else 0.0
    last = setup.scenario.follow_up_days + earlier
    waiting = course.switched_to()
    entries = []
    for stage in course.stages:
        switched = stage.name in waiting
        for give in stage.gives:
            entry = {
                "what": give.drug,
                "dose": dose_in_words(give),
                "days": [day - (0.0 if switched else earlier) for day in _days_of(give, last)],
                "until": bool(give.until_port or stage.switch),
                "tag": tag(give.drug, stage),
                "begins": record_of(stage.name) if switched else "",
                "stops": stop_of(give.drug) if give.until_port else "",
                "gives": given_of(give.drug) if give.only_port else "",
                "steady": give.steady,
                "endless": bool(give.every),
            }
            entries.append(entry)
    return entries


def _days_of(give: Give, last: float) -> list[float]:
    """The first and the last day of a steady drug, or every time of giving, from day 0 on."""
    return [give.days[0], max(last, give.days[0])] if give.steady else administrations(give, last)


def _cohort(setup: Setup) -> dict[str, Any]:
    design = setup.scenario.cohort
    return {
        "name": design.name,
        "title": design.title,
        "rows": [
            {
                "covariate": row.covariate.name,
                "unit": row.covariate.unit,
                "law": _design_law(row),
                "status": row.status,
                "source": row.source,
            }
            for row in design.rows
        ],
        "correlations": [{"between": [a, b], "rank": rank} for a, b, rank in design.correlations],
        "correlation_source": design.correlation_source,
        "history": _history(design.history),
    }


def _history(history: History | None) -> dict[str, Any] | None:
    """The life before entry, as far as the report tells it."""
    if history is None:
        return None
    return {
        "visit_days": history.visit,
        "longest_days": history.longest,
        "status": history.status,
        "source": history.source,
        "criteria": [
            {
                "kind": one.kind,
                "name": one.name,
                "low": one.low if math.isfinite(one.low) else None,
                "high": one.high if math.isfinite(one.high) else None,
                "unit": one.unit,
                "within_days": one.within,
                "covariate": one.covariate,
            }
            for one in history.criteria
        ],
    }


def _parameters(setup: Setup) -> list[dict[str, Any]]:
    """Every parameter of every arm once; twice only where arms differ in it."""
    rows: dict[str, dict[str, Any]] = {}
    for arm in setup.scenario.arms:
        overrides = overrides_of(setup.scenario, arm)
        for module in arm_modules(setup.scenario, arm):
            for parameter in module.parameters:
                name = f"{module.name}__{parameter.id}"
                quantity, layer = overrides.get(name, (None, "module"))
                row = _parameter(module, parameter, layer)
                if quantity is not None:
                    row |= {"value": quantity.value, "unit": quantity.unit}
                rows[f"{name} {layer}"] = row
    return [rows[name] for name in sorted(rows)]


def _parameter(module: Module, parameter: Parameter, layer: str) -> dict[str, Any]:
    return {
        "module": module.name,
        "id": parameter.id,
        "value": parameter.value,
        "unit": parameter.unit,
        "variability": law_in_words(parameter.variability),
        "uncertainty": law_in_words(parameter.uncertainty),
        "status": parameter.status,
        "source": parameter.source,
        "note": parameter.note,
        "layer": layer,
    }


def _design_law(row: DesignRow) -> str:
    if row.formula:
        return f"computed: {row.formula.replace('_', ' ')}"
    laws = [law_in_words(law, full=True, levels=row.covariate.levels) for law in row.distributions]
    return "; ".join(laws) + (f" (by {row.by})" if row.by else "")


def law_in_words(
    law: Distribution | None, *, full: bool = False, levels: tuple[str, ...] = ()
) -> str:
    """A distribution as a reader of a report would write it; `full` names its centre too."""
    if law is None:
        return ""
    if law.kind == "categorical":
        return ", ".join(
            f"{level.replace('_', ' ')} {weight:.0%}"
            for level, weight in zip(levels, law.weights, strict=True)
        )
    if law.kind == "bernoulli":
        return f"{law.centre:.1%}"
    text = {
        "normal": f"normal, SD {law.spread:.4g}",
        "lognormal": f"log-normal, CV {law.spread:.0%}",
        "logitnormal": f"logit-normal, SD {law.spread:.3g} (logit)",
        "uniform": "uniform",
        "gamma": f"gamma, shape {law.shape:g}, scale {law.scale:g}",
        "beta": f"beta, shapes {law.shape:g} and {law.scale:g}",
        "negative_binomial": f"negative binomial, mean {law.centre:g}, size {law.shape:g}",
    }.get(law.kind, law.kind)
    if full and law.kind == "fixed":
        return f"{law.centre:g}"
    if full and law.kind in ("normal", "lognormal", "logitnormal"):
        text += f", {'mean' if law.kind == 'normal' else 'median'} {law.centre:g}"
    return text + _bounds(law)


def _bounds(law: Distribution) -> str:
    if law.low is not None and law.high is not None:
        return f", from {law.low:g} to {law.high:g}"
    if law.low is not None:
        return f", at least {law.low:g}"
    return "" if law.high is None else f", at most {law.high:g}"
