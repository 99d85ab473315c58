"""What is kept of trajectories that nobody keeps: counts, extremes, days above, exactly."""

from __future__ import annotations

import dataclasses
import tracemalloc
from typing import Any

import numpy as np
import pytest

from reseed.base.errors import InvalidInput
from reseed.engine import Solver, merge, solve, summarise
from reseed.nouns.cohort import Cohort
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
from reseed.nouns.reduction import Reduction
from reseed.nouns.schedule import Schedule
from reseed.nouns.summary import Summary
from reseed.nouns.system import Hazard, System, SystemPort
from reseed.stats.bands import bands

PATIENTS, END, DEATH = 300, 40.0, 0.01  # days; deaths per day
KEY = Key(5)
TIMES = np.linspace(0.0, END, 81)
PROBE = Probe(("drug", "cells"), TIMES)
REDUCTION = Reduction(
    edges={"drug": np.linspace(0.5, 10.0, 39), "cells": np.geomspace(1e-3, 1.0, 31)},
    above={"drug": 2.0, "cells": 0.5},
    each=True,
)


def washout() -> System:
    """A drug that is lost at rate k from 10 mg/L, cells that it kills, and deaths by chance."""
    loss = ("*", ("neg", "k"), "drug")
    kill = ("-", ("*", 0.3, ("-", 1.0, "cells")), ("*", 0.2, ("*", "drug", "cells")))
    return System(
        name="washout",
        states=("drug", "cells"),
        state_units=("", ""),
        initial=(10.0, 1.0),
        rates=(loss, kill),
        parameters=("k",),
        parameter_units=("",),
        defaults=(0.2,),
        rules=(),
        events=(),
        hazards=(Hazard("death", DEATH, False, "death", ()),),
        ports=tuple(SystemPort(name, name, "factor", "", "out") for name in ("drug", "cells")),
        variability=(),
        uncertainty=(),
    )


def question(first: int = 0, last: int = PATIENTS, sick: int = 7) -> tuple[Any, ...]:
    """Patients with loss rates of their own; that of `sick` is no number."""
    ids = np.arange(first, last)
    losses = np.where(ids == sick, np.nan, 0.05 + 0.3 * ids / PATIENTS)
    none = np.zeros((len(ids), 0))
    schedule = Schedule(none, none, (), (), (), np.zeros(len(ids)), END)
    return washout(), Cohort(ids, (), {}, {"k": losses}), schedule, PROBE


def summary(
    first: int = 0, last: int = PATIENTS, reduction: Reduction = REDUCTION, **solver: Any
) -> tuple[Summary, Records]:
    """What is kept of these patients."""
    return summarise(*question(first, last), reduction, key=KEY, solver=Solver(**solver))


def same(one: Any, other: Any) -> None:
    """Equal to the last bit."""
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if dataclasses.is_dataclass(a):
            same(a, b)
        elif isinstance(a, dict):
            assert a.keys() == b.keys()
            for name in a:
                np.testing.assert_array_equal(a[name], b[name], field.name)
        else:
            np.testing.assert_array_equal(a, b, field.name)


def test_the_counts_are_those_of_all_trajectories() -> None:
    """Bin by bin, among those under observation, as if everything had been kept."""
    kept, found = summary()
    all_of_them, records = solve(*question(), key=KEY)
    for number, name in enumerate(PROBE.variables):
        edges = np.concatenate(([-np.inf], REDUCTION.edges[name], [np.inf]))
        for time in range(len(TIMES)):
            column = all_of_them.values[:, number, time]
            expected, _ = np.histogram(column[~np.isnan(column)], edges)
            np.testing.assert_array_equal(kept.counts[name][time], expected)
        np.testing.assert_array_equal(kept.counts[name].sum(axis=1), kept.observed)
    same(found, records)


def test_who_failed_or_died_is_counted_and_no_longer_observed() -> None:
    """About a third die in 40 days, and the patient without a loss rate fails."""
    kept, _ = summary()
    assert kept.patients == PATIENTS
    assert kept.failures == {3: 1}
    assert abs(kept.ends["death"] / PATIENTS - (1 - np.exp(-DEATH * END))) < 0.1
    assert kept.observed[0] == PATIENTS - 1
    assert kept.observed[-1] == PATIENTS - 1 - kept.ends["death"]


