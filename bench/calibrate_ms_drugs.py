"""Fit what drugs for multiple sclerosis do, to the relapse rates of their trials.

    python -m bench.calibrate_ms_drugs             # print the fit and what it misses
    python -m bench.calibrate_ms_drugs --write     # and write it into parameters.tsv

A drug that brakes relapses, or kills T cells, has the strength at which the mean hazard of many
patients over the time of the trial, over that of the same patients without it or with interferon,
is the published ratio of relapse rates. Ocrelizumab kills B cells for as long as these stay away
in the typical patient; the relapses that follow are only printed, and so are counts of cells.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Callable, Mapping
from functools import cache, partial

import numpy as np
from scipy.optimize import brentq

from bench.arms import Arm, arm_of, drawn_patients, typical_patient
from bench.calibrate_reconstitution import write
from reseed.engine import Solver, solve
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe

IMMUNE = ("thymus", "lymphocytes", "b_cells", "innate", "ms")
PATIENTS = 400
TWO_YEARS = 730.0
REPLETE, WEEKS = 0.08e9, 72.0  # B cells per litre that are enough; weeks after the last infusion
LAST_INFUSION = 504.0  # the fifth, as halves count
CD4_PUBLISHED = ((30.0, 40.0), (364.0, 270.0))  # day, cells/uL: label of Lemtrada
# relapses over those of the other arm of the trial, and its source
RATIOS = {
    "interferon": (1.73 / 2.56, "none", "PRISMS, 2 years"),
    "fingolimod": (0.18 / 0.40, "none", "FREEDOMS, 2 years"),
    "natalizumab": (0.23 / 0.73, "none", "AFFIRM, 2 years"),
    "ocrelizumab": (0.16 / 0.29, "interferon", "OPERA, 96 weeks"),
    "alemtuzumab": (0.26 / 0.52, "interferon", "CARE-MS II, 2 years"),
}
BY_RATIO = {
    "interferon": "interferon_beta__braking",
    "fingolimod": "fingolimod__braking",
    "natalizumab": "natalizumab__braking",
    "alemtuzumab": "alemtuzumab__kill_t_cells",
}
HALF = "ocrelizumab__half_concentration"
LOW, HIGH = 0.01, 5.0  # where these are looked for


@cache
def arm(course: str) -> Arm:
    """A course with the modules of the disease."""
    return arm_of(course, IMMUNE)


def hazard(
    course: str, parameters: Mapping[str, float] | None = None, treated: bool = True,
    days: float = TWO_YEARS, typical: bool = False,
) -> float:  # fmt: skip
    """Mean hazard of relapse (1/day) of many patients from entry to `days`.

    Given parameters replace the library's: a patient's own multiple of the median stays, unless
    all are `typical`, and differ in the luck of their clones alone.
    """
    draw = _typical if typical else _drawn
    people = draw(course, PATIENTS, parameters)
    plan = arm(course).schedule(people, 0.0, days)
    if not treated:
        nothing = np.zeros((len(people.ids), 0))
        plan = dataclasses.replace(
            plan, times=nothing, values=nothing, targets=(), tags=(), boundaries=()
        )
    probe = Probe(("relapse",), np.arange(7.0, days + 1.0, 7.0))
    solver = Solver(rtol=1e-5, threads=2)
    found, _ = solve(arm(course).system, people, plan, probe, key=Key(1), solver=solver)
    return float(np.nanmean(np.nanmean(found.values[:, 0], axis=1)))


def _drawn(course: str, count: int, parameters: Mapping[str, float] | None) -> Cohort:
    model = arm(course).system
    people = drawn_patients(model, count)
    medians = dict(zip(model.parameters, model.defaults, strict=True))
    changed = {
        name: people.parameters.get(name, np.full(count, medians[name])) * value / medians[name]
        for name, value in _own(course, parameters).items()
    }
    return dataclasses.replace(people, parameters={**people.parameters, **changed})


def _typical(course: str, count: int, parameters: Mapping[str, float] | None) -> Cohort:
    one = typical_patient(_own(course, parameters))
    return dataclasses.replace(
        one,
        ids=np.arange(count, dtype=np.int64),
        covariates={name: np.repeat(values, count) for name, values in one.covariates.items()},
        parameters={name: np.repeat(values, count) for name, values in one.parameters.items()},
    )


def _own(course: str, parameters: Mapping[str, float] | None) -> dict[str, float]:
    """Those of the parameters that a course's system has."""
    there = set(arm(course).system.parameters)
    return {name: value for name, value in (parameters or {}).items() if name in there}


