"""A model and what it does in time: one run, or one for each row of a table of values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.words import one_of
from reseed.engine import FAILURES, Solver, solve
from reseed.model import Foreign
from reseed.model.reading import ALL
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.system import System
from reseed.nouns.trajectories import Trajectories
from reseed.simulate.doses import Dose, laid_out
from reseed.simulate.first import smallest
from reseed.simulate.table import told_table
from reseed.simulate.values import given_values, with_draws
from reseed.simulate.whole import odd_ports, odd_told, whole_at_start

if TYPE_CHECKING:
    import pandas as pd
    import xarray

ATOL = 1e-12
MOST_STEPS = 20_000_000
STEPS = 1_000
"""No step is longer than this part of a run that has events or depends on time."""


@dataclass(frozen=True, slots=True, repr=False)
class Model:
    """The mathematics of a model file, ready to simulate. `system` is what the engine solves.

    `source` is the document that it was made of, and is made of again with species that are to be
    whole numbers and with first values that are given; `text` is the file, for lines of faults.
    """

    name: str
    system: System
    source: Foreign | None = None
    text: str = ""

    def __repr__(self) -> str:
        size = f"{len(self.system.states)} states, {len(self.system.parameters)} parameters"
        return f"<Model {self.name}: {size}>"

    @property
    def variables(self) -> tuple[str, ...]:
        """All that can be looked at; a species `S` is its amount, `[S]` its concentration."""
        return tuple(port.name for port in self.system.ports)

    @property
    def time_unit(self) -> str:
        """The unit of all times, as the model declares it; "" where it declares none."""
        return self.source.time_unit if self.source else ""

    def table(self) -> pd.DataFrame:
        """All that can be looked at or given, by name.

        `label` is what the file calls it. `kind` is "number" or "state", which `values` may
        replace, "formula" or "rate", which they cannot (a concentration `[S]` of a state S can be
        given, too). `unit` is as declared, "" where none is; `value` is that at time 0.
        """
        return told_table(self.system, self.source)

    def simulate(
        self,
        end: float,
        *,
        start: float = 0.0,
        points: int = 101,
        times: ArrayLike | None = None,
        variables: Sequence[str] | None = None,
        values: Mapping[str, ArrayLike] | pd.DataFrame | None = None,
        doses: Sequence[Dose] = (),
        rtol: float = 1e-6,
        atol: float | None = None,
        longest: float | None = None,
        stochastic: bool | Sequence[str] = False,
        runs: int | None = None,
        seed: int = 1,
        threads: int = 1,
    ) -> xarray.DataArray:
        """Values of shape (set, variable, time), from the model's initial state at `start` on.

        `points` times from `start` to `end`, both included, or the `times` given, in the model's
        own unit of time. `variables` are names of species (`S` amount, `[S]` concentration),
        parameters, compartments and reactions; if not given, the states. `values` replace numbers
        of the model: a table with a column for each name and a row for each run, or single numbers;
        of a species, or of what a rule changes, it is the value at `start`. All runs are solved at
        once; `runs` repeats single numbers. `doses` are (time, state, amount), added to what is
        there; an amount for all runs, or one for each. A run that fails has NaN, and a line in the
        attribute `failures`.

        Errors of a step stay within `rtol` of each value, or about `atol`: 1e-12, or less where
        first values are small, a thousandth of `rtol` of the smallest. `longest` bounds the
        steps of a model that changes suddenly. With `stochastic` reactions go one by one, exactly,
        by chance that `seed` and the run decide; those of some species only, if it names them,
        while all others change smoothly. Raises InvalidInput with every fault.
        """
        import xarray

        atol = self._tolerance(rtol) if atol is None else atol
        _check_call(self.name, variables, stochastic, rtol, atol)
        moments = _moments(start, end, points, times)
        shown = self._shown(variables)
        named = (ALL,) if stochastic is True else tuple(stochastic or ())
        columns, given, count = given_values(self.system, self.name, values, runs)
        system = self._again(named, given) if named or given else self.system
        columns = with_draws(system, columns, count, seed)
        system = whole_at_start(system, columns, start, self.text)
        cohort = Cohort(np.arange(count), (), {}, columns)
        span = float(moments[-1]) - start
        solver = Solver(
            rtol=rtol,
            atol_share=atol / rtol,
            longest=longest,
            budget=MOST_STEPS,
            exact_below=float("inf"),
            threads=threads,
        )
        if longest is None and np.isfinite(solver.longest_step(system)) and span > 0:
            solver = replace(solver, longest=span / STEPS)
        odd = odd_ports(system)
        schedule = laid_out(system, self.name, doses, start, max(moments[-1], start), count)
        found, _ = solve(
            system,
            cohort,
            schedule,
            Probe((*shown, *odd), moments, after=True),
            key=Key(seed),
            solver=solver,
        )
        told = _failures(found, odd, self.text)
        return xarray.DataArray(
            found.values[:, : len(shown)],
            dims=("set", "variable", "time"),
            coords={
                "set": np.arange(count),
                "variable": list(shown),
                "time": moments,
                "unit": ("variable", list(found.units[: len(shown)])),
            },
            name=self.name,
            attrs={"failures": told, "time_unit": self.time_unit, "rtol": rtol, "atol": atol},
        )

    def _tolerance(self, rtol: float) -> float:
        """Small amounts, such as moles in a cell, are not to drown in what errors may be.

        Of the model's own numbers, so that a run is the same whatever others run beside it.
        """
        return max(1e-200, min(ATOL, 1e-3 * rtol * smallest(self.system)))

    def _again(self, named: Collection[str], given: Collection[str]) -> System:
        """The same model with species that are whole numbers, and first values that are given."""
        if self.source is None:
            what = "stochastic" if named else "values"
            found, expected = "a model without its file", "one from load_model"
            raise InvalidInput([Fault(self.name, what, found, expected)])
        return self.source.system(named, given)

    def _shown(self, variables: Sequence[str] | None) -> tuple[str, ...]:
        if variables is None:
            return self.system.states
        known = self.variables
        faults = [
            Fault(
                self.name, "variables", repr(name), one_of(str(name), known, "one of the model's")
            )
            for name in variables
            if name not in known
        ]
        if faults:
            raise InvalidInput(faults)
        return tuple(dict.fromkeys(variables))


def _failures(found: Trajectories, odd: Sequence[str], text: str) -> list[str]:
    """What failed, run by run; values of a run that went on with less than a whole are NaN, too."""
    told = []
    for row in range(len(found.status)):
        code, last = found.status[row], found.values[row, found.values.shape[1] - len(odd) :, -1]
        if code:
            failure = FAILURES[code]
            where = f"{found.status_state[row]} at {found.status_time[row]:g}"
            told.append(f"set {row}: {failure.name}: {where}; {failure.advice}")
        for port, value in zip(odd, last, strict=True):
            if not code and value != 0.0:
                told.append(f"set {row}: {odd_told(port, float(value), text)}")
                found.values[row] = np.nan
    return told


def _check_call(name: str, variables: object, stochastic: object, rtol: float, atol: float) -> None:
    faults = [
        Fault(name, what, repr(one), f"a list of names, such as [{one!r}]")
        for what, one in (("variables", variables), ("stochastic", stochastic))
        if isinstance(one, str)
    ]
    if not 0 < rtol < 1:
        faults.append(Fault(name, "rtol", f"{rtol:g}", "a number above 0, and below 1"))
    if not atol > 0:
        faults.append(Fault(name, "atol", f"{atol:g}", "a number above 0"))
    if faults:
        raise InvalidInput(faults)


def _moments(start: float, end: float, points: int, times: ArrayLike | None) -> NDArray[np.float64]:
    faults: list[Fault] = []
    if times is not None:
        given = np.asarray(times, dtype=np.float64)
        if given.ndim != 1 or not given.size or not np.isfinite(given).all() or given[0] < start:
            expected = f"a row of finite times, from start, {start:g}, on"
            raise InvalidInput([Fault("call", "times", "other than that", expected)])
        return given
    if not (np.isfinite(start) and np.isfinite(end) and end > start):
        faults.append(Fault("call", "end", f"{end:g}", f"a time after start, {start:g}"))
    if points < 2:
        faults.append(Fault("call", "points", str(points), "2 or more"))
    if faults:
        raise InvalidInput(faults)
    return np.linspace(start, end, points)
