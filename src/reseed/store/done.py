"""Markers of finished blocks, and digests of everything that two runs must agree on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from reseed.store.files import write_text
from reseed.store.manifest import canonical_json
from reseed.store.paths import TABLES, block_files, marker_file, shard_file, table_file


def mark_done(folder: Path | str, arm: str, block: int) -> None:
    """Write the marker of a block: the SHA-256 of each of its files. Call it last."""
    write_text(marker_file(folder, arm, block), canonical_json(_hashes(folder, arm, block)))


def block_done(folder: Path | str, arm: str, block: int) -> bool:
    """Whether a block has its marker and its files are those that the marker names."""
    marker = marker_file(folder, arm, block)
    try:
        written = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(written) and written == _hashes(folder, arm, block)


def digest_tree(folder: Path | str) -> dict[str, str]:
    """SHA-256 of each block file of patients, records, outcomes, solutions, by relative path."""
    root = Path(folder)
    digests = {}
    for table in TABLES:
        arms = sorted((root / table).iterdir()) if (root / table).is_dir() else []
        for arm in arms:
            for path in block_files(arm):
                digests[path.relative_to(root).as_posix()] = _sha256(path)
    return digests


def _hashes(folder: Path | str, arm: str, block: int) -> dict[str, str]:
    paths = [table_file(folder, table, arm, block) for table in TABLES]
    paths.append(shard_file(folder, arm, block))
    root = Path(folder)
    return {path.relative_to(root).as_posix(): _sha256(path) for path in paths if path.is_file()}


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
