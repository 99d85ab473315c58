"""Batches over processes; a worker that dies costs its batch another try, not the trial."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from types import ModuleType
from typing import Any

from reseed.base.errors import Incomplete
from reseed.trial.batch import Batch, run_batch
from reseed.trial.setup import Setup

Task = tuple[int, int, int]  # arm, start, stop
TRIES = 3
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

_setup: Setup | None = None  # one worker process serves one trial


def start_server() -> None:
    """Let the server of worker processes begin with its imports while the models are compiled."""
    context = _context()
    if context.get_start_method() == "forkserver":
        from multiprocessing import forkserver

        with _main_hidden(), _one_thread_each():
            forkserver.ensure_running()


def run_tasks(setup: Setup, tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, Batch]]:
    """Results as they come, in no particular order; Incomplete if workers keep dying."""
    if workers == 1 or len(tasks) == 1:
        for task in tasks:
            yield task, run_batch(setup, *task)
        return
    left = list(tasks)
    for _ in range(TRIES):
        try:
            for task, batch in _pooled(setup, left, min(workers, len(left))):
                left.remove(task)
                yield task, batch
            return
        except BrokenProcessPool:
            continue
    raise Incomplete(f"worker processes died {TRIES} times; {len(left)} batches are left")


def _pooled(setup: Setup, tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, Batch]]:
    executor = ProcessPoolExecutor(
        workers, mp_context=_context(), initializer=_begin, initargs=(setup,)
    )
    futures: dict[Future[Batch], Task] = {}
    try:
        with _main_hidden(), _one_thread_each():
            futures = {executor.submit(_work, task): task for task in tasks}
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield futures.pop(future), future.result()
    finally:
        for future in futures:
            future.cancel()
        executor.shutdown(wait=True, cancel_futures=True)


def _context() -> Any:
    """Fork from a clean server that has imported what batches need, where the system can."""
    if sys.platform == "linux":
        context = get_context("forkserver")
        context.set_forkserver_preload(["reseed.trial.preload"])
        return context
    return get_context("spawn")


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Workers need nothing of the user's script; hidden, it is not run again in each of them."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Small linear systems gain nothing from threads, and workers would fight over the cores."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _begin(setup: Setup) -> None:
    global _setup
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the conductor decides when to stop
    _setup = setup


def _work(task: Task) -> Batch:
    assert _setup is not None
    return run_batch(_setup, *task)
