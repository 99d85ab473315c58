"""Library: the folders of plain data in use, ours and the user's own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from reseed.base.errors import Fault, InvalidInput, Unknown
from reseed.base.words import meant
from reseed.spec.sheet import Sheet, plain, quoted

KINDS = ("scenarios", "courses", "cohorts", "endpoints", "models", "organisms", "evidence")
FOLDERS = ("models", "organisms", "evidence")
"""Kinds of which an item is a folder, not a file."""
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
ARM = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")  # also the name of a folder in the results
OURS = "library"


@dataclass(frozen=True, slots=True)
class Library:
    """`folders` in order, later ones win; `items` maps each kind to paths by name.

    A name is a file's name without `.toml`, or the name of a module's or study's folder.
    """

    folders: tuple[tuple[Path, str], ...]
    items: Mapping[str, Mapping[str, Path]]

    def names(self, kind: str) -> tuple[str, ...]:
        """All names of a kind, in order."""
        return tuple(sorted(self.items[kind]))

    def path(self, kind: str, name: str) -> Path:
        """Where an item is; InvalidInput with the nearest name if there is none."""
        if name not in self.items[kind]:
            found, hint = quoted(plain(name)[:80]), meant(name, self.items[kind])
            raise InvalidInput([Unknown(self.shown_folders(), kind.removesuffix("s"), found, hint)])
        return self.items[kind][name]

    def sheet(self, path: Path) -> Sheet:
        """A fresh sheet for a file or an item's folder; a library's own must stay inside it."""
        for folder, name in reversed(self.folders):
            if path.is_relative_to(folder):
                return Sheet(path, f"{name}/{path.relative_to(folder).as_posix()}", folder)
        return Sheet(path, str(path))

    def shown_folders(self) -> str:
        """The folders as the user knows them."""
        return ", ".join(name for _, name in self.folders) or OURS

    def including(self, folder: Path) -> Library:
        """This library and one more folder, which wins."""
        if any(folder.resolve() == known.resolve() for known, _ in self.folders):
            return self
        return _library((*self.folders, (folder, str(folder))))

    def around(self, path: Path) -> Library:
        """This library and the one that a file or folder of a known kind lies in, if any."""
        inside = len(path.parts) > 1 and path.parent.name in KINDS
        return self.including(path.parent.parent) if inside else self


def find_library(extra: Sequence[Path] = ()) -> Library:
    """Our own folder, then the extra ones, of which later ones win; InvalidInput if one is missing.

    In a checkout our folder lies beside `src`, in an installed package inside it.
    """
    package = Path(__file__).resolve().parents[1]
    ours = next((f for f in (package / OURS, package.parents[1] / OURS) if f.is_dir()), None)
    faults = [
        Fault(str(folder), "folder", "nothing", "a library folder with any of " + ", ".join(KINDS))
        for folder in extra
        if not Path(folder).is_dir()
    ]
    if faults:
        raise InvalidInput(faults)
    own = ((ours, OURS),) if ours else ()
    return _library((*own, *((Path(folder), str(folder)) for folder in extra)))


def _library(folders: tuple[tuple[Path, str], ...]) -> Library:
    items: dict[str, Mapping[str, Path]] = {}
    for kind in KINDS:
        found: dict[str, Path] = {}
        for folder, _ in folders:
            found.update(_listed(folder / kind, kind in FOLDERS))
        items[kind] = MappingProxyType(dict(sorted(found.items())))
    return Library(folders, MappingProxyType(items))


def _listed(folder: Path, folders: bool) -> dict[str, Path]:
    """Paths by name; names that could not be written in a scenario are passed over."""
    if not folder.is_dir():
        return {}
    entries = [e for e in folder.iterdir() if (e.is_dir() if folders else e.suffix == ".toml")]
    named = {entry.name if folders else entry.stem: entry for entry in entries}
    return {name: path for name, path in named.items() if NAME.fullmatch(name)}
