"""Fit multiple sclerosis, before and after transplantation, to published outcomes.

    python -m bench.calibrate_ms                 # print the fit beside what was published
    python -m bench.calibrate_ms --profile       # profile likelihoods of the link's numbers
    python -m bench.calibrate_ms --table         # the library as it is beside what was published
    python -m bench.calibrate_ms --write         # write the fit into parameters.tsv

Every study's patients enter by its own criteria from one population that lives with the disease;
its regimen acts through the library's course alone (`bench.ms_shadow.background`); its endpoints
are counted as it defines them (`bench.ms_patients`). Three numbers of the T cells are fitted with
those of the disease, to the targets of `bench.calibrate_reconstitution` as well. No number belongs
to a study, a regimen or an arm.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench import calibrate_reconstitution
from bench.ms_patients import CELLS, library_cells, modelled, simulate
from bench.ms_shadow import Array, library_numbers
from bench.ms_studies import STUDIES, Row, misfit_scale, on_its_scale, rows
from bench.ms_tables import table
from bench.tables import put


@dataclass(frozen=True)
class Free:
    """A fitted number: on the scale of `log` or as it is, its guess and how strongly it pulls."""

    name: str
    guess: float
    spread: float
    log: bool
    why: str


def _of_cells(name: str) -> Free:
    """A number of the T cells, with the guess and the pull that it has in their own fit."""
    own = calibrate_reconstitution.FREE[f"{CELLS}{name}"]
    return Free(f"{CELLS}{name}", own.guess, 1 / own.pull, True, "calibrate_reconstitution")


FREE = (
    Free("response_ms", 0.25, 0.01, False, "Velez 2011: 0.25 makes about one relapse a year"),
    Free("response_ms.sd", 0.015, 0.5, True, "rates 0.4- to 1.6-fold"),
    Free("response_healthy", 0.33, 0.05, False, "Velez 2011: hardly a relapse above 0.30"),
    Free("clones", 40.0, 1.0, True, "dominant clones number dozens"),
    Free("regulation_weight", 0.1, 1.0, True, "unknown"),
    Free("severity", 1.5, 0.5, True, "points at the height of a relapse, from memory"),
    Free("recovery", 0.0077, 0.5, True, "half in 90 days, from memory"),
    Free("residue", 0.25, 0.5, True, "Lublin 2003, from memory"),
    Free("progression", 0.06, 0.7, True, "unknown"),
    Free("severity.sd", 0.5, 0.5, True, "unknown"),
    Free("progression.sd", 1.2, 0.4, True, "unknown"),
    *(_of_cells(name) for name in ("treg_push", "memory4_push", "conversion")),
)


def numbers_of(theta: Array) -> dict[str, float]:
    """All of the module's numbers, the free ones replaced."""
    return library_numbers() | _plain(theta)


def _plain(theta: Array) -> dict[str, float]:
    return {
        one.name: math.exp(value) if one.log else float(value)
        for one, value in zip(FREE, theta, strict=True)
    }


def _scaled(values: Mapping[str, float]) -> Array:
    return np.array([math.log(values[o.name]) if o.log else values[o.name] for o in FREE])


def guesses() -> Array:
    """The guesses, on the scales on which numbers are fitted."""
    return _scaled({one.name: one.guess for one in FREE})


def library_theta() -> Array:
    """The library's numbers on these scales."""
    return _scaled(library_numbers() | library_cells())


def start() -> Array:
    """Where the fit begins: the guesses of the disease, the T cells as their own fit left them."""
    cells = np.array([one.name.startswith(CELLS) for one in FREE])
    return np.where(cells, library_theta(), guesses())


def residuals(theta: Array, fitted: Sequence[Row]) -> Array:
    """Misfits of the rows and of the T cells' own targets, and the pulls of the guesses.

    Each in its own standard errors.
    """
    numbers = numbers_of(theta)
    found = {name: simulate(STUDIES[name], numbers) for name in {row.study for row in fitted}}
    misfits = []
    for row in fitted:
        value, error = misfit_scale(row)
        there = found[row.study]
        model = on_its_scale(row, modelled(row, there)) if there is not None else value + 10 * error
        misfits.append((model - value) / error)
    cells = {name: value for name, value in numbers.items() if name.startswith(CELLS)}
    pulls = (theta - guesses()) / np.array([one.spread for one in FREE])
    return np.concatenate([misfits, calibrate_reconstitution.misfits(cells), pulls])


