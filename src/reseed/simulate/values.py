"""Values that a call puts in place of a model's own, one for each run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.words import one_of
from reseed.nouns.system import System

if TYPE_CHECKING:
    import pandas as pd


def with_values(
    system: System, name: str, values: Mapping[str, ArrayLike] | pd.DataFrame | None
) -> tuple[System, dict[str, NDArray[np.float64]], int]:
    """The System with what is given as parameters: (system, columns by parameter, number of runs).

    What is given for a state is its value at the start, a parameter `start of S` then; of a
    species that is carried as its amount, `[S]` is its concentration there. InvalidInput with every
    name that is unknown or computed, and columns that do not fit.
    """
    columns, faults = _columns(values)
    sizes = {len(column) for column in columns.values() if column.ndim}
    if len(sizes) > 1:
        found = ", ".join(map(str, sorted(sizes)))
        faults.append(Fault(name, "values", f"columns of {found}", "columns of one length"))
    count = max(sizes, default=1)
    rules, states = dict(system.rules), {state: i for i, state in enumerate(system.states)}
    parameters: dict[str, NDArray[np.float64]] = {}
    first = list(system.initial)
    added: list[str] = []
    for given, column in columns.items():
        amount = given.removeprefix("[").removesuffix("]")
        own = f"start of {given}"
        if given in system.parameters:
            own = given
        elif given in states:
            first[states[given]] = own
            added.append(own)
        elif given != amount and amount in states and given in rules:
            tie = rules[given]
            assert isinstance(tie, tuple)  # amount over size
            first[states[amount]] = ("*", own, tie[2])
            added.append(own)
        else:
            known = (*system.parameters, *system.states)
            expected = one_of(given, known, "a number of the model that no formula gives")
            faults.append(Fault(name, "values", repr(given), expected))
            continue
        parameters[own] = (
            np.broadcast_to(column, (count,)).astype(np.float64) if not faults else column
        )
    if faults:
        raise InvalidInput(faults)
    if not added:
        return system, parameters, count
    order = sorted(
        [*zip(system.parameters, system.parameter_units, system.defaults, strict=True)]
        + [(own, "", float("nan")) for own in added]
    )
    changed = dataclasses.replace(
        system,
        initial=tuple(first),
        parameters=tuple(row[0] for row in order),
        parameter_units=tuple(row[1] for row in order),
        defaults=tuple(row[2] for row in order),
    )
    return changed, parameters, count


def _columns(
    values: Mapping[str, ArrayLike] | pd.DataFrame | None,
) -> tuple[dict[str, NDArray[np.float64]], list[Fault]]:
    columns, faults = {}, []
    for given in values if values is not None else ():
        try:
            column = np.asarray(values[given], dtype=np.float64)  # type: ignore[index]
        except (TypeError, ValueError):
            faults.append(Fault("call", f"values[{given!r}]", "no numbers", "numbers"))
            continue
        if column.ndim > 1 or not np.isfinite(column).all():
            faults.append(Fault("call", f"values[{given!r}]", "no column of finite numbers", "one"))
            continue
        columns[str(given)] = column
    return columns, faults
