"""Whether a question to the engine fits together: every fault found, before anything is solved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.expressions import undefined
from reseed.base.words import nearest, one_of, one_of_these
from reseed.engine.kernel.algebra import matched, placed
from reseed.engine.kernel.switches import hold
from reseed.engine.kernel.truths import sorted_out
from reseed.engine.solver import COMPILED, REFERENCE, Solver
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System

MOST_READ = 256
MOST_ID = 2**53  # whole numbers of a lane are kept as real ones
WIDTHS = (0, 1, 2, 4, 8, 16)


def check(
    system: System, cohort: Cohort, schedule: Schedule, probe: Probe, key: Key, solver: Solver
) -> None:
    """Raises InvalidInput with all that does not fit together."""
    kinds = (
        (system, System), (cohort, Cohort), (schedule, Schedule), (probe, Probe), (key, Key),
        (solver, Solver),
    )  # fmt: skip
    faults = [
        Fault("call", kind.__name__.lower(), _kind(given), f"a {kind.__name__}")
        for given, kind in kinds
        if not isinstance(given, kind)
    ]
    if not faults:
        faults = [*_key(key), *_solver(solver), *_system(system, solver)]
        faults += _reference(system, probe, solver)
        crude = list(_arrays(cohort, schedule, probe))
        faults += crude or [  # what is no array has no shape to be compared
            *_cohort(system, cohort),
            *_schedule(system, schedule, len(cohort.ids)),
            *_probe(system, probe, schedule),
        ]
    if faults:
        raise InvalidInput(faults)


def _kind(value: object) -> str:
    return f"a {type(value).__name__}"


def _key(key: Key) -> Iterator[Fault]:
    whole = isinstance(key.seed, int | np.integer) and not isinstance(key.seed, bool)
    if not whole or not 0 <= key.seed < 2**64:
        yield Fault("key", "seed", repr(key.seed), "a whole number from 0 to below 2**64")
    if not isinstance(key.stream, str):
        yield Fault("key", "stream", _kind(key.stream), "a text")


def _arrays(cohort: Cohort, schedule: Schedule, probe: Probe) -> Iterator[Fault]:
    """Whether arrays are arrays of numbers, and names tuples of texts."""
    whole = {("cohort", "ids"): cohort.ids, ("cohort", "luck"): cohort.draws()}
    real: dict[tuple[str, str], NDArray] = {}
    for kind, columns in (("parameter", cohort.parameters), ("covariate", cohort.covariates)):
        if isinstance(columns, Mapping):
            real |= {("cohort", f"{kind} {name}"): column for name, column in columns.items()}
        else:
            yield Fault("cohort", f"{kind}s", _kind(columns), "arrays by their names")
    real |= {("schedule", name): getattr(schedule, name) for name in ("times", "values", "origin")}
    real |= {("schedule", f"boundary {one.name}"): one.times for one in schedule.boundaries}
    if schedule.start is not None:
        real["schedule", "start"] = schedule.start
    real["probe", "times"] = probe.times
    for (where, name), value in whole.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "iu":
            yield Fault(where, name, _found(value), "a numpy array of whole numbers")
        elif np.any((value < 0) | (value > MOST_ID)):
            yield Fault(where, name, "one out of range", "from 0 to 2**53")
    for (where, name), value in real.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
            yield Fault(where, name, _found(value), "a numpy array of numbers")
    names = {
        ("schedule", "targets"): schedule.targets,
        ("schedule", "tags"): schedule.tags,
        ("probe", "variables"): probe.variables,
    }
    for (where, name), texts in names.items():
        some = isinstance(texts, tuple | list)
        if not some or not all(isinstance(text, str) for text in texts):
            found = repr(texts) if isinstance(texts, str) else _kind(texts)
            yield Fault(where, name, found, 'a tuple of names, as ("one",)')


def _found(value: object) -> str:
    return f"an array of {value.dtype}" if isinstance(value, np.ndarray) else _kind(value)


def _solver(solver: Solver) -> Iterator[Fault]:
    methods = (*COMPILED, *REFERENCE)
    right = {
        "method": (solver.method in methods, one_of_these(solver.method, methods)),
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
        known = {*system.states, *system.parameters, *(rule for rule, _ in system.rules)}
        expected = one_of(name, known, "a state, a parameter or a rule")
        yield Fault(f"model {system.name}", place, f"no {name}", expected)
    names = [name for name, _ in system.algebraic]
    lacking = [name for name in names if name not in system.states or names.count(name) > 1]
    if not lacking:
        lacking = matched(system)[1]
    for name in lacking:
        expected = "a state, and a formula for each one that depends on it"
        yield Fault(f"model {system.name}", "algebraic rules", f"nothing for {name}", expected)
    for formula in sudden if solver.longest is None else ():
        expected = "a linear function of time, or Solver(longest=...) below its shortest change"
        yield Fault(f"model {system.name}", "a rate that jumps with time", formula, expected)


def _reference(system: System, probe: Probe, solver: Solver) -> Iterator[Fault]:
    """What the reference solvers leave to the compiled ones."""
    if solver.method not in REFERENCE:
        return
    lacking = {
        "discrete species": bool(system.channels),
        "events with delays, priorities or values of their execution": any(
            event.delay is not None
            or event.priority is not None
            or not (event.persistent and event.at_trigger)
            for event in system.events
        ),
        "algebraic states": bool(system.algebraic),
        "samples after what happens at their time": probe.after,
    }
    for what in [what for what, there in lacking.items() if there]:
        yield Fault("solver", f"method {solver.method}", what, f"{COMPILED[0]} for these")


_read: dict[str, tuple[list[tuple[str, str]], tuple[str, ...]]] = {}


def _formulas(system: System) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """What is wrong with a System's formulas, read once for each: names, and sudden changes."""
    if system.digest not in _read:
        if len(_read) >= MOST_READ:
            _read.clear()
        unknown = undefined(system)
        known = not unknown and not matched(system)[1]
        sudden = hold(placed(sorted_out(system))).sudden if known else ()
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
        expected = one_of(name, system.parameters, "one of the model's")
        yield Fault("cohort", f"parameter {name}", "no such parameter", expected)
    units = {column.name: column.unit for column in cohort.columns}
    for port in system.ports:
        if port.direction != "in":
            continue
        if port.name not in units:
            if port.default is not None:
                continue
            expected = f"one in {port.unit}"
            if near := nearest(port.name, units):
                expected += f"; is it {near}?"
            yield Fault("cohort", port.name, "no such covariate", expected)
        elif units[port.name] != port.unit:
            yield Fault("cohort", port.name, units[port.name], port.unit)


