"""Values that a call puts in place of a model's own, one for each run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.base.arithmetic import worked_out
from reseed.base.errors import Fault, InvalidInput
from reseed.base.keys import uniforms
from reseed.base.words import one_of
from reseed.engine.laws import quantile
from reseed.nouns.key import Key
from reseed.nouns.system import System

if TYPE_CHECKING:
    import pandas as pd


def with_values(
    system: System,
    name: str,
    values: Mapping[str, ArrayLike] | pd.DataFrame | None,
    runs: int | None = None,
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
    if runs is not None and (runs < 1 or (sizes and sizes != {runs})):
        found = f"{runs} runs of {max(sizes, default=1)} rows"
        faults.append(Fault(name, "runs", found, "1 or more, as many as the values have rows"))
    count = runs or max(sizes, default=1)
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


def with_draws(
    system: System, columns: Mapping[str, NDArray[np.float64]], count: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    """The columns, and those of what chance decides before the start: one draw for each run."""
    found = dict(columns)
    names: dict[str, object] = dict(zip(system.parameters, system.defaults, strict=True))
    names |= found
    key, runs = Key(seed, "start draws"), np.arange(count)
    for number, draw in enumerate(system.draws):
        if draw.event:
            continue
        try:
            numbers = [
                np.broadcast_to(np.asarray(worked_out(one, names), dtype=np.float64), (count,))
                for one in draw.numbers
            ]
        except KeyError as error:
            fault = Fault(system.name, f"a draw of {draw.law}", str(error), "parameters alone")
            raise InvalidInput([fault]) from None
        found[draw.symbol] = quantile(draw.law, uniforms(key, runs, draw=number), numbers)
        names[draw.symbol] = found[draw.symbol]
    return found


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
