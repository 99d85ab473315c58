"""A patient's result is the same to the last bit, whoever is solved beside it and however.

The ward below has everything that lanes could mix up: doses and infusions at each patient's own
times, a procedure, state events, hazards that recur and that end, a discrete species that is
followed one by one and in leaps, a stiff state, and patients who fail in every way.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from kernels import WIDTHS
from numpy.typing import NDArray

from bench.population import Population, population, sbml_text
from bench.racers import reseed_racer
from reseed.base.keys import normals, uniforms
from reseed.engine import FAILURES, Solver, chunk, ensemble, solve
from reseed.engine import call as calls
from reseed.engine.kernel import Kernel, machine
from reseed.model import load_sbml
from reseed.nouns.cohort import Cohort
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.schedule import Boundary, Entry, Moment, Schedule, Turn
from reseed.nouns.system import Channel, Hazard, StateEvent, System, SystemPort
from reseed.nouns.trajectories import Trajectories

KEY = Key(20260904)
END = 60.0
PATIENTS = 131
# ids of those who stand out
BURSTING, STORMING, SPINNING, DIZZY, UNTREATABLE = 17, 40, 58, 77, 101
OUTSTANDING = (BURSTING, STORMING, SPINNING, DIZZY, UNTREATABLE)
SOLVER = Solver(budget=6_000, rungs=1, exact_below=20.0)

DEFAULTS = {
    "clear": 0.7, "infusion": 0.0, "half": 0.8, "steep": 1.7, "grow": 0.35, "room": 1.0,
    "kill": 0.9, "least": 0.25, "refill": 0.6, "spin": 0.3, "burst": 0.0, "risk": 0.06,
    "frailty": 3e-4, "divide": 0.14, "die": 0.1, "arrive": 1.5,
}  # fmt: skip
STATES = {"drug": 0.0, "cells": 0.9, "quick": 0.9, "east": 1.0, "north": 0.0, "wild": 1.0}


def ward() -> System:
    """One system with all that the engine can do; the last state is a discrete species."""
    states = (*STATES, "arrived", "clones")
    effect = ("/", ("^", "drug", "steep"), ("+", ("^", "half", "steep"), ("^", "drug", "steep")))
    season = ("+", 1.0, ("*", 0.3, ("sin", ("*", 0.2, "time"))))
    rates = (
        ("-", "infusion", ("*", "clear", "drug")),
        ("-", ("*", "grow", "cells", ("-", 1.0, ("/", "cells", "room"))),
         ("*", "kill", "effect", "cells")),
        ("*", 1e4, ("-", "cells", "quick")),
        ("neg", ("*", "spin", "north")),
        ("*", "spin", "east"),
        ("*", "burst", "wild", "wild"),
        0.0,
        0.0,
    )  # fmt: skip
    return System(
        name="ward",
        states=states,
        state_units=("",) * len(states),
        initial=(*STATES.values(), 0.0, 12.0),
        rates=rates,
        parameters=tuple(DEFAULTS),
        parameter_units=("",) * len(DEFAULTS),
        defaults=tuple(DEFAULTS.values()),
        rules=(("effect", effect), ("season", season)),
        events=(
            StateEvent("rescue", ("lt", "cells", "least"), (("cells", "refill"),)),
            # none of those who spin quickly get that far
            StateEvent("turn", ("gt", "north", ("*", 0.4, ("+", 1.0, "spin"))), ()),
        ),
        hazards=(
            Hazard(
                "infection",
                ("/", ("*", "risk", "season"), ("+", 0.2, "cells")),
                True,
                "",
                (("cells", -0.02),),
            ),
            Hazard("death", ("*", "frailty", ("+", 1.0, "clones")), False, "death", ()),
        ),
        ports=(
            *(SystemPort(name, name, "factor", "", "out") for name in (*states, "effect")),
            SystemPort("rescue", "rescue", "event", "", "out"),
            SystemPort("turn", "turn", "event", "", "out"),
        ),
        variability=(),
        uncertainty=(),
        discrete=("clones",),
        channels=(
            Channel("divide", ("*", "divide", "clones"), (("clones", 1.0),)),
            Channel(
                "die", ("*", ("+", "die", ("*", 0.1, "effect")), "clones"), (("clones", -1.0),)
            ),
            Channel("arrive", ("*", "arrive", "cells"), (("clones", 1.0), ("arrived", 1.0))),
        ),
    )


class Visit:
    """Tops the drug up to 0.5, once again a week later; nobody can treat one of the patients."""

    def __call__(self, moment: Moment) -> Turn:
        if moment.patient == UNTREATABLE:
            raise ValueError("no vein")
        lacking = max(0.5 - moment.values["drug"], 0.0) / moment.parameters["clear"]
        return Turn(
            jumps=(Jump(moment.time, "drug", lacking), Jump(moment.time + 0.3, "quick", 0.1)),
            entries=(Entry("visit", "added", lacking, ""),),
            again=moment.time + 7.0 if moment.occurrence == 0 else None,
        )


class Solved(NamedTuple):
    """What `solve` answers."""

    course: Trajectories
    records: Records


def people(ids: NDArray[np.int64]) -> Cohort:
    """Patients whose numbers are their own, by id; some are made to fail."""
    scatter = {
        name: DEFAULTS[name] * np.exp(0.3 * normals(Key(1, name), ids))
        for name in ("clear", "half", "grow", "kill", "least", "risk", "divide", "arrive")
    }
    scatter["least"] = np.minimum(scatter["least"], 0.5)
    special = {
        name: np.full(len(ids), DEFAULTS[name]) for name in ("spin", "burst", "refill", "frailty")
    }
    special["frailty"][np.isin(ids, OUTSTANDING)] = 0.0  # nobody dies before the failure
    special["burst"][ids == BURSTING] = 0.04
    special["refill"][ids == STORMING] = scatter["least"][ids == STORMING] + 1e-9
    scatter["kill"][ids == STORMING] = 3.0
    special["spin"][ids == SPINNING] = 60.0
    special["spin"][ids == DIZZY] = 5e4
    return Cohort(ids, (), {}, scatter | special)


def treatment(ids: NDArray[np.int64]) -> Schedule:
    """Three boluses, of which some have only two, an infusion, and visits: all at own times."""
    start = uniforms(Key(2, "start"), ids)
    gap = 2.0 + 5.0 * uniforms(Key(2, "gap"), ids)
    sizes = [1.0 + uniforms(Key(2, "size"), ids, draw=number) for number in range(4)]
    sizes[2] = np.where(ids % 3 == 0, np.nan, sizes[2])
    times = [start, start + gap, start + 2 * gap, 20.0 + start, 21.5 + gap / 4]
    values = [*sizes[:3], sizes[3], -sizes[3]]
    visits = np.where(ids % 2 == 0, 10.0 + 10.0 * start, np.inf)
    visits[ids == UNTREATABLE] = 11.0
    return Schedule(
        np.stack(times, axis=1),
        np.stack(values, axis=1),
        ("drug", "drug", "drug", "infusion", "infusion"),
        ("bolus", "bolus", "bolus", "drip", "drip"),
        (Boundary("visit", visits, Visit()),),
        np.zeros(len(ids)),
        END,
    )


SHOWN = ("drug", "cells", "quick", "east", "arrived", "clones", "effect")
PROBE = Probe(SHOWN, np.concatenate([np.linspace(0.0, END, 47), [END + 1.0]]))


def solved(ids: NDArray[np.int64], solver: Solver = SOLVER, probe: Probe = PROBE) -> Solved:
    """These patients in this order."""
    found = solve(ward(), people(ids), treatment(ids), probe, key=KEY, solver=solver)
    return Solved(*found)


@cache
def everybody() -> Solved:
    """All patients at once, in order: what every other way must equal."""
    return solved(np.arange(PATIENTS))


def told(found: Solved, row: int) -> tuple:
    """All that is known of one patient, numbers as bits."""
    course, records = found
    patient = course.ids[row]
    rows = np.flatnonzero(records.patient == patient)
    numbers = [course.values[row], course.end_time[row], course.status_time[row]]
    numbers += [records.time[rows], records.value[rows]]
    words = [course.end_reason[row], course.status_state[row]]
    words += [(records.source[i], records.name[i], records.unit[i]) for i in rows]
    counts = (course.status[row], course.rung[row], course.steps[row])
    bits = [np.ascontiguousarray(number).tobytes() for number in numbers]
    return (*bits, *words, *map(int, counts))


def assert_same(found: Solved, expected: Solved) -> None:
    """Everybody in `found` is the same in `expected`, bit for bit."""
    rows = {int(patient): row for row, patient in enumerate(expected.course.ids)}
    different = [
        int(patient)
        for row, patient in enumerate(found.course.ids)
        if told(found, row) != told(expected, rows[int(patient)])
    ]
    assert different == [], f"{len(different)} of {len(found.course.ids)} patients differ"


def test_the_ward_has_all_that_could_be_mixed_up() -> None:
    """Solved, dead and failed patients of each kind, events, hazards, leaps and single steps."""
    course, records = everybody()
    names = {failure.code: failure.name for failure in FAILURES}
    failed = {
        int(course.ids[row]): names[int(course.status[row])]
        for row in np.flatnonzero(course.status)
    }
    assert failed == {
        BURSTING: failed[BURSTING],
        STORMING: "event storm",
        DIZZY: "step budget",
        UNTREATABLE: "procedure",
    }
    assert failed[BURSTING] in ("step too small", "not a number")
    assert course.rung[SPINNING] == 1 and course.status[SPINNING] == 0
    assert Counter(course.rung.tolist())[0] == PATIENTS - 5
    dead = np.array(course.end_reason) == "death"
    assert PATIENTS / 10 < dead.sum() < PATIENTS * 0.9
    happened = Counter(zip(records.source, records.name, strict=True))
    assert happened["event", "rescue"] > 50 and happened["event", "turn"] > 50
    assert happened["hazard", "infection"] > 50 and happened["visit", "added"] > 50
    clones = course.values[:, SHOWN.index("clones")]
    assert np.nanmin(clones) < 5 and np.nanmax(clones) > 2 * SOLVER.exact_below
    np.testing.assert_allclose(clones, np.round(clones), rtol=1e-14)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_width_of_lanes_changes_nothing(width: int) -> None:
    """2, 4 or 8 patients beside each other, as the processor allows."""
    assert_same(solved(np.arange(PATIENTS), dataclasses.replace(SOLVER, width=width)), everybody())


@pytest.mark.parametrize("sizes", [(1, 2, 3, 5, 120), (64, 67), (9,) * 14 + (5,)])
def test_pieces_of_any_size_make_the_same_whole(sizes: tuple[int, ...]) -> None:
    """A cohort that is solved in parts, also by a narrower lane, is that solved at once."""
    assert sum(sizes) == PATIENTS
    for ids in np.split(np.arange(PATIENTS), np.cumsum(sizes)[:-1]):
        assert_same(solved(ids), everybody())


@pytest.mark.parametrize("order", ["backwards", "shuffled", "twice as sparse"])
def test_the_order_of_patients_changes_nothing(order: str) -> None:
    """Who shares a vector with whom, and who comes first, is of no importance."""
    ids = np.arange(PATIENTS)
    if order == "backwards":
        ids = ids[::-1].copy()
    elif order == "shuffled":
        np.random.default_rng(3).shuffle(ids)
    else:
        ids = ids[::2]
    assert_same(solved(ids), everybody())


@pytest.mark.parametrize("threads", [2, 3, 0])
def test_threads_change_nothing(threads: int) -> None:
    """Two, three, or one for every processor."""
    assert_same(
        solved(np.arange(PATIENTS), dataclasses.replace(SOLVER, threads=threads)), everybody()
    )


@pytest.mark.parametrize("size", [1, 7, 50])
def test_the_size_of_chunks_changes_nothing(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patients who are handed to the kernel together."""
    monkeypatch.setattr(ensemble, "CHUNK", size)
    assert_same(solved(np.arange(PATIENTS)), everybody())


