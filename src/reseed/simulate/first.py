"""First values of a System, worked out before it is solved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.base.arithmetic import worked_out
from reseed.nouns.system import System


def first_values(
    system: System, columns: Mapping[str, NDArray[np.float64]] | None = None, start: float = 0.0
) -> dict[str, Any]:
    """Parameters, rules and states by symbol at the start, arrays where `columns` have them.

    What a call's own values or draws would decide, and is not in `columns`, is NaN.
    """
    names: dict[str, Any] = dict(zip(system.parameters, system.defaults, strict=True))
    names |= {**(columns or {}), "time": start}
    states = tuple(zip(system.states, system.initial, strict=True))
    for some in (system.rules, states, system.rules):  # of numbers, then of states, too
        for symbol, formula in some:
            try:
                names[symbol] = worked_out(formula, names)
            except KeyError:
                continue  # a rule on states, which come next
    return names


def smallest(system: System) -> float:
    """The smallest first value of a state, 0 left out; 1 where there is none below."""
    names = first_values(system)
    sizes = np.abs([float(names.get(state, 0.0)) for state in system.states])
    return float(np.min(sizes[(sizes > 0) & np.isfinite(sizes)], initial=1.0))
