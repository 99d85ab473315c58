"""A legend of arms, by twos above a figure, and rows of numbers under an axis."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reseed.report.drawing.canvas import WIDTH, short, stroke, write
from reseed.report.drawing.palette import INK, QUIET, line_of
from reseed.report.numbers import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINE = 0.155
"""Inches from one row of numbers to the next."""
_ROW = 0.17
_LONG, _WRAPPED = 31, 34  # characters of one line, and of each of two

Arm = tuple[int, str]
"""Place in the palette, title."""


def legend_height(arms: Sequence[Arm]) -> float:
    """Inches that a legend takes."""
    return _ROW * (-(-len(arms) // 2)) + 0.06


def draw_legend(figure: Figure, arms: Sequence[Arm], left: float) -> None:
    """A sample of each arm's line with its title, from the top of the sheet."""
    for at, (index, title) in enumerate(arms):
        place = left + (at % 2) * (WIDTH - left) / 2
        top = 0.1 + _ROW * (at // 2)
        stroke(figure, place, place + 0.28, top, line_of(index))
        write(figure, place + 0.36, top, short(title, 50), bold=True, colour=line_of(index).colour)


def numbers_height(titles: Sequence[str]) -> float:
    """Inches that a heading and a row of numbers for each arm take, with the space below."""
    return LINE + sum(_row_height(title) for title in titles) + 0.06


def _row_height(title: str) -> float:
    """Long titles stand on two lines of smaller type."""
    return LINE if len(title) <= _LONG else 1.5 * LINE


def draw_numbers(
    figure: Figure,
    heading: str,
    rows: Sequence[tuple[int, str, Sequence[int]]],
    places: Sequence[float],
    top: float,
) -> float:
    """A heading and a row of numbers for each arm at `places` (inches); returns the next top."""
    write(figure, 0.02, top, heading, bold=True, size=7)
    top += LINE
    for index, title, numbers in rows:
        extra = (_row_height(title) - LINE) / 2
        top += extra
        stroke(figure, 0.02, 0.22, top, line_of(index))
        size = 7 if len(title) <= 24 else 6.3 if len(title) <= _LONG else 5.8
        text = "\n".join(textwrap.wrap(short(title, 2 * _WRAPPED), _WRAPPED))
        write(figure, 0.27, top, text, size=size, colour=INK)
        for place, value in zip(places, numbers, strict=True):
            colour = INK if value else QUIET
            write(figure, place, top, count(value), align="center", size=7, colour=colour)
        top += LINE + extra
    return top + 0.06
