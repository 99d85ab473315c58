"""The four tables that are kept per arm and block: patients, records, outcomes, solutions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reseed.nouns.cohort import Cohort
from reseed.nouns.follow_up import FollowUp
from reseed.nouns.outcomes import Outcomes
from reseed.nouns.records import Records
from reseed.nouns.trajectories import Trajectories
from reseed.store.paths import block_files, table_file, table_folder
from reseed.store.tables import read_tables, write_table

if TYPE_CHECKING:
    import pandas as pd

BLOCK_PATIENTS = 1_000
"""Patients in a block; the last block of an arm may have fewer."""

RECORDS = {
    "patient": "int",
    "time": "float",
    "source": "text",
    "name": "text",
    "value": "float",
    "unit": "text",
}
OUTCOMES = {
    "patient": "int",
    "endpoint": "text",
    "time": "float",
    "status": "int",
    "value": "float",
    "unit": "text",
    "after": "float",
}
SOLUTIONS = {
    "patient": "int",
    "end_time": "float",
    "end_reason": "text",
    "status": "int",
    "status_time": "float",
    "status_state": "text",
    "rung": "int",
    "steps": "int",
    "seen_until": "float",
    "seen_reason": "text",
}


def write_patients(folder: Path | str, arm: str, block: int, cohort: Cohort) -> None:
    """Write the patients of a block: id, covariates (levels as text), varying parameters."""
    schema = {"patient": "int"}
    columns: dict[str, Any] = {"patient": cohort.ids}
    for column in cohort.columns:
        values = cohort.covariates[column.name]
        if column.levels:
            schema[column.name] = "text"
            columns[column.name] = [_level(column.levels, value) for value in values]
        else:
            schema[column.name] = "float"
            columns[column.name] = values
    for name, values in cohort.parameters.items():
        schema[name] = "float"
        columns[name] = values
    write_table(table_file(folder, "patients", arm, block), schema, columns)


def read_patients(folder: Path | str, arm: str) -> pd.DataFrame:
    """The patients of an arm, one row each."""
    return read_tables(block_files(table_folder(folder, "patients", arm)), {"patient": "int"})


def write_records(folder: Path | str, arm: str, block: int, records: Records) -> None:
    """Write what procedures, events and hazards left behind; the order of the rows is kept."""
    columns = {name: getattr(records, name) for name in RECORDS}
    write_table(table_file(folder, "records", arm, block), RECORDS, columns)


def read_records(folder: Path | str, arm: str) -> pd.DataFrame:
    """The records of an arm: patient, time (days, study clock), source, name, value, unit."""
    return read_tables(block_files(table_folder(folder, "records", arm)), RECORDS)


def write_outcomes(folder: Path | str, arm: str, block: int, outcomes: Outcomes) -> None:
    """Write one row per patient and endpoint; the order of the rows is kept."""
    columns = {name: getattr(outcomes, name) for name in OUTCOMES}
    write_table(table_file(folder, "outcomes", arm, block), OUTCOMES, columns)


def read_outcomes(folder: Path | str, arm: str) -> pd.DataFrame:
    """The outcomes of an arm, one row per patient and endpoint."""
    return read_tables(block_files(table_folder(folder, "outcomes", arm)), OUTCOMES)


def outcomes_of(frame: pd.DataFrame) -> Outcomes:
    """A table of outcomes, as `read_outcomes` gives it, as the noun that `stats` takes."""
    return Outcomes(
        patient=frame["patient"].to_numpy(np.int64),
        endpoint=tuple(frame["endpoint"]),
        time=frame["time"].to_numpy(np.float64),
        status=frame["status"].to_numpy(np.int64),
        value=frame["value"].to_numpy(np.float64),
        unit=tuple(frame["unit"]),
        after=frame["after"].to_numpy(np.float64),
    )


def write_solutions(
    folder: Path | str,
    arm: str,
    block: int,
    trajectories: Trajectories,
    follow_up: FollowUp | None = None,
) -> None:
    """Write how each patient's solution went: its end, failure code, rung, steps.

    `seen_until` and `seen_reason` say until when the trial saw the patient, and why no longer;
    without a `follow_up`, that is the end of the solution.
    """
    seen = follow_up or FollowUp(trajectories.end_time, trajectories.end_reason)
    columns: dict[str, Any] = {
        "patient": trajectories.ids,
        "seen_until": seen.until,
        "seen_reason": seen.reason,
    }
    columns |= {name: getattr(trajectories, name) for name in SOLUTIONS if name not in columns}
    write_table(table_file(folder, "solutions", arm, block), SOLUTIONS, columns)


def read_solutions(folder: Path | str, arm: str) -> pd.DataFrame:
    """How the solutions of an arm went, one row per patient."""
    return read_tables(block_files(table_folder(folder, "solutions", arm)), SOLUTIONS)


def _level(levels: tuple[str, ...], value: float) -> str:
    return "" if np.isnan(value) else levels[int(value)]