def _schedule(system: System, schedule: Schedule, patients: int) -> Iterator[Fault]:
    known = {*system.states, *system.parameters}
    for target in sorted({*schedule.targets} - known):
        expected = one_of(target, known, "a state or a parameter")
        yield Fault("schedule", target, "no such state or parameter", expected)
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
    yield from _too_early(schedule, patients)
    if not (np.isfinite(schedule.end) and (schedule.end >= 0.0 or schedule.start is not None)):
        yield Fault("schedule", "end", str(schedule.end), "a last day of 0 or more")


def _too_early(schedule: Schedule, patients: int) -> Iterator[Fault]:
    """Jumps and procedures before a patient's first day: nobody is there yet."""
    first = schedule.first_days()
    if np.shape(first) != (patients,):
        return
    dated = {f"boundary {one.name}": one.times for one in schedule.boundaries}
    if np.shape(schedule.times) == np.shape(schedule.values) == (patients, len(schedule.targets)):
        # a value of NaN means no jump
        given = np.where(np.isnan(schedule.values), np.inf, schedule.times)
        for number, target in enumerate(schedule.targets):
            dated[f"jump {number} of {target}"] = given[:, number]
    for name, days in dated.items():
        if np.shape(days) != (patients,):
            continue
        rows = np.flatnonzero(days < first)
        if len(rows):
            row = rows[0]
            found = f"day {days[row]:g} (row {row}; {len(rows)} of {patients} patients)"
            yield Fault("schedule", name, found, f"from the first day on, here {first[row]:g}")


def _probe(system: System, probe: Probe, schedule: Schedule) -> Iterator[Fault]:
    observable = {*system.states, *system.parameters, *(rule for rule, _ in system.rules)}
    symbols = {port.name: port.symbol for port in system.ports}
    for name in probe.variables:
        if name not in symbols:
            expected = one_of(name, symbols, "a port of the model")
            yield Fault("probe", name, "no such port", expected)
        elif symbols[name] not in observable:
            yield Fault("probe", name, "an event", "a quantity with a value")
    times = probe.times
    rising = times.ndim == 1 and np.all(np.isfinite(times)) and np.all(np.diff(times) > 0)
    if not rising or (schedule.start is None and np.any(times < 0)):
        expected = "increasing times, from 0 where nobody starts before"
        yield Fault("probe", "times", "not increasing from 0", expected)


def _shape(where: str, name: str, found: tuple[int, ...], expected: tuple[int, ...]) -> Fault:
    return Fault(where, name, f"shape {found}", f"shape {expected}")
