"""Worker processes: forked from a clean server that has imported, once, what they need."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from types import ModuleType
from typing import Any

PRELOAD = "reseed.trial.preload"  # by name: the server imports it, this floor does not
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def worker_context() -> Any:
    """The way to start workers here."""
    if sys.platform == "linux":
        context = get_context("forkserver")
        context.set_forkserver_preload([PRELOAD])
        return context
    return get_context("spawn")


def start_server() -> None:
    """Let the server begin with its imports now, while this process does something else."""
    if worker_context().get_start_method() == "forkserver":
        from multiprocessing import forkserver

        with starting_workers():
            forkserver.ensure_running()


@contextmanager
def starting_workers() -> Iterator[None]:
    """While workers are started: the user's script hidden, and one thread for each.

    Workers need nothing of the script, and would run it again. Small linear systems gain
    nothing from threads, and workers would fight over the cores.
    """
    main = sys.modules["__main__"]
    before = {name: os.environ.get(name) for name in _THREADS}
    sys.modules["__main__"] = ModuleType("__main__")
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
