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
    import numpy as np
    import pandas as pd

_DIGITS = "%.6g"
_NOTHING = 1e-12
"""A value below this share of its column's maximum is rounding of the solver, and written as 0."""


MOST_TOLD = 5
"""So many runs that failed are told one by one."""
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


def show_model(path: str) -> str:
    """What the model has, by name: its label, kind, unit and value at time 0."""
    from reseed.cli.columns import columns
    from reseed.simulate import load_model

    model = load_model(path)
    rows = [("name", "label", "kind", "value at 0", "unit")]
    rows += [
        (str(name), row.label, row.kind, f"{row.value:g}", row.unit)
        for name, row in model.table().iterrows()
    ]
    clock = f"time in {model.time_unit}" if model.time_unit else "no unit of time declared"
    return f"{Path(path).name}: {clock}\n\n{columns(rows)}"


def simulate_model(
    path: str,
    end: float,
    *,
    start: float,
    points: int,
    variables: str | None,
    rtol: float,
    atol: float | None,
    seed: int | None,
    given: Sequence[str],
    values: Path | None,
    doses: Sequence[str],
    runs: int | None,
    stochastic: bool,
    out: Path | None,
) -> None:
    """Writes the model's course as CSV; typer.Exit(1) if it could not be solved.

    Of more than one run it has a column `set`, and the runs one below the other.
    """
    check_out(out)
    columns, laid = {**_table(values), **_numbers(given)}, _doses(doses)
    from reseed.simulate import load_model

    names = None if variables is None else [name.strip() for name in variables.split(",")]
    found = load_model(path).simulate(
        end,
        start=start,
        points=points,
        variables=names,
        rtol=rtol,
        atol=atol,
        values=columns,
        doses=laid,
        runs=runs,
        stochastic=stochastic,
        seed=1 if seed is None else seed,
    )
    table = found.isel(set=0, drop=True).T.to_pandas()
    if found.sizes["set"] > 1:
        table = found.stack(row=("set", "time")).T.to_pandas()  # noqa: PD013
    place = sys.stdout if out is None else out
    table.to_csv(place, lineterminator="\n", float_format="%.12g")
    if out is not None:
        say(f"{len(table)} rows in {out}")
    if failures := found.attrs["failures"]:
        for failure in failures[:MOST_TOLD]:
            told = failure if found.sizes["set"] > 1 else failure.partition(": ")[2]
            say(f"the model could not be solved: {told}")
        if len(failures) > MOST_TOLD:
            say(f"and {len(failures) - MOST_TOLD} more")
        raise typer.Exit(FAILED)


def _numbers(given: Sequence[str]) -> dict[str, float]:
    """Numbers of the model that are given one by one, as NAME=NUMBER."""
    found: dict[str, float] = {}
    faults = []
    for text in given:
        name, _, number = text.rpartition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            faults.append(Fault("call", "--set", text, "NAME=NUMBER, such as k=0.5"))
    if faults:
        raise InvalidInput(faults)
    return found


def _doses(given: Sequence[str]) -> list[tuple[float, str, float]]:
    """Doses that are given one by one, as TIME:NAME=AMOUNT."""
    found, faults = [], []
    for text in given:
        time, _, rest = text.partition(":")
        name, _, amount = rest.rpartition("=")
        try:
            found.append((float(time), name.strip(), float(amount)))
        except ValueError:
            faults.append(Fault("call", "--dose", text, "TIME:NAME=AMOUNT, such as 12:D=80"))
    if faults:
        raise InvalidInput(faults)
    return found


def _table(path: Path | None) -> dict[str, np.ndarray]:
    """A CSV file of values: a column for each name, a row for each run."""
    if path is None:
        return {}
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        found = " ".join(str(error).split())
        raise InvalidInput([Fault(str(path), "--values", found, "a table as CSV")]) from None
    return {str(name): table[name].to_numpy() for name in table}


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
