"""Limiting dilution of stem cells in mice: survival by dose, and the single-hit line.

    python3 go bench limiting_dilution [MICE]

`inject__frequency` was chosen so that half survive with 30 cells; the other doses follow. The share
that controls save by themselves is taken out, as limiting dilution does.
"""

from __future__ import annotations

import sys

import numpy as np

from reseed.spec import find_library, read_scenario
from reseed.trial.batch import run_batch
from reseed.trial.setup import set_up

SCENARIO = "mouse-limiting-dilution"
ENDPOINT = "survival_60d_from_entry"


def survival(mice: int) -> dict[int, float]:
    """Share alive at day 60 by cells given; 0 are the controls."""
    scenario = read_scenario(SCENARIO, find_library())
    setup = set_up(scenario, patients=mice)
    found = {}
    for number, arm in enumerate(setup.scenario.arms):
        cells = dict(arm.parameters).get("inject__cells")
        outcomes = run_batch(setup, number, 0, mice).outcomes
        dead = np.asarray(outcomes.status)[np.asarray(outcomes.endpoint) == ENDPOINT] == 1
        found[int(cells.value) if cells else 0] = 1.0 - float(dead.mean())
    return found


def slope(alive: dict[int, float], mice: int) -> tuple[float, float]:
    """The slope of ln(-ln(1 - P)) over ln(cells), and its standard error; controls taken out."""
    cells = np.array([dose for dose in sorted(alive) if dose], dtype=float)
    lost = np.array([(1 - alive[int(dose)]) / (1 - alive[0]) for dose in cells])
    height = np.log(-np.log(lost))
    spread = np.sqrt((1 - lost) / (mice * lost)) / -np.log(lost)
    design = np.stack([np.ones_like(cells), np.log(cells)], axis=1) / spread[:, None]
    covariance = np.linalg.inv(design.T @ design)
    fitted = covariance @ design.T @ (height / spread)
    return float(fitted[1]), float(np.sqrt(covariance[1, 1]))


def main() -> None:
    mice = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    alive = survival(mice)
    print(f"{mice} mice a dose; controls alive: {alive[0]:.3f}")
    for cells, share in sorted(alive.items()):
        if cells:
            print(f"{cells:5d} cells  {share:.3f}  single hit {1 - np.exp(-0.0239 * cells):.3f}")
    found, error = slope(alive, mice)
    print(f"slope {found:.3f} (standard error {error:.3f}); one hit is 1")


if __name__ == "__main__":
    main()
