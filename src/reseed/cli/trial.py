"""`reseed trial`: run, then a short summary or one JSON document."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from reseed.cli.outcome import FAILED, say
from reseed.cli.results import in_words, tallies_of

NOTICE = "Model output for research and teaching; not for patient care."


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
    if call.workers != 1:
        from reseed.base.workers import start_server

        start_server()  # its imports run beside the reading of the files
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
        tallies = tallies_of(result.folder, result.run)
        typer.echo(in_words(document, result.run, tallies))
        typer.echo(f"\nReport: {Path(result.folder) / 'report.html'}\n{NOTICE}")
    total = sum(arm["patients"] for arm in document["arms"].values())
    if result.failed:
        say(f"{result.failed} of {total} patients could not be solved; the report says why")
    if total and result.failed == total:
        raise typer.Exit(FAILED)
