"""Fit recovery of neutrophils and platelets after grafts to published cohorts, all at once.

    python -m bench.fit_engraftment                  # fit, and print it beside what was published
    python -m bench.fit_engraftment --table          # the library as it is beside it
    python -m bench.fit_engraftment --profile        # profile likelihoods
    python -m bench.fit_engraftment --leave-out      # each study predicted by a fit without it
    python -m bench.fit_engraftment --write          # write the fit into parameters.tsv

A regimen acts through what it leaves of the patient's own progenitors, a graft through its cells:
no number belongs to a study. The two lines do not interact, so each has a fit of its own. Half the
sum of squares counts a study's rows with an error they share (`STUDY_SD` of
`bench.engraftment_studies`) and one each, the standard error of a median; to it belong the spreads
that published ranges tell, and the pulls of the guesses. Each fit begins at the library.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import norm

from bench.engraftment_patients import days, follow
from bench.engraftment_studies import STUDY_SD, TARGETS, Target, arms
from bench.tables import put
from reseed.spec import find_library, read_module

LINES = ("neutrophils", "platelets")
TRIES = 4  # of a step, each shorter
CAP = 60.0  # days that stand for "not within the time that is followed"
SPREAD_ERROR = 0.3  # of the logarithm of a standard deviation, from a range
Values = np.ndarray


@dataclass(frozen=True)
class Free:
    """A fitted number, on a log scale: in the table's unit, its guess and how weakly that pulls.

    `scale` turns the table's unit into the system's (day, litre, cell). A name that ends in `.cv`
    is the variability of a parameter.
    """

    line: str
    name: str
    guess: float
    pull: float
    scale: float
    why: str


N, P = LINES
HOUR = 1 / 24  # of h, in days
FREE = (
    Free(N, "infuse__homing", 0.15, 2.0, 1, "10-20 % of CFU-S, from memory"),
    Free(N, "granulopoiesis__maximum_ratio", 5.5, 1.0, 1, "unknown"),
    Free(N, "cyclophosphamide__kill_neutrophil_progenitors", 0.0018, 1.0, 24, "the fit before"),
    Free(N, "melphalan__kill_neutrophil_progenitors", 0.43, 1.0, 24, "Cho 2018, at least"),
    Free(N, "granulopoiesis__mean_transit_time.cv", 0.15, 0.3, 1, "10-20 %, from memory"),
    Free(P, "infuse__platelet_seed", 2.26e-4, 2.0, 1, "as neutrophils"),
    Free(P, "platelets__mean_transit_time", 113, 0.3, HOUR, "Tsuji 2017"),
    Free(P, "platelets__feedback_exponent", 0.187, 0.5, 1, "Tsuji 2017; 0.2 and 1.0 in others"),
    Free(P, "platelets__loss_ratio", 0.6, 0.7, 1, "1 published; 0.14 for a life span of 8.5 days"),
    Free(P, "platelets__feedback_floor", 10, 0.7, 1e9, "the fit before"),
    Free(P, "cyclophosphamide__kill_platelet_progenitors", 0.0012, 1.0, 24, "the fit before"),
    Free(P, "platelets__mean_transit_time.cv", 0.2425, 0.3, 1, "Tsuji 2017, septic patients"),
)


BURDEN = "platelets__leukaemic_burden"


@dataclass(frozen=True)
class Shown:
    """What the model gives for one row: median, 5th and 95th centile, standard deviation, days."""

    median: float
    low: float
    high: float
    sd: float


def guesses() -> Values:
    """Logarithms of the guesses."""
    return np.log([one.guess for one in FREE])


def numbers(theta: Values) -> dict[str, float]:
    """Values in the system's units, by name."""
    pairs = zip(FREE, theta, strict=True)
    return {one.name: math.exp(value) * one.scale for one, value in pairs}


def simulate(
    theta: Values, rows: Sequence[Target], count: int, more: Mapping[str, float] | None = None
) -> list[Shown]:
    """Every row from the patients of its cohort; `more` are further numbers, in system units."""
    values = numbers(theta) | dict(more or {})
    names = dict.fromkeys(row.arm for row in rows)
    found = {name: follow(arms()[name], values, count) for name in names}
    return [shown(days(found[row.arm], row.port, row.level)) for row in rows]


def shown(recovered: Values) -> Shown:
    """Summary of the days of a cohort."""
    capped = np.minimum(recovered, CAP)
    low, below, above, high = np.quantile(capped, [0.05, 0.16, 0.84, 0.95])
    median = float(np.quantile(capped, np.linspace(0.4, 0.6, 21)).mean())
    return Shown(median, low, high, (above - below) / 2)


def published_sd(row: Target) -> float:
    """Standard deviation from a range: that over twice the largest of n standard normal draws."""
    largest = norm.ppf((row.n - 0.375) / (row.n + 0.25))
    return float((row.high - row.low) / (2 * largest))


