"""What a scenario takes from the user's own files: to be named where a trial is told again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from reseed.nouns.source import Source
from reseed.spec.library import OURS, Library


def own_items(library: Library, items: Iterable[tuple[str, str, Path]]) -> tuple[Source, ...]:
    """Those of (kind, name, path) that do not lie in our own library, each once, with digests."""
    ours = [folder for folder, name in library.folders[:1] if name == OURS]
    found = {
        (kind, name): path
        for kind, name, path in items
        if not any(path.is_relative_to(folder) for folder in ours)
    }
    return tuple(Source(kind, name, _digest(path)) for (kind, name), path in sorted(found.items()))


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of all files in a folder with their names, in their order."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        if file != path:
            digest.update(file.relative_to(path).as_posix().encode() + b"\0")
        digest.update(file.read_bytes())
    return digest.hexdigest()
