"""Source: a file of the user's own that a scenario rests on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """An item that is not of our library: `kind` as its folder there (`courses`), and its name.

    `digest` is SHA-256 of its file, or of the files of its folder with their names.
    """

    kind: str
    name: str
    digest: str
