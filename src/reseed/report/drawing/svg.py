"""A figure as an inline SVG: the same bytes each time, and ids that no other figure has."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from reseed.report.drawing.canvas import house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TAG = re.compile(r"<[^<>]*>")
_ID = re.compile(r' id="([^"]*)"')
_USE = re.compile(r'(?:xlink:)?href="#([^"]*)"|url\(#([^)"]*)\)')
_FONT = re.compile(r"font: ([^;']*?)'DejaVu Sans'[^;\"]*")
_PATH = re.compile(r' d="[^"]*"')
_DIGITS = re.compile(r"(\.\d\d)\d+")  # a hundredth of a point cannot be seen
_NOTHING = {"Date": None, "Creator": None, "Format": None, "Type": None}


def drawn(draw: Callable[[], Figure], prefix: str, description: str) -> str:
    """The SVG text of a figure that is yet to be made, as `inline`."""
    return inline(draw(), prefix, description)


def inline(figure: Figure, prefix: str, description: str) -> str:
    """SVG text to stand in a page; all ids begin with `prefix`, `description` is read aloud."""
    from xml.sax.saxutils import quoteattr

    buffer = io.StringIO()
    with house_style():
        figure.savefig(buffer, format="svg", transparent=True, metadata=_NOTHING)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = _own_ids(text, prefix)
    head = re.compile(r"<svg[^>]*>", re.DOTALL)
    wide, high = (float(value) * 72 for value in figure.get_size_inches())
    opening = (
        f'<svg viewBox="0 0 {wide:g} {high:g}" xmlns="http://www.w3.org/2000/svg"'
        f' role="img" aria-label={quoteattr(description)}>'
    )
    text = head.sub(lambda _: opening, text, count=1)
    text = _PATH.sub(lambda found: _DIGITS.sub(r"\1", found[0]), text)
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def _own_ids(text: str, prefix: str) -> str:
    """Drop ids that nothing refers to, and put `prefix` before the others, in tags only."""
    used = {a or b for tag in _TAG.findall(text) for a, b in _USE.findall(tag)}
    names = {name: f"{prefix}-{place}" for place, name in enumerate(sorted(used))}

    def mend(match: re.Match[str]) -> str:
        tag = _ID.sub(lambda m: f' id="{names[m[1]]}"' if m[1] in names else "", match[0])
        tag = _USE.sub(lambda m: f'href="#{names[m[1]]}"' if m[1] else f"url(#{names[m[2]]})", tag)
        return _FONT.sub(lambda m: f"font: {m[1]}sans-serif", tag)

    return _TAG.sub(mend, text)
