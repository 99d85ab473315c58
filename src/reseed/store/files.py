"""Whole files or none: bytes go to a side file that then takes the place of the real one."""

from __future__ import annotations

import os
import uuid
from pathlib import Path


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a run after a crash, finds the old one or the new one.

    Folders are made as needed. The side file starts with a dot and ends in `.tmp`; what a
    killed process leaves of it is never read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    side = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(side, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(side, path)
    except BaseException:
        side.unlink(missing_ok=True)
        raise


def write_text(path: Path | str, text: str) -> None:
    """Write a text file as UTF-8, whole or not at all; line ends stay as they are."""
    write_bytes(Path(path), text.encode("utf-8"))
