"""`figure`: one variable or endpoint of a trial folder, by its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reseed.report.clock import Zero, zero_of
from reseed.report.data import TIMED, as_seen, seen
from reseed.report.figures import figure_of_endpoint, figure_of_variable
from reseed.stats import censoring_weights

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(folder: Path | str, what: str) -> Figure:
    """The matplotlib Figure of an endpoint, or of a variable that the run kept.

    Raises KeyError with the names that exist, and InvalidInput if the folder holds no trial.
    """
    import reseed.store as store

    run = store.read_run(folder)
    titles = {arm["name"]: arm.get("title") or arm["name"] for arm in run["arms"]}
    endpoints = {endpoint["name"]: endpoint for endpoint in run["endpoints"]}
    if what in endpoints:
        return _of_endpoint(Path(folder), endpoints[what], titles)
    if what in run["show"]:
        return _of_variable(Path(folder), what, titles, zero_of(run))
    known = ", ".join([*endpoints, *run["show"]])
    raise KeyError(f"no endpoint or variable {what!r}; there are: {known}")


def _of_variable(folder: Path, what: str, titles: dict[str, str], zero: Zero) -> Figure:
    import reseed.store as store

    arms: dict[str, NDArray[np.floating]] = {}
    days: NDArray[np.float64] = np.empty(0)
    unit = ""
    for name, title in titles.items():
        values = store.read_trajectories(folder, name, variables=[what])
        days = values["time"].to_numpy().astype(float)
        until = as_seen(store.read_solutions(folder, name))["end_time"].to_numpy(float)
        unit = values.attrs["units"][what]
        label = title if title not in arms else f"{title} ({name})"
        arms[label] = seen(values.to_numpy()[:, 0, :], days, until)
        days = days - zero.day
    return figure_of_variable(what, arms, days, unit, zero.axis)


def _of_endpoint(folder: Path, endpoint: dict, titles: dict[str, str]) -> Figure:
    import reseed.store as store

    estimates = [e for e in store.read_estimates(folder) if e.endpoint == endpoint["name"]]
    values, follow, weights = {}, {}, {}
    for estimate in estimates:
        rows = store.read_outcomes(folder, estimate.arm)
        rows = rows[rows["endpoint"] == endpoint["name"]]
        values[estimate.arm] = rows["value"].to_numpy(float)
        if estimate.kind not in (*TIMED, "rate"):
            time, status = rows["time"].to_numpy(float), rows["status"].to_numpy()
            values[estimate.arm] = np.where(status == 1, values[estimate.arm], np.nan)
            weights[estimate.arm] = censoring_weights(time, status)
        rows = rows[np.isfinite(rows["time"])]
        follow[estimate.arm] = (rows["time"].to_numpy(float), rows["status"].to_numpy(int))
    return figure_of_endpoint(
        endpoint.get("title") or endpoint["name"],
        estimates,
        arm_titles=titles,
        values=values,
        follow=follow,
        weights=weights,
        origin="study entry" if endpoint.get("origin") == "entry" else "infusion",
    )