def days_of(course: str) -> float:
    """How long the trial of a drug counted relapses."""
    return 96 * 7.0 if course == "ocrelizumab" else TWO_YEARS


def ratio(
    course: str, parameters: Mapping[str, float] | None = None, typical: bool = False
) -> float:
    """The hazard of treated patients over that of the same patients, as the trial compared them.

    `parameters` are those of both courses.
    """
    other, days = RATIOS[course][1], days_of(course)
    base, treated = (course, False) if other == "none" else (other, True)
    beside = hazard(base, parameters, treated, days, typical)
    return hazard(course, parameters, True, days, typical) / beside


def weeks_to_b_cells(parameters: Mapping[str, float] | None = None) -> float:
    """Weeks after the last of five infusions of ocrelizumab until B cells are back."""
    people, whole = _typical("ocrelizumab", 1, parameters), arm("ocrelizumab")
    end = LAST_INFUSION + 1400.0
    plan = dataclasses.replace(whole.schedule(people, 0.0, LAST_INFUSION + 1.0), end=end)
    times = np.arange(LAST_INFUSION + 1.0, end + 1.0)
    found, _ = solve(whole.system, people, plan, Probe(("b_cells",), times), key=Key(1))
    back = np.flatnonzero(found.values[0, 0] >= REPLETE)
    return float(times[back[0]] - LAST_INFUSION) / 7.0 if len(back) else math.inf


def cd4_after_alemtuzumab(parameters: Mapping[str, float] | None = None) -> list[float]:
    """CD4 cells (per uL) of the typical patient on the days of `CD4_PUBLISHED`."""
    people, whole = _typical("alemtuzumab", 1, parameters), arm("alemtuzumab")
    days = np.array([day for day, _ in CD4_PUBLISHED])
    plan = whole.schedule(people, 0.0, float(days[-1]))
    found, _ = solve(whole.system, people, plan, Probe(("cd4",), days), key=Key(1))
    return [float(value) / 1e6 for value in found.values[0, 0]]


def solved(misfit: Callable[[float], float], low: float, high: float) -> float:
    """The value between two bounds at which a misfit is zero, on the log scale."""
    root = brentq(lambda log: misfit(math.exp(log)), math.log(low), math.log(high), rtol=1e-3)
    return math.exp(root)


def fit() -> dict[str, float]:
    """Every fitted value, in the units of the systems (day, mg, litre); interferon comes first."""
    values: dict[str, float] = {}
    for course, name in BY_RATIO.items():
        values[name] = solved(partial(_misfit, course, name, dict(values)), LOW, HIGH)
    values[HALF] = solved(lambda half: weeks_to_b_cells({HALF: half}) - WEEKS, 1e-4, 1.0)
    return values


def _misfit(course: str, name: str, others: Mapping[str, float], value: float) -> float:
    return ratio(course, {**others, name: value}) - RATIOS[course][0]


def main() -> None:
    """Fit, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--write", action="store_true", help="write into library/models")
    options = parser.parse_args()
    parameters = fit()
    for name, value in parameters.items():
        print(f"{name:34s} {value:10.4g}")
    print()
    for course, (wanted, other, source) in RATIOS.items():
        many, one = ratio(course, parameters), ratio(course, parameters, True)
        beside = "placebo" if other == "none" else other
        print(
            f"{course:12s} over {beside:10s} published {wanted:.2f}  patients {many:.3f}  "
            f"typical {one:.3f}  {source}"
        )
    weeks = weeks_to_b_cells(parameters)
    print(f"B cells back after ocrelizumab: published {WEEKS:g} weeks, typical {weeks:.1f}")
    for (day, wanted), cells in zip(CD4_PUBLISHED, cd4_after_alemtuzumab(parameters), strict=True):
        print(f"CD4 on day {day:g} of alemtuzumab: published {wanted:g}/uL, typical {cells:.0f}/uL")
    if options.write:
        write(parameters)


if __name__ == "__main__":
    main()
