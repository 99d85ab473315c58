"""Solver: settings of the integration, a frozen value like every other argument of `solve`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Solver:
    """Which SciPy method, how accurate, how long.

    The absolute tolerance of a state is `rtol * atol_share` times its scale: the largest of its
    initial value and its jumps, at least 1 in its own unit. A first try may take `budget` steps;
    each rung of the ladder divides `rtol` by 10 and multiplies the budget by 5.
    """

    method: str = "Rodas5P"  # or SciPy's own "LSODA", "Radau", "BDF"
    rtol: float = 1e-6
    atol_share: float = 1e-3
    budget: int = 50_000
    rungs: int = 2
    max_step: float = 10.0  # days: a state event shorter than half of it could be stepped over
