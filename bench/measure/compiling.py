"""How long it takes from SBML text in memory to a callable kernel, and from the cache."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from bench.population import Population
from bench.racers import reseed_racer
from reseed.engine import Solver, ensemble
from reseed.model import load_sbml


def compiling(text: str, people: Population, times: int) -> dict[str, float]:
    """Medians of wall-clock seconds; what Python imports and LLVM sets up once comes before.

    `reload_s` is the kernel from its file, `reload_from_text_s` with the model read again.
    """
    with _empty_cache():
        _once(text, people)
    fresh, reread, reloaded = [], [], []
    for _ in range(times):
        with _empty_cache():
            fresh.append(_once(text, people)[0])
            whole, kernel = _once(text, people)
            reread.append(whole)
            reloaded.append(kernel)
    return {
        "compile_s": statistics.median(fresh),
        "reload_s": statistics.median(reloaded),
        "reload_from_text_s": statistics.median(reread),
    }


def _once(text: str, people: Population) -> tuple[float, float]:
    """Seconds from text to kernel, and from the model to the kernel."""
    ensemble._kernels.clear()  # each time as in a new process
    begun = time.perf_counter()
    system = load_sbml(text, "benchmark")
    read = time.perf_counter()
    rows = np.arange(1)
    targets = {*people.targets} & {*system.parameters}
    ensemble.kernel_for(
        system, reseed_racer.cohort(people, rows), people.observables, (), targets, Solver()
    )
    done = time.perf_counter()
    return done - begun, done - read


@contextmanager
def _empty_cache() -> Iterator[None]:
    before = os.environ.get("RESEED_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RESEED_CACHE"] = folder
        try:
            yield
        finally:
            del os.environ["RESEED_CACHE"]
            if before is not None:
                os.environ["RESEED_CACHE"] = before
            ensemble._kernels.clear()
