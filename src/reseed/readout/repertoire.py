"""The corrected clones of one patient after the infusion, from what the model says of pools."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.clones import Blood, between, blood_of, follow, sampled
from reseed.nouns.key import Key
from reseed.readout.cases import Cases

FIRST_YEAR, SPACING, LATER = 365.0, 30.4, 91.3
"""Days between the times at which clones are followed, in the first year and later. Each step is
exact, however long; the times are those of samples, and of the feeding of short-term cells."""


@dataclass(frozen=True, slots=True)
class Repertoire:
    """Clones of corrected cells: `stem` (time, clone) long-term stem cells, and `blood`.

    `days` after the origin, the first that of the infusion; `patient` is the address of its luck.
    """

    key: Key
    patient: int
    days: NDArray[np.float64]
    stem: NDArray[np.int64]
    blood: Blood

    def at(self, day: float) -> int:
        """The place of the time that is nearest to a day."""
        return int(np.argmin(np.abs(self.days - day)))

    def seen(self, day: float, cells: int) -> NDArray[np.int64]:
        """Cells of each clone, (clone,), in a sample of so many blood cells, untagged ones too."""
        row = self.at(day)
        parts = (self.blood.early[row], self.blood.late[row], self.blood.rest[[row]])
        weights = np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])
        key = Key(self.key.seed, "clones/sample")
        return sampled(key, self.patient, round(self.days[row]), weights, cells)[:-1]


def repertoire(
    cases: Cases, patient: int, infusion: float, stem: int, short: int
) -> Repertoire | None:
    """The clones of the patient in this row of `cases`, as far as it was followed.

    `infusion` is the day of it, on which `stem` corrected stem cells settled and `short` corrected
    short-term cells came. Each founds a clone. None if no visit came after it.
    """
    days = cases.visits[patient].astype(np.float64)
    seen = (days > infusion) & ~np.isnan(cases.observations.of("short_term_cells")[patient])
    if not seen.any():
        return None
    days = days[seen]

    def of(port: str) -> NDArray[np.float64]:
        return cases.observations.of(port)[patient][seen]

    loss = of("short_term_losses")
    steps = np.diff(days, prepend=infusion)
    left = np.exp(-np.cumsum(steps * 0.5 * (loss + np.concatenate([loss[:1], loss[:-1]]))))
    wanted = np.concatenate(
        [np.arange(1.0, FIRST_YEAR, SPACING), np.arange(FIRST_YEAR, days[-1] + 1.0, LATER)]
    )
    at = np.unique([np.argmin(np.abs(days - day)) for day in wanted if day <= days[-1] + 1.0])

    def from_infusion(start: float, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([[start], values[at]])

    times = from_infusion(infusion, days)
    births, losses = (of(port) for port in ("stem_cell_births", "stem_cell_losses"))
    laws = between(times, from_infusion(births[0], births), from_infusion(losses[0], losses))
    corrected, host = of("corrected_stem_cells"), of("host_stem_cells")
    totals = np.rint(from_infusion(stem, corrected)).astype(np.int64)
    key, who = cases.key, int(cases.observations.ids[patient])
    cells = follow(Key(key.seed, "clones/stem"), who, stem, totals.tolist(), laws)
    feeding = np.maximum(totals + from_infusion(host[0], host), 1.0)
    pool = from_infusion(of("short_term_cells")[0] / left[0], of("short_term_cells"))
    blood = blood_of(
        Key(key.seed, "clones/early"),
        who,
        times,
        pool,
        from_infusion(1.0, left),
        min(short, int(pool[0])),  # what drugs kill before the first visit founds no clone
        cells[:, :-1] / feeding[:, None],
        float(of("blood_delay")[0]),
    )
    return Repertoire(key, who, times, cells[:, :-1], blood)
