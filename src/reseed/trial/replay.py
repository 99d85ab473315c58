"""One patient of a trial, solved alone again, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reseed.nouns.outcomes import Outcomes
from reseed.nouns.records import Records
from reseed.nouns.scenario import Scenario
from reseed.nouns.trajectories import Trajectories
from reseed.trial.batch import run_batch
from reseed.trial.setup import place_of, set_up

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Replay:
    """One patient's trajectories (float64, unrounded), records and outcomes."""

    trajectories: Trajectories
    records: Records
    outcomes: Outcomes
    infusion_day: float

    def __repr__(self) -> str:
        days = self.trajectories.times
        return (
            f"<Replay of patient {int(self.trajectories.ids[0])}: "
            f"{', '.join(self.trajectories.variables)}; {len(days)} days; "
            f"{len(self.outcomes.endpoint)} outcomes; .table() is a data frame>"
        )

    def table(self) -> pd.DataFrame:
        """One row per day: `study_day`, `day` (after infusion), each variable with its unit."""
        import pandas as pd

        solved = self.trajectories
        columns = {"study_day": solved.times, "day": solved.times - self.infusion_day}
        for index, (name, unit) in enumerate(zip(solved.variables, solved.units, strict=True)):
            columns[f"{name} [{unit}]" if unit else name] = solved.values[0, index]
        return pd.DataFrame(columns)


def replay(
    scenario: Scenario,
    arm: str,
    patient: int,
    *,
    days: float | None = None,
    seed: int | None = None,
) -> Replay:
    """Solve one patient of one arm as the trial would.

    `patient` counts from 0 within the arm, or is the id that the trial's tables show. A patient
    beyond the trial's size is solved too: who comes next if the trial is made larger. InvalidInput
    names an unknown arm or a number that no patient can have.
    """
    number, index = place_of(scenario, arm, patient)
    setup = set_up(scenario, None, days, seed, arms=[number])
    batch = run_batch(setup, number, index, index + 1)
    return Replay(batch.trajectories, batch.records, batch.outcomes, setup.scenario.infusion_day)