def fit(
    fitted: Sequence[Row], theta: Array | None = None, fixed: Mapping[int, float] | None = None,
    rounds: int = 6,
) -> tuple[Array, float]:  # fmt: skip
    """The best numbers on their own scales, those of `fixed` kept, and half the sum of squares.

    Gauss and Newton with damping; wide steps for the derivatives, since patients are counted.
    """
    theta = start() if theta is None else theta.copy()
    fixed = fixed or {}
    for place, value in fixed.items():
        theta[place] = value
    loose = [place for place in range(len(theta)) if place not in fixed]
    steps = np.array([0.1 if one.log else 0.3 * one.spread for one in FREE])
    now = residuals(theta, fitted)
    damping = 1e-2
    for _ in range(rounds):
        slopes = np.empty((len(now), len(loose)))
        for column, place in enumerate(loose):
            moved = theta.copy()
            moved[place] += steps[place]
            slopes[:, column] = (residuals(moved, fitted) - now) / steps[place]
        for _ in range(5):
            square = slopes.T @ slopes
            square += damping * np.diag(np.diag(square))
            tried = theta.copy()
            tried[loose] -= np.linalg.solve(square, slopes.T @ now)
            then = residuals(tried, fitted)
            if then @ then < now @ now:
                break
            damping = max(damping, 0.01) * 6
        else:
            break
        gain = now @ now - then @ then
        theta, now, damping = tried, then, damping / 3
        if gain < 0.05:
            break
    return theta, 0.5 * float(now @ now)


LINK = ("response_healthy", "clones", "regulation_weight")
"""The numbers of the link from the repertoire to regulation."""


def profile(names: Sequence[str], fitted: Sequence[Row]) -> None:
    """Each number at values around the library's, all others fitted again: half sums of squares.

    Patients are counted, so that differences of about one are noise.
    """
    theta = library_theta()
    print(f"library: {0.5 * float(np.sum(residuals(theta, fitted) ** 2)):.1f}", flush=True)
    for place, one in enumerate(FREE):
        if one.name not in names:
            continue
        width = 1.0 if one.log else 1.5 * one.spread
        for shift in (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0):
            moved = theta.copy()
            moved[place] += shift * width
            _, there = fit(fitted, theta, {place: float(moved[place])}, rounds=2)
            print(f"{one.name:26} {_plain(moved)[one.name]:9.4g}  {there:7.2f}", flush=True)


def write(theta: Array) -> None:
    """Put the fitted numbers into the modules' tables."""
    changes: dict[str, dict[str, str]] = {}
    for id_, number in _plain(theta).items():
        name, _, spread = id_.partition(".")
        if id_ == "response_ms.sd":  # a coefficient of variation in the table
            number /= _plain(theta)["response_ms"]
        row = changes.setdefault(name if name.startswith(CELLS) else f"ms__{name}", {})
        row["cv" if spread else "value"] = f"{number:.3g}"
    put(changes)


def main() -> None:
    """The fit, its table, its profile."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--write", action="store_true", help="write into library/models")
    parser.add_argument("--table", action="store_true", help="the library's numbers, not fitted")
    parser.add_argument("--profile", nargs="*", help="profile likelihoods, of the link or of these")
    options = parser.parse_args()
    fitted = rows()
    if options.table:
        table(numbers_of(library_theta()), fitted)
        return
    if options.profile is not None:
        profile(options.profile or LINK, fitted)
        return
    theta, half = fit(fitted)
    for one, value in zip(FREE, _plain(theta).values(), strict=True):
        print(f"{one.name:26} {value:9.4g}   guess {one.guess:g}")
    print(f"half the sum of squares {half:.1f} of {len(fitted)} rows")
    table(numbers_of(theta), fitted)
    if options.write:
        write(theta)


if __name__ == "__main__":
    main()
