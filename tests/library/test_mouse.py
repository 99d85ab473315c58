"""Mice: one stem cell is enough, and an antibody opens niches once it is gone."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest

from reseed.cohort import in_units_of
from reseed.course import in_words
from reseed.course.procedures import PROCEDURES
from reseed.course.procedures.wait_for_washout import PORT, WaitForWashout, still_waiting
from reseed.engine import Solver, solve
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.schedule import Moment
from reseed.nouns.trajectories import Trajectories
from reseed.spec import find_library, read_course, read_module, read_scenario
from reseed.trial.batch import people_planned
from reseed.trial.setup import Setup, arm_number, set_up

LIBRARY = find_library()
DOSES = (3, 5, 8, 12, 20, 30, 45, 65, 100, 150)
FREQUENCY = "inject__frequency"


@cache
def prepared(scenario: str, *arms: str) -> Setup:
    """A scenario with some of its arms compiled."""
    found = read_scenario(scenario, LIBRARY)
    return set_up(found, arms=[arm_number(found, arm) for arm in arms])


def ours_frequency() -> float:
    """The share of purified cells that are competent and come to the marrow."""
    rows = read_module(LIBRARY.path("models", "inject")).parameters
    return next(row.value for row in rows if row.id == "frequency")


def survivors(mice: int) -> dict[int, float]:
    """Share alive on day 60 after 11 Gy by cells given, to mice of their own; 0 are controls."""
    setup = prepared("mouse-limiting-dilution", "cells-30")
    number = next(iter(setup.systems))
    system, given = setup.systems[number], (0, *DOSES)
    drawn, schedule = people_planned(setup, number, 0, mice * len(given), Solver())
    cells = np.repeat(np.array(given, dtype=float), mice)
    cohort = in_units_of(drawn, system)
    parameters = {**cohort.parameters, "inject__cells": cells}
    cohort = dataclasses.replace(cohort, parameters=parameters)
    probe = Probe(("neutrophils",), np.array([0.0, 60.0]))
    solved, _ = solve(system, cohort, dataclasses.replace(schedule, end=61.0), probe, key=Key(1))
    assert not solved.status.any()
    alive = np.isfinite(solved.values[:, 0, 1]).reshape(len(given), mice).mean(axis=1)
    return dict(zip(given, alive.tolist(), strict=True))


def test_one_stem_cell_is_enough_and_a_hundred_cells_save_nine_in_ten() -> None:
    """Anchor: half with 30 cells (fitted, Spangrude 1988); 95-100 % with 100 (Uchida 1998).

    Single hit: ln(-ln(1 - P)) over ln(cells) has slope 1 within 0.1 over ten doses, without what
    survives by itself.
    """
    alive = survivors(400)
    assert alive[0] <= 0.02
    assert alive[30] == pytest.approx(0.5, abs=0.07)
    assert alive[100] >= 0.88  # 0.90 in the mean of many (bench/limiting_dilution.py)
    cells = np.array(DOSES, dtype=float)
    lost = np.array([(1 - alive[dose]) / (1 - alive[0]) for dose in DOSES])
    spread = np.sqrt((1 - lost) / lost) / -np.log(lost)  # of the height, but for the mice
    slope = np.polyfit(np.log(cells), np.log(-np.log(lost)), 1, w=1 / spread)[0]
    assert slope == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("cells", "frequency", "share"),
    [
        (30, None, 0.5),  # the fit
        (5, 1 / 9.0, 0.43),  # 4 of 9 mice: Yilmaz 2006, PMC1895895
        (1, 0.1, 0.095),
    ],
)
def test_the_chance_of_no_stem_cell_is_the_single_hit_law(
    cells: int, frequency: float | None, share: float
) -> None:
    """1 - exp(-frequency * cells) get at least one, and as many settle as there are niches."""
    setup = prepared("mouse-limiting-dilution", "cells-30")
    system = next(iter(setup.systems.values()))
    inject = PROCEDURES["inject"](system, None, 0.0, ())  # type: ignore[arg-type]
    chance = ours_frequency() if frequency is None else frequency
    numbers = np.array(
        [inject(moment(patient, cells, chance, 11_000.0)).jumps[0].value for patient in range(3000)]
    )
    assert (numbers > 0).mean() == pytest.approx(1 - np.exp(-chance * cells), abs=0.03)
    assert (numbers > 0).mean() == pytest.approx(share, abs=0.03)
    few = inject(moment(0, 1_000_000, 0.5, 100.0)).jumps[0].value
    assert few <= 110


def moment(patient: int, cells: float, frequency: float, empty: float) -> Moment:
    """What the injection sees."""
    return Moment(
        time=1.0,
        patient=patient,
        ordinal=0,
        occurrence=0,
        values={"empty_niches": empty, "half_empty_niches": 19.0},
        covariates={},
        parameters={"inject__cells": cells, FREQUENCY: frequency},
        carried=None,
        key=Key(1),
    )


@cache
def conditioned(arm: str) -> tuple[Trajectories, Records]:
    """Twenty mice of an arm of mouse-antibody-conditioning."""
    setup = prepared("mouse-antibody-conditioning", "no-antibody", "too-early", "washed-out")
    number = arm_number(setup.scenario, arm)
    drawn, schedule = people_planned(setup, number, 0, 20, Solver())
    cohort = in_units_of(drawn, setup.systems[number])
    show = ("stem_chimerism", "myeloid_chimerism", "donor_b_cells", "donor_t_cells")
    probe = Probe((*show, "neutrophils"), np.linspace(0, 112, 113))
    return solve(setup.systems[number], cohort, schedule, probe, key=Key(1))


def at_16_weeks(arm: str) -> dict[str, float]:
    """Medians at the end."""
    found, _ = conditioned(arm)
    return dict(zip(found.variables, np.median(found.values[:, :, -1], axis=0), strict=True))


def test_an_antibody_opens_niches_once_it_is_gone() -> None:
    """Direction of Czechowicz 2007: few without, many after wash-out, markedly fewer too early."""
    none, early, late = map(at_16_weeks, ("no-antibody", "too-early", "washed-out"))
    assert none["stem_chimerism"] < 0.02
    assert late["stem_chimerism"] > 0.25
    assert early["stem_chimerism"] < late["stem_chimerism"] / 5
    assert late["myeloid_chimerism"] == pytest.approx(late["stem_chimerism"], abs=0.05)
    # few donor cells fill what the host leaves empty: lymphocytes before myeloid cells
    for one in (none, early, late):
        assert one["donor_b_cells"] > one["myeloid_chimerism"]
        assert one["donor_t_cells"] > one["myeloid_chimerism"]
    assert late["donor_b_cells"] > 0.7 and late["donor_t_cells"] > 0.5


def test_the_infusion_waits_for_wash_out() -> None:
    """It waits whole days until less than 100 ng/mL is left; the other arm does not wait."""
    _, records = conditioned("washed-out")
    named = np.asarray(records.name)
    assert np.all(records.value[named == "antibody_at_infusion"] < 0.1)
    waited = records.value[named == "days_waited"]
    assert len(waited) == 20 and np.all(waited >= 5) and np.all(waited == np.round(waited))
    injected = records.time[named == "cells_injected"]
    assert injected == pytest.approx(2 + 10 / 24 + waited)
    _, records = conditioned("too-early")
    injected = records.time[np.asarray(records.name) == "cells_injected"]
    assert injected == pytest.approx(np.full(20, 2 + 10 / 24))


def test_nobody_waits_for_ever() -> None:
    """What still has to be infused is put off a day at a time, and given when the wait is over."""
    names = ("below", "every", "longest")
    wait = WaitForWashout(dict.fromkeys(names, 1.0), level=1.0)
    seen = dataclasses.replace(
        moment(0, 30, 0.02, 100.0),
        values={PORT: 50.0},
        parameters={
            f"wait_for_washout__{name}": value
            for name, value in zip(names, (1.0, 1.0, 2.0), strict=True)
        },
    )
    first = wait(seen)
    assert first.again == 2.0 and not first.entries
    assert still_waiting(dataclasses.replace(seen, carried=first.carried)) == 1.0
    last = wait(dataclasses.replace(seen, occurrence=2, carried=first.carried))
    assert last.again is None
    assert {entry.name: entry.value for entry in last.entries} == {
        "days_waited": 2.0,
        "antibody_at_infusion": 50.0,
    }
    assert still_waiting(dataclasses.replace(seen, carried=last.carried)) == 0.0


def test_the_course_reads_as_words() -> None:
    """The antibody by its name, and cells once."""
    course = read_course(find_library().path("courses", "mouse-antibody-washout"))
    text = " ".join(in_words(course))
    assert "Anti-c-Kit 0.5 mg on day 0" in text and "(5000 cells)" in text
