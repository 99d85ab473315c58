"""Fit the level of infections after cyclophosphamide and a graft.

    python -m bench.calibrate_infection                # print the fit
    python -m bench.calibrate_infection --write        # and write it into parameters.tsv

Days of recovery are fitted by `bench.fit_engraftment`, and come first: how many infections there
are depends on how long counts are low.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping

import numpy as np

from bench.engraftment_patients import STEP, follow
from bench.engraftment_studies import Arm, Dose, of_library
from bench.tables import put
from reseed.spec import find_library, read_module

FOLLOW_UP = 40  # days
Values = np.ndarray


def value_of(name: str) -> float:
    """A parameter of the library, in its own unit."""
    module, own = name.split("__")
    rows = read_module(find_library().path("models", module)).parameters
    return next(row.value for row in rows if row.id == own)


def morning_counts(patients: int) -> Values:
    """Neutrophils (cells/L) on days 0 to 40 after 200 mg/kg and a graft: (patient, day)."""
    gives = of_library("cyclophosphamide-atg", stop=True)
    arm = Arm(gives, Dose(5.7e6, 0.4, 2e6, 20e6), "the spread of doses")
    return follow(arm, {}, patients).neutrophils[:, :: round(1 / STEP)][:, : FOLLOW_UP + 1]


def infection_level(neutrophils: Values) -> dict[str, float]:
    """Ward and home rates from 23 infections in 56 patients to day 15 and 25 from then to 180."""
    names = ("ratio_per_decade", "lowest_count", "discharge_steepness", "resolution_rate")
    ratio, lowest, steep, resolution = (value_of(f"infection__{name}") for name in names)
    counts = np.maximum(neutrophils / 1e9, lowest)
    rest = np.repeat(counts[:, -1:], 180 - FOLLOW_UP, axis=1)  # recovered for good
    counts = np.concatenate([counts, rest], axis=1)
    by_count = ratio ** np.log10(counts)
    home = 1 / (1 + (counts / value_of("infection__discharge_count")) ** -steep)
    ward_part, home_part = (1 - home) * by_count, home * by_count
    early = np.arange(counts.shape[1]) <= 15
    matrix = [
        [part[:, when].sum(axis=1).mean() for part in (ward_part, home_part)]
        for when in (early, ~early)
    ]
    ward, away = np.linalg.solve(np.array(matrix), np.array([23.0, 25.0]) / 56)
    hazard = ward * ward_part + away * home_part
    load = np.zeros_like(hazard)
    for day in range(1, hazard.shape[1]):
        load[:, day] = load[:, day - 1] * math.exp(-resolution) + hazard[:, day]
    deaths = (load * by_count)[:, :101].sum(axis=1).mean()
    print(f"infections per patient and day over 27 days: {hazard[:, :28].mean():.4f} (0.020)")
    return {
        "infection__hospital_rate": float(f"{ward:.3g}"),
        "infection__home_factor": float(f"{away / ward:.3g}"),
        "infection__lethality": float(f"{1 / 507 / deaths:.3g}"),
    }


def write(fitted: Mapping[str, float]) -> None:
    """Put fitted values into the rows of parameters.tsv; what stands there of them stays."""
    put({name: {"value": f"{value:g}"} for name, value in fitted.items()})


def main() -> None:
    """Fit, print and, if asked, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--patients", type=int, default=80)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    fitted = infection_level(morning_counts(options.patients))
    for name, value in fitted.items():
        print(f"{name} = {value:g}")
    if options.write:
        write(fitted)


if __name__ == "__main__":
    main()
