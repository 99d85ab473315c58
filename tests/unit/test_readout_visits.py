"""What visits find: ratings, scans, confirmed changes, composites, rates, years of life."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from reseed.base.errors import InvalidInput
from reseed.nouns.assessment import Assessment
from reseed.nouns.course import Quantity
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.key import Key
from reseed.nouns.outcomes import Outcomes
from reseed.nouns.records import Records
from reseed.nouns.trajectories import Trajectories
from reseed.readout import DROP_OUT, observe, read_out, visit_days
from reseed.stats import estimate

EDSS = (0.0, *np.arange(1.0, 10.25, 0.5))
INFUSION = 49.0
END = INFUSION + 3652.0
VISIT = Assessment("disability", "", 182.0, (), 0.0, "test")
RATED = replace(VISIT, levels=EDSS)
SCAN = Assessment("", "lesion", 364.0, (), 0.0, "test")
STEPS = ((0.0, 1.5), (1.0, 1.0), (6.0, 0.5))
Row = tuple[int, float, str]  # patient, day after the infusion, record
Course = Callable[[np.ndarray], np.ndarray]


def endpoint(kind: str, name: str = "x", **more) -> Endpoint:
    """From the infusion to ten years, nothing competing, unless told otherwise."""
    own = {"origin": "infusion", "from_day": 0.0, "to_day": 3652.0, "competing": ()}
    fields = {key: more.pop(key, value) for key, value in own.items()}
    return Endpoint(name=name, title=name, definition="", kind=kind,
                    settings=tuple(more.items()), source="test", **fields)  # fmt: skip


PROGRESSION = endpoint("confirmed", "progression", port="disability", confirm=168.0, rise=STEPS)


def solved(
    courses: Sequence[Course | float], ends: Sequence[float] = (), reasons: Sequence[str] = ()
) -> Trajectories:
    """Courses of disability by day after the infusion; ends count from there too."""
    number = len(courses)
    times = np.unique([*np.arange(0.0, END + 1, 30.0), *visit_days(VISIT, INFUSION, END), END])
    end = INFUSION + np.array(list(ends) or [END - INFUSION] * number)
    values = np.empty((number, 1, times.size))
    for row, course in enumerate(courses):
        values[row, 0] = course(times - INFUSION) if callable(course) else course
    values = np.where(times <= end[:, None, None], values, np.nan)
    nothing, zeros = ("",) * number, np.zeros(number, dtype=np.int64)
    return Trajectories(
        np.arange(number), ("disability",), ("",), times, values, end,
        tuple(reasons) or nothing, zeros, np.full(number, np.nan), nothing, zeros, zeros,
    )  # fmt: skip


def made(rows: Sequence[Row], given: Trajectories) -> Records:
    """Records, and the ends of follow-up that have a reason."""
    noted = [(i, INFUSION + day, "hazard", name) for i, day, name in rows]
    whys = zip(given.ids.tolist(), given.end_time.tolist(), given.end_reason, strict=True)
    noted += [(i, end, "end", why) for i, end, why in whys if why]
    noted.sort()
    patient, time, source, name = zip(*noted, strict=True) if noted else ((), (), (), ())
    ones = np.ones(len(noted))
    return Records(np.array(patient, dtype=np.int64), np.array(time, dtype=float), tuple(source),
                   tuple(name), ones, ("",) * len(noted))  # fmt: skip


def judge(
    given: Trajectories,
    *endpoints: Endpoint,
    rows: Sequence[Row] = (),
    assessments: Sequence[Assessment] = (RATED, SCAN),
    **more,
) -> Outcomes:
    """Outcomes by the schedule."""
    settings = {"key": Key(1), "count_cv": 0.0, "dropout_per_year": 0.0} | more
    return read_out(given, made(rows, given), endpoints, assessments=assessments,
                    infusion_day=INFUSION, origin=np.full(len(given.ids), INFUSION),
                    **settings)  # fmt: skip


def verdict(
    given: Trajectories | Course | float, rule: Endpoint, **more
) -> tuple[float, int, float]:
    """Time, status and the day before which nothing had happened, of one patient."""
    given = given if isinstance(given, Trajectories) else solved([given])
    found = judge(given, rule, **more)
    return float(found.time[0]), int(found.status[0]), float(found.after[0])


def step(day: float, before: float, then: float, until: float = np.inf) -> Course:
    """Disability that goes from one level to another on a day, and back on a later one."""
    return lambda t: np.where((t >= day) & (t < until), then, before)


# the schedule


def test_visits_are_at_entry_and_at_whole_intervals_after_the_infusion() -> None:
    """Weeks need not divide a year; months of 30.4 days are rounded to days."""
    assert visit_days(VISIT, 49.4, 500.0).tolist() == [0, 231, 413]
    monthly = replace(VISIT, every=365.25 / 12)
    assert visit_days(monthly, 49.0, 180.0).tolist() == [0, 79, 110, 140, 171]
    assert visit_days(VISIT, 0.0, 182.0).tolist() == [0, 182]


def test_what_has_a_schedule_is_seen_on_its_days_only() -> None:
    """And a visit on a day that was not kept is refused, not moved."""
    given = solved([3.0])
    seen = observe(given, key=Key(1), assessments=[VISIT], infusion_day=INFUSION)
    there = seen.days[~np.isnan(seen.of("disability")[0])]
    assert there.tolist() == visit_days(VISIT, INFUSION, END).tolist()
    kept = given.times != INFUSION + 182
    thinned = replace(given, times=given.times[kept], values=given.values[..., kept])
    with pytest.raises(InvalidInput, match="no value on day 231"):
        observe(thinned, key=Key(1), assessments=[VISIT], infusion_day=INFUSION)


# ratings


@pytest.mark.parametrize(
    ("true", "level"),
    [(-0.3, 0), (0.49, 0), (0.5, 1), (1.2, 1), (1.25, 1.5), (3.3, 3.5), (9.9, 10), (14, 10)],
)
def test_a_rating_is_the_nearest_level(true: float, level: float) -> None:
    """The scale has no 0.5, half-way goes up, and nothing lies beyond its ends."""
    seen = observe(solved([true]), key=Key(1), assessments=[RATED], infusion_day=INFUSION)
    values = seen.of("disability")[0]
    assert set(values[~np.isnan(values)]) == {level}


def test_two_raters_agree_as_often_as_published() -> None:
    """Noseworthy 1990: the same EDSS in 69 of 100 pairs; an error of 0.14 gives that."""
    true = np.random.Generator(np.random.Philox(3)).uniform(2.0, 6.0, 4000)
    pairs = [
        observe(
            solved(true.tolist()), key=Key(seed), assessments=[replace(RATED, sd=0.14)],
            infusion_day=INFUSION,
        ).of("disability")[:, 0]
        for seed in (1, 2)
    ]  # fmt: skip
    assert np.mean(pairs[0] == pairs[1]) == pytest.approx(0.69, abs=0.025)


def test_a_rating_belongs_to_patient_and_day() -> None:
    """Not to the batch; the error has the stated SD and none of it is shared between visits."""
    noisy = [replace(VISIT, sd=0.5)]
    whole = solved([4.0] * 500)
    many = observe(whole, key=Key(1), assessments=noisy, infusion_day=INFUSION).of("disability")
    alone = replace(
        whole, ids=whole.ids[7:8], values=whole.values[7:8], end_time=whole.end_time[7:8],
        end_reason=("",),
    )  # fmt: skip
    one = observe(alone, key=Key(1), assessments=noisy, infusion_day=INFUSION).of("disability")
    assert np.array_equal(one[0], many[7], equal_nan=True)
    seen = many[:, ~np.isnan(many[0])]
    assert seen.std() == pytest.approx(0.5, rel=0.03)
    assert abs(np.corrcoef(seen[:, 1], seen[:, 2])[0, 1]) < 0.2


# confirmed changes


def test_a_step_is_dated_at_the_visit_that_finds_it() -> None:
    """A rise on day 400 lies between the visits of days 364 and 546."""
    assert verdict(step(400, 3, 4), PROGRESSION) == (546, 1, 364)
    assert verdict(step(546, 3, 4), PROGRESSION) == (546, 1, 364)
    assert verdict(step(546.5, 3, 4), PROGRESSION) == (728, 1, 546)
    assert verdict(step(20, 3, 4), PROGRESSION) == (182, 1, -49)


def test_worsening_that_recovers_before_confirmation_is_no_progression() -> None:
    """A relapse over one visit; one that lasts over two is progression at 6 but not 12 months."""
    over = verdict(step(400, 3, 5, until=700), PROGRESSION)
    assert over == (3640, 0, 3640)
    longer = step(400, 3, 5, until=900)
    assert verdict(longer, PROGRESSION) == (546, 1, 364)
    year = endpoint("confirmed", port="disability", confirm=350.0, rise=STEPS)
    assert verdict(longer, year) == (3640, 0, 3640)


@pytest.mark.parametrize(
    ("baseline", "risen", "event"),
    [(0, 1, 0), (0, 1.5, 1), (1, 1.5, 0), (1, 2, 1), (5.5, 6, 0), (5.5, 6.5, 1), (6, 6.5, 1)],
)
def test_the_step_goes_by_the_baseline(baseline: float, risen: float, event: int) -> None:
    """1.5 from 0, 1.0 up to 5.5, 0.5 from 6.0 on."""
    assert verdict(step(400, baseline, risen), PROGRESSION)[1] == event


def test_a_level_below_all_steps_defines_no_change() -> None:
    """Improvement is asked of those who have something to lose: EDSS of 2 or more here."""
    rule = endpoint("confirmed", port="disability", confirm=168.0, fall=((2.0, 1.0), (6.0, 0.5)))
    assert verdict(step(100, 4, 3), rule) == (182, 1, -49)
    assert verdict(step(100, 4, 3.5), rule)[1] == 0
    assert verdict(step(100, 6, 5.5), rule)[1] == 1
    assert np.isnan(verdict(step(100, 1.5, 0), rule)[0])


def test_the_baseline_may_be_later() -> None:
    """Worse before the visit of day 182 than after: from there on it is progression."""
    course: Course = lambda t: np.where(t < 100, 5.0, np.where(t < 1000, 3.0, 4.5))  # noqa: E731
    assert verdict(course, PROGRESSION)[1] == 0
    again = endpoint("confirmed", port="disability", confirm=168.0, rise=STEPS, baseline_day=200.0)
    assert verdict(course, again) == (1092, 1, 910)


def test_a_change_at_the_last_visit_stays_open() -> None:
    """Not confirmed before the end: censored at the visit before; by death, at death."""
    late = step(3600, 3, 4)
    assert verdict(late, PROGRESSION) == (3458, 0, 3458)
    dead = solved([late], [3650.0], ["death"])
    assert verdict(dead, PROGRESSION) == (3650, 0, 3650)
    compete = replace(PROGRESSION, competing=("death",))
    assert verdict(dead, compete) == (3650, 2, 3650)
    with_death = endpoint("confirmed", port="disability", confirm=168.0, rise=STEPS,
                          records=("death",))  # fmt: skip
    assert verdict(dead, with_death) == (3650, 1, 3650)


def test_who_leaves_is_followed_to_the_last_visit() -> None:
    """Between visits nobody knows; who is never seen again is censored at the start."""
    assert verdict(solved([3.0], [500.0], [DROP_OUT]), PROGRESSION) == (364, 0, 364)
    assert verdict(solved([3.0], [100.0], [DROP_OUT]), PROGRESSION) == (0, 0, 0)


def test_visits_soon_after_a_relapse_do_not_count() -> None:
    """One on day 540 hides the visit of day 546: neither seen, nor confirmed there."""
    rule = endpoint("confirmed", port="disability", confirm=168.0, rise=STEPS,
                    without="relapse", without_days=30)  # fmt: skip
    relapse = [(0, 540.0, "relapse")]
    assert verdict(step(400, 3, 4), rule, rows=relapse) == (728, 1, 364)
    assert verdict(step(400, 3, 4), rule, rows=[(0, 500.0, "relapse")]) == (546, 1, 364)
    assert verdict(step(400, 3, 4, until=700), rule, rows=relapse)[1] == 0


def test_a_walking_aid_is_a_level() -> None:
    """EDSS 6 and above, confirmed; who needs one already is not at risk."""
    rule = endpoint("confirmed", port="disability", confirm=168.0, at_least=Quantity(6.0, ""))
    assert verdict(lambda t: 4 + t / 1000, rule) == (1820, 1, 1638)
    assert verdict(5.5, rule)[1] == 0
    assert np.isnan(verdict(6.0, rule)[0])


def test_exactly_one_kind_of_change() -> None:
    """Two of them are refused, and so is none."""
    both = endpoint("confirmed", port="disability", confirm=1.0, rise=STEPS, fall=STEPS)
    with pytest.raises(InvalidInput, match="rise and fall"):
        verdict(3.0, both)
    with pytest.raises(InvalidInput, match="none of rise"):
        verdict(3.0, endpoint("confirmed", port="disability", confirm=1.0))


def test_without_a_schedule_all_days_are_visits() -> None:
    """The true course is then judged on the days that were kept, 30 apart."""
    found = verdict(step(400, 3, 4), PROGRESSION, assessments=())
    assert found[1] == 1 and 400 <= found[0] < 431 and found[0] - found[2] <= 30


# scans, composites

RELAPSE_FREE = endpoint("first", "relapse_free", records=("relapse", "death"))
LESION_FREE = endpoint("first", "lesion_free", records=("lesion", "death"))
FREE = endpoint(
    "composite",
    "neda",
    endpoints=("relapse_free", "progression", "lesion_free"),
    summary="survival",
)
PARTS = (FREE, RELAPSE_FREE, PROGRESSION, LESION_FREE)


def test_a_lesion_is_found_at_the_next_scan() -> None:
    """Of those before the infusion the first scan after it finds none that entry has shown."""
    assert verdict(3.0, LESION_FREE, rows=[(0, 370.0, "lesion")]) == (728, 1, 364)
    assert verdict(3.0, LESION_FREE, rows=[(0, -60.0, "lesion")]) == (3640, 0, 3640)
    assert verdict(3.0, LESION_FREE, rows=[(0, -10.0, "lesion")]) == (364, 1, -49)
    assert verdict(3.0, LESION_FREE, rows=[(0, 3645.0, "lesion")]) == (3640, 0, 3640)


def test_a_later_scan_may_be_the_baseline() -> None:
    """Lesions up to the scan of day 364 are old then; deaths before it still count."""
    later = endpoint("first", records=("lesion", "death"), baseline_day=400.0)
    assert verdict(3.0, later, rows=[(0, 300.0, "lesion")]) == (3640, 0, 3640)
    assert verdict(3.0, later, rows=[(0, 370.0, "lesion")]) == (728, 1, 364)
    assert verdict(solved([3.0], [90.0], ["death"]), later) == (90, 1, 90)


def test_who_leaves_before_the_scan_takes_the_lesion_along() -> None:
    """Censored at the last scan; death is known at once."""
    lesion = [(0, 370.0, "lesion")]
    gone = solved([3.0], [700.0], [DROP_OUT])
    assert verdict(gone, LESION_FREE, rows=lesion) == (364, 0, 364)
    dead = solved([3.0], [700.0], ["death"])
    assert verdict(dead, LESION_FREE, rows=lesion) == (700, 1, 700)


def test_no_evidence_of_disease_activity_is_the_intersection() -> None:
    """On each day, who is free of all three is free of activity, and nobody else."""
    draw = np.random.Generator(np.random.Philox(5))
    courses = [step(day, 3, 4) for day in draw.exponential(5000, 200)]
    ends = np.minimum(draw.exponential(6000, 200), 3652.0)
    given = solved(courses, ends.tolist(), ["death" if e < 3652 else "" for e in ends])
    rows = [
        (i, day, name) for name in ("relapse", "lesion")
        for i, day in enumerate(draw.exponential(4000, 200)) if day < ends[i]
    ]  # fmt: skip
    found = judge(given, *PARTS, rows=rows)
    time, status = (column.reshape(200, 4) for column in (found.time, found.status))
    for day in (0.0, 364.0, 1000.0, 1820.0, 3640.0):
        free = (time > day) | (status == 0)
        assert np.array_equal(free[:, 0], free[:, 1:].all(axis=1))
    assert 0.2 < np.mean(status[:, 0]) < 1


def test_a_composite_lies_between_visits_as_its_parts_do() -> None:
    """A relapse is known to the day; found progression may have come before it."""
    given = solved([step(400, 3, 4)])
    found = judge(given, *PARTS, rows=[(0, 540.0, "relapse")])
    assert (found.time[0], found.status[0], found.after[0]) == (540, 1, 364)
    found = judge(given, *PARTS, rows=[(0, 300.0, "relapse")])
    assert (found.time[0], found.status[0], found.after[0]) == (300, 1, 300)


def test_a_composite_is_followed_as_far_as_all_of_its_parts() -> None:
    """A relapse after the last scan of someone who leaves is beyond what is known of lesions."""
    gone = solved([3.0], [700.0], [DROP_OUT])
    found = judge(gone, *PARTS, rows=[(0, 600.0, "relapse")])
    assert found.time.tolist()[:2] == [364, 600] and found.status.tolist()[:2] == [0, 1]


def test_drop_out_does_not_bias_a_composite() -> None:
    """Relapses at 0.2 a year and heavy drop-out: 36.8 % are free after five years."""
    number = 4000
    draw = np.random.Generator(np.random.Philox(6))
    rows = [(i, day, "relapse") for i, day in enumerate(draw.exponential(5 * 365.25, number))]
    rows = [row for row in rows if row[1] < 3652]
    found = judge(solved([3.0] * number), *PARTS, rows=rows, dropout_per_year=0.2)
    curve = estimate(found, FREE, "arm")
    assert curve.estimate[int(np.searchsorted(curve.times, 1826))] == pytest.approx(
        np.exp(-1), abs=0.03
    )


def test_a_composite_rests_on_endpoints_of_the_scenario() -> None:
    """That are no composites themselves."""
    with pytest.raises(InvalidInput, match="relapse_free"):
        judge(solved([3.0]), FREE, PROGRESSION, LESION_FREE)


# values at visits


def test_change_at_a_year() -> None:
    """From the visit at entry to the one nearest to the day; missing for the dead."""
    change = endpoint("at_visit", port="disability", day=365.0, measure="change",
                      from_day=265.0, to_day=465.0)  # fmt: skip
    given = solved([lambda t: 4 - t / 400, step(10, 5, 3), 3.0], [3652, 3652, 300],
                   ["", "", "death"])  # fmt: skip
    found = judge(given, change)
    assert found.value[:2].tolist() == [-1.0, -2.0] and np.isnan(found.value[2])
    value = replace(change, settings=(("port", "disability"), ("day", 365.0)))
    assert judge(given, value).value[:2].tolist() == [3.0, 3.0]
    per_cent = endpoint("at_visit", port="disability", day=365.0, measure="percent_change",
                        from_day=265.0, to_day=465.0)  # fmt: skip
    found = judge(given, per_cent)
    assert found.value[1] == pytest.approx(-40) and found.unit[1] == "percent"
    curve = estimate(judge(given, change), change, "arm")
    assert (curve.kind, curve.estimate[0], curve.n, curve.missing) == ("mean", -1.5, 2, 1)


def test_nearest_visit_within_the_window() -> None:
    """Day 300 lies nearer to 364 than to 182; a window without a visit holds nothing."""
    rule = endpoint("at_visit", port="disability", day=270.0, from_day=0.0, to_day=400.0)
    assert judge(solved([step(200, 1, 2)]), rule).value[0] == 1.0
    assert judge(solved([step(200, 1, 2)]), replace(rule, settings=(
        ("port", "disability"), ("day", 300.0)))).value[0] == 2.0  # fmt: skip
    assert np.isnan(judge(solved([1.0]), replace(rule, from_day=200.0, to_day=300.0)).value[0])


# rates


def test_the_rate_of_a_constant_hazard_is_that_hazard() -> None:
    """0.5 a year, whatever drop-out; the interval is Poisson's."""
    number = 2000
    draw = np.random.Generator(np.random.Philox(7))
    rows: list[Row] = []
    for patient in range(number):
        days = np.cumsum(draw.exponential(365.25 / 0.5, 60))
        rows += [(patient, day, "relapse") for day in days[days < 3652]]
    rule = endpoint("rate", records=("relapse",))
    for dropout in (0.0, 0.3):
        found = estimate(judge(solved([3.0] * number), rule, rows=rows, dropout_per_year=dropout),
                         rule, "arm")  # fmt: skip
        assert (found.kind, found.unit, found.n) == ("rate", "1/year", found.n)
        assert found.estimate[0] == pytest.approx(0.5, rel=0.03)
        assert found.low[0] < 0.5 < found.high[0]


