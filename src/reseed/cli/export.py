"""`reseed export`: an arm's mathematics as SBML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from reseed.cli.outcome import say
from reseed.cli.simulate import check_out


def export_model(
    scenario: str,
    arm: str,
    patient: int,
    *,
    seed: int | None,
    out: Path | None,
    folders: Sequence[Path],
) -> None:
    """Writes the document, and says what it leaves out and when the patient's story begins."""
    check_out(out)
    from reseed.spec import find_library, read_scenario

    found = read_scenario(scenario, find_library(folders))
    from reseed.trial import export_patient

    made = export_patient(found, arm, patient, seed=seed)
    if out is None:
        typer.echo(made.text)
    else:
        out.write_text(made.text, encoding="utf-8")
        say(f"SBML in {out}")
    if made.start != 0.0:
        say(f"simulate it from day {made.start:g}, where this patient's life before entry begins")
    if made.left_out:
        say(f"left out, since procedures decide it as they go: {', '.join(made.left_out)}")
