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
    "no stem cell lost in culture": {"correct__stem_cells_kept": Quantity(1.0, "1")},
    "... and all of them corrected": {
        "correct__stem_cells_kept": Quantity(1.0, "1"),
        "correct__corrected": Quantity(0.999, "1"),
    },
    "fed cells in blood at once": {"niche__blood_delay": Quantity(0.0, "day")},
    "fed cells in blood after 90 days": {"niche__blood_delay": Quantity(90.0, "day")},
    "no differentiation when few": {"niche__sparing": Quantity(1.0, "1")},
}
SHOWN = {
    "stem_cell_clones_1y": "alive, 1 year",
    "stem_cell_clones_5y": "alive, 5 years",
    "clones_seen_1m": "seen, month 1",
    "clones_seen_1y": "seen, 1 year",
    "clones_seen_5y": "seen, 5 years",
    "early_clones_kept_1y": "month 1 kept to year 1, %",
    "clones_kept_5y": "year 1 kept to year 5, %",
}


def main() -> None:
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    study = reseed.load("gene-therapy-clones")
    print(f"medians of {patients} patients:", "; ".join(SHOWN.values()))
    for name, changed in ASSUMPTIONS.items():
        parameters = (*study.scenario.parameters, *changed.items())
        scenario = dataclasses.replace(study.scenario, parameters=parameters)
        found = dataclasses.replace(study, scenario=scenario).run(patients=patients).outcomes
        medians = found.groupby("endpoint")["value"].median()
        print(f"{name:32}", *(f"{medians[endpoint]:9.4g}" for endpoint in SHOWN), flush=True)


if __name__ == "__main__":
    main()
