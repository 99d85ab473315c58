"""One patient's 15 years as smooth stretches between discontinuities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.population import Population
from reseed.nouns.system import System


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `stop` with saves `first` to `last`; then `amount` is added to `target`."""

    start: float
    stop: float
    saves: NDArray[np.float64]
    first: int
    last: int
    target: str
    amount: float


def stretches(people: Population, patient: int) -> list[Stretch]:
    """The 24 stretches of a patient; the save at time 0 belongs to none of them."""
    stops = np.append(people.times[patient], people.end)
    targets = (*people.targets, "")
    amounts = np.append(people.amounts[patient], 0.0)
    edges = np.searchsorted(people.saves, np.append(0.0, stops), side="right")
    found, start = [], 0.0
    for number, stop in enumerate(stops):
        first, last = int(edges[number]), int(edges[number + 1])
        saves = people.saves[first:last]
        found.append(
            Stretch(start, float(stop), saves, first, last, targets[number], float(amounts[number]))
        )
        start = float(stop)
    return found


def start(
    system: System, people: Population, patient: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A patient's state and parameters on day 0."""
    parameters = np.array(system.defaults)
    columns = [system.parameters.index(name) for name in people.names]
    parameters[columns] = people.values[patient]
    return np.array(system.initial, dtype=float), parameters


def add(system: System, state: NDArray, parameters: NDArray, target: str, amount: float) -> None:
    """One discontinuity."""
    if target in system.states:
        state[system.states.index(target)] += amount
    elif target:
        parameters[system.parameters.index(target)] += amount