def misfits(rows: Sequence[Target], found: Sequence[Shown], line: str) -> Values:
    """Misfits of a line's medians, in uncorrelated standard errors, and of its spreads."""
    parts = []
    for study in dict.fromkeys(row.study for row in rows):
        pairs = [
            (r, s) for r, s in zip(rows, found, strict=True) if (r.study, r.port) == (study, line)
        ]
        if not pairs:
            continue
        own = np.diag([(1.2533 * r.sd) ** 2 / r.n for r, _ in pairs])
        factor = np.linalg.cholesky(own + STUDY_SD[line] ** 2)
        parts.append(np.linalg.solve(factor, [s.median - r.day for r, s in pairs]))
        ranged = [(r, s) for r, s in pairs if r.low > 0 and r.high - r.low < 50]
        widths = [math.log(max(s.sd, 0.1) / published_sd(r)) for r, s in ranged]
        parts.append(np.array(widths) / SPREAD_ERROR)
    return np.concatenate(parts)


def of_line(line: str) -> Values:
    """Places of a line's numbers in theta."""
    return np.array([place for place, one in enumerate(FREE) if one.line == line])


def residuals(
    theta: Values, rows: Sequence[Target], count: int, lines: Sequence[str] = LINES
) -> dict[str, Values]:
    """By line: misfits and pulls of the guesses."""
    found = simulate(theta, rows, count)
    pulls = (theta - guesses()) / np.array([one.pull for one in FREE])
    return {
        line: np.concatenate([misfits(rows, found, line), pulls[of_line(line)]]) for line in lines
    }


def half(values: Values) -> float:
    """Half the sum of squares."""
    return float(values @ values) / 2


def fit(
    rows: Sequence[Target], theta: Values, count: int, line: str, tries: int, held: str = ""
) -> tuple[Values, float]:
    """The best numbers of one line by Nelder and Mead, `held` kept, and half the sum of squares.

    Medians of few patients jump, and slopes mislead.
    """
    own = [row for row in rows if row.port == line]
    places = np.array([place for place in of_line(line) if FREE[place].name != held])

    def cost(values: Values) -> float:
        trial = theta.copy()
        trial[places] = values
        return half(residuals(trial, own, count, (line,))[line])

    corners = theta[places] + 0.2 * np.vstack([np.zeros(len(places)), np.eye(len(places))])
    settings = {"initial_simplex": corners, "maxfev": tries, "xatol": 0.01, "fatol": 0.01}
    best = minimize(cost, theta[places], method="Nelder-Mead", options=settings)
    found = theta.copy()
    found[places] = best.x
    return found, float(best.fun)


def _slopes(
    theta: Values, rows: Sequence[Target], count: int, free: Mapping[str, Values],
    now: Mapping[str, Values], step: float = 0.1,
) -> dict[str, Values]:  # fmt: skip
    """By line: how misfits answer to each free number, one of each line moved at a time."""
    columns: dict[str, list[Values]] = {line: [] for line in LINES}
    for turn in range(max(len(places) for places in free.values())):
        moved = theta.copy()
        there = {line: places[turn] for line, places in free.items() if turn < len(places)}
        for place in there.values():
            moved[place] += step
        found = residuals(moved, rows, count)
        for line in there:
            columns[line].append((found[line] - now[line]) / step)
    return {line: np.column_stack(found) for line, found in columns.items()}


def library() -> Values:
    """The library's numbers, as logarithms."""
    return np.log([_cell(one.name.removesuffix(".cv"), one.name.endswith(".cv")) for one in FREE])


def _cell(name: str, spread: bool) -> float:
    module, own = name.split("__")
    rows = read_module(find_library().path("models", module)).parameters
    row = next(row for row in rows if row.id == own)
    return row.variability.spread if spread and row.variability else row.value


def burden(theta: Values, rows: Sequence[Target], count: int) -> float:
    """How much less platelet progenitors answer where there was leukaemia: these rows alone."""

    def cost(value: float) -> float:
        found = simulate(theta, rows, count, {BURDEN: value})
        return half(misfits(rows, found, P))

    best = minimize_scalar(cost, bounds=(0.05, 0.95), method="bounded", options={"xatol": 0.01})
    return float(best.x)


def table(rows: Sequence[Target], found: Sequence[Shown], other: Mapping[str, float]) -> str:
    """Published and modelled days, row by row, as Markdown; `other` from fits without the study."""
    lines = []
    for row, one in zip(rows, found, strict=True):
        mark = "" if abs(one.median - row.day) <= 2 else "◆"
        ranged = f" ({row.low:g}-{row.high:g})" if row.low == row.low else ""
        left = f"{other[row.name()]:.1f}" if row.name() in other else ""
        lines.append(
            f"| {row.name()} | {row.n} | {row.day:g}{ranged} |"
            f" {one.median:.1f} ({one.low:.0f}-{one.high:.0f}) | {left} | {mark} |"
        )
    return "\n".join(lines)


