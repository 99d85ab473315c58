"""Clones of corrected cells after gene therapy, beside what was published.

    python3 go bench clones [PATIENTS]

Published: 770 to 35,000 active stem cells in 53 people up to 8 years after gene therapy (Calabria
2024, PMC11618100); none of more than 50 clones of month 1 active later (Glimm 2005 Blood 106:893).
The rows after the first change one assumption each.
"""

from __future__ import annotations

import dataclasses
import sys

import reseed
from reseed.nouns.course import Quantity

ASSUMPTIONS: dict[str, dict[str, Quantity]] = {
    "as the library has it": {},
    "no differentiation when few": {"niche__sparing": Quantity(1.0, "1")},
    "half as much when few": {"niche__sparing": Quantity(0.5, "1")},
    "50,000 stem cells at rest": {"niche__resting_cells": Quantity(50_000.0, "cell")},
    "200,000 stem cells at rest": {"niche__resting_cells": Quantity(200_000.0, "cell")},
    "division once in 25 weeks": {"niche__division": Quantity(1 / 25, "1/week")},
    "division once in 50 weeks": {"niche__division": Quantity(1 / 50, "1/week")},
    "fed cells in blood at once": {"niche__blood_delay": Quantity(0.0, "day")},
    "fed cells in blood after 90 days": {"niche__blood_delay": Quantity(90.0, "day")},
}
SHOWN = {
    "stem_cell_clones_1y": "alive, 1 year",
    "stem_cell_clones_5y": "alive, 5 years",
    "clones_seen_1y": "seen, 1 year",
    "clones_seen_5y": "seen, 5 years",
    "clones_estimated_1y": "estimated, 1 year",
    "clones_estimated_5y": "estimated, 5 years",
    "early_clones_kept_1y": "month 1 kept to year 1, %",
    "clones_kept_5y": "year 1 kept to year 5, %",
}
LOW, HIGH = 770, 35_000  # published
COMPARED = ("clones_estimated_1y", "clones_estimated_5y")


def main() -> None:
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    study = reseed.load("gene-therapy-clones")
    print(f"medians of {patients} patients:", "; ".join(SHOWN.values()))
    print("then % of patients within the published range by estimate, at 1 and 5 years")
    for name, changed in ASSUMPTIONS.items():
        parameters = (*study.scenario.parameters, *changed.items())
        scenario = dataclasses.replace(study.scenario, parameters=parameters)
        found = dataclasses.replace(study, scenario=scenario).run(patients=patients).outcomes
        medians = found.groupby("endpoint")["value"].median()
        inside = [
            100.0 * found.loc[found["endpoint"] == one, "value"].dropna().between(LOW, HIGH).mean()
            for one in COMPARED
        ]
        cells = [*(medians[endpoint] for endpoint in SHOWN), *inside]
        print(f"{name:32}", *(f"{cell:9.4g}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