@pytest.mark.parametrize("steps", [3, 41])
def test_being_set_aside_changes_nothing(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A patient may wait after every few steps, or lanes be emptied by a turn's end."""
    whole = everybody()
    monkeypatch.setattr(chunk, "SLICE", steps)
    monkeypatch.setattr(calls, "TURN", 5 * steps)
    some = np.array([0, 3, BURSTING, 33, STORMING, 41, 42, SPINNING, UNTREATABLE, 130])
    assert_same(solved(some), whole)


@pytest.mark.parametrize("absent", OUTSTANDING)
def test_a_neighbour_who_fails_changes_nobody(absent: int) -> None:
    """Neighbours of the failed are the same without them, in lanes of their own."""
    near = np.arange(max(absent - 12, 0), absent + 12)
    without = solved(near[near != absent])
    assert_same(without, everybody())
    assert_same(without, solved(near))


def test_a_ward_of_failures_changes_nobody() -> None:
    """One sound patient among many copies of those who fail, who are solved again and again."""
    ids = np.arange(PATIENTS)
    bad, cohort = people(np.array([BURSTING, STORMING, DIZZY])), people(ids)
    for name, column in cohort.parameters.items():
        column[ids != 66] = bad.parameters[name][ids[ids != 66] % 3]
    short = dataclasses.replace(SOLVER, budget=2_000)
    found = Solved(*solve(ward(), cohort, treatment(ids), PROBE, key=KEY, solver=short))
    assert np.count_nonzero(found.course.status) > PATIENTS * 0.8
    assert told(found, 66) == told(everybody(), 66)


def test_a_parameter_that_varies_is_as_good_as_a_constant() -> None:
    """A column of default values gives the bits that no column gives: folding changes nothing."""
    ids = np.arange(24)
    plain = Cohort(ids, (), {}, {})
    columns = Cohort(ids, (), {}, {name: np.full(24, value) for name, value in DEFAULTS.items()})
    some = Cohort(ids, (), {}, {"steep": np.full(24, DEFAULTS["steep"])})
    whole, *others = (
        Solved(*solve(ward(), cohort, treatment(ids), PROBE, key=KEY, solver=SOLVER))
        for cohort in (plain, columns, some)
    )
    for other in others:
        assert_same(other, whole)


def test_what_is_looked_at_changes_nothing() -> None:
    """Another probe gives the same values where both look, as long as counts do not leap."""
    exact = dataclasses.replace(SOLVER, exact_below=float("inf"))
    ids = np.arange(40)
    both = Probe(("cells", "clones"), PROBE.times[::3])
    often, seldom = solved(ids, exact), solved(ids, exact, both)
    shown = [SHOWN.index(name) for name in both.variables]
    np.testing.assert_array_equal(seldom.course.values, often.course.values[:, shown, ::3])
    np.testing.assert_array_equal(seldom.course.steps, often.course.steps)
    np.testing.assert_array_equal(seldom.records.time, often.records.time)


# --- the benchmark's model -----------------------------------------------------------------------


def raced(rows: NDArray[np.int64], solver: Solver, method: str = "Rodas5P") -> Solved:
    """Patients of the benchmark."""
    crowd: Population = benchmark_population()
    found = solve(
        load_sbml(sbml_text(), "benchmark"),
        reseed_racer.cohort(crowd, rows),
        reseed_racer.schedule(crowd, rows),
        Probe(crowd.observables, crowd.saves),
        key=Key(1),
        solver=dataclasses.replace(solver, method=method),
    )
    return Solved(*found)


@cache
def benchmark_population() -> Population:
    """The first patients for tuning."""
    return population(80, 0)


@pytest.mark.parametrize("method", ["Rodas5P", "Rodas4"])
def test_patients_of_the_benchmark_are_the_same_in_every_way(method: str) -> None:
    """Widths, pieces, orders and threads, with both compiled methods."""
    rows = np.arange(80)
    whole = raced(rows, Solver(), method)
    assert not whole.course.status.any()
    for width in WIDTHS:
        assert_same(raced(rows[:33], Solver(width=width), method), whole)
    assert_same(raced(rows[::-1].copy(), Solver(threads=2), method), whole)
    for piece in np.split(rows, [1, 4, 11, 40]):
        assert_same(raced(piece, Solver(), method), whole)


# --- the cache of compiled kernels ---------------------------------------------------------------


def fading() -> System:
    """The smallest model: one state that decays."""
    return System(
        name="fading",
        states=("level",),
        state_units=("",),
        initial=(1.0,),
        rates=(("neg", ("*", "rate", "level")),),
        parameters=("rate",),
        parameter_units=("1/day",),
        defaults=(0.5,),
        rules=(),
        events=(),
        hazards=(),
        ports=(SystemPort("level", "level", "factor", "", "out"),),
        variability=(),
        uncertainty=(),
    )


def faded(system: System, solver: Solver) -> NDArray[np.float64]:
    """Levels of nine patients over four days."""
    cohort = Cohort(np.arange(9), (), {}, {"rate": np.linspace(0.1, 5.0, 9)})
    untreated = Schedule(np.zeros((9, 0)), np.zeros((9, 0)), (), (), (), np.zeros(9), 4.0)
    probe = Probe(("level",), np.linspace(0.0, 4.0, 9))
    return solve(system, cohort, untreated, probe, key=KEY, solver=solver)[0].values


class Cache:
    """A folder of compiled kernels that begins empty, and what a new process makes of it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder, monkeypatch
        monkeypatch.setenv("RESEED_CACHE", str(folder))

    def solve(
        self, system: System | None = None, solver: Solver | None = None
    ) -> tuple[NDArray[np.float64], Kernel]:
        """Levels by a kernel that is not in memory, and that kernel."""
        self.monkeypatch.setattr(ensemble, "_kernels", {})
        found = faded(system or fading(), solver or Solver())
        (kernel,) = ensemble._kernels.values()
        return found, kernel

    @property
    def file(self) -> Path:
        """The only kernel in the folder."""
        (file,) = self.folder.iterdir()
        return file


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    """A cache of this test's own."""
    return Cache(tmp_path / "kernels", monkeypatch)


def test_a_kernel_from_the_cache_is_the_one_that_was_compiled(kept: Cache) -> None:
    """The second process finds the file of the first, and gives its bits."""
    fresh, first = kept.solve()
    assert not first.cached
    data = kept.file.read_bytes()
    again, second = kept.solve()
    assert second.cached and kept.file.read_bytes() == data
    assert again.tobytes() == fresh.tobytes()


def test_a_ward_from_the_cache_is_the_same(kept: Cache) -> None:
    """Also with everything that a kernel may do."""
    for _ in range(2):
        kept.monkeypatch.setattr(ensemble, "_kernels", {})
        assert_same(solved(np.arange(30)), everybody())
    (kernel,) = ensemble._kernels.values()
    assert kernel.cached


def flipped(data: bytes, place: int) -> bytes:
    """One bit is another."""
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:20],
        lambda data: data[:32],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: flipped(data, 5),
        lambda data: flipped(data, len(data) // 2),
        lambda data: bytes(32) + data[32:],
        lambda data: b"\x7fELF" + bytes(5000),
        lambda data: b"not a kernel at all\n" * 100,
    ],
)
def test_a_damaged_file_is_ignored_and_replaced(
    kept: Cache, damage: Callable[[bytes], bytes]
) -> None:
    """Emptied, cut, lengthened, with a flipped bit, or of another kind altogether."""
    fresh, _ = kept.solve()
    data = kept.file.read_bytes()
    kept.file.write_bytes(damage(data))
    found, kernel = kept.solve()
    assert not kernel.cached
    assert found.tobytes() == fresh.tobytes()
    assert kept.file.read_bytes() == data
    assert kept.solve()[1].cached


