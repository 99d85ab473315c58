"""Fit recovery of neutrophils and platelets after grafts to published cohorts, all at once.

    python -m bench.fit_engraftment                  # fit, and print it beside what was published
    python -m bench.fit_engraftment --table          # the library as it is beside it
    python -m bench.fit_engraftment --profile        # profile likelihoods
    python -m bench.fit_engraftment --leave-out      # each study predicted by a fit without it
    python -m bench.fit_engraftment --write          # write the fit into parameters.tsv

A regimen acts through what it leaves of the patient's own progenitors, a graft through its cells: no
number belongs to a study. The two lines do not interact, so each has a fit of its own, done in the
same runs. Half the sum of squares counts a study's rows with an error they share
(`bench.engraftment_studies.STUDY_SD`) and one each, the standard error of a median.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from bench.engraftment_patients import days, follow
from bench.engraftment_studies import STUDY_SD, TARGETS, Target
from bench.tables import put

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
    Free(N, "granulopoiesis__mean_transit_time.cv", 0.15, 0.3, 1, "10-20 %, from memory"),
    Free(P, "infuse__platelet_seed", 2.26e-4, 2.0, 1, "as neutrophils"),
    Free(P, "platelets__mean_transit_time", 113, 0.3, HOUR, "Tsuji 2017"),
    Free(P, "platelets__feedback_exponent", 0.187, 0.5, 1, "Tsuji 2017; 0.2 and 1.0 in others"),
    Free(P, "platelets__loss_ratio", 0.6, 0.7, 1, "1 published; 0.14 for a life span of 8.5 days"),
    Free(P, "platelets__feedback_floor", 10, 0.7, 1e9, "the fit before"),
    Free(P, "cyclophosphamide__kill_platelet_progenitors", 0.0012, 1.0, 24, "the fit before"),
    Free(P, "platelets__mean_transit_time.cv", 0.2425, 0.3, 1, "Tsuji 2017, septic patients"),
)
import os
FIXED: dict[str, float] = eval(os.environ.get("FIXED","{}"))


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
    return {one.name: math.exp(value) * one.scale for one, value in pairs} | FIXED


def simulate(theta: Values, rows: Sequence[Target], count: int) -> list[Shown]:
    """Every row from the patients of its cohort."""
    values = numbers(theta)
    found = {arm: follow(arm, values, count) for arm in dict.fromkeys(row.arm for row in rows)}
    return [shown(days(found[row.arm], row.port, row.level)) for row in rows]


def shown(recovered: Values) -> Shown:
    """Summary of the days of a cohort."""
    capped = np.minimum(recovered, CAP)
    low, below, above, high = np.quantile(capped, [0.05, 0.16, 0.84, 0.95])
    median = float(np.quantile(capped, np.linspace(0.4, 0.6, 21)).mean())
    return Shown(median, low, high, (above - below) / 2)


def published_sd(row: Target) -> float:
    """Standard deviation from a range: over twice what a normal law's largest of n exceeds its mean."""
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
        parts.append(np.array([math.log(max(s.sd, 0.1) / published_sd(r)) for r, s in ranged]) / SPREAD_ERROR)
    return np.concatenate(parts)


def of_line(line: str) -> Values:
    """Places of a line's numbers in theta."""
    return np.array([place for place, one in enumerate(FREE) if one.line == line])


def residuals(theta: Values, rows: Sequence[Target], count: int) -> dict[str, Values]:
    """By line: misfits and pulls of the guesses."""
    found = simulate(theta, rows, count)
    pulls = (theta - guesses()) / np.array([one.pull for one in FREE])
    return {
        line: np.concatenate([misfits(rows, found, line), pulls[of_line(line)]]) for line in LINES
    }


def half(values: Values) -> float:
    """Half the sum of squares."""
    return float(values @ values) / 2


@dataclass(frozen=True)
class Fit:
    """The best numbers, half the sum of squares by line, and the covariance of the logarithms."""

    theta: Values
    cost: dict[str, float]
    covariance: Values


def fit(
    rows: Sequence[Target], theta: Values, count: int, held: Sequence[int] = (), rounds: int = 6,
    say: Callable[[str], None] = lambda _: None,
) -> Fit:  # fmt: skip
    """Levenberg and Marquardt, both lines in the same runs; numbers at `held` places stay."""
    theta = theta.copy()
    free = {line: np.setdiff1d(of_line(line), held) for line in LINES}
    damping = dict.fromkeys(LINES, 0.1)
    now = residuals(theta, rows, count)
    for _ in range(rounds):
        slopes = _slopes(theta, rows, count, free, now)
        gain, left = 0.0, set(LINES)
        for _ in range(TRIES):
            trial = theta.copy()
            for line in left:
                trial[free[line]] += _step(slopes[line], now[line], damping[line])
            found = residuals(trial, rows, count)
            for line in tuple(left):
                won = half(now[line]) - half(found[line])
                if won > 0:
                    theta[free[line]], now[line] = trial[free[line]], found[line]
                    gain += won
                    left.remove(line)
                damping[line] *= 0.2 if won > 0 else 6.0
            if not left:
                break
        say("  ".join(f"{line} {half(now[line]):.2f}" for line in LINES))
        if gain < 0.05:
            break
    covariance = np.zeros((len(FREE), len(FREE)))
    for line, places in free.items():
        covariance[np.ix_(places, places)] = np.linalg.inv(slopes[line].T @ slopes[line])
    return Fit(theta, {line: half(now[line]) for line in LINES}, covariance)


def _step(slopes: Values, now: Values, damping: float) -> Values:
    """Damped step of Gauss and Newton on the logarithms, none longer than a half."""
    matrix = slopes.T @ slopes
    step = np.linalg.solve(matrix + damping * np.diag(np.diag(matrix)), -slopes.T @ now)
    return np.asarray(step * min(1.0, 0.5 / np.abs(step).max()))


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


def table(rows: Sequence[Target], found: Sequence[Shown], other: Sequence[float] = ()) -> str:
    """Published and modelled days, row by row, as Markdown."""
    lines = []
    for place, (row, one) in enumerate(zip(rows, found, strict=True)):
        inside = "" if abs(one.median - row.day) <= 2 else "◆"
        ranged = f" ({row.low:g}-{row.high:g})" if row.low == row.low else ""
        left = f" {other[place]:.1f} |" if len(other) else ""
        lines.append(
            f"| {row.arm} | {row.port} {row.level / 1e9:g} | {row.n} | {row.day:g}{ranged} |"
            f" {one.median:.1f} ({one.low:.0f}-{one.high:.0f}) |{left} {inside} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Fit, print and, if asked, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--patients", type=int, default=64)
    options = parser.parse_args()
    begin = guesses()
    for a in (os.environ.get("START") or "").split():
        k,v=a.split("="); i=[o.name for o in FREE].index(k); begin[i]=math.log(float(v))
    rows = [row for row in TARGETS if not row.of_leukaemia]
    best = fit(rows, begin, options.patients, say=lambda text: print(text, flush=True))
    errors = np.sqrt(np.diag(best.covariance))
    for one, value, error in zip(FREE, best.theta, errors, strict=True):
        print(f"{one.name:50s} {math.exp(value):.4g}  SE of log {error:.2f}  guess {one.guess:g}")
    print(table(rows, simulate(best.theta, rows, options.patients)))


if __name__ == "__main__":
    main()