def test_time_is_watched_until_follow_up_ends() -> None:
    """Two relapses in 730.5 days before death are one a year; the window bounds both."""
    rule = endpoint("rate", records=("relapse",), to_day=1461.0)
    rows = [(0, 100.0, "relapse"), (0, 400.0, "relapse"), (0, -20.0, "relapse")]
    found = judge(solved([3.0], [730.5], ["death"]), rule, rows=rows)
    assert (found.value[0], found.time[0]) == (2, 730.5)
    early = judge(solved([3.0], [-5.0], ["death"]), rule, rows=[])
    assert np.isnan(early.value[0]) and early.status[0] == 0
    before = endpoint("rate", records=("relapse",), origin="entry", from_day=-365.25, to_day=0.0)
    found = judge(solved([3.0]), before, rows=[(0, -100.0, "relapse"), (0, -500.0, "relapse")])
    assert (found.value[0], found.time[0]) == (1, 365.25)
    first = np.array([-73.0])
    ill_for = judge(solved([3.0]), before, rows=[(0, -100.0, "relapse")], first_days=first)
    assert ill_for.time[0] == 73.0  # nobody relapses before the disease


def test_a_rate_of_lesions_is_watched_to_the_last_scan() -> None:
    """What came after it is not known."""
    rule = endpoint("rate", records=("lesion",))
    rows = [(0, 100.0, "lesion"), (0, 400.0, "lesion")]
    found = judge(solved([3.0], [700.0], [DROP_OUT]), rule, rows=rows)
    assert (found.value[0], found.time[0]) == (1, 364)


