"""A race: everybody solves patients in turns, round after round, and processor time is taken."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Racer:
    """`run(patients)` solves them; `clock` is of the thread, or of the process for a racer that
    works in threads of its own."""

    name: str
    run: Callable[[Sequence[int]], Any]
    patients: Sequence[int]
    clock: Callable[[], float] = time.thread_time


def race(racers: Sequence[Racer], rounds: int) -> dict[str, list[float]]:
    """Seconds of processor time per patient, one for each round, after a warm-up that compiles.

    Interleaved, since clock and caches of a shared machine change from minute to minute.
    """
    for racer in racers:
        racer.run(racer.patients)
    taken: dict[str, list[float]] = {racer.name: [] for racer in racers}
    for _ in range(rounds):
        for racer in racers:
            begun = racer.clock()
            racer.run(racer.patients)
            taken[racer.name].append((racer.clock() - begun) / len(racer.patients))
    return taken


@contextmanager
def one_core() -> Iterator[None]:
    """This process keeps to one core, where the system can say so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long one takes as another: of the medians, and the span over rounds."""

    median: float
    lowest: float
    highest: float


def ratio(slow: Sequence[float], fast: Sequence[float]) -> Ratio:
    """Of two racers of one race."""
    each = [a / b for a, b in zip(slow, fast, strict=True)]
    return Ratio(statistics.median(slow) / statistics.median(fast), min(each), max(each))
