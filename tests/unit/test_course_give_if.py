"""A drug that is given on those days alone on which a count is low."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from examples import cohort, module, system

from reseed.base.errors import InvalidInput
from reseed.course import in_words, plan
from reseed.engine import Solver, solve
from reseed.engine.solver import REFERENCE
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.nouns.system import System
from reseed.report.data import ArmData
from reseed.report.given import doses_of, received
from reseed.report.yearly import Followed
from reseed.spec import read_course

ORDER = """title = "T"
origin = "entry"
[[stage]]
name = "one"
title = "One"
[[stage.give]]
drug = "pill"
dose = "3 mg"
days = {days}
hour = 0
{more}
"""
LOW = '[stage.give.only_if]\nport = "count"\nat_most = "5"\n'


def falling() -> System:
    """A count that falls by one a day from 8, and pills that add up."""
    return system(
        module(
            "falling",
            """
            count has unity; count = 8; fall has per_day; count' = -fall;
            pill = 0; pill has mg; pill' = stay*pill; stay has per_day;
            """,
            [
                ("pill", "pill", "dose", "mg", "dose"),
                ("pills", "pill", "amount", "mg", "out"),
                ("count", "count", "factor", "", "out"),
            ],
            {"fall": (1.0, "1/day"), "stay": (0.0, "1/day")},
        )
    )


@pytest.mark.parametrize("method", [None, sorted(REFERENCE)[0]])
def test_only_low_counts_are_answered(tmp_path: Path, method: str | None) -> None:
    """From 8 by one a day: at 5 or below from day 3 on, so doses of days 3 and 4, not 1 and 2.

    On both engines; each dose given leaves a record.
    """
    path = tmp_path / "c.toml"
    path.write_text(ORDER.format(days="[1, 2, 3, 4]", more=LOW), encoding="utf-8")
    course, model, people = read_course(path), falling(), cohort(2)
    schedule = plan(course, people, model, infusion_day=0.0, end=6.0)
    found, records = solve(
        model, people, schedule, Probe(("pills",), np.arange(0.5, 6.0)), key=Key(1),
        solver=Solver(method=method) if method else Solver(),
    )  # fmt: skip
    np.testing.assert_allclose(found.values[0, 0], [0, 0, 0, 3, 6, 6])
    mine = [t for who, t in zip(records.patient, records.time, strict=True) if who == 0]
    assert mine == [3.0, 4.0] and set(records.name) == {"pill given"}
    (text,) = in_words(course)
    assert "on those days alone on which count are at or below 5" in text


@pytest.mark.parametrize(
    ("days", "more", "place", "expected"),
    [
        ('"0.."', LOW, "only_if", "days that end"),
        ("[1]", 'over = "1 h"\n' + LOW, "only_if", "a bolus"),
        (
            "[1]",
            LOW + '[stage.give.until]\nport = "count"\nat_least = "5"\n',
            "only_if",
            "one of them",
        ),
        ("[1]", LOW.replace("at_most", "at_least"), "only_if.at_least", "at_most"),
    ],
)
def test_what_does_not_go_with_it(
    tmp_path: Path, days: str, more: str, place: str, expected: str
) -> None:
    """Each has its place and its remedy."""
    path = tmp_path / "c.toml"
    path.write_text(ORDER.format(days=days, more=more), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_course(path)
    found = {fault.place: fault.expected for fault in caught.value.faults}
    assert expected in found[f"stage[1].give[1].{place}"]


def test_the_report_counts_what_was_given() -> None:
    """The doses in the records, not those that were planned."""
    given = [{"what": "pill", "dose": "3 mg", "days": [-1.0, 0.0, 1.0], "until": False,
              "tag": "pill/one", "begins": "", "stops": "", "gives": "pill given",
              "steady": False, "endless": False}]  # fmt: skip
    rows = [(0, 9.0, "give", "pill given"), (0, 11.0, "give", "pill given"),
            (2, 10.0, "give", "pill given")]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["patient", "time", "source", "name"])
    ids = np.arange(3)
    nothing = pd.DataFrame({"patient": ids})
    arm = ArmData(0, "a", "A", {"given": given}, nothing, frame, nothing, nothing, lambda _: None)
    orders = received(arm, Followed(ids, np.zeros(3), np.full(3, 20.0)), 10.0)
    np.testing.assert_array_equal(doses_of(orders, "pill"), [2, 0, 1])
    np.testing.assert_array_equal(orders[0].begun, [9.0, np.inf, 10.0])
