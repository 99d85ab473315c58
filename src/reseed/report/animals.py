"""Trials of animals: the words of the page, which tells of patients, made those of mice."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from reseed.report.blocks import Block, Column, Figure, Heading, Items, Piece, Prose, Row, Table
from reseed.report.blocks import Text as BlockText

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

_ANIMALS = {"mouse": ("mouse", "mice")}
_QUOTED = ("parameters", "limits", "laws", "published")
"""Sections with sentences of others, about people whose numbers were taken."""
_WORDS = re.compile(r"\b(patients?|people|person|everybody|nobody)\b", re.IGNORECASE)


def words_of(organism: str, text: str) -> str:
    """The text with an organism's own words: "40 patients" reads "40 mice"; as it is for people."""
    if organism not in _ANIMALS:
        return text
    one, many = _ANIMALS[organism]
    nouns = {
        "patient": one, "person": one, "patients": many, "people": many,
        "everybody": f"every {one}", "nobody": f"no {one}",
    }  # fmt: skip

    def own(found: re.Match[str]) -> str:
        word = nouns[found[0].lower()]
        return word.capitalize() if found[0][0].isupper() else word

    return _WORDS.sub(own, text)


def blocks_of(organism: str, section: str, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The blocks of a section in an organism's words; those that quote sources stay as they are."""
    if organism not in _ANIMALS or section in _QUOTED:
        return blocks
    say = partial(words_of, organism)
    return tuple(_block(say, organism, block) for block in blocks)


def _block(say: Callable[[str], str], organism: str, block: Block) -> Block:
    match block:
        case Prose(text):
            return replace(block, text=_text(say, text))
        case Heading(text):
            return replace(block, text=say(text))
        case Items(items):
            return replace(block, items=tuple(_text(say, item) for item in items))
        case Table(caption, columns, rows, notes):
            return replace(
                block,
                caption=say(caption),
                columns=tuple(Column(say(c.title), c.align, c.width) for c in columns),
                rows=tuple(Row(tuple(_text(say, t) for t in r.cells), r.kind) for r in rows),
                notes=tuple(_text(say, note) for note in notes),
            )
        case Figure(caption, draw, notes):
            return Figure(
                say(caption), partial(_drawn, organism, draw), tuple(_text(say, n) for n in notes)
            )


def _text(say: Callable[[str], str], text: BlockText) -> BlockText:
    if isinstance(text, str):
        return say(text)
    return tuple(Piece(say(piece.text), piece.href, piece.kind) for piece in text)


def _drawn(organism: str, draw: Callable[[], Drawing]) -> Drawing:
    """The figure with its texts in the organism's words."""
    from matplotlib.text import Text

    figure = draw()
    for text in figure.findobj(Text):
        text.set_text(words_of(organism, text.get_text()))
    return figure
