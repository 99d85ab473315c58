"""Batches over processes; a worker that dies costs its batch another try, not the trial."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from reseed.base.errors import Incomplete
from reseed.base.workers import starting_workers, worker_context
from reseed.trial.batch import Batch, run_batch
from reseed.trial.setup import Setup

Task = tuple[int, int, int]  # arm, start, stop
TRIES = 3

_setup: Setup | None = None  # one worker process serves one trial


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
        workers, mp_context=worker_context(), initializer=_begin, initargs=(setup,)
    )
    futures: dict[Future[Batch], Task] = {}
    try:
        with starting_workers():
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


def _begin(setup: Setup) -> None:
    global _setup
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the conductor decides when to stop
    _setup = setup


def _work(task: Task) -> Batch:
    assert _setup is not None
    return run_batch(_setup, *task)
