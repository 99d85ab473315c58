"""How far a trial is, on standard error: one living line in a terminal, else one now and then."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Any

SECONDS_BETWEEN_LINES = 5.0


class Progress:
    """Called with patients done, patients in all, and patients failed; a context manager.

    NO_COLOR is honoured by rich itself; `TERM=dumb` counts as no terminal.
    """

    def __init__(self, *, seconds: float = SECONDS_BETWEEN_LINES) -> None:
        self._seconds = seconds
        self._bar: Any = None
        self._task: Any = None
        self._started = 0.0
        self._told = 0.0
        self._first: int | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, total: int, failed: int) -> None:
        """Tells the state of things, at most every few seconds where no terminal listens."""
        now = time.monotonic()
        if self._first is None:  # what an earlier run has done says nothing about today's speed
            self._first, self._started, self._told = done, now, now
            if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
                self._open_bar(total)
        line = state(done, total, failed, done - self._first, now - self._started)
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, line=line)
        elif now - self._told >= self._seconds or (done == total and done > self._first):
            self._told = now
            print(f"reseed: {line}", file=sys.stderr, flush=True)

    def _open_bar(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            BarColumn(),
            TextColumn("{task.fields[line]}", markup=False),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._task = self._bar.add_task("", total=total, line="")
        self._bar.start()


def state(done: int, total: int, failed: int, new: int, seconds: float) -> str:
    """One line: "120/400 patients, 41.2/s, 0:07 left, 0 failed"; `new` were done in `seconds`."""
    parts = [f"{done}/{total} patients"]
    if new > 0 and seconds > 0:
        rate = new / seconds
        parts.append(f"{rate:.3g}/s" if rate < 1000 else f"{rate:.0f}/s")
        if done < total:
            parts.append(f"{_clock((total - done) / rate)} left")
    parts.append(f"{failed} failed")
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
