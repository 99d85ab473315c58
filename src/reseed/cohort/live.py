"""Live: people lead their lives with the disease until a visit finds them fit for the study."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.time import DAYS_PER_YEAR
from reseed.base.units import factor
from reseed.cohort.draw import draw_cohort
from reseed.cohort.lives import AGE, Lives, Vector, tell
from reseed.engine import Solver
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.cohort_design import CohortDesign
from reseed.nouns.history import Criterion
from reseed.nouns.key import Key
from reseed.nouns.system import System

TOGETHER = 6  # lives of each place that are told side by side with those of others
ALONE = 8  # lives that a place still empty is offered then, all at once; twice as many each time
LIVES = 2_000  # lives for one place in the study, at most
APART = 10**12  # between the numbers that address the luck of one place's lives
DURATION, TOLD = "disease_duration", "years_told"
DRAWN, FAILED = "lives_drawn", "lives_failed"

Tell = Callable[[NDArray[np.int64]], Lives]


@dataclass(slots=True)
class Place:
    """One place in the study while it is being filled: how many lives it was offered.

    Of the `told` lives `failed` could not be solved, and `met`, (criterion,), met each criterion at
    some visit. `lived` is the days from onset to the entry of who fills the place, NaN while it is
    empty, `seen` what was seen then.
    """

    number: int
    met: NDArray[np.int64]
    told: int = 0
    failed: int = 0
    lived: float = math.nan
    seen: dict[str, float] = field(default_factory=dict)

    @property
    def luck(self) -> int:
        """What addresses the draws of the last life that was told."""
        return self.number + (self.told - 1) * APART

    def offer(self, lives: Lives, rows: Sequence[int]) -> None:
        """The next lives, one after the other, until one fits."""
        for row in rows:
            self.told += 1
            self.failed += int(lives.failed[row])
            self.met += lives.met[row]
            if not math.isnan(lives.lived[row]):
                self.lived = float(lives.lived[row])
                self.seen = {name: float(values[row]) for name, values in lives.seen.items()}
                return


def live(
    system: System, design: CohortDesign, ids: NDArray[np.int64], key: Key, solver: Solver
) -> tuple[Cohort, Vector]:
    """The people who enter a study, as they are then, and the first day of each: (patient,).

    Each place in the study is offered to one drawn person after the other, each with a luck of
    its own, who lives in `system`, untreated, from the onset of the disease on day 0. The first
    visit at which all criteria of the design's history hold is the entry; day 0 is then that
    visit, and the first day lies before it. Age is that at entry; `disease_duration`, `years_told`
    (which models of the life before read), `lives_drawn` (for the place, the last one counted),
    `lives_failed` (those of them that could not be solved, and fit nobody) and what the criteria
    name become covariates. Parameters are those of the arm to come, and not drawn here.

    Who fills a place, or that nobody does, depends on that place alone. InvalidInput for a place
    that stays empty after 2,000 lives, with the number of them that each criterion has excluded.
    """
    history = design.history
    assert history is not None

    def told(luck: NDArray[np.int64]) -> Lives:
        return tell(system, design, history, luck, key, solver)

    places = [Place(int(number), np.zeros(len(history.criteria), np.int64)) for number in ids]
    empty = places
    for turn in range(TOGETHER):
        if not empty:
            break
        lives = told(np.array([one.number for one in empty]) + turn * APART)
        for row, one in enumerate(empty):
            one.offer(lives, [row])
        empty = [one for one in empty if math.isnan(one.lived)]
    for one in empty:
        _fill(one, told, design, history.criteria)
    luck = np.array([one.luck for one in places], dtype=np.int64)
    drawn = draw_cohort(design, {}, {}, luck, key)
    return at_entry(drawn, ids, places), -np.array([one.lived for one in places])


def at_entry(drawn: Cohort, ids: NDArray[np.int64], places: Sequence[Place]) -> Cohort:
    """People drawn at onset, as they are on the day of their entry."""
    years = np.array([one.lived for one in places]) / DAYS_PER_YEAR
    covariates = dict(drawn.covariates)
    units = {column.name: column.unit for column in drawn.columns}
    if AGE in covariates:
        covariates[AGE] = covariates[AGE] + years * factor("year", units[AGE])
    added = dict.fromkeys((DURATION, TOLD), ("year", years))
    added[DRAWN] = ("", np.array([float(one.told) for one in places]))
    added[FAILED] = ("", np.array([float(one.failed) for one in places]))
    added |= {name: ("", np.array([one.seen[name] for one in places])) for name in places[0].seen}
    columns = [*drawn.columns, *(Covariate(name, unit) for name, (unit, _) in added.items())]
    covariates |= {name: values for name, (_, values) in added.items()}
    luck = drawn.draws()
    return dataclasses.replace(
        drawn, ids=ids, luck=luck, columns=tuple(columns), covariates=covariates
    )


def _fill(place: Place, told: Tell, design: CohortDesign, criteria: Sequence[Criterion]) -> None:
    """Offers one place to more lives; InvalidInput if none of them fits."""
    size = ALONE
    while math.isnan(place.lived):
        if place.told >= LIVES:
            raise InvalidInput([_nobody(place, design, criteria)])
        size = min(size, LIVES - place.told)
        turns = place.told + np.arange(size)
        place.offer(told(place.number + turns * APART), range(size))
        size *= 2


def _nobody(place: Place, design: CohortDesign, criteria: Sequence[Criterion]) -> Fault:
    """What excluded the lives that a place was offered, and the criterion that none ever met."""
    unsolved = 2 * place.failed > place.told
    never = [number for number, met in enumerate(place.met, 1) if not met and not unsolved]
    where = f"history.criterion[{never[0]}]" if never else "history"
    excluded = ", ".join(
        f"{_in_words(one)} in {place.told - met}"
        for one, met in zip(criteria, place.met, strict=True)
    )
    found = f"nobody for place {place.number} in {place.told} lives of it; never met: {excluded}"
    if place.met.all():
        found += "; and never all of them at one visit"
    if place.failed:
        found += f"; {place.failed} could not be solved"
    expected = "lives that can be solved" if unsolved else "criteria that lives meet at a visit"
    return Fault(f"cohort {design.name}", where, found, expected)


def _in_words(one: Criterion) -> str:
    """Relapse at least 2, disability 2 to 6."""
    bounds = f"{one.low:g} to {one.high:g}"
    if math.isinf(one.high):
        bounds = f"at least {one.low:g}"
    elif math.isinf(one.low):
        bounds = f"at most {one.high:g}"
    return f"{one.name} {bounds} {one.unit}".rstrip()