def test_extremes_and_their_days() -> None:
    """The slowest loss keeps most drug; who starts highest is everybody, so the first is named."""
    kept, _ = summary()
    course, _ = solve(*question(), key=KEY)
    assert kept.rows is not None
    np.testing.assert_array_equal(kept.rows.ids, course.ids)
    for number in range(2):
        known = np.delete(course.values[:, number], 7, axis=0)
        rows = np.delete(kept.rows.lowest[:, number], 7)
        np.testing.assert_array_equal(rows, np.nanmin(known, axis=1))
        days = np.delete(kept.rows.lowest_time[:, number], 7)
        np.testing.assert_array_equal(days, TIMES[np.nanargmin(known, axis=1)])
        assert kept.lowest.value[number] == np.nanmin(known)
    assert np.isnan(kept.rows.highest[7]).all()
    assert (kept.highest.value[0], kept.highest.patient[0], kept.highest.time[0]) == (10.0, 0, 0.0)


def test_days_above_a_threshold_have_a_closed_form() -> None:
    """10 exp(-k t) stays above 2 for ln(5)/k days; straight lines err by a fraction of a sample."""
    kept, _ = summary()
    course, _ = solve(*question(), key=KEY)
    assert kept.rows is not None
    losses = question()[1].parameters["k"]
    expected = np.minimum(np.log(5.0) / losses, TIMES[np.searchsorted(TIMES, course.end_time) - 1])
    whole = course.end_time == END
    days = kept.rows.days_above[:, 0]
    alive = np.flatnonzero(whole & (np.arange(PATIENTS) != 7))
    limit = np.minimum(np.log(5.0) / losses, END)
    np.testing.assert_allclose(days[alive], limit[alive], atol=0.02)
    assert np.nanmax(np.abs(np.delete(days - expected, 7))) < 0.5 + 0.02  # a sample's distance
    assert kept.ever_above[0] == PATIENTS - 1


@pytest.mark.parametrize("each", [True, False])
def test_parts_merge_to_the_whole(each: bool) -> None:
    """Blocks of a cohort, one after the other, leave the same as all at once."""
    reduction = dataclasses.replace(REDUCTION, each=each)
    whole, _ = summary(reduction=reduction)
    bounds = [0, 1, 90, 200, PATIENTS]
    pairs = list(zip(bounds, bounds[1:], strict=False))
    parts = [summary(first, last, reduction)[0] for first, last in pairs]
    same(merge(parts), whole)
    same(merge([merge(parts[:2]), merge(parts[2:])]), whole)
    if not each:
        same(merge(parts[::-1]), whole)


@pytest.mark.parametrize("solver", [{"threads": 2}, {"width": 1}, {"width": 2, "threads": 3}])
def test_threads_and_lanes_change_nothing(solver: dict[str, int]) -> None:
    """To the last bit, each patient's row too."""
    same(summary(**solver)[0], summary()[0])


def test_a_reference_solver_is_reduced_alike() -> None:
    """Only values at the edge of a bin can fall to its other side."""
    kept, _ = summary(0, 20)
    other, _ = summary(0, 20, method="LSODA", rtol=1e-9)
    assert other.ends == kept.ends
    assert other.failures == kept.failures
    for name, counts in kept.counts.items():
        assert np.abs(counts - other.counts[name]).sum() <= 4


def test_bands_are_within_a_bin_of_the_quantiles() -> None:
    """Among those under observation, at every time."""
    kept, _ = summary()
    course, _ = solve(*question(), key=KEY)
    shares = (0.1, 0.5, 0.9)
    found = bands(kept, "drug", shares)
    expected = np.nanquantile(course.values[:, 0], shares, axis=0)
    edges = REDUCTION.edges["drug"]
    inside = np.clip(expected, edges[0], edges[-1])
    # numpy's quantile lies between two patients, who may be in neighbouring bins
    assert np.max(np.abs(found - inside)) < 2 * (edges[1] - edges[0])


def test_nothing_grows_with_the_patients() -> None:
    """Without rows, a summary of thousands is as large as one of a few."""
    small = dataclasses.replace(REDUCTION, each=False)

    def peak(last: int) -> int:
        asked = question(0, last)
        tracemalloc.start()
        kept, _ = summarise(*asked, small, key=KEY)
        assert kept.rows is None
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)  # whatever is made once
    samples = 8_000 * len(PROBE.variables) * len(TIMES) * 8
    assert peak(12_000) - peak(4_000) < 0.2 * samples  # the records of those who died
    one, many = summary(0, 10, small)[0], summary(0, PATIENTS, small)[0]
    assert one.counts["drug"].nbytes == many.counts["drug"].nbytes


