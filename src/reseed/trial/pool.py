"""Batches over processes; a worker that dies costs its batch another try, not the trial."""

from __future__ import annotations

import dataclasses
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children
from typing import Any

from reseed import store
from reseed.base.errors import Incomplete
from reseed.base.workers import starting_workers, worker_context
from reseed.report import HandOut, at_once
from reseed.trial.batch import Batch, run_arms
from reseed.trial.setup import Setup

Task = tuple[tuple[int, ...], int, int]  # arms, start, stop; several arms of the same people
TRIES = 3
DRAWERS = 4  # a page has some forty figures, of a twentieth of a second each
PAUSE = 0.5  # seconds before the second try; twice as long before the third

_setup: Setup | None = None  # one worker process serves one trial


def run_tasks(
    setup: Setup, tasks: Sequence[Task], workers: int
) -> Iterator[tuple[Task, list[Batch]]]:
    """Results as they come, in no particular order: a batch for each arm of the task.

    Incomplete if workers keep dying.
    """
    if workers == 1 or len(tasks) <= 1:  # none: stopped between its last block and its report
        for task in tasks:
            yield task, run_arms(setup, *task)
        return
    left = list(tasks)
    for tried in range(TRIES):
        time.sleep(tried * PAUSE)  # what broke the pool may take the server of workers with it
        try:
            for task, batches in _pooled(setup, left, min(workers, len(left))):
                left.remove(task)
                yield task, batches
            return
        except BrokenProcessPool:
            continue
    raise Incomplete(f"worker processes died {TRIES} times; {len(left)} batches are left")


@contextmanager
def helpers(workers: int) -> Iterator[HandOut]:
    """Hands work to other processes; what they cannot do, since they died, is done here."""
    if workers == 1:
        yield at_once
        return
    executor = ProcessPoolExecutor(
        min(workers, DRAWERS), mp_context=worker_context(), initializer=_leave_interrupts
    )

    def hand_out(work: Callable[..., str], *parts: Any) -> Callable[[], str]:
        try:
            with starting_workers():
                future = executor.submit(work, *parts)
        except (BrokenProcessPool, OSError, EOFError):
            return at_once(work, *parts)

        def promise() -> str:
            try:
                return future.result()
            except BrokenProcessPool:
                return work(*parts)

        return promise

    try:
        yield hand_out
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _pooled(
    setup: Setup, tasks: Sequence[Task], workers: int
) -> Iterator[tuple[Task, list[Batch]]]:
    others = set(active_children())
    executor = ProcessPoolExecutor(
        workers, mp_context=worker_context(), initializer=_begin, initargs=(setup,)
    )
    futures: dict[Future[list[Batch]], Task] = {}
    try:
        _submit(executor, tasks, futures)
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield futures.pop(future), future.result()
    except BrokenProcessPool:
        # The executor ends the workers it knew of when one died; one that was being started just
        # then lives on, and waiting for it would have no end.
        for worker in set(active_children()) - others:
            worker.kill()
        raise
    finally:
        for future in futures:
            future.cancel()
        executor.shutdown(wait=True, cancel_futures=True)


def _submit(
    executor: ProcessPoolExecutor, tasks: Sequence[Task], futures: dict[Future[list[Batch]], Task]
) -> None:
    try:
        with starting_workers():
            for task in tasks:
                futures[executor.submit(_work, task)] = task
    except (OSError, EOFError) as error:
        # a worker that dies while another is being started leaves half-closed pipes behind
        raise BrokenProcessPool(str(error)) from error


def _begin(setup: Setup) -> None:
    global _setup
    _leave_interrupts()
    _setup = setup


def _leave_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the conductor decides when to stop


def _work(task: Task) -> list[Batch]:
    """The batches of a task; values as they will be kept, which is half of what has to travel."""
    assert _setup is not None
    return [_rounded(batch) for batch in run_arms(_setup, *task)]


def _rounded(batch: Batch) -> Batch:
    values: Any = store.round_mantissa(batch.trajectories.values)
    kept = dataclasses.replace(batch.trajectories, values=values)
    return dataclasses.replace(batch, trajectories=kept)
