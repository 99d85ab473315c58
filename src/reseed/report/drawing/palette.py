"""One colour and one line style per arm, kept through the page; apart in grey print too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

INK = "#1b1f24"
QUIET = "#5f6770"
HAIR = "#d5d9dd"


@dataclass(frozen=True, slots=True)
class Line:
    """Colour, and dashes as (offset, lengths in points); no lengths means a solid line."""

    colour: str
    dashes: tuple[float, ...] = ()

    @property
    def style(self) -> Any:
        """The line style as matplotlib takes it."""
        return (0.0, self.dashes) if self.dashes else "solid"


# Dark to light alternates, so that neighbours differ in grey; after Paul Tol's qualitative schemes.
LINES = (
    Line("#004488"),
    Line("#c2475b", (5.0, 1.6)),
    Line("#9a6b00", (1.4, 1.4)),
    Line("#228833", (6.0, 1.6, 1.4, 1.6)),
    Line("#4a4a4a", (3.0, 1.2)),
    Line("#8a3a8a", (8.0, 2.0)),
    Line("#2a8fa8", (4.0, 1.4, 1.2, 1.4, 1.2, 1.4)),
    Line("#000000", (1.0, 2.4)),
)


def line_of(index: int) -> Line:
    """The line of an arm; after the eighth they begin again."""
    return LINES[index % len(LINES)]
