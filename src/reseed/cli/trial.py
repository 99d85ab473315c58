"""`reseed trial`: run, then a short summary or one JSON document."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from reseed.cli.columns import columns
from reseed.cli.outcome import FAILED, say

NOTICE = "Model output for research and teaching; not for patient care."
_ARMS_ABREAST = 3


@dataclass(frozen=True, slots=True)
class TrialCall:
    """What was asked for on the command line."""

    scenario: str
    patients: int | None
    days: float | None
    seed: int | None
    batch: int | None
    workers: int | None
    out: Path | None
    json: bool
    folders: Sequence[Path]

    def command(self) -> str:
        """The same call as one would type it; it goes on where an interrupted run stopped."""
        words = ["reseed", "trial", self.scenario]
        for name in ("patients", "days", "seed", "batch", "workers", "out"):
            value = getattr(self, name)
            if value is not None:
                words += [f"--{name}", f"{value:g}" if isinstance(value, float) else str(value)]
        words += ["--json"] if self.json else []
        for folder in self.folders:
            words += ["--library", str(folder)]
        return shlex.join(words)


def run_and_report(call: TrialCall) -> None:
    """Runs the trial and prints what came out; typer.Exit(1) if no patient could be solved."""
    from reseed.cli.progress import Progress
    from reseed.spec import find_library, read_scenario

    scenario = read_scenario(call.scenario, find_library(call.folders))
    from reseed.trial import run_trial  # after the files: a fault in them is told at once

    with Progress() as progress:
        result = run_trial(
            scenario,
            call.out,
            patients=call.patients,
            days=call.days,
            seed=call.seed,
            batch=call.batch,
            workers=call.workers,
            progress=progress,
        )
    document = result.summary()
    if call.json:
        import json

        typer.echo(json.dumps(document, allow_nan=False))
    else:
        typer.echo(in_words(document))
        typer.echo(f"\nReport: {Path(result.folder) / 'report.html'}\n{NOTICE}")
    total = sum(arm["patients"] for arm in document["arms"].values())
    if result.failed:
        say(f"{result.failed} of {total} patients could not be solved; the report says why")
    if total and result.failed == total:
        raise typer.Exit(FAILED)


def in_words(document: Mapping[str, Any]) -> str:
    """The summary of a trial as a table: a row per endpoint, a column per arm."""
    arms = document["arms"]
    names = list(arms)
    parts = [f"{document['scenario']}, seed {document['seed']}"]
    for start in range(0, len(names), _ARMS_ABREAST):
        abreast = names[start : start + _ARMS_ABREAST]
        rows = [("", *abreast)]
        for key in ("patients", "failed"):
            rows.append((key, *(str(arms[name][key]) for name in abreast)))
        for endpoint in _endpoints([arms[name] for name in abreast]):
            rows.append((endpoint, *(_cell(arms[name], endpoint) for name in abreast)))
        parts.append(columns(rows))
    return "\n\n".join(parts)


def _endpoints(arms: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names in the order in which the arms' results hold them: curves, then quantities."""
    curves = [name for arm in arms for name in arm["endpoints"]]
    return list(dict.fromkeys([*curves, *(name for arm in arms for name in arm["medians"])]))


def _cell(arm: Mapping[str, Any], endpoint: str) -> str:
    """The fraction at the horizon with its 95 % interval, and the median; or quartiles.

    The horizon is the last day on which anybody was still followed.
    """
    curve, median = arm["endpoints"].get(endpoint, []), arm["medians"].get(endpoint)
    last = next((row for row in reversed(curve) if row["estimate"] is not None), None)
    if last:
        cell = f"{_percent(last['estimate'])} {_interval(last)} by day {last['time_days']:g}"
        return cell + (f", median {_number(median['median'])} days" if median else "")
    if median:
        quartiles = f"({_number(median['q25'])} to {_number(median['q75'])})"
        return f"{_number(median['median'])} {quartiles} {median['unit']}".rstrip()
    return "-"


def _interval(row: Mapping[str, Any]) -> str:
    if row["low"] is None or row["high"] is None:
        return ""
    return f"({_percent(row['low'])[:-2]} to {_percent(row['high'])[:-2]})"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
