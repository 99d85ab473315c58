"""summarise: as `solve`, but each chunk's samples are reduced at once and then forgotten."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.ports import find_port
from reseed.base.words import one_of
from reseed.engine.check import check
from reseed.engine.ensemble import solve_compiled
from reseed.engine.merge import merge
from reseed.engine.reduce import reduce
from reseed.engine.reference import solve_by_reference
from reseed.engine.solve import records
from reseed.engine.solver import REFERENCE, Solver
from reseed.engine.told import Told, blank
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.reduction import Reduction
from reseed.nouns.schedule import Schedule
from reseed.nouns.summary import Summary
from reseed.nouns.system import System

AT_A_TIME = 250  # patients of a reference solver, which has no chunks of its own


def summarise(
    system: System,
    cohort: Cohort,
    schedule: Schedule,
    probe: Probe,
    reduction: Reduction,
    *,
    key: Key,
    solver: Solver | None = None,
) -> tuple[Summary, Records]:
    """Integrate every patient and keep what a Reduction names, never all trajectories at once.

    Counts in bins, extremes and days above, in the system's units and in days, and the Records
    as `solve` gives them. The samples of a chunk (at most 2,000 patients for each thread) are all
    that is held at a time. Threads, lane width and chunks change nothing, to the last bit; so
    consecutive parts of a cohort can be summarised one by one and joined by `merge`. Raises
    InvalidInput as `solve` does, and where the reduction names no variable of the probe, or edges
    that do not increase.
    """
    solver = solver or Solver()
    check(system, cohort, schedule, probe, key, solver)
    _check(probe, reduction)
    units = tuple(find_port(system, name).unit for name in probe.variables)

    def receive(
        rows: NDArray[np.int64], told: Told, values: NDArray[np.float64]
    ) -> tuple[Summary, Records]:
        ids = cohort.ids[rows]
        first_days = schedule.first_days()[rows]
        return reduce(ids, told, first_days, values, probe, units, reduction), records(ids, told)

    question = (system, cohort, schedule, probe, key, solver)
    everyone = np.arange(len(cohort.ids), dtype=np.int64)
    if not len(everyone):
        return receive(everyone, blank(0), np.empty((0, len(probe.variables), len(probe.times))))
    if solver.method in REFERENCE:
        turns = [everyone[i : i + AT_A_TIME] for i in range(0, len(everyone), AT_A_TIME)]
        parts = [receive(rows, *solve_by_reference(*question, rows)) for rows in turns]
    else:
        parts = solve_compiled(*question, receive)
    return merge([summary for summary, _ in parts]), _joined([found for _, found in parts])


def _check(probe: Probe, reduction: Reduction) -> None:
    faults = [
        Fault(
            "reduction",
            f"{part}: {name}",
            "no such variable",
            one_of(name, probe.variables, "one of the probe's"),
        )  # fmt: skip
        for part, named in (("edges", reduction.edges), ("above", reduction.above))
        for name in named
        if name not in probe.variables
    ]
    for name, edges in reduction.edges.items():
        rising = np.ndim(edges) == 1 and len(edges) > 1 and np.all(np.diff(edges) > 0)
        if not rising or not np.all(np.isfinite(edges)):
            found = np.array2string(np.asarray(edges), threshold=6, edgeitems=2)
            faults.append(Fault("reduction", f"edges: {name}", found, "two or more, increasing"))
    for name, limit in reduction.above.items():
        if not np.isfinite(limit):
            faults.append(Fault("reduction", f"above: {name}", str(limit), "a finite number"))
    if faults:
        raise InvalidInput(faults)


def _joined(parts: list[Records]) -> Records:
    return Records(
        patient=np.concatenate([part.patient for part in parts]),
        time=np.concatenate([part.time for part in parts]),
        source=tuple(word for part in parts for word in part.source),
        name=tuple(word for part in parts for word in part.name),
        value=np.concatenate([part.value for part in parts]),
        unit=tuple(word for part in parts for word in part.unit),
    )
