"""Doses that a call gives: what is added to states, at times, in each run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.words import one_of
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System

Dose = tuple[float, str, ArrayLike]
"""Time, name of a state, amount: one for all runs, or one for each."""
EXPECTED = '(time, name, amount), as (12.0, "D", 80.0)'


def laid_out(
    system: System, name: str, doses: Sequence[Dose], start: float, end: float, count: int
) -> Schedule:
    """The schedule of `count` runs from `start` to `end`; InvalidInput with every fault."""
    times: list[float] = []
    targets: list[str] = []
    amounts: list[NDArray[np.float64]] = []
    faults: list[Fault] = []
    for place, dose in enumerate(doses):
        where = f"doses[{place}]"
        try:
            time, target, given = dose
            at, amount = float(time), np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            faults.append(Fault(name, where, repr(dose), EXPECTED))
            continue
        found = _faults(system, target, at, amount, start, count)
        faults += [Fault(name, where, *one) for one in found]
        if not found:
            times.append(at)
            targets.append(target)
            amounts.append(np.broadcast_to(amount, (count,)))
    if faults:
        raise InvalidInput(faults)
    shape = (count, len(times))
    return Schedule(
        times=np.broadcast_to(np.array(times), shape).copy(),
        values=np.stack(amounts, axis=1) if amounts else np.zeros(shape),
        targets=tuple(targets),
        tags=("dose",) * len(targets),
        boundaries=(),
        origin=np.zeros(count),
        end=end,
        start=np.full(count, start),
    )


def _faults(
    system: System,
    target: str,
    time: float,
    amount: NDArray[np.float64],
    start: float,
    count: int,
) -> list[tuple[str, str]]:
    """What is wrong with a dose, and what was expected."""
    free = {*system.states} - {state for state, _ in system.algebraic}
    found = []
    if target not in free:
        found.append((repr(target), one_of(str(target), free, "a state of the model")))
    if not time >= start:
        found.append((f"time {time:g}", f"a time from start, {start:g}, on"))
    if amount.shape not in ((), (count,)) or not np.isfinite(amount).all():
        told = f"amounts of shape {amount.shape}"
        found.append((told, f"one finite number, or one for each of {count} runs"))
    elif target in system.discrete and np.any(amount != np.rint(amount)):
        found.append(("a part of one", f"whole numbers, since {target} goes one by one"))
    return found
