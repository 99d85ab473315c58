"""Sheet: one file under examination, and what was found wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from reseed.base.errors import Fault, InvalidInput

LARGEST = 1_000_000  # bytes of any one file
_SHOWN = 80  # characters of a found value that a message repeats
_FEW = 8  # a list of more is told by its size
_MOST = 200  # faults told of one file; a table of nonsense would otherwise fill the screen


@dataclass
class Sheet:
    """A file by the name the user knows it by, and its faults so far.

    `root` is the folder that the file must not leave through a symbolic link.
    """

    path: Path
    file: str
    root: Path | None = None
    faults: list[Fault] = field(default_factory=list)

    def add(self, place: str, found: object, expected: str) -> None:
        """Notes a fault; `found` is shown as it would be written, shortened."""
        if len(self.faults) < _MOST:
            self.faults.append(Fault(self.file, plain(place), shown(found), expected))

    def refuse(self) -> None:
        """InvalidInput with all faults, if there are any."""
        if self.faults:
            raise InvalidInput(self.faults)

    def beside(self, name: str) -> Sheet:
        """The sheet of a file in this folder, which adds to the same list of faults."""
        file = f"{self.file.rstrip('/')}/{name}"
        return Sheet(self.path / name, file, self.root or self.path, self.faults)

    def text(self) -> str | None:
        """What the file says, or None after a fault: missing, foreign, too large, not text."""
        path = self.path
        try:
            if not path.exists():
                self.add("file", "nothing", "a file to read")
            elif self.root and not path.resolve().is_relative_to(self.root.resolve()):
                self.add("file", "a link out of the library", "a file inside the library folder")
            elif not path.is_file():
                self.add("file", "a folder or device", "a file to read")
            else:
                with path.open("rb") as stream:
                    data = stream.read(LARGEST + 1)
                if len(data) <= LARGEST:
                    return data.decode("utf-8-sig").replace("\r\n", "\n")
                self.add("file", "more than 1 MB", "a file of at most 1 MB")
        except UnicodeDecodeError as error:
            self.add(f"byte {error.start + 1}", "something else", "text in UTF-8")
        except OSError as error:
            self.add("file", error.strerror or "an unreadable file", "a file to read")
        return None


def shown(found: object) -> str:
    """A found value in one printable line: texts in quotes, words of ours as they are."""
    text = str(found).lower() if isinstance(found, bool) else str(found)
    text = plain(text)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def quoted(found: object) -> str:
    """A found value of a file: texts in quotes, tables and longer lists by their size."""
    if isinstance(found, str):
        return f'"{found}"'
    if isinstance(found, dict):
        return f"a table with {', '.join(map(str, list(found)[:5])) or 'no keys'}"
    if isinstance(found, list):
        if len(found) <= _FEW and not any(isinstance(one, dict | list) for one in found):
            return f"[{', '.join(map(quoted, found))}]"
        return f"a list of {len(found)}"
    return "nothing" if found is None else shown(found)


def plain(text: str) -> str:
    """The text without anything that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
