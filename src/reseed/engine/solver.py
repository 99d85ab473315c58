"""Solver: settings of the integration, a frozen value like every other argument of `solve`."""

from __future__ import annotations

from dataclasses import dataclass

from reseed.nouns.system import System

COMPILED = ("Rodas5P", "Rodas4")
REFERENCE = ("LSODA", "Radau", "BDF")


@dataclass(frozen=True, slots=True)
class Solver:
    """How accurate, how long, by which method, with how many threads.

    `Rodas5P` and `Rodas4` are compiled; `LSODA`, `Radau` and `BDF` are SciPy's and judge them.
    The absolute tolerance of a state is `rtol * atol_share` times its scale: the largest of its
    initial value and its jumps, at least 1 in its own unit. A first try may take `budget` steps;
    each rung of the ladder divides `rtol` by 10 and multiplies the budget by 5.

    Where rates jump with time, steps end at the jump, however short the pulse: at `time > a`,
    `floor(time/b)`, and whatever else compares or rounds a linear function of time, with
    parameters that may differ between patients and change. A rate that compares or rounds time
    in another way (`sin(time) > 0.9`, or time against a state that moves) is refused unless
    `longest` is given; a trigger that does is looked at as one of states.

    `longest` bounds the steps, in days; by default 10 where a model has events, depends on time
    or chooses between formulas, and no bound elsewhere. The bound is all that keeps a step from
    passing what comes and goes quickly in other ways: a smooth but short pulse of time, a
    condition on states that holds for less than a quarter of a step.

    Discrete species are followed one event at a time below `exact_below`, and in leaps of at most
    a tenth of their turnover above; with `exact_below=inf` never in leaps. Where nothing moves but
    by channels, and no rate changes between their firings, that is Gillespie's direct method, in
    which 64 firings count as a step. Neither `threads` (0: all processors) nor `width` (lanes of a
    vector; 0: as wide as the processor's) changes a result.
    """

    method: str = "Rodas5P"
    rtol: float = 1e-6
    atol_share: float = 1e-3
    budget: int = 50_000
    rungs: int = 2
    longest: float | None = None
    exact_below: float = 100.0
    threads: int = 1
    width: int = 0

    def longest_step(self, system: System) -> float:
        """The bound on steps for one system, days."""
        if self.longest is not None:
            return self.longest
        formulas = [*system.rates, *(formula for _, formula in system.rules)]
        formulas += [formula for _, formula in system.algebraic]
        formulas += [hazard.rate for hazard in system.hazards]
        sudden = bool(system.events) or any(_sudden(formula) for formula in formulas)
        return 10.0 if sudden else float("inf")


def _sudden(formula: object) -> bool:
    if isinstance(formula, tuple):
        return formula[0] in ("piecewise", "floor", "ceil") or any(map(_sudden, formula[1:]))
    return formula == "time"
