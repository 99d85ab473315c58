"""Figures with one panel per arm, parted where a page is too short for all arms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from reseed.report.blocks import Figure, Text

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

Panel = TypeVar("Panel")


def parted(
    caption: str,
    panels: Sequence[Panel],
    most: int,
    draw: Callable[[Sequence[Panel]], Drawing],
    notes: tuple[Text, ...] = (),
) -> tuple[Figure, ...]:
    """One figure for every `most` panels; the notes stand under the last one.

    `draw` takes the panels; it must be picklable, since figures may be drawn by other processes.
    """
    figures = []
    for start in range(0, len(panels), most):
        part = panels[start : start + most]
        more = "" if start == 0 else " (continued)"
        last = start + most >= len(panels)
        figures.append(_figure(caption + more, part, draw, notes if last else ()))
    return tuple(figures)


def _figure(
    caption: str,
    part: Sequence[Panel],
    draw: Callable[[Sequence[Panel]], Drawing],
    notes: tuple[Text, ...],
) -> Figure:
    return Figure(caption, partial(draw, part), notes)
