"""Whether a question to the engine fits together: every fault found, before anything is solved."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reseed.base.errors import Fault, InvalidInput
from reseed.base.expressions import undefined
from reseed.base.ports import find_port
from reseed.engine.kernel.switches import hold
from reseed.engine.kernel.truths import sorted_out
from reseed.engine.solver import COMPILED, REFERENCE, Solver
from reseed.nouns.cohort import Cohort
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System

MOST_READ = 256
WIDTHS = (0, 1, 2, 4, 8, 16)


def check(system: System, cohort: Cohort, schedule: Schedule, probe: Probe, solver: Solver) -> None:
    """Raises InvalidInput with all that does not fit together."""
    faults = [
        *_solver(solver),
        *_system(system, solver),
        *_cohort(system, cohort),
        *_schedule(system, schedule, len(cohort.ids)),
        *_probe(system, probe, schedule),
    ]
    if faults:
        raise InvalidInput(faults)


def _solver(solver: Solver) -> Iterator[Fault]:
    methods = (*COMPILED, *REFERENCE)
    right = {
        "method": (solver.method in methods, f"one of {', '.join(methods)}"),
        "rtol": (1e-14 <= solver.rtol <= 0.1, "a number from 1e-14 to 0.1"),
        "atol_share": (0.0 < solver.atol_share < np.inf, "a number above 0"),
        "budget": (solver.budget >= 1, "1 step or more"),
        "rungs": (solver.rungs >= 0, "0 or more"),
        "longest": (solver.longest is None or solver.longest > 0.0, "None, or days above 0"),
        "exact_below": (solver.exact_below >= 0.0, "a count of 0 or more"),
        "threads": (solver.threads >= 0, "0 (all processors) or more"),
        "width": (solver.width in WIDTHS, f"one of {', '.join(map(str, WIDTHS))}"),
    }
    for name, (fits, expected) in right.items():
        if not fits:
            yield Fault("solver", name, str(getattr(solver, name)), expected)


def _system(system: System, solver: Solver) -> Iterator[Fault]:
    unknown, sudden = _formulas(system)
    for place, name in unknown:
        yield Fault(f"model {system.name}", place, name, "a state, a parameter or a rule")
    for formula in sudden if solver.longest is None else ():
        expected = "a linear function of time, or Solver(longest=...) below its shortest change"
        yield Fault(f"model {system.name}", "a rate that jumps with time", formula, expected)


_read: dict[str, tuple[list[tuple[str, str]], tuple[str, ...]]] = {}


def _formulas(system: System) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """What is wrong with a System's formulas, read once for each: names, and sudden changes."""
    if system.digest not in _read:
        if len(_read) >= MOST_READ:
            _read.clear()
        unknown = undefined(system)
        sudden = () if unknown else hold(sorted_out(system)).sudden
        _read[system.digest] = (unknown, sudden)
    return _read[system.digest]


def _cohort(system: System, cohort: Cohort) -> Iterator[Fault]:
    count = (len(cohort.ids),)
    if np.shape(cohort.draws()) != count:
        yield _shape("cohort", "luck", np.shape(cohort.draws()), count)
    for kind, columns in (("parameter", cohort.parameters), ("covariate", cohort.covariates)):
        for name, column in columns.items():
            if np.shape(column) != count:
                yield _shape("cohort", f"{kind} {name}", np.shape(column), count)
    for name in sorted({*cohort.parameters} - {*system.parameters}):
        yield Fault("cohort", f"parameter {name}", "no such parameter", "one of the model's")
    units = {column.name: column.unit for column in cohort.columns}
    for port in system.ports:
        if port.direction != "in":
            continue
        if port.name not in units:
            if port.default is not None:
                continue
            yield Fault("cohort", port.name, "no such covariate", f"one in {port.unit}")
        elif units[port.name] != port.unit:
            yield Fault("cohort", port.name, units[port.name], port.unit)


def _schedule(system: System, schedule: Schedule, patients: int) -> Iterator[Fault]:
    for target in sorted({*schedule.targets} - {*system.states, *system.parameters}):
        yield Fault("schedule", target, "no such state", "a state or a parameter")
    table = (patients, len(schedule.targets))
    arrays = {"times": schedule.times, "values": schedule.values}
    fits = [np.shape(array) == table for array in arrays.values()]
    for (name, array), right in zip(arrays.items(), fits, strict=True):
        if not right:
            yield _shape("schedule", name, np.shape(array), table)
    if len(schedule.tags) != len(schedule.targets):
        expected = f"one for each target ({len(schedule.targets)})"
        yield Fault("schedule", "tags", str(len(schedule.tags)), expected)
    if all(fits):
        given = ~np.isnan(schedule.values)
        if np.any(np.isnan(schedule.times) & given):
            yield Fault("schedule", "times", "NaN", "days; NaN among the values means no jump")
        if np.any(np.isinf(schedule.values)):
            yield Fault("schedule", "values", "an infinite one", "finite, or NaN for no jump")
    dated = {f"boundary {one.name}": one.times for one in schedule.boundaries}
    if schedule.start is not None:
        dated["start"] = schedule.start
    for name, days in {"origin": schedule.origin, **dated}.items():
        if np.shape(days) != (patients,):
            yield _shape("schedule", name, np.shape(days), (patients,))
        elif np.any(np.isnan(days)):
            yield Fault("schedule", name, "NaN", "days")
    if schedule.start is not None and np.any(np.isinf(schedule.start)):
        yield Fault("schedule", "start", "an infinite day", "days")
    if not 0.0 <= schedule.end < np.inf:
        yield Fault("schedule", "end", str(schedule.end), "a last day of 0 or more")


def _probe(system: System, probe: Probe, schedule: Schedule) -> Iterator[Fault]:
    observable = {*system.states, *system.parameters, *(rule for rule, _ in system.rules)}
    for name in probe.variables:
        try:
            symbol = find_port(system, name).symbol
        except KeyError as error:
            yield Fault("probe", name, str(error.args[0]), "a port of the model")
            continue
        if symbol not in observable:
            yield Fault("probe", name, "an event", "a quantity with a value")
    times = np.asarray(probe.times)
    rising = times.ndim == 1 and np.all(np.isfinite(times)) and np.all(np.diff(times) > 0)
    if not rising or (schedule.start is None and np.any(times < 0)):
        expected = "increasing times, from 0 where nobody starts before"
        yield Fault("probe", "times", "not increasing from 0", expected)


def _shape(where: str, name: str, found: tuple[int, ...], expected: tuple[int, ...]) -> Fault:
    return Fault(where, name, f"shape {found}", f"shape {expected}")
