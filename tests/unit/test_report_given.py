"""What patients received: drugs after a switch, steady ones, those cut short; who dropped out."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from long_trial import END, ORIGIN, SIZE, YEAR, long_trial

from reseed import store
from reseed.nouns.follow_up import FollowUp
from reseed.report import write_report
from reseed.report.data import ArmData, read_trial
from reseed.report.given import days_of, doses_of, received
from reseed.report.yearly import Followed, followed

IDS = np.arange(3)
LAST = np.array([4000.0, 1000.0, 50.0])
FIRST = {"what": "first", "dose": "1 mg", "days": [-ORIGIN, 5000.0], "until": True,
         "tag": "first/one", "begins": "", "stops": "", "steady": True,
         "endless": True}  # fmt: skip
SECOND = {"what": "second", "dose": "2 mg", "days": [0.375, 14.375], "until": False,
          "tag": "second/two", "begins": "switch to two", "stops": "", "steady": False,
          "endless": False}  # fmt: skip
THIRD = SECOND | {"days": [168.375, 336.375, 504.375, 672.375], "endless": True}
SHOT = SECOND | {"what": "shot", "tag": "shot/zero", "begins": "", "days": [1.0, 2.0, 3.0, 4.0]}
RECORDS = [
    (0, 364.0, "switch", "switch to two"),
    (0, 364.0, "stop", "first/one"),
    (1, 728.0, "switch", "switch to two"),
    (1, 728.0, "stop", "first/one"),
    (0, ORIGIN + 3.0, "stop", "shot/zero"),
]


def arm_of(given: list[dict[str, Any]], records: list[tuple[Any, ...]] = RECORDS) -> ArmData:
    """An arm of three people, of whom two were switched."""
    frame = pd.DataFrame(records, columns=["patient", "time", "source", "name"])
    nothing = pd.DataFrame({"patient": IDS})
    return ArmData(0, "a", "A", {"given": given}, nothing, frame, nothing, nothing, lambda _: None)


def people() -> Followed:
    """Followed for eleven years, for three, and for fifty days."""
    return Followed(IDS, np.zeros(3), LAST)


def test_a_drug_given_after_a_switch_is_counted() -> None:
    """Two first halves, then every 24 weeks while follow-up lasts; nobody else has any."""
    orders = received(arm_of([FIRST, SECOND, THIRD]), people(), ORIGIN)
    np.testing.assert_array_equal(doses_of(orders, "second"), [6, 3, 0])
    time = days_of(orders, "second")
    np.testing.assert_allclose(time, [4000 - 364.375, 1000 - 728.375, 0])


def test_a_dose_by_weight_is_counted_for_those_who_get_it() -> None:
    """Two of three are below 16 kg, and each of them was given all four doses."""
    band = {"covariate": "weight", "at_least": None, "below": 16.0}
    patients = pd.DataFrame({"patient": IDS, "weight": [10.0, 15.9, 16.0]})
    arm = dataclasses.replace(arm_of([SHOT | {"among": band}], []), patients=patients)
    orders = received(arm, people(), ORIGIN)
    np.testing.assert_array_equal(doses_of(orders, "shot"), [4, 4, 0])


def test_a_steady_drug_lasts_until_the_switch_and_not_for_a_day() -> None:
    """From entry to the switch of each patient, or to the end of follow-up."""
    orders = received(arm_of([FIRST, SECOND, THIRD]), people(), ORIGIN)
    np.testing.assert_allclose(days_of(orders, "first"), [364, 728, 50])
    np.testing.assert_array_equal(doses_of(orders, "first"), [0, 0, 0])


def test_doses_that_a_procedure_cancels_are_not_given() -> None:
    """What is due at the very time of the stop came just before it; follow-up ends others'."""
    orders = received(arm_of([SHOT]), people(), ORIGIN)
    np.testing.assert_array_equal(doses_of(orders, "shot"), [3, 4, 4])
    early = dataclasses.replace(people(), last=np.array([ORIGIN + 1.5, ORIGIN, 1.0]))
    orders = received(arm_of([SHOT], []), early, ORIGIN)
    np.testing.assert_array_equal(doses_of(orders, "shot"), [1, 0, 0])


def test_a_course_that_ends_before_the_infusion_is_counted_to_there() -> None:
    """Mobilisation stops with the harvest; who has too few cells gets no conditioning."""
    before = SHOT | {"days": [-12.0, -11.0, -10.0], "tag": "shot/first"}
    after = SHOT | {"days": [-2.0, -1.0], "tag": "shot/second"}
    stops = [(p, ORIGIN - 10.5, "stop", "shot/first") for p in IDS]
    stops.append((1, ORIGIN - 10.5, "stop", "shot/second"))
    everybody = dataclasses.replace(people(), last=np.full(3, 4000.0))
    first, second = received(arm_of([before, after], stops), everybody, ORIGIN)
    np.testing.assert_array_equal(first.doses, [2, 2, 2])
    np.testing.assert_array_equal(second.doses, [2, 0, 2])
    assert list(np.isfinite(second.begun)) == [True, False, True]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The long trial, of whose first arm patient 5 leaves on day 900 and dies on day 1000."""
    folder = long_trial(tmp_path_factory.mktemp("left"))
    frame = store.read_solutions(folder, "graft")
    assert list(frame["seen_reason"]).count("death") == 1
    solved = store.read_trajectories(folder, "graft")
    from reseed.nouns.trajectories import Trajectories

    columns = {name: frame[name].to_numpy() for name in frame.columns}
    whole = Trajectories(
        columns["patient"], (), (), np.empty(0), solved.to_numpy()[:, :0], columns["end_time"],
        tuple(columns["end_reason"]), columns["status"], columns["status_time"],
        tuple(columns["status_state"]), columns["rung"], columns["steps"],
    )  # fmt: skip
    left = np.arange(SIZE) == 5
    seen = FollowUp(np.where(left, 900.0, END), tuple(np.where(left, "drop-out", "")))
    store.write_solutions(folder, "graft", 0, whole, seen)
    return folder


def test_who_dropped_out_is_not_followed_to_the_end(folder: Path) -> None:
    """Seven of eight, and one who left; nobody is seen to die."""
    page = write_report(folder).read_text(encoding="utf-8")
    part = re.search(r'<section id="experience">(.*?)</section>', page, re.DOTALL)
    assert part
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part[1]))
    assert "Dropped out 1 (12.5%) 0 (0.0%)" in words
    assert "Followed to the end 7 (87.5%) 8 (100.0%)" in words
    assert "Death" not in words


def test_what_comes_after_a_drop_out_is_not_seen(folder: Path) -> None:
    """Neither the death, nor years at risk, nor values."""
    arm = read_trial(folder).arms[0]
    assert not (arm.records["source"] == "end").any()
    assert followed(arm).years(0, 100)[5] == pytest.approx(900 / YEAR)
    track = arm.track("disability")
    assert track is not None
    values, days, _ = track
    assert np.isfinite(values[5, (days >= 0) & (days <= 900)]).all()
    assert np.isnan(values[5, days > 900]).all()
