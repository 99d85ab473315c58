"""Patients of the published cohorts in the compiled engine: the library's own modules and drugs.

The same people and draws at every trial value, so that medians change smoothly. Grafts are laid on
the clock as what `infuse` adds; no platelets are transfused, for recovery is that of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.stats import norm

from bench.engraftment_studies import LEUKAEMIC, Arm, Dose
from reseed.base.keys import uniforms
from reseed.cohort import draw_cohort
from reseed.cohort.laws import log_sd
from reseed.course import plan
from reseed.engine import solve
from reseed.model import compile_model
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.course import Course, Quantity, Stage
from reseed.nouns.distribution import Distribution
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System
from reseed.spec import find_library, read_cohort, read_module

SEED = 1
INFUSION = 15.0  # study day of day 0
AT = INFUSION + 11 / 24
FOLLOW_UP = 45.0
LONG_FOLLOW_UP = 70.0  # of a marrow that had leukaemia
STEP = 0.25  # days between samples
PHYSIOLOGY = ("granulopoiesis", "platelets", "mobilisation", "thaw", "infuse")
Values = np.ndarray


@dataclass(frozen=True)
class Recovery:
    """Counts of every patient: (patient, time), cells per litre, at `times` from the graft on."""

    times: Values
    neutrophils: Values
    platelets: Values


@cache
def system_of(drugs: tuple[str, ...]) -> System:
    """Physiology and drugs of the library, without transfusion."""
    modules = [read_module(find_library().path("models", name)) for name in (*PHYSIOLOGY, *drugs)]
    never = {"platelets__transfusion_threshold": Quantity(0.0, "cell/L")}
    return compile_model(modules, "bench", never)


def drugs_of(arm: Arm) -> tuple[str, ...]:
    """The drug modules of a cohort."""
    return tuple(sorted({give.drug for give in arm.gives}))


def cells(dose: Dose, count: int) -> Values:
    """Living CD34+ cells/kg of each patient, by quantiles in an order of their own."""
    number = np.arange(count)
    uniform = uniforms(Key(SEED, "bench/graft"), number)
    uniform = (np.argsort(np.argsort(uniform)) + 0.5) / count
    low, high = (norm.cdf(np.log(b / dose.median) / dose.spread) for b in (dose.low, dose.high))
    found = dose.median * np.exp(dose.spread * norm.ppf(low + uniform * (high - low)))
    return np.asarray(found)


def spaced(values: Values, typical: float, law: Distribution) -> Values:
    """Draws of a lognormal law in their order, but at equal steps of probability.

    So few patients are as a population is, and none of it rests on who was drawn.
    """
    if law.kind != "lognormal":
        return values
    uniform = (np.argsort(np.argsort(values)) + 0.5) / len(values)
    found = typical * np.exp(log_sd(law.spread) * norm.ppf(uniform))
    low = -np.inf if law.low is None else law.low
    return np.asarray(np.clip(found, low, np.inf if law.high is None else law.high))


def people(system: System, arm: Arm, values: Mapping[str, float], count: int) -> Cohort:
    """Patients of the library's cohort, with an arm's covariates and these typical values."""
    design = read_cohort(find_library().path("cohorts", "autoimmune-adults"))
    defaults = dict(zip(system.parameters, system.defaults, strict=True))
    given = {name: value for name, value in values.items() if name in defaults}
    spread = {
        name: replace(law, spread=values.get(f"{name}.cv", law.spread))
        for name, law in system.variability
    }
    found = draw_cohort(design, spread, defaults | given, np.arange(count), Key(SEED))
    drawn = {
        name: spaced(values, typical=(defaults | given)[name], law=spread[name])
        for name, values in found.parameters.items()
    }
    fixed = {n: np.full(count, v) for n, v in given.items() if n not in drawn}
    own = {n: np.full(count, v) for n, v in arm.covariates}
    columns = (*found.columns, *(Covariate(n, "") for n in own))
    return Cohort(found.ids, columns, {**found.covariates, **own}, {**drawn, **fixed})


def with_graft(schedule: Schedule, system: System, cohort: Cohort, dose: Dose) -> Schedule:
    """What `infuse` adds to the progenitors of the blood, as jumps on day 0 at eleven."""
    defaults = dict(zip(system.parameters, system.defaults, strict=True))

    def of(parameter: str) -> Values:
        return cohort.parameters.get(parameter, np.full(len(cohort.ids), defaults[parameter]))

    viable = cells(dose, len(cohort.ids))
    if dose.counted == "before freezing":
        viable = viable * of("thaw__recovery")
    weight = cohort.covariates["weight"]
    volume = of("platelets__blood_volume_per_weight") * weight
    resting = of("platelets__loss_ratio") * of("platelets__baseline_count") * volume
    amounts = (
        viable * weight * of("infuse__homing"),
        viable / 1e6 * of("infuse__platelet_seed") * resting,
    )
    return replace(
        schedule,
        times=np.hstack([schedule.times, np.full((len(viable), 2), AT)]),
        values=np.hstack([schedule.values, np.column_stack(amounts)]),
        targets=(*schedule.targets, "neutrophil_progenitors", "platelet_progenitors"),
        tags=(*schedule.tags, "graft", "graft"),
    )


def follow(arm: Arm, values: Mapping[str, float], count: int) -> Recovery:
    """A cohort with these typical values (in the system's units) in place of the library's."""
    system = system_of(drugs_of(arm))
    cohort = people(system, arm, values, count)
    course = Course("all", "all", "", (Stage("all", "all", arm.gives, ()),), ())
    end = INFUSION + (LONG_FOLLOW_UP if arm.covariates == LEUKAEMIC else FOLLOW_UP)
    schedule = plan(course, cohort, system, infusion_day=INFUSION, end=end)
    if arm.graft:
        schedule = with_graft(schedule, system, cohort, arm.graft)
    times = np.arange(INFUSION, end, STEP)
    probe = Probe(("neutrophils", "platelets"), times)
    found, _ = solve(system, cohort, schedule, probe, key=Key(SEED))
    return Recovery(times - AT, found.values[:, 0], found.values[:, 1])


def days(recovery: Recovery, port: str, level: float) -> Values:
    """Days after the graft at which a count is back for good, 0 if never below: (patient,).

    Counts are taken each morning, so that half a day passes on average until a level is seen;
    that half is in it. Patients who are still below at the end are infinite.
    """
    counts = getattr(recovery, port)
    found = np.zeros(len(counts))
    for row, values in enumerate(counts):
        low = values < level
        if not low.any():
            continue
        first = int(low.argmax())
        up = np.flatnonzero(~low[first:])
        if not len(up):
            found[row] = np.inf
            continue
        at = first + int(up[0])
        share = np.log(level / values[at - 1]) / np.log(values[at] / values[at - 1])
        found[row] = max(recovery.times[at - 1] + share * STEP + 0.5, 0.0)
    return found