def test_a_whole_file_of_another_kernel_is_not_taken_for_this_one(kept: Cache) -> None:
    """Copied under a wrong name, as a careless restore might."""
    kept.solve(solver=Solver(method="Rodas4"))
    other = kept.file
    data = other.read_bytes()
    kept.solve()
    (own,) = (file for file in kept.folder.iterdir() if file != other)
    own.write_bytes(data)
    assert machine.find(other.stem) is not None
    assert machine.find(own.stem) is None


def test_a_cache_that_cannot_be_written_is_no_failure(kept: Cache) -> None:
    """The folder lies below a file, so it can neither be read nor made."""
    expected, _ = kept.solve()
    block = kept.folder.parent / "in the way"
    block.write_text("a file")
    kept.monkeypatch.setenv("RESEED_CACHE", str(block / "below" / "it"))
    for _ in range(2):
        found, kernel = kept.solve()
        assert not kernel.cached and found.tobytes() == expected.tobytes()
    assert block.read_text() == "a file"


def test_models_of_one_name_have_kernels_of_their_own(kept: Cache) -> None:
    """A model is known by its content, in memory and on disk, also where it was made of another."""
    slow = fading()
    fast = dataclasses.replace(slow, rates=(("neg", ("*", 2.0, "rate", "level")),))
    assert fast.digest != slow.digest == dataclasses.replace(slow, name="another").digest
    for _ in range(2):
        assert np.all(kept.solve(fast)[0][:, :, 1:] < kept.solve(slow)[0][:, :, 1:])
    assert len(list(kept.folder.iterdir())) == 2
    assert np.all(faded(fast, Solver())[:, :, 1:] < faded(slow, Solver())[:, :, 1:])
