"""`reseed simulate`: one patient of a trial, as a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from reseed.cli.outcome import FAILED, say


def simulate_patient(
    scenario: str,
    arm: str,
    patient: int,
    *,
    days: float | None,
    seed: int | None,
    out: Path | None,
    folders: Sequence[Path],
) -> None:
    """Writes the patient's days as CSV; typer.Exit(1) if the patient could not be solved."""
    from reseed.spec import find_library, read_scenario

    found = read_scenario(scenario, find_library(folders))
    from reseed.trial import replay

    solved = replay(found, arm, patient, days=days, seed=seed)
    table = solved.table()
    if out is None:
        table.to_csv(sys.stdout, index=False, lineterminator="\n")
    else:
        table.to_csv(out, index=False, lineterminator="\n")
        say(f"{len(table)} rows in {out}")
    if solved.trajectories.status[0]:
        state, day = solved.trajectories.status_state[0], solved.trajectories.status_time[0]
        say(f"patient {patient} could not be solved beyond day {day:g} ({state})")
        raise typer.Exit(FAILED)
