"""Compiled patients: a cohort in chunks, over threads; nothing of a result depends on either."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from reseed.base.keys import philox_key
from reseed.base.ports import find_port
from reseed.engine.call import Call
from reseed.engine.chunk import Chunk, MissingTarget
from reseed.engine.kernel import Kernel, build, lane_width
from reseed.engine.solver import Solver
from reseed.engine.told import Told
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System

Vector = NDArray[np.float64]
Whole = NDArray[np.int64]
T = TypeVar("T")
Receive = Callable[[Whole, Told, Vector], T]
CHUNK = 2_000  # patients solved together by one thread
FEWEST = 64
MOST_KERNELS = 32

_kernels: dict[tuple[object, ...], Kernel] = {}
_lock = Lock()


def solve_compiled(
    system: System, cohort: Cohort, schedule: Schedule, probe: Probe, key: Key, solver: Solver,
    receive: Receive[T], values: Vector | None = None,
) -> list[T]:  # fmt: skip
    """What `receive` makes of each chunk of patients, in their order.

    It is called with rows of the cohort, what became of them, and their samples (patient,
    variable, time), in the thread that solved them. The samples are a part of `values` if these
    are given; else they live no longer than the call.
    """
    if not len(cohort.ids):
        return []
    targets = {*schedule.targets} & {*system.parameters}
    targets |= {port.symbol for port in system.ports if port.direction == "dose"}
    while True:
        try:
            return _solve(system, cohort, schedule, probe, key, solver, targets, receive, values)
        except MissingTarget as missing:
            # rare: a procedure changes what nothing said could change
            if str(missing) not in system.parameters:
                raise ValueError(f"a procedure's jump has no such target: {missing}") from missing
            targets |= {str(missing)}


def _solve(
    system: System, cohort: Cohort, schedule: Schedule, probe: Probe, key: Key, solver: Solver,
    targets: set[str], receive: Receive[T], values: Vector | None,
) -> list[T]:  # fmt: skip
    ports = _ports(system) if schedule.boundaries else ()
    kernel = kernel_for(system, cohort, probe.variables, ports, targets, solver, after=probe.after)
    uniforms = np.array(system.defaults, dtype=np.float64)
    addresses = _addresses(system, key)
    times = np.ascontiguousarray(probe.times, dtype=np.float64)

    def work(rows: Whole) -> T:
        chunk = Chunk(system, kernel, cohort, schedule, rows, ports, probe, key, solver)
        call = Call(kernel, uniforms, addresses, times)
        if values is None:
            part = np.empty((len(rows), len(probe.variables), len(times)))
        else:
            part = values[rows[0] : rows[-1] + 1]
        chunk.solve(call, part)
        return receive(rows, chunk.told, part)

    threads = solver.threads or os.cpu_count() or 1
    chunks = _chunks(len(cohort.ids), threads)
    if threads == 1 or len(chunks) == 1:
        return [work(rows) for rows in chunks]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, chunks))


def _chunks(count: int, threads: int) -> list[Whole]:
    """Runs of rows: at first long ones, for full lanes, then shorter, so that all end together.

    Polychronopoulos & Kuck 1987, doi:10.1109/TC.1987.5009495.
    """
    chunks, start = [], 0
    while start < count:
        size = CHUNK
        if threads > 1:
            size = min(CHUNK, max(FEWEST, (count - start) // (2 * threads)))
        stop = min(count, start + size)
        chunks.append(np.arange(start, stop, dtype=np.int64))
        start = stop
    return chunks


def kernel_for(
    system: System,
    cohort: Cohort,
    variables: Sequence[str],
    ports: Sequence[str],
    targets: set[str],
    solver: Solver,
    *,
    after: bool = False,
) -> Kernel:
    """The kernel for these patients, from memory, from disk, or compiled now."""
    varying = {*cohort.parameters, *cohort.covariates} & {*system.parameters}
    symbols = [find_port(system, name).symbol for name in variables]
    revealed = [find_port(system, name).symbol for name in ports]
    width = solver.width or lane_width()
    name = (
        system.digest,
        tuple(symbols),
        tuple(revealed),
        frozenset(varying),
        frozenset(targets),
        solver.method,
        width,
        after,
        solver.exact_below == float("inf"),
    )
    with _lock:
        if name not in _kernels:
            if len(_kernels) >= MOST_KERNELS:
                del _kernels[next(iter(_kernels))]
            _kernels[name] = build(
                system,
                symbols,
                revealed,
                varying=varying,
                targets={target for target in targets if target in system.parameters},
                method=solver.method,
                width=width,
                after=after,
                exact=solver.exact_below == float("inf"),
            )
        return _kernels[name]


def _ports(system: System) -> tuple[str, ...]:
    """All ports that have a value."""
    known = {*system.states, *system.parameters, *(rule for rule, _ in system.rules)}
    return tuple(port.name for port in system.ports if port.symbol in known)


def _addresses(system: System, key: Key) -> NDArray[np.int64]:
    """Seed and stream of each hazard, then two of each channel: one by one, and in leaps.

    At the end stands the one from which all is drawn where channels fire by the direct method.
    """
    streams = [f"hazard/{hazard.name}" for hazard in system.hazards]
    for channel in system.channels:
        streams += [f"channel/{channel.name}", f"leap/{channel.name}"]
    streams.append("direct")  # what fires next, and when
    words = [philox_key(Key(key.seed, stream)) for stream in streams]
    return np.array(words, dtype=np.uint64).reshape(-1, 2).view(np.int64)