# quality-adjusted years


def test_years_are_weighed_by_utility() -> None:
    """Constant: utility times years. A straight decline: the mean of both ends. Death: nothing."""
    rule = endpoint("utility_years", port="disability", to_day=3640.0,
                    utility=((0.0, 1.0), (10.0, 0.0)))  # fmt: skip
    given = solved([5.0, lambda t: t / 364, 5.0, 5.0], [3652, 3652, 1820, 1820],
                   ["", "", "death", DROP_OUT])  # fmt: skip
    years = judge(given, rule, assessments=[VISIT]).value
    assert years[0] == pytest.approx(0.5 * 3640 / 365.25)
    assert years[1] == pytest.approx(0.5 * 3640 / 365.25, rel=0.001)
    assert years[2] == pytest.approx(0.5 * 1820 / 365.25)
    assert np.isnan(years[3])


def test_batches_change_no_outcome() -> None:
    """All kinds, rated with error, with drop-out: 30 patients together or one by one."""
    draw = np.random.Generator(np.random.Philox(8))
    given = solved([step(day, 3, 5) for day in draw.exponential(2000, 30)])
    rules = (
        *PARTS,
        endpoint("at_visit", "at", port="disability", day=365.0),
        endpoint("rate", "arr", records=("relapse",)),
        endpoint("utility_years", "qaly", port="disability", utility=((0.0, 1.0), (10.0, 0.0))),
    )
    rows = [(i, day, "relapse") for i, day in enumerate(draw.exponential(3000, 30)) if day < 3652]
    noise = {"assessments": (replace(RATED, sd=0.3), SCAN), "dropout_per_year": 0.05}
    whole = judge(given, *rules, rows=rows, **noise)
    for patient in (0, 11, 29):
        part = slice(patient, patient + 1)
        one = replace(given, ids=given.ids[part], values=given.values[part],
                      end_time=given.end_time[part], end_reason=("",),
                      status=given.status[part])  # fmt: skip
        alone = judge(one, *rules, rows=[row for row in rows if row[0] == patient], **noise)
        own = whole.patient == patient
        for column in ("time", "value", "after", "status"):
            mine, all_of_them = getattr(alone, column), getattr(whole, column)[own]
            np.testing.assert_array_equal(mine, all_of_them)
