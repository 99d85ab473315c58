"""Estimates on disk: curves in `estimates.parquet`, one line each in `summaries.parquet`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reseed.nouns.estimate import Estimate
from reseed.store.tables import read_tables, write_table

CURVES = {
    "arm": "text",
    "endpoint": "text",
    "kind": "text",
    "time": "float",
    "estimate": "float",
    "low": "float",
    "high": "float",
    "at_risk": "int",
}
SUMMARIES = {
    "arm": "text",
    "endpoint": "text",
    "kind": "text",
    "median": "float",
    "q25": "float",
    "q75": "float",
    "unit": "text",
    "n": "int",
    "missing": "int",
}


def write_estimates(folder: Path | str, estimates: Sequence[Estimate]) -> None:
    """Write all estimates of a trial; each (arm, endpoint) occurs once."""
    curves: dict[str, list] = {name: [] for name in CURVES}
    for estimate in estimates:
        length = len(estimate.times)
        for name in ("arm", "endpoint", "kind"):
            curves[name] += [getattr(estimate, name)] * length
        curves["time"] += list(estimate.times)
        for name in ("estimate", "low", "high", "at_risk"):
            curves[name] += list(getattr(estimate, name))
    write_table(Path(folder) / "estimates.parquet", CURVES, curves)
    rows = {name: [getattr(estimate, name) for estimate in estimates] for name in SUMMARIES}
    write_table(Path(folder) / "summaries.parquet", SUMMARIES, rows)


def read_estimates(folder: Path | str) -> list[Estimate]:
    """The estimates of a trial in the order in which they were written."""
    curves = read_tables([Path(folder) / "estimates.parquet"], CURVES)
    parts = dict(tuple(curves.groupby(["arm", "endpoint"], sort=False)))
    estimates = []
    for row in read_tables([Path(folder) / "summaries.parquet"], SUMMARIES).to_dict("records"):
        curve = parts.get((row["arm"], row["endpoint"]), curves.iloc[:0])
        estimates.append(
            Estimate(
                **{str(name): value for name, value in row.items()},
                times=curve["time"].to_numpy(np.float64),
                estimate=curve["estimate"].to_numpy(np.float64),
                low=curve["low"].to_numpy(np.float64),
                high=curve["high"].to_numpy(np.float64),
                at_risk=curve["at_risk"].to_numpy(np.int64),
            )
        )
    return estimates
