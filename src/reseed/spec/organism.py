"""Organisms: a folder with the parameters of modules that are another animal's, not a person's."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from reseed.base import units
from reseed.base.words import one_of
from reseed.nouns.module import Module, Parameter
from reseed.spec.module import readme_title
from reseed.spec.parameters import read_parameters
from reseed.spec.sheet import Sheet, quoted

TABLE = "parameters.tsv"


def read_organism(folder: Path) -> tuple[str, tuple[Parameter, ...]]:
    """Title and rows of an organism; InvalidInput with every fault of its files."""
    sheet = Sheet(Path(folder), str(folder))
    found = readme_title(sheet), load_organism(sheet)
    sheet.refuse()
    return found


def load_organism(sheet: Sheet) -> tuple[Parameter, ...]:
    """Its rows, whose ids are `module__id`; faults are on the sheet."""
    if not sheet.path.is_dir():
        sheet.add("folder", "nothing", "the folder of an organism")
        return ()
    readme_title(sheet)
    return read_parameters(sheet.beside(TABLE), whole=True)


def check_organism(rows: Sequence[Parameter], modules: Mapping[str, Module], sheet: Sheet) -> None:
    """Notes each row that replaces no parameter of the library, or has a unit of another kind."""
    known = {
        f"{module.name}__{own.id}": own for module in modules.values() for own in module.parameters
    }
    table = sheet.beside(TABLE)
    for row in rows:
        own = known.get(row.id)
        if own is None:
            table.add("id", quoted(row.id), one_of(row.id, known, "module__id of the library"))
        elif not units.compatible(row.unit, own.unit):
            table.add(row.id, row.unit or "no unit", f"a unit of the kind of {own.unit or '1'}")


def in_organism(module: Module, rows: Sequence[Parameter]) -> Module:
    """The module with an organism's rows, spread and bounds and all, instead of its own."""
    others = {row.id: row for row in rows}
    changed = [
        dataclasses.replace(others[key], id=own.id)
        if (key := f"{module.name}__{own.id}") in others
        else own
        for own in module.parameters
    ]
    return dataclasses.replace(module, parameters=tuple(changed))
