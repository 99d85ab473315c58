"""What a model has, as a table: names, labels, kinds, units, values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reseed.model import Foreign
from reseed.nouns.system import System
from reseed.simulate.first import first_values

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("number", "state", "formula", "rate")


def told_table(system: System, source: Foreign | None) -> pd.DataFrame:
    """A row for each port, and for each number that a reaction has for itself, as `J.k`."""
    import pandas as pd

    values, labels = first_values(system), source.labels if source else {}
    rows = [
        (
            port.name,
            labels.get(port.symbol.removeprefix("[").removesuffix("]"), ""),
            _kind(port.symbol, port.quantity, system),
            port.unit,
            float(values.get(port.symbol, float("nan"))),
        )
        for port in system.ports
    ]
    if source:
        rows += [(name, "", KINDS[0], "", value) for name, value in source.own_numbers.items()]
    return pd.DataFrame(rows, columns=["name", "label", "kind", "unit", "value"]).set_index("name")


def _kind(symbol: str, quantity: str, system: System) -> str:
    if quantity == "reaction":
        return KINDS[3]
    if symbol in system.states:
        return KINDS[1]
    return KINDS[0] if symbol in system.parameters else KINDS[2]
