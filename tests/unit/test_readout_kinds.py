"""Clinical outcomes by their definitions, on hand-made patients."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from reseed.base.errors import InvalidInput
from reseed.nouns.course import Quantity
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.key import Key
from reseed.nouns.outcomes import Outcomes
from reseed.nouns.records import Records
from reseed.nouns.trajectories import Trajectories
from reseed.readout import read_out

HALF = Quantity(0.5, "1e9 cell/L")
NAN = float("nan")
INFUSION = 10.0
Row = tuple[int, float, str, str, float, str]


def endpoint(kind: str, name: str = "x", **more) -> Endpoint:
    """An endpoint from the infusion to day 28, death competing, unless told otherwise."""
    own = {"origin": "infusion", "from_day": 0.0, "to_day": 28.0, "competing": ("death",)}
    fields = {key: more.pop(key, value) for key, value in own.items()}
    return Endpoint(
        name=name,
        title=name,
        definition="",
        kind=kind,
        settings=tuple(more.items()),
        source="test",
        **fields,
    )


ENGRAFTMENT = endpoint("sustained", "engraftment", port="neutrophils", at_least=HALF, days=3.0)


def judge(
    counts: Sequence[float] | Mapping[int, float] | None,
    *endpoints: Endpoint,
    records: Sequence[Row] = (),
    end: float = 60.0,
    reason: str = "",
    status: int = 0,
    origin: float = INFUSION,
    grafts: bool = False,
) -> list[tuple[float, int, float]]:
    """Verdicts (time, status, value) on patient 5, whose counts (1e9/L) start on infusion day.

    The last count goes on. Before the infusion counts are 3.
    """
    times = np.arange(0.0, 61.0)
    given = list(counts or [3.0])
    line = np.array([3.0] * int(origin) + given + [given[-1]] * 61)[:61] * 1e9
    line = np.where(times <= end, line, NAN)
    trajectories = Trajectories(
        np.array([5]), ("neutrophils",), ("cell/L",), times, line[None, None, :], np.array([end]),
        (reason,), np.array([status]), np.array([NAN]), ("",), np.array([0]), np.array([1]),
    )  # fmt: skip
    ending = [(5, end, "end", reason, 1.0, "")] if reason else []
    rows = sorted([*records, *ending], key=lambda row: row[1])
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    noted = Records(
        np.array(columns[0], dtype=np.int64), np.array(columns[1], dtype=float), tuple(columns[2]),
        tuple(columns[3]), np.array(columns[4], dtype=float), tuple(columns[5]),
    )  # fmt: skip
    outcomes = read_out(
        trajectories,
        noted,
        endpoints,
        key=Key(1),
        count_cv=0.0,
        dropout_per_year=0.0,
        origin=np.array([origin]),
        grafts=grafts,
    )
    assert isinstance(outcomes, Outcomes)
    assert outcomes.endpoint == tuple(e.name for e in endpoints)
    return list(
        zip(outcomes.time.tolist(), outcomes.status.tolist(), outcomes.value.tolist(), strict=True)
    )


def timed(*args, **more) -> tuple[float, int]:
    """Time and status of one endpoint."""
    ((time, status, value),) = judge(*args, **more)
    assert np.isnan(value)
    return time, status


def transfusion(day: float) -> Row:
    """A platelet transfusion on a day after the infusion."""
    return (5, INFUSION + day, "event", "platelet_transfusion", 1.0, "")


# sustained


def test_engraftment_is_the_first_of_three_days() -> None:
    """Two days above do not count; the level itself does."""
    assert timed([2, 0.1, 0.6, 0.7, 0.2, 0.5, 0.9, 1.5], ENGRAFTMENT) == (5, 1)


@pytest.mark.parametrize("source", ["infuse", "inject"])
@pytest.mark.parametrize(("came", "day"), [(0.6, 8), (3.6, 5), (-2.4, 8)])
def test_days_count_from_the_cells_that_came_late(source: str, came: float, day: int) -> None:
    """Cells that waited three days engraft three days sooner; the first count, and by day."""
    counts = [2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 0.5, 0.9, 1.5]
    cells = [
        (5, INFUSION + came + later, source, "cd34_infused", 5e6, "cell/kg") for later in (0, 1)
    ]
    assert timed(counts, ENGRAFTMENT, records=cells) == (day, 1)


def test_counts_that_have_not_fallen_yet_are_no_engraftment() -> None:
    """The days from infusion to the fall are above the level, and mean nothing."""
    assert timed([3, 2, 1, 0.9, 0.2, 0.1, 0.1, 0.8], ENGRAFTMENT) == (7, 1)


def test_patient_who_is_never_below_has_it_at_the_start() -> None:
    """A course that does not ablate is not a failure to engraft."""
    assert timed([3, 2, 1, 0.9, 2], ENGRAFTMENT) == (0, 1)


def test_leaving_before_the_nadir_is_no_recovery() -> None:
    """Counts that had not fallen yet when the patient died, or follow-up ended, mean nothing."""
    high = [3, 2.5, 2, 1.8]
    assert timed(high, ENGRAFTMENT, end=23.9, reason="death") == (pytest.approx(13.9), 2)
    assert timed(high, ENGRAFTMENT, end=24.0, reason="death") == (0, 1)
    assert timed(high, ENGRAFTMENT, end=14.5, reason="death") == (4.5, 2)
    assert timed(high, ENGRAFTMENT, end=13.0) == (3, 0)
    patient = endpoint(
        "sustained", "early", port="neutrophils", at_least=HALF, days=3.0, nadir_by=2.0
    )
    assert timed(high, patient, end=13.0) == (0, 1)


def test_no_engraftment_is_censored_on_the_last_day() -> None:
    """Day 28 here, although follow-up goes on and counts recover later."""
    assert timed([0.1] * 30 + [2.0], ENGRAFTMENT) == (28, 0)


def test_run_that_starts_on_the_last_day_counts() -> None:
    """Its other days lie after the window but were observed."""
    assert timed([0.1] * 28 + [2.0], ENGRAFTMENT) == (28, 1)


def test_run_must_have_been_seen_whole() -> None:
    """Death on the third morning leaves two days above: no engraftment, a competing death."""
    assert timed([0.1] * 10 + [2.0], ENGRAFTMENT, end=21.5, reason="death") == (11.5, 2)
    assert timed([0.1] * 10 + [2.0], ENGRAFTMENT, end=22.5, reason="death") == (10, 1)


def test_reasons_that_do_not_compete_censor() -> None:
    """On the day they come."""
    assert timed([0.1], ENGRAFTMENT, end=20.25, reason="withdrawn") == (10.25, 0)


def test_death_after_the_window_does_not_compete() -> None:
    """On day 40, of 28."""
    assert timed([0.1], ENGRAFTMENT, end=50.0, reason="death") == (28, 0)


def test_engraftment_without_transfusion() -> None:
    """Seven clear days before the first day of the run, and that day itself."""
    counts = [0.1] * 5 + [2.0]
    rule = endpoint("sustained", port="neutrophils", at_least=HALF, days=3.0,
                    without="platelet_transfusion", without_days=7.0)  # fmt: skip
    assert timed(counts, rule) == (5, 1)
    assert timed(counts, rule, records=[transfusion(4.9)]) == (12, 1)
    assert timed(counts, rule, records=[transfusion(5.1)]) == (13, 1)
    assert timed(counts, rule, records=[transfusion(-2.5), transfusion(-1.5)]) == (6, 1)
    assert timed(counts, rule, records=[transfusion(-2.5)]) == (5, 1)
    assert timed(counts, rule, records=[transfusion(day) for day in range(0, 28, 6)]) == (28, 0)


def test_day_zero_is_the_calendar_day_of_the_infusion() -> None:
    """An infusion at ten in the morning does not shift the days."""
    counts = [2, 0.1, 0.6, 0.7, 0.8]
    assert timed(counts, ENGRAFTMENT, origin=10.417) == timed(counts, ENGRAFTMENT) == (2, 1)


def test_patients_need_not_share_a_day_of_infusion() -> None:
    """A shift by three days of everything shifts nothing."""
    counts = [0.1] * 9 + [2.0]
    assert timed(counts, ENGRAFTMENT, origin=13.0) == timed(counts, ENGRAFTMENT) == (9, 1)


# first

SURVIVAL = endpoint("first", "survival", records=("death",), competing=())
INFECTION = endpoint("first", "infection", records=("infection",))


def infection(day: float) -> Row:
    """An infection on a day after the infusion."""
    return (5, INFUSION + day, "hazard", "infection", 1.0, "")


def test_first_record_in_the_window() -> None:
    """One before the infusion is not looked at; the second after it is no news."""
    rows = [infection(-4.0), infection(3.25), infection(2.5)]
    assert timed(None, INFECTION, records=rows) == (2.5, 1)
    assert timed(None, INFECTION, records=[infection(-4.0)]) == (28, 0)


def test_window_includes_its_ends() -> None:
    """Day 0 and the last day."""
    assert timed(None, INFECTION, records=[infection(0.0)]) == (0, 1)
    assert timed(None, INFECTION, records=[infection(28.0)]) == (28, 1)
    assert timed(None, INFECTION, records=[infection(28.5)]) == (28, 0)


def test_death_is_an_event_or_competes() -> None:
    """As the endpoint says."""
    death = {"end": 17.75, "reason": "death"}
    assert timed(None, SURVIVAL, **death) == (7.75, 1)
    assert timed(None, INFECTION, **death) == (7.75, 2)
    assert timed(None, INFECTION, records=[infection(7.75)], **death) == (7.75, 1)


def test_nothing_is_recorded_after_drop_out() -> None:
    """A death that the trial never hears of."""
    from reseed.readout import adjudicate, observe

    trajectories = Trajectories(
        np.arange(400), (), (), np.arange(61.0), np.empty((400, 0, 61)), np.full(400, 30.0),
        ("death",) * 400, np.zeros(400, int), np.full(400, NAN), ("",) * 400, np.zeros(400, int),
        np.zeros(400, int),
    )  # fmt: skip
    rows = Records(np.arange(400), np.full(400, 30.0), ("end",) * 400, ("death",) * 400,
                   np.ones(400), ("",) * 400)  # fmt: skip
    seen = observe(trajectories, key=Key(1), dropout_per_year=6.0)
    told = adjudicate(seen, rows, trajectories, [SURVIVAL], np.zeros(400))
    gone = np.array(seen.reason) == "drop-out"
    assert 50 < gone.sum() < 350
    assert np.array_equal(told.status == 0, gone | (told.time == 28))
    assert np.all(told.time[gone] == np.minimum(seen.end[gone], 28))


# measured


def test_days_below() -> None:
    """In two pieces; the level itself is not below; days before the infusion do not count."""
    rule = endpoint("time_below", port="neutrophils", below=HALF)
    assert judge([2, 0.1, 0.4, 0.5, 0.6, 0.49, 1], rule)[0][1:] == (1, 3.0)
    assert judge([2], rule)[0][1:] == (1, 0.0)
    assert judge([0.1], rule, end=12.5, reason="death")[0][1:] == (1, 3.0)


def test_what_a_visit_finds_holds_until_the_next() -> None:
    """Months of a count that is seen every thirty days; above is what is not below."""
    times = np.array([10.0, 40.0, 70.0, 100.0, 130.0])
    counts = np.array([[[1.0, 0.1, 0.2, 0.9, 0.1]]]) * 1e9
    seen = Trajectories(
        np.array([5]), ("neutrophils",), ("cell/L",), times, counts, np.array([130.0]), ("",),
        np.array([0]), np.array([NAN]), ("",), np.array([0]), np.array([1]),
    )  # fmt: skip
    none = np.array([], dtype=np.int64)
    records = Records(none, np.array([]), (), (), np.array([]), ())
    low = endpoint("time_below", "low", port="neutrophils", below=HALF, unit="month", to_day=105.0)
    high = endpoint("time_above", "high", port="neutrophils", at_least=HALF, to_day=105.0)
    found = read_out(
        seen, records, (low, high), key=Key(1), count_cv=0.0, dropout_per_year=0.0,
        origin=np.array([INFUSION]),
    )  # fmt: skip
    assert dict(zip(found.endpoint, found.value, strict=True)) == pytest.approx(
        {"low": 60 / 30.4375, "high": 46.0}
    )


def test_a_finding_holds_until_the_next_visit() -> None:
    """Visits on days 0, 7 and 14: low from the first to the third, and until follow-up ends."""
    rules = [
        endpoint("time_below", "a", port="neutrophils", below=HALF, to_day=20.0),
        endpoint("time_below", "b", port="neutrophils", below=HALF, to_day=20.0, unit="month"),
    ]
    times = np.array([0.0, 7.0, 14.0, 30.0])
    for line, end, expected in (
        ([0.1, 0.1, 2.0, 2.0], 60.0, 14.0),
        ([2.0, 2.0, 0.1, 0.1], 60.0, 7.0),  # days 14 to 20
        ([2.0, 0.1, NAN, NAN], 9.5, 3.0),  # death on day 9
    ):
        reason = "death" if end < 60 else ""
        values = 1e9 * np.array(line)[None, None, :]
        trajectories = Trajectories(
            np.array([5]), ("neutrophils",), ("cell/L",), times, values, np.array([end]),
            (reason,), np.array([0]), np.array([NAN]), ("",), np.array([0]), np.array([1]),
        )  # fmt: skip
        nothing = Records(np.empty(0, int), np.empty(0), (), (), np.empty(0), ())
        found = read_out(trajectories, nothing, rules, key=Key(1), count_cv=0.0,
                         dropout_per_year=0.0, origin=np.zeros(1))  # fmt: skip
        assert found.value[0] == expected and found.unit == ("day", "month")
        assert found.value[1] == pytest.approx(expected / 30.4375)


@pytest.mark.parametrize(
    "rule",
    [
        endpoint("time_below", port="neutrophils", below=HALF),
        endpoint("time_above", port="neutrophils", at_least=HALF),
        endpoint("count", records=("platelet_transfusion",)),
    ],
    ids=lambda rule: rule.kind,
)
def test_sums_are_known_of_those_followed_to_the_last_day(rule: Endpoint) -> None:
    """Four days of follow-up say nothing of 28; a death ends the course, and all is known."""
    for end, reason, known in (
        (38.0, "", True), (37.5, "", False), (14.0, "", False), (37.5, "drop-out", False),
        (38.0, "drop-out", True), (37.5, "death", True), (14.0, "harvest failure", False),
    ):  # fmt: skip
        _, status, value = judge([0.1], rule, records=[transfusion(2.0)], end=end, reason=reason)[0]
        assert (status == 1, not np.isnan(value)) == (known, known), (end, reason)


def test_records_are_counted() -> None:
    """Within the window and while followed; a patient without any has none, not a missing one."""
    rule = endpoint("count", records=("platelet_transfusion", "infection"))
    rows = [transfusion(day) for day in (-1, 0, 5, 20, 40)] + [infection(7.0)]
    assert judge(None, rule, records=rows)[0][1:] == (1, 4.0)
    assert judge(None, rule, records=rows, end=16.0, reason="death")[0][1:] == (1, 2.0)
    assert judge(None, rule)[0][1:] == (1, 0.0)


def test_death_is_counted_once() -> None:
    """Its hazard and the end of follow-up leave a row each."""
    rule = endpoint("count", records=("death",))
    rows = [(5, 15.0, "hazard", "death", 1.0, "")]
    assert judge(None, rule, records=rows, end=15.0, reason="death")[0][1:] == (1, 1.0)


@pytest.mark.parametrize(("pick", "value"), [("sum", 6e6), ("first", 1e6), ("last", 3e6)])
def test_amounts_are_picked(pick: str, value: float) -> None:
    """Only of that procedure and that name."""
    rule = endpoint("amount", source="harvest", record="apheresis", pick=pick, from_day=-9.0)
    rows = [(5, float(day), "harvest", "apheresis", day * 1e6, "cell/kg") for day in (1, 2, 3)]
    rows += [(5, 2.5, "process", "apheresis", 9.0, ""), (5, 2.5, "harvest", "other", 9.0, "")]
    assert judge(None, rule, records=rows)[0][1:] == (1, value)


def test_a_visit_may_find_a_value_within_bounds() -> None:
    """100 per cent for whom it lies between them, in the unit of the bounds; at a bound, too."""
    within = {"port": "neutrophils", "day": 3.0, "measure": "within", "unit": "1e6 cell/L"}
    low, high = Quantity(0.5, "1e9 cell/L"), Quantity(1.0, "1e9 cell/L")
    bounds = (
        endpoint("at_visit", "both", **within, at_least=low, at_most=high),
        endpoint("at_visit", "low", **within, at_least=low),
        endpoint("at_visit", "high", **within, at_most=high),
    )
    plain = endpoint("at_visit", "plain", port="neutrophils", day=3.0, unit="1e6 cell/L")
    for count, expected in ((0.4, (0, 0, 100)), (0.5, (100, 100, 100)), (1.2, (0, 100, 0))):
        found = judge([count], *bounds, plain)
        assert tuple(value for *_, value in found) == pytest.approx((*expected, 1000 * count))


def test_amount_without_record_is_undefined() -> None:
    """Not zero."""
    time, status, value = judge(None, endpoint("amount", source="harvest", record="cd34"))[0]
    assert np.isnan(value) and np.isnan(time) and status == 0


# lost

LOST = endpoint(
    "lost", "lost", endpoint="engraftment", port="neutrophils", below=HALF, days=7.0, to_day=45.0
)
BACK = [0.1] * 9 + [2.0] * 5


@pytest.mark.parametrize(
    ("counts", "more", "expected"),
    [
        ([*BACK, *[0.2] * 7, 2.0], {}, (14, 1)),  # seven days in a row
        ([*BACK, *[0.2] * 6, 2.0], {}, (45, 0)),  # six are not enough
        ([*BACK, 0.2, 2.0, *[0.2] * 8], {}, (16, 1)),  # broken, and once more
        ([*BACK, *[0.2] * 6, 2.0], {"end": 40.5, "reason": "death"}, (30.5, 2)),
        ([*BACK, 0.2], {"end": 27.5, "reason": "drop-out"}, (13, 0)),  # too short to tell
        (BACK, {}, (45, 0)),
    ],
)
def test_a_graft_is_lost_after_it_has_taken(counts: list, more: dict, expected: tuple) -> None:
    """Low counts before engraftment are none; the order of the endpoints does not matter."""
    for order in ((ENGRAFTMENT, LOST), (LOST, ENGRAFTMENT)):
        verdicts = judge(counts, *order, **more)
        assert verdicts[order.index(LOST)][:2] == expected


def test_who_never_engrafted_has_nothing_to_lose() -> None:
    """No outcome, not a success."""
    verdicts = judge([0.1], ENGRAFTMENT, LOST)
    assert np.isnan(verdicts[1][0]) and verdicts[1][1] == 0


# not_by

FAILURE = endpoint("not_by", "failure", endpoint="engraftment", day=21.0)


@pytest.mark.parametrize(
    ("counts", "more", "expected"),
    [
        ([0.1], {}, (21, 1)),
        ([0.1] * 21 + [2.0], {}, (28, 0)),
        ([0.1] * 22 + [2.0], {}, (21, 1)),
        ([0.1], {"end": 30.5, "reason": "death"}, (20.5, 2)),
        ([0.1], {"end": 31.5, "reason": "death"}, (21, 1)),
        ([0.1] * 5 + [2.0], {"end": 30.5, "reason": "death"}, (20.5, 2)),
        ([0.1], {"end": 30.5, "reason": "withdrawn"}, (20.5, 0)),
    ],
)
def test_graft_failure(counts: list, more: dict, expected: tuple) -> None:
    """Alive on the day and not engrafted by then; the order of the endpoints does not matter."""
    for order in ((ENGRAFTMENT, FAILURE), (FAILURE, ENGRAFTMENT)):
        verdicts = judge(counts, *order, **more)
        assert verdicts[order.index(FAILURE)][:2] == expected


@pytest.mark.parametrize("reason", ["withdrawn", "death", "drop-out", ""])
@pytest.mark.parametrize(("first", "expected"), [(20, (19, 0)), (21, (20, 0)), (22, (21, 1))])
def test_graft_failure_needs_to_see_a_run_that_has_begun(
    first: int, expected: tuple, reason: str
) -> None:
    """Up to the level from that day and gone on day 21.5: unknown, unless still low on day 21."""
    counts = [0.1] * first + [2.0]
    verdicts = judge(counts, ENGRAFTMENT, FAILURE, end=31.5, reason=reason)
    assert verdicts[1][:2] == expected


def test_run_seen_to_its_end_is_judged() -> None:
    """One day more of follow-up: engrafted on day 21, or down again and failed."""
    assert judge([0.1] * 21 + [2.0], ENGRAFTMENT, FAILURE, end=33.0)[1][:2] == (23, 0)
    assert judge([0.1] * 21 + [2.0, 0.1], ENGRAFTMENT, FAILURE, end=33.0)[1][:2] == (21, 1)
    assert judge([0.1] * 21 + [2.0, 0.1], ENGRAFTMENT, FAILURE, end=32.0)[1][:2] == (21, 1)


# who has no outcome


def test_failed_solutions_have_no_outcome() -> None:
    """None of any kind."""
    rules = (ENGRAFTMENT, INFECTION, endpoint("time_below", "b", port="neutrophils", below=HALF))
    for time, status, value in judge([0.1], *rules, status=3):
        assert np.isnan(time) and status == 0 and np.isnan(value)


def test_follow_up_that_ended_before_infusion() -> None:
    """Nothing from the infusion on, but times from study entry, and what was collected."""
    collected = endpoint("amount", "cells", source="harvest", record="cd34", from_day=-10.0)
    entry = endpoint("first", "entry", records=("harvest failure",), origin="entry", competing=())
    rule = endpoint("count", "transfusions", records=("platelet_transfusion",))
    verdicts = judge(
        None, ENGRAFTMENT, SURVIVAL, rule, collected, entry,
        records=[(5, 4.0, "harvest", "cd34", 1e6, "cell/kg")], end=6.0, reason="harvest failure",
    )  # fmt: skip
    for time, status, value in verdicts[:3]:
        assert np.isnan(time) and status == 0 and np.isnan(value)
    assert verdicts[3][1:] == (1, 1e6)
    assert verdicts[4][:2] == (6.0, 1)


def test_who_was_not_infused_has_no_outcome_from_the_infusion() -> None:
    """In a trial that gives grafts: of no kind, unless it looks at days before, or from entry."""
    days = endpoint("time_below", "days", port="neutrophils", below=HALF)
    before = endpoint("count", "before", records=("apheresis",), from_day=-10.0, to_day=0.0)
    entry = endpoint("first", "entry", records=("relapse", "death"), origin="entry", competing=())
    rules = (ENGRAFTMENT, SURVIVAL, days, before, entry)
    records = [(5, 4.0, "harvest", "apheresis", 1.0, ""), (5, 15.0, "hazard", "relapse", 1.0, "")]
    counts = [0.1] * 5 + [1.0]
    verdicts = judge(counts, *rules, records=records, grafts=True)
    for time, status, value in verdicts[:3]:
        assert np.isnan(time) and status == 0 and np.isnan(value)
    assert verdicts[3][1:] == (1, 1.0) and verdicts[4][:2] == (15.0, 1)
    given = [*records, (5, INFUSION, "infuse", "cd34_infused", 5e6, "cell/kg")]
    infused = judge(counts, *rules, records=given, grafts=True)
    without = judge(counts, *rules, records=records)
    assert infused[0][:2] == without[0][:2] == (5.0, 1)
    assert infused[2][1:] == without[2][1:] == (1, 5.0)


def test_death_on_the_day_of_infusion_counts() -> None:
    """At time zero."""
    assert timed(None, SURVIVAL, end=10.0, reason="death") == (0, 1)


# what cannot be adjudicated


@pytest.mark.parametrize(
    ("rules", "part"),
    [
        ((endpoint("mood"),), "mood"),
        ((endpoint("first", origin="birth", records=("x",)),), "birth"),
        ((endpoint("first"),), "records"),
        ((endpoint("sustained", port="cortisol", at_least=HALF, days=3.0),), "cortisol"),
        ((endpoint("time_below", port="neutrophils", below=Quantity(1, "mg/L")),), "mg/L"),
        ((endpoint("amount", source="a", record="b", pick="best"),), "best"),
        ((FAILURE,), "engraftment"),
    ],
)
def test_impossible_endpoints_are_refused(rules: tuple[Endpoint, ...], part: str) -> None:
    """With the name of the endpoint, before anything is decided."""
    row = (5, 12.0, "a", "b", 1.0, "")
    with pytest.raises(InvalidInput, match=part):
        judge([0.1], *rules, records=[row])


def test_all_faults_are_told_at_once() -> None:
    """Of every endpoint."""
    with pytest.raises(InvalidInput) as caught:
        judge(None, endpoint("mood"), endpoint("dream"), endpoint("not_by", endpoint="x", day=1.0))
    assert len(caught.value.faults) == 3
