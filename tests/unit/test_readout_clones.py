"""Endpoints of clones on hand-made patients."""

from __future__ import annotations

import numpy as np
import pytest

from reseed.nouns.endpoint import Endpoint
from reseed.nouns.key import Key
from reseed.nouns.records import Records
from reseed.nouns.trajectories import Trajectories
from reseed.readout import read_out

PORTS = {  # cells that stand still; the short-term ones are replaced in 60 days
    "host_stem_cells": (50.0, "cell"),
    "corrected_stem_cells": (150.0, "cell"),
    "stem_cell_births": (0.0, "1/day"),
    "stem_cell_losses": (0.0, "1/day"),
    "short_term_cells": (1000.0, "cell"),
    "short_term_losses": (1 / 60, "1/day"),
    "blood_delay": (100.0, "day"),
}
DAYS = np.arange(0.0, 1001.0)
INFUSION = 10.0
PEOPLE = np.array([3, 4, 5, 6])  # followed; dead within the day; without correction; failed


def clones(name: str, day: float, **more: object) -> Endpoint:
    return Endpoint(
        name=name, title=name, definition="", kind="clones", origin="infusion", from_day=0.0,
        to_day=day, settings=(("day", day), *more.items()), competing=(), source="test",
    )  # fmt: skip


def judged(people: np.ndarray, *endpoints: Endpoint) -> dict[tuple[int, str], float]:
    """Values by patient and endpoint; laboratory counts are noisy."""
    ends = {3: 1000.0, 4: INFUSION + 0.7, 5: 1000.0, 6: 1000.0}
    end = np.array([ends[who] for who in people])
    values = np.array([value for value, _ in PORTS.values()])[None, :, None] * np.ones(len(DAYS))
    values = np.where(DAYS <= end[:, None, None], values, np.nan)
    status = (people == 6).astype(int)
    values[status == 1] = np.nan
    n = len(people)
    trajectories = Trajectories(
        people, tuple(PORTS), tuple(unit for _, unit in PORTS.values()), DAYS, values, end,
        tuple("death" if who == 4 else "" for who in people), status, np.full(n, np.nan),
        ("",) * n, np.zeros(n, int), np.ones(n, int),
    )  # fmt: skip
    marked = [who for who in people if who != 5]
    rows = [(who, name, value) for who in marked for name, value in
            (("corrected_settled", 150.0), ("short_term_corrected", 400.0))]  # fmt: skip
    records = Records(
        np.array([who for who, _, _ in rows], dtype=np.int64), np.full(len(rows), INFUSION + 0.5),
        ("infuse",) * len(rows), tuple(name for _, name, _ in rows),
        np.array([value for _, _, value in rows]), ("cell",) * len(rows),
    )  # fmt: skip
    found = read_out(
        trajectories, records, endpoints, key=Key(1), count_cv=0.3, dropout_per_year=0.0,
        origin=np.full(n, INFUSION + 0.5),
    )  # fmt: skip
    return dict(zip(zip(found.patient.tolist(), found.endpoint, strict=True), found.value,
                    strict=True))  # fmt: skip


def test_without_births_and_losses_every_clone_stays_as_it_was() -> None:
    """150 clones of one cell, whatever noise counts have; in the end they are 3 in 4 of blood."""
    late = clones("late", 900.0)
    rest = clones("rest", 900.0, measure="rest")
    seen = clones("seen", 900.0, measure="seen", cells=100_000)
    even = clones("even", 900.0, measure="shannon", cells=100_000)
    few = clones("few", 900.0, measure="estimated", cells=300)
    found = judged(PEOPLE[:1], late, rest, seen, even, few)
    assert found[3, "late"] == found[3, "seen"] == 150
    assert found[3, "few"] == pytest.approx(150, abs=30)  # a sample that sees about 118 of them
    assert found[3, "rest"] == pytest.approx(25.0, abs=0.1)
    assert found[3, "even"] == pytest.approx(np.log(150), abs=0.01)


def test_before_stem_cells_come_into_blood_the_graft_itself_is_seen_and_does_not_last() -> None:
    """At day 91 a share exp(-91/60) of 400 short-term cells, and none of those at day 900."""
    early = clones("early", 91.0, measure="seen", cells=100_000)
    kept = clones("kept", 900.0, measure="kept", cells=100_000, first_day=91.0)
    first = clones("first", 91.0, measure="late")
    last = clones("last", 900.0, measure="late")
    found = judged(PEOPLE[:1], early, kept, first, last)
    assert found[3, "first"] == 0
    assert found[3, "last"] == pytest.approx(100, abs=0.1)
    assert found[3, "early"] == pytest.approx(400 * np.exp(-91 / 60), abs=2)
    assert found[3, "kept"] == 0


def test_who_has_no_clones_or_was_not_followed_has_no_value() -> None:
    """Death on the day of the infusion, no corrected cells, a failed solution."""
    found = judged(PEOPLE, clones("now", 0.0), clones("later", 365.0))
    assert found[3, "now"] == found[3, "later"] == 150
    assert all(np.isnan(found[who, name]) for who in (4, 5, 6) for name in ("now", "later"))


def test_a_patient_has_the_same_clones_in_any_company() -> None:
    """Alone, among others, in another order, and with fewer endpoints."""
    ends = [clones(f"d{day}", day, measure="seen", cells=300) for day in (30.0, 91.0, 365.0)]
    whole = judged(PEOPLE, *ends)
    assert judged(PEOPLE[[2, 0]], *ends)[3, "d365.0"] == whole[3, "d365.0"]
    assert judged(PEOPLE[:1], ends[1])[3, "d91.0"] == whole[3, "d91.0"]
