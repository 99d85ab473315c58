"""A sheet measured in inches from its top left corner, in the house style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reseed.report.drawing.palette import HAIR, INK, QUIET, Line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 6.85  # inches: the text width of an A4 page with 18 mm margins
_STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: same layout on any machine
    "font.size": 7.5,
    "text.color": INK,
    "text.parse_math": False,  # texts come from files; a dollar sign is a dollar sign
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": HAIR,
    "grid.linewidth": 0.4,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "reseed",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw and save within this; the user's own matplotlib settings come back afterwards."""
    import warnings

    import matplotlib as mpl

    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # The browser, not matplotlib, has the fonts: a glyph missing here is not missing there.
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")
        yield


def sheet(height: float, width: float = WIDTH) -> Figure:
    """An empty figure of a size in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place in inches, counted from the top left corner of the sheet."""
    wide, high = figure.get_size_inches()
    box = (left / wide, 1 - (top + height) / high, width / wide, height / high)
    return figure.add_axes(box)


def write(
    figure: Figure,
    left: float,
    top: float,
    text: str,
    *,
    align: str = "left",
    colour: str = INK,
    bold: bool = False,
    size: float = 7.5,
) -> None:
    """Text with its vertical middle at a place in inches from the top left corner."""
    wide, high = figure.get_size_inches()
    figure.text(
        left / wide,
        1 - top / high,
        text,
        ha=align,
        va="center",
        color=colour,
        fontsize=size,
        fontweight="bold" if bold else "normal",
    )


def beside(axes: Axes, level: float, text: str, *, size: float, colour: str = INK) -> None:
    """Text to the right of the axes at a level of theirs: what the line across is."""
    axes.annotate(
        text,
        (1, level),
        (4, 0),
        ("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        fontsize=size,
        color=colour,
    )


def stroke(figure: Figure, left: float, right: float, top: float, line: Line) -> None:
    """A short horizontal sample of an arm's line, in inches from the top left corner."""
    from matplotlib.lines import Line2D

    wide, high = figure.get_size_inches()
    sample = Line2D(
        [left / wide, right / wide],
        [1 - top / high] * 2,
        color=line.colour,
        linestyle=line.style,
        linewidth=1.5,
        transform=figure.transFigure,
    )
    figure.add_artist(sample)


def short(text: str, length: int) -> str:
    """The text, cut at a word with an ellipsis if it is longer than there is room for."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    word = cut.rfind(" ")
    return (cut[:word] if word > length // 2 else cut).rstrip(" ,;:-") + "…"


def ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Multiples of a round step (1, 2 or 5 times a power of ten) from low to high."""
    span = max(high - low, 1e-9)
    steps = [s * 10.0**k for k in range(-6, 12) for s in (1, 2, 5)]
    step = next((s for s in steps if span / s <= most - 1), steps[-1])
    first = -int(-low // step) if low % step else int(low // step)
    marks = []
    at = first * step
    while at <= high + 1e-9 * span:
        marks.append(round(at, 9))
        at += step
    return marks


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places moved as little as a simple sweep can, so that none is nearer than `gap`."""
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    moved = list(places)
    at = low - gap
    for i in order:
        moved[i] = at = max(places[i], at + gap)
    at = high + gap
    for i in reversed(order):
        moved[i] = at = min(moved[i], at - gap)
    return moved
