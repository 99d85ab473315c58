"""`reseed simulate`: one patient of a trial, or a model of anybody's, as a table."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reseed.base.errors import Fault, InvalidInput
from reseed.cli.outcome import FAILED, say

if TYPE_CHECKING:
    import pandas as pd

_DIGITS = "%.6g"
_NOTHING = 1e-12
"""A value below this share of its column's maximum is rounding of the solver, and written as 0."""


MODELS = (".xml", ".sbml", ".ant", ".antimony")


def is_model(what: str) -> bool:
    """Whether it is a model's file rather than a scenario, by its ending."""
    return Path(what).suffix.lower() in MODELS


def told_apart(what: str, own: Mapping[str, object], theirs: Mapping[str, object]) -> None:
    """A usage error for what is missing, and for options of the other of the two.

    `own` are options of models, `theirs` of patients; None where not given.
    """
    model = is_model(what)
    kind, needed = ("a model", ("--end",)) if model else ("a scenario", ("--arm", "--patient"))
    wrong = [name for name, value in (theirs if model else own).items() if value is not None]
    missing = [name for name in needed if (own if model else theirs)[name] is None]
    told = []
    if missing:
        told.append(f"{what} is {kind}, which needs {' and '.join(missing)}")
    if wrong:
        told.append(f"{what} is {kind}, which has no {', '.join(wrong)}")
    if told:
        raise typer.BadParameter("; ".join(told))


def simulate_model(
    path: str,
    end: float,
    *,
    start: float,
    points: int,
    variables: str | None,
    rtol: float,
    atol: float,
    seed: int | None,
    out: Path | None,
) -> None:
    """Writes the model's course as CSV; typer.Exit(1) if it could not be solved."""
    check_out(out)
    from reseed.simulate import load_model

    names = None if variables is None else [name.strip() for name in variables.split(",")]
    found = load_model(path).simulate(
        end,
        start=start,
        points=points,
        variables=names,
        rtol=rtol,
        atol=atol,
        seed=1 if seed is None else seed,
    )
    table = found.isel(set=0, drop=True).T.to_pandas()
    place = sys.stdout if out is None else out
    table.to_csv(place, lineterminator="\n", float_format="%.12g")
    if out is not None:
        say(f"{len(table)} rows in {out}")
    for failure in found.attrs["failures"]:
        say(f"the model could not be solved: {failure.partition(': ')[2]}")
        raise typer.Exit(FAILED)


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
    check_out(out)
    from reseed.spec import find_library, read_scenario

    found = read_scenario(scenario, find_library(folders))
    from reseed.trial import replay

    solved = replay(found, arm, patient, days=days, seed=seed)
    table = without_noise(solved.table())
    place = sys.stdout if out is None else out
    table.to_csv(place, index=False, lineterminator="\n", float_format=_DIGITS)
    if out is not None:
        say(f"{len(table)} rows in {out}")
    if solved.trajectories.status[0]:
        state, day = solved.trajectories.status_state[0], solved.trajectories.status_time[0]
        say(f"patient {patient} could not be solved beyond day {day:g} ({state})")
        raise typer.Exit(FAILED)


def without_noise(table: pd.DataFrame) -> pd.DataFrame:
    """The table with 0 for what is too small beside its column's largest value to mean anything."""
    sizes = table.abs()
    return table.mask(sizes < _NOTHING * sizes.max(), 0.0)


def check_out(out: Path | None) -> None:
    """InvalidInput before anything is solved if the table could not be written there."""
    if out is None:
        return
    if out.is_dir():
        raise InvalidInput([Fault("call", "--out", f"the folder {out}", "the name of a file")])
    if not out.parent.is_dir():
        expected = "a file in a folder that exists"
        raise InvalidInput([Fault("call", "--out", f"no folder {out.parent}", expected)])
