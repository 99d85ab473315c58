"""Failures, counted: patients not solved, by code; follow-up that ended; no infusion, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reseed.engine.failure import FAILURES
from reseed.report.blocks import Block, Column, Piece, Prose, Row, Table, Text
from reseed.report.clock import zero_of
from reseed.report.data import ArmData, TrialData
from reseed.report.numbers import NONE, count, number, share
from reseed.report.sections.by_arm import by_arm

_NAMES = {failure.code: failure for failure in FAILURES}
_LISTED = 20

_Rows = list[tuple[str, str, Sequence[Text]]]


def build(data: TrialData) -> tuple[Block, ...]:
    """A table of counts, and the patients that were not solved, by name."""
    sizes = [arm.size for arm in data.arms]
    rows: _Rows = [("", "Virtual patients", [count(size) for size in sizes])]
    rows += _tallied("Not solved", [_codes(arm) for arm in data.arms], sizes)
    retried = [
        int(((a.solutions["status"] == 0) & (a.solutions["rung"] > 0)).sum()) for a in data.arms
    ]
    cells = [share(part, size) for part, size in zip(retried, sizes, strict=True)]
    rows.append(("", "Solved only with a tighter tolerance or a longer budget", cells))
    rows += _tallied("Follow-up ended early", [_ends(arm) for arm in data.arms], sizes)
    early = [int((arm.solutions["end_time"] < 0).sum()) for arm in data.arms]
    if any(early):
        cells = [share(part, size) for part, size in zip(early, sizes, strict=True)]
        rows.append(("sub", "of these, before study entry", cells))
    caption = "Patients not solved, follow-up that ended"
    if zero_of(data.run).event == "infusion":
        rows += _tallied("No infusion", [_without(arm) for arm in data.arms], sizes)
        caption += ", no infusion"
    notes = ("Numbers are patients (%). Nobody is left out in silence.",)
    tables = by_arm(caption, "", data.titles, rows, notes)
    return (*tables, *_list(data))


def _tallied(title: str, tallies: Sequence[Counter[str]], sizes: Sequence[int]) -> _Rows:
    """A line with the total, then one per reason, most frequent first."""
    totals = [sum(tally.values()) for tally in tallies]
    rows: _Rows = [("", title, [share(n, size) for n, size in zip(totals, sizes, strict=True)])]
    joined: Counter[str] = sum(tallies, Counter())
    for reason, _ in sorted(joined.items(), key=lambda item: (-item[1], item[0])):
        cells = [share(t[reason], size) for t, size in zip(tallies, sizes, strict=True)]
        rows.append(("sub", reason, cells))
    return rows


def _code_name(code: int) -> str:
    known = _NAMES.get(code)
    return known.name if known else f"code {code}"


def _codes(arm: ArmData) -> Counter[str]:
    codes = arm.solutions["status"]
    return Counter(_code_name(int(code)) for code in codes[codes != 0])


def _ends(arm: ArmData) -> Counter[str]:
    return Counter(arm.ends.values())


def _without(arm: ArmData) -> Counter[str]:
    """Why patients had no infusion: the end of follow-up before it, a failed solution, neither.

    Who was followed on after a procedure that failed has a record of that.
    """
    given = set(arm.rows("infuse")["patient"])
    missing = [patient for patient in arm.patients["patient"] if patient not in given]
    if len(missing) == arm.size and not given:
        return Counter({"no graft is infused in this arm": arm.size}) if arm.size else Counter()
    failed = arm.records[arm.records["name"].str.endswith(" failure")]
    ends = {**arm.ends, **dict(zip(failed["patient"], failed["name"], strict=True))}
    status = dict(zip(arm.solutions["patient"], arm.solutions["status"], strict=True))
    reasons: Counter[str] = Counter()
    for patient in missing:
        if status.get(patient, 0) != 0:
            reasons["not solved"] += 1
        else:
            reasons[ends.get(patient, "no reason recorded")] += 1
    return reasons


def _list(data: TrialData) -> tuple[Block, ...]:
    """The first patients that were not solved: when, which state, and what to do."""
    rows: list[Row] = []
    total = 0
    for arm in data.arms:
        failed = arm.solutions[arm.solutions["status"] != 0]
        total += len(failed)
        for item in failed.head(_LISTED - len(rows)).to_dict("records"):
            known = _NAMES.get(int(item["status"]))
            rows.append(
                Row(
                    (
                        arm.title,
                        str(item["patient"]),
                        _code_name(int(item["status"])),
                        number(float(item["status_time"]), 4),
                        (Piece(str(item["status_state"] or NONE), kind="name"),),
                        known.advice if known else "",
                    )
                )
            )
    if not rows:
        return (Prose("All patients of all arms were solved."),)
    columns = (
        Column("Arm", "left", 22),
        Column("Patient", "right", 11),
        Column("What happened", "left", 14),
        Column("Study day", "right", 9),
        Column("Where", "left", 16),
        Column("What to do", "left", 28),
    )
    some = f"; the first {_LISTED} of {count(total)}" if total > len(rows) else ""
    return (Table(f"Patients not solved{some}", columns, tuple(rows), dense=True),)
