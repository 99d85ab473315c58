"""Values that a call puts in place of a model's own, one for each run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.base.arithmetic import worked_out
from reseed.base.errors import Fault, InvalidInput
from reseed.base.keys import uniforms
from reseed.engine.laws import quantile
from reseed.model.reading import START
from reseed.nouns.key import Key
from reseed.nouns.system import System

if TYPE_CHECKING:
    import pandas as pd


def given_values(
    system: System,
    name: str,
    values: Mapping[str, ArrayLike] | pd.DataFrame | None,
    runs: int | None = None,
) -> tuple[dict[str, NDArray[np.float64]], tuple[str, ...], int]:
    """Columns by parameter, the names of states among what is given, and the number of runs.

    The value of a state at the start becomes a parameter `start of NAME`, once the model is read
    with it. InvalidInput with columns that do not fit each other.
    """
    columns, faults = _columns(values)
    sizes = {len(column) for column in columns.values() if column.ndim}
    if len(sizes) > 1:
        found = ", ".join(map(str, sorted(sizes)))
        faults.append(Fault(name, "values", f"columns of {found}", "columns of one length"))
    if runs is not None and (runs < 1 or (sizes and sizes != {runs})):
        found = f"{runs} runs of {max(sizes, default=1)} rows"
        faults.append(Fault(name, "runs", found, "1 or more, as many as the values have rows"))
    if faults:
        raise InvalidInput(faults)
    count = runs or max(sizes, default=1)
    states = tuple(one for one in columns if one not in system.parameters)
    return (
        {
            one if one in system.parameters else f"{START}{one}": np.broadcast_to(
                column, (count,)
            ).astype(np.float64)
            for one, column in columns.items()
        },
        states,
        count,
    )


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
