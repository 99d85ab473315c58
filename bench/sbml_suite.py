"""Every case of a folder of the SBML Test Suite: passed, refused by name, wrong, or an error.

    python -m bench.sbml_suite DIR [--json] [--only 00001,00003] [--rtol 1e-8]
                               [--runs 10000] [--seeds 1,2,3]

A case is passed if every value of every variable lies within the tolerances that its settings give,
as the suite itself judges. A stochastic case is run `--runs` times under each of `--seeds`: means
and standard deviations give the suite's Z and Y, which must lie within its ranges but for at most
three points a seed, and no point may lie outside under every seed.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import reseed
from reseed.base.errors import InvalidInput, UnsupportedModel

MOST_STRAYS = 3
PASSED, REFUSED, WRONG, ERROR = "passed", "refused", "wrong", "error"


@dataclass(frozen=True)
class Case:
    """One case's settings: what to run, what to compare, and how closely."""

    number: str
    model: Path
    start: float
    duration: float
    steps: int
    variables: tuple[str, ...]
    absolute: float
    relative: float
    amounts: frozenset[str]
    concentrations: frozenset[str]
    expected: NDArray[np.float64]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What became of a case, with the reason if it was refused and the worst point if wrong."""

    outcome: str
    told: str = ""


def settings_of(folder: Path) -> dict[str, str]:
    """The key-value lines of a case's settings."""
    text = (folder / f"{folder.name}-settings.txt").read_text(encoding="utf-8")
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def names(text: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def read_case(folder: Path) -> Case:
    """The case in a folder; its model is the newest level and version there is."""
    given = settings_of(folder)
    models = sorted(folder.glob(f"{folder.name}-sbml-l*v*.xml"))
    with (folder / f"{folder.name}-results.csv").open(encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    return Case(
        number=folder.name,
        model=models[-1],
        start=float(given["start"]),
        duration=float(given["duration"]),
        steps=int(given["steps"]),
        variables=names(given["variables"]),
        absolute=float(given["absolute"] or 0),
        relative=float(given["relative"] or 0),
        amounts=frozenset(names(given.get("amount", ""))),
        concentrations=frozenset(names(given.get("concentration", ""))),
        expected=np.array([[number(cell) for cell in row] for row in rows if row]),
        columns=tuple(cell.strip() for cell in header),
    )


def number(cell: str) -> float:
    """A number as the suite writes it: INF and NaN among them."""
    return float(cell.strip().replace("INF", "inf"))


def judge(folder: Path, rtol: float, runs: int, seeds: Sequence[int]) -> Verdict:
    """Runs one case and compares."""
    given = settings_of(folder)
    if not (given.get("start") and given.get("duration")):
        return Verdict(REFUSED, "no time course: flux balance is not simulated")
    try:
        case = read_case(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if "output" in given:
                return by_chance(case, given, runs, seeds)
            return by_time(case, rtol)
    except (UnsupportedModel, InvalidInput) as error:
        return Verdict(REFUSED, " ".join(str(error).split())[:200])
    except Exception as error:
        return Verdict(ERROR, f"{type(error).__name__}: {error}"[:200])


def by_time(case: Case, rtol: float) -> Verdict:
    """A course in time."""
    shown = [symbol(name, case) for name in case.variables]
    found = reseed.load_model(case.model).simulate(
        case.start + case.duration,
        start=case.start,
        points=case.steps + 1,
        variables=shown,
        rtol=rtol,
        atol=min(1e-14, 1e-4 * case.absolute) or 1e-14,
    )
    if found.attrs["failures"]:
        return Verdict(ERROR, "; ".join(found.attrs["failures"]))
    courses = found.values[0]
    return compare(case, dict(zip(case.variables, courses, strict=True)))


def by_chance(case: Case, given: dict[str, str], runs: int, seeds: Sequence[int]) -> Verdict:
    """Means and standard deviations over runs, under each seed."""
    ranges = {kind: span(given[f"{key}Range"]) for kind, key in (("mean", "mean"), ("sd", "sd"))}
    shown = [symbol(name, case) for name in case.variables]
    model, outside = reseed.load_model(case.model), []
    for seed in seeds:
        found = model.simulate(
            case.start + case.duration, start=case.start, points=case.steps + 1, variables=shown,
            runs=runs, stochastic=reacts(model), seed=seed,
        )  # fmt: skip
        if found.attrs["failures"]:
            return Verdict(ERROR, "; ".join(found.attrs["failures"][:3]))
        outside.append(strays(case, given, found.values, ranges))
    most = max(len(found) for found in outside)
    always = set.intersection(*outside)
    if most > MOST_STRAYS or always:
        told = (
            f"{most} points outside under one seed, {len(always)} under all: {sorted(always)[:3]}"
        )
        return Verdict(WRONG, told)
    return Verdict(PASSED, f"{', '.join(str(len(found)) for found in outside)} points outside")


def reacts(model: reseed.simulate.Model) -> bool:
    """Whether the model has reactions: others are left to what chance decides in events."""
    return any(port.quantity == "reaction" for port in model.system.ports)


def span(text: str) -> tuple[float, float]:
    """A range as the suite writes it: (-3, 3)."""
    low, high = text.strip(" ()").split(",")
    return float(low), float(high)


def strays(
    case: Case,
    given: dict[str, str],
    values: NDArray[np.float64],
    ranges: dict[str, tuple[float, float]],
) -> set[tuple[str, int]]:
    """(column, row) of every mean and standard deviation that lies outside its range.

    Z = sqrt(n)*(mean - mu)/sigma and Y = sqrt(n/2)*(s^2/sigma^2 - 1), as the suite defines them;
    where sigma is 0 the numbers must be equal.
    """
    runs, found = len(values), set()
    for column in names(given["output"]):
        variable, kind = column.rsplit("-", 1)
        sample = values[:, case.variables.index(variable)]
        reference = case.expected[:, case.columns.index(column)]
        spread = (
            case.expected[:, case.columns.index(f"{variable}-sd")]
            if f"{variable}-sd" in case.columns
            else sample.std(axis=0, ddof=1)
        )
        with np.errstate(all="ignore"):
            if kind == "mean":
                gap = sample.mean(axis=0) - reference
                score = np.sqrt(runs) * gap / spread
            else:
                ratio = sample.var(axis=0, ddof=1) / reference**2
                gap = sample.std(axis=0, ddof=1) - reference
                score = np.sqrt(runs / 2) * (ratio - 1)
        score = np.where(np.abs(gap) < 1e-9, 0.0, score)
        low, high = ranges[kind]
        out = ~((score >= low) & (score <= high))
        found |= {(column, int(row)) for row in np.flatnonzero(out)}
    return found


def symbol(name: str, case: Case) -> str:
    """What the case means by a name: a species' concentration where it says so."""
    return f"[{name}]" if name in case.concentrations else name


def compare(case: Case, found: dict[str, NDArray[np.float64]]) -> Verdict:
    """|result - reference| <= absolute + relative*|reference| at every point."""
    worst, told = 1.0, ""
    for name, values in found.items():
        column = case.columns.index(name, 1)  # the first is the clock, whatever it is called
        reference = case.expected[:, column]
        allowed = case.absolute + case.relative * np.abs(reference)
        same = (values == reference) | (np.isnan(values) & np.isnan(reference))
        with np.errstate(invalid="ignore"):
            ratio = np.where(same, 0.0, np.abs(values - reference) / allowed)
        ratio = np.where(np.isnan(ratio), np.inf, ratio)
        if ratio.max(initial=0.0) > worst:
            at = int(ratio.argmax())
            worst = float(ratio[at])
            told = f"{name} at {case.expected[at, 0]:g}: {values[at]:g} for {reference[at]:g}"
    return Verdict(WRONG, told) if told else Verdict(PASSED)


def main(arguments: list[str] | None = None) -> int:
    """Prints the tally, or one JSON document; 1 if a case is wrong or an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--rtol", type=float, default=1e-8)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seeds", default="1,2,3")
    given = parser.parse_args(arguments)
    chosen = names(given.only)
    seeds = [int(seed) for seed in names(given.seeds)]
    folders = [f for f in sorted(given.folder.iterdir()) if f.is_dir()]
    verdicts = {
        folder.name: judge(folder, given.rtol, given.runs, seeds)
        for folder in folders
        if not chosen or folder.name in chosen
    }
    tally = Counter(verdict.outcome for verdict in verdicts.values())
    counts = {outcome: tally[outcome] for outcome in (PASSED, REFUSED, WRONG, ERROR)}
    if given.json:
        cases = {n: {"outcome": v.outcome, "told": v.told} for n, v in verdicts.items()}
        print(json.dumps({**counts, "runs": given.runs, "cases": cases}, indent=1))
    else:
        print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
        for name, verdict in verdicts.items():
            if verdict.outcome in (WRONG, ERROR):
                print(f"{name} {verdict.outcome}: {verdict.told}")
        reasons = Counter(v.told for v in verdicts.values() if v.outcome == REFUSED)
        for reason, count in reasons.most_common():
            print(f"{count:4d} refused: {reason}")
    return int(bool(counts[WRONG] or counts[ERROR]))


if __name__ == "__main__":
    sys.exit(main())
