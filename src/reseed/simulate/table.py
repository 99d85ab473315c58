"""What a model has, as a table: names, labels, kinds, units, values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reseed.base.arithmetic import worked_out
from reseed.model import Foreign
from reseed.nouns.system import System

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("number", "state", "formula", "rate")


def told_table(system: System, source: Foreign | None) -> pd.DataFrame:
    """A row for each port, and for each number that a reaction has for itself, as `J.k`."""
    import pandas as pd

    values, labels = _at_first(system), source.labels if source else {}
    rows = [
        (
            port.name,
            labels.get(port.symbol.removeprefix("[").removesuffix("]"), ""),
            _kind(port.symbol, port.quantity, system),
            port.unit,
            values.get(port.symbol, float("nan")),
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


def _at_first(system: System) -> dict[str, float]:
    """Values at time 0, where nothing else is given; those that cannot be told are left out."""
    names: dict[str, float] = dict(zip(system.parameters, system.defaults, strict=True))
    names["time"] = 0.0
    first = dict(zip(system.states, system.initial, strict=True))
    for _ in range(2):  # rules on numbers, states by them, then rules on states
        for symbol, formula in [*system.rules, *first.items()]:
            try:
                names[symbol] = float(worked_out(formula, names))
            except (KeyError, TypeError, ValueError):
                continue
    return names