def test_all_faults_of_a_reduction_are_told_at_once() -> None:
    """Names that the probe does not have, edges that do not rise, limits that are none."""
    wrong = Reduction(
        {"drug": np.array([1.0, 1.0]), "weight": np.array([0.0, 1.0]), "cells": np.array([2.0])},
        {"pulse": 60.0, "drug": float("nan")},
    )
    with pytest.raises(InvalidInput) as refused:
        summary(reduction=wrong)
    assert {fault.place for fault in refused.value.faults} == {
        "edges: drug", "edges: weight", "edges: cells", "above: pulse", "above: drug",
    }  # fmt: skip


def test_unlike_summaries_do_not_merge() -> None:
    """Other bins are not added up in silence."""
    other = dataclasses.replace(REDUCTION, edges={"drug": np.array([0.0, 1.0])})
    with pytest.raises(InvalidInput, match="edges"):
        merge([summary(0, 5)[0], summary(5, 9, other)[0]])
    with pytest.raises(InvalidInput, match="at least one"):
        merge([])


def test_nobody_leaves_an_empty_summary() -> None:
    """Zeros, and no value anywhere."""
    kept, found = summary(0, 0)
    assert kept.patients == 0
    assert not kept.observed.any()
    assert np.isnan(kept.lowest.value).all()
    assert len(found.patient) == 0
    same(merge([kept, summary(0, 9)[0]]), summary(0, 9)[0])


@pytest.mark.parametrize("method", ["Rodas5P", "LSODA"])
def test_who_is_observed_without_a_value_is_counted(method: str) -> None:
    """The logarithm of what is above 2 mg/L, where nothing is: observed, undefined, in no bin."""
    model = washout()
    left = ("ln", ("-", "drug", 2.0))
    model = dataclasses.replace(
        model, rules=(("left", left),), ports=(*model.ports, SystemPort("left", "left", "", "", ""))
    )
    probe = Probe(("left", "drug"), TIMES)
    reduction = Reduction({"left": np.array([0.5, 1.0])}, {}, True)
    asked = (model, *question(0, 40)[1:3], probe)
    kept, _ = summarise(*asked, reduction, key=KEY, solver=Solver(method))
    course, _ = solve(*asked, key=KEY, solver=Solver(method))
    there = (TIMES <= course.end_time[:, None]) & (course.status == 0)[:, None]
    np.testing.assert_array_equal(kept.observed, there.sum(axis=0))
    lacking = np.isnan(course.values) & there[:, None]
    np.testing.assert_array_equal(kept.undefined, lacking.sum(axis=0))
    assert kept.undefined[0].any() and not kept.undefined[1].any()
    np.testing.assert_array_equal(
        kept.counts["left"].sum(axis=1), kept.observed - kept.undefined[0]
    )
    parts = [
        summarise(
            model, *question(first, last)[1:3], probe, reduction, key=KEY, solver=Solver(method)
        )[0]
        for first, last in ((0, 11), (11, 40))
    ]
    same(merge(parts), kept)


def test_nobody_is_observed_before_the_first_day() -> None:
    """Lives that begin on days of their own."""
    model, people, plan, _ = question(0, 6, sick=5)
    plan = dataclasses.replace(plan, start=np.array([-2.0, 0.0, 1.0, 3.0, 0.0, 0.0]))
    probe = Probe(("drug",), np.array([-2.0, 0.0, 2.0]))
    kept, _ = summarise(model, people, plan, probe, Reduction(), key=KEY)
    np.testing.assert_array_equal(kept.observed, [1, 3, 4])
    assert not kept.undefined.any()


def test_shares_of_bands_are_fractions() -> None:
    """Percents would all be the upper edge; a variable without bins is named, too."""
    kept, _ = summary(0, 9)
    with pytest.raises(InvalidInput, match="50, 95; expected fractions from 0 to 1"):
        bands(kept, "drug", (0.05, 50, 95))
    for wrong in (0.5, "median", (float("nan"),)):
        with pytest.raises(InvalidInput, match="fractions"):
            bands(kept, "drug", wrong)
    with pytest.raises(InvalidInput, match='did you mean "drug"'):
        bands(kept, "drugs")
