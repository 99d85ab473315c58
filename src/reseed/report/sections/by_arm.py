"""Tables with one column per arm, cut into several where a page is too narrow for all arms."""

from __future__ import annotations

from collections.abc import Sequence

from reseed.report.blocks import Column, Row, Table, Text

_ABREAST = 4


def by_arm(
    caption: str,
    first: str,
    titles: Sequence[str],
    rows: Sequence[tuple[str, str, Sequence[Text]]],
    notes: Sequence[Text] = (),
) -> tuple[Table, ...]:
    """Tables of (kind, label, one cell per arm); a `group` row has its label alone."""
    tables = []
    for start in range(0, max(len(titles), 1), _ABREAST):
        part = titles[start : start + _ABREAST]
        last = start + _ABREAST >= len(titles)
        wide = {1: 60, 2: 46, 3: 37}.get(len(part), 28)
        each = (100 - wide) / max(len(part), 1)
        columns = (Column(first, "left", wide), *(Column(t, "right", each) for t in part))
        shown = tuple(
            Row((label, *cells[start : start + _ABREAST]) if cells else (label,), kind)
            for kind, label, cells in rows
        )
        more = "" if start == 0 else " (continued)"
        tables.append(Table(caption + more, columns, shown, tuple(notes) if last else ()))
    return tuple(tables)
