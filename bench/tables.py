"""Fitted values into the library's parameters.tsv."""

from __future__ import annotations

from collections.abc import Mapping

from reseed.spec import find_library


def put(changes: Mapping[str, Mapping[str, str]]) -> None:
    """Put texts into columns of the rows of parameters, by id `module__name` and column."""
    for module in sorted({name.split("__")[0] for name in changes}):
        path = find_library().path("models", module) / "parameters.tsv"
        lines = [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n")]
        head = lines[0]
        for cells in lines[1:]:
            for column, text in changes.get(f"{module}__{cells[0]}", {}).items():
                cells[head.index(column)] = text
        path.write_text("\n".join("\t".join(cells) for cells in lines), encoding="utf-8")
