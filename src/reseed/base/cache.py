"""A cache of files on disk, each known by a digest of all that it was made from.

A file that is cut, damaged or another's is taken for absent; no cache is no failure.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """Where such files are kept: $RESEED_CACHE, or the user's cache folder."""
    if given := os.environ.get("RESEED_CACHE"):
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "reseed"


def digest_of(*parts: str) -> str:
    """A name for what is made from these and nothing else."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def find(name: str, kind: str) -> bytes | None:
    """What is kept under a name, if it is whole and its own: a seal stands before it."""
    try:
        data = (cache_folder() / f"{name}.{kind}").read_bytes()
    except OSError:
        return None
    body = data[32:]
    return body if _seal(name, body) == data[:32] else None


def keep(name: str, kind: str, body: bytes) -> None:
    """Written aside and renamed, so that nobody reads half of it."""
    with contextlib.suppress(OSError):
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, aside = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(_seal(name, body) + body)
        os.replace(aside, folder / f"{name}.{kind}")


def _seal(name: str, body: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + body).digest()
