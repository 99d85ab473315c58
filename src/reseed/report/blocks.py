"""Blocks: what a section of the page is made of. They carry text, never HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `href` makes it a link, `kind` names a style (`code`, `strong`, `mark`)."""

    text: str
    href: str = ""
    kind: str = ""


Text = str | tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph; `kind` is "" or `lead` (a statement that must not be missed)."""

    text: Text
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below that of the section; `arm` puts the arm's line sample before it."""

    text: str
    arm: int | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list of sentences."""

    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, `left` or `right` or `centre`, its width in per cent."""

    title: str
    align: str = "left"
    width: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; `kind` is "", `group` (a heading in the table), `sub` or `mark`."""

    cells: tuple[Text, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption above; `dense` sets it in small type."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[Text, ...] = ()
    dense: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its caption below; `draw` makes it when the page is put together.

    It is a picklable call of plain data, since figures may be drawn by other processes.
    """

    caption: str
    draw: Callable[[], Drawing]
    notes: tuple[Text, ...] = ()


Block = Prose | Heading | Items | Table | Figure
