"""How a command ends: errors in plain words on standard error, and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

FAILED, INVALID, INCOMPLETE, INTERRUPTED = 1, 3, 4, 130


@contextmanager
def guarded(resume: str = "") -> Iterator[None]:
    """Turns what may go wrong on purpose into a message and typer.Exit with its code.

    `resume` is the command that goes on where an interrupted run stopped. Anything unforeseen
    is a fault of ours and keeps its traceback.
    """
    from reseed.base.errors import Incomplete, InvalidInput, ReseedError

    try:
        yield
    except InvalidInput as error:
        _end(str(error), INVALID)
    except Incomplete as error:
        _end(str(error), INCOMPLETE, resume)
    except ReseedError as error:
        _end(str(error), FAILED)
    except BrokenPipeError:
        raise  # `| head` has read enough; typer ends quietly
    except OSError as error:
        _end(f"{error.filename or 'system'}: {error.strerror or error}", FAILED)
    except KeyboardInterrupt:
        _end("interrupted", INTERRUPTED, resume)


def say(line: str) -> None:
    """One line on standard error."""
    typer.echo(f"reseed: {line}", err=True)


def _end(message: str, code: int, resume: str = "") -> None:
    say(message)
    if resume:
        typer.echo(f"To go on where it stopped:\n  {resume}", err=True)
    raise typer.Exit(code)