def leave_out(
    theta: Values, rows: Sequence[Target], count: int, tries: int, lines: Sequence[str]
) -> dict[str, float]:
    """Medians of each study's rows, by a fit to the other studies that begins at the joint fit."""
    found = {}
    for line in lines:
        for study in dict.fromkeys(row.study for row in rows if row.port == line):
            others = [row for row in rows if row.study != study]
            own = [row for row in rows if (row.study, row.port) == (study, line)]
            without, _ = fit(others, theta, count, line, tries)
            for row, one in zip(own, simulate(without, own, count), strict=True):
                found[row.name()] = one.median
                print(f"{row.name()}: {row.day:g}, left out {one.median:.1f}", flush=True)
    return found


PROFILED = {  # held at these multiples of its value, and what then makes up for it: on log scales
    "infuse__homing": ((0.25, 0.5, 2, 4), "granulopoiesis__maximum_ratio", -0.15),
    "granulopoiesis__maximum_ratio": ((0.8, 0.9, 1.15, 1.3), "infuse__homing", -6.0),
    "infuse__platelet_seed": ((0.25, 0.5, 2, 4), "platelets__feedback_exponent", -0.3),
    "platelets__loss_ratio": ((0.5, 0.75, 1.5), "infuse__platelet_seed", -0.5),
}


def profile(
    theta: Values, rows: Sequence[Target], count: int, tries: int, lines: Sequence[str]
) -> None:
    """Half the sum of squares with one number held and all others of its line fitted again."""
    names = [one.name for one in FREE]
    for name, (factors, other, share) in PROFILED.items():
        place, line = names.index(name), FREE[names.index(name)].line
        for factor in factors if line in lines else ():
            moved = theta.copy()
            moved[place] += math.log(factor)
            moved[names.index(other)] += share * math.log(factor)
            best, cost = fit(rows, moved, count, line, tries, held=name)
            rest = "; ".join(f"{names[p]} {math.exp(best[p]):.3g}" for p in of_line(line))
            print(f"{name} {math.exp(moved[place]):.3g}: {cost:.2f} ({rest})", flush=True)


def write(theta: Values, errors: Values, leukaemic: float) -> None:
    """The fit into parameters.tsv: values, variability, status and standard errors.

    A study of uncertainty draws parameters one by one, so that the standard errors that fit it are
    those with all others held; where numbers trade off theirs are far larger.
    """
    changes: dict[str, dict[str, str]] = {BURDEN: {"value": f"{leukaemic:.3g}", "status": "fitted"}}
    for one, value, error in zip(FREE, theta, errors, strict=True):
        text = f"{math.exp(value):.3g}"
        if one.name.endswith(".cv"):
            changes.setdefault(one.name.removesuffix(".cv"), {})["cv"] = text
            continue
        told = {"uncertainty": "lognormal", "se": f"{error:.2g}", "status": "fitted"}
        changes.setdefault(one.name, {}).update(told | {"value": text})
    put(changes)


def main() -> None:
    """Fit, print and, if asked, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--patients", type=int, default=64)
    parser.add_argument("--tries", type=int, default=100, help="of Nelder and Mead, for each line")
    parser.add_argument("--line", choices=LINES, help="profile or leave out for one line only")
    for mode in ("table", "profile", "leave-out", "write"):
        parser.add_argument(f"--{mode}", action="store_true")
    options = parser.parse_args()
    rows = [row for row in TARGETS if not row.of_leukaemia]
    leukaemic = [row for row in TARGETS if row.of_leukaemia]
    count, theta = options.patients, library()
    lines = (options.line,) if options.line else LINES
    if options.profile:
        profile(theta, rows, count, options.tries, lines)
        return
    left = leave_out(theta, rows, count, options.tries, lines) if options.leave_out else {}
    own = _cell(BURDEN, spread=False)
    if not (options.table or options.leave_out):
        for line in LINES:
            theta, _ = fit(rows, theta, count, line, options.tries)
        own = burden(theta, leukaemic, count)
    found = residuals(theta, rows, count)
    free = {line: of_line(line) for line in LINES}
    slopes = _slopes(theta, rows, count, free, found)
    errors, alone = np.zeros(len(FREE)), np.zeros(len(FREE))
    for line, places in free.items():
        matrix = slopes[line].T @ slopes[line]
        errors[places] = np.sqrt(np.diag(np.linalg.inv(matrix)))
        alone[places] = 1 / np.sqrt(np.diag(matrix))
    for one, value, error, held in zip(FREE, theta, errors, alone, strict=True):
        told = f"{math.exp(value):.3g} | {error:.2f} | {held:.2f}"
        print(f"| `{one.name}` | {one.guess:g}: {one.why} | {told} |")
    print(f"| `{BURDEN}` | unknown | {own:.2f} | | |")
    print({line: round(half(values), 2) for line, values in found.items()})
    every = (*rows, *leukaemic)
    print(table(every, simulate(theta, every, count, {BURDEN: own}), left))
    if options.write:
        write(theta, alone, own)


if __name__ == "__main__":
    main()
