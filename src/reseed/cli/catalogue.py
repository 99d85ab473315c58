"""`reseed list`: what the libraries hold."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from reseed.cli.columns import columns
from reseed.spec import KINDS, find_library
from reseed.spec.module import readme_title
from reseed.spec.sheet import Sheet, plain


def catalogue(folders: Sequence[Path]) -> str:
    """Names and titles by kind. An unreadable item is listed too; `reseed lint` says more."""
    library = find_library(folders)
    parts = []
    for kind in KINDS:
        paths = [(name, library.path(kind, name)) for name in library.names(kind)]
        rows = [(name, _title(library.sheet(path))) for name, path in paths]
        parts.append(f"{kind}\n{columns(rows, '  ') or '  none'}")
    return "\n\n".join(parts)


def _title(sheet: Sheet) -> str:
    if sheet.path.is_dir():
        return plain(readme_title(sheet, optional=True)) or "(no title)"
    try:
        title = tomllib.loads(sheet.text() or "").get("title")
    except (ValueError, RecursionError):
        title = None
    return plain(title)[:200] if isinstance(title, str) and title else "(cannot be read)"
