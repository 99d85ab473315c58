"""What the patients went through: everything that records and endpoints tell, by arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.report.blocks import Block, Text
from reseed.report.data import ArmData, TrialData
from reseed.report.names import labelled, spoken
from reseed.report.numbers import NONE, count, share, spread
from reseed.report.sections.by_arm import by_arm
from reseed.report.sections.course import PROCEDURES, QUIET
from reseed.report.sections.differences import title_of
from reseed.report.yearly import Followed, followed

_NOTES = (
    "In each cell: patients with at least one (%); then the number per patient among those with "
    "at least one, median (interquartile range), where it is not one in all. From study entry to "
    "the end of each patient's follow-up, among patients who were solved.",
    "Days of a drug are those of the course until it was stopped or follow-up ended.",
)
_SOON = 1e-6  # days: an end and the event that brought it about have the same time

_Rows = list[tuple[str, str, Sequence[Text]]]
_Tally = Callable[[ArmData, Followed], NDArray[np.float64]]


def build(data: TrialData) -> tuple[Block, ...]:
    """One table: given, done, happened, measured, ended."""
    people = [followed(arm) for arm in data.arms]
    rows: _Rows = [("", "Patients solved", [count(len(one.ids)) for one in people])]
    parts = (
        ("Given: days of treatment", _drugs(data)),
        ("Done", _records(data, _is_procedure)),
        ("Changed on the way", _records(data, lambda source: source == "give")),
        ("Happened", _records(data, lambda source: source in ("event", "hazard"))),
    )
    for heading, tallies in parts:
        found = [(label, tally) for label, tally in tallies if label]
        if found:
            rows.append(("group", heading, ()))
            rows += [("sub", label, _cells(data, people, tally)) for label, tally in found]
    rows += _measures(data, people)
    rows += _ends(data, people)
    return by_arm("What the patients went through, by arm", "", data.titles, rows, _NOTES)


def _cells(data: TrialData, people: Sequence[Followed], tally: _Tally) -> list[Text]:
    return [
        _cell(tally(arm, one), len(one.ids)) for arm, one in zip(data.arms, people, strict=True)
    ]


def _cell(numbers: NDArray[np.float64], size: int) -> str:
    """Patients with at least one, and how many these have."""
    some = numbers[numbers > 0]
    text = share(len(some), size)
    if not len(some) or (some == 1).all():
        return text
    low, middle, high = (float(q) for q in np.quantile(some, (0.25, 0.5, 0.75)))
    return f"{text}; {spread(middle, low, high)}"


def _drugs(data: TrialData) -> list[tuple[str, _Tally]]:
    """Each drug of any arm, in the order in which it is first given."""
    begins: dict[str, float] = {}
    for arm in data.arms:
        for entry in arm.info.get("given", ()):
            if entry.get("days"):
                first = min(float(day) for day in entry["days"])
                name = str(entry["what"])
                begins[name] = min(begins.get(name, first), first)
    origin = float(data.run.get("infusion_day", 0))
    names = sorted(begins, key=lambda name: (begins[name], name))
    return [(spoken(name), _drug(name, origin)) for name in names]


def _drug(name: str, origin: float) -> _Tally:
    def tally(arm: ArmData, people: Followed) -> NDArray[np.float64]:
        total = np.zeros(len(people.ids))
        for entry in arm.info.get("given", ()):
            if str(entry["what"]) == name and entry.get("days"):
                days = origin + np.unique(np.floor(np.asarray(entry["days"], dtype=float)))
                last = people.last
                if entry.get("until"):
                    last = np.minimum(last, _stopped(arm, people, name, float(days[0])))
                total += np.searchsorted(days, last, side="left")
        return total

    return tally


def _stopped(arm: ArmData, people: Followed, name: str, first: float) -> NDArray[np.float64]:
    """When a drug that is given until recovery was stopped, infinite where it was not."""
    rows = arm.rows("give", f"{name} stopped")
    rows = rows[(rows["time"] >= first) & rows["patient"].isin(people.ids)]
    stop = np.full(len(people.ids), np.inf)
    place = np.searchsorted(people.ids, rows["patient"].to_numpy(np.int64))
    np.minimum.at(stop, place, rows["time"].to_numpy(float))
    return stop


def _is_procedure(source: str) -> bool:
    return source not in QUIET and source not in ("event", "hazard", "end")


def _records(data: TrialData, wanted: Callable[[str], bool]) -> list[tuple[str, _Tally]]:
    """What left records of these sources, those of most patients first."""
    found: dict[tuple[str, str], int] = {}
    for arm in data.arms:
        rows = arm.records[arm.records["time"] > 0]
        patients = rows.groupby(["source", "name"])["patient"].nunique()
        for (source, name), number in patients.items():
            if wanted(source) and _told(source, name):
                found[source, name] = found.get((source, name), 0) + int(number)
    order = sorted(found, key=lambda key: (-found[key], key))
    return [(_label(*key), _record(*key)) for key in order]


def _told(source: str, name: str) -> bool:
    """A procedure with a record that stands for it is counted by that one alone."""
    chosen, _ = PROCEDURES.get(source, (name, ""))
    return name == chosen


def _label(source: str, name: str) -> str:
    return PROCEDURES[source][1] if source in PROCEDURES else spoken(name)


def _record(source: str, name: str) -> _Tally:
    def tally(arm: ArmData, people: Followed) -> NDArray[np.float64]:
        rows = arm.rows(source, name)
        patients = rows["patient"][rows["time"] > 0].to_numpy(np.int64)
        place = np.searchsorted(people.ids, patients)[np.isin(patients, people.ids)]
        return np.bincount(place, minlength=len(people.ids)).astype(float)

    return tally


def _measures(data: TrialData, people: Sequence[Followed]) -> _Rows:
    """Endpoints that measure how long something lasted."""
    rows: _Rows = []
    for endpoint in data.endpoints:
        found = {arm.name: estimate for arm, estimate in data.of(endpoint["name"])}
        if endpoint.get("kind") != "time_below" or not found:
            continue
        unit = next((estimate.unit for estimate in found.values() if estimate.unit), "")
        cells: list[Text] = []
        for arm in data.arms:
            own = arm.outcome(endpoint["name"])["value"].to_numpy(float)
            own = own[np.isfinite(own)]
            cells.append(_cell(own, len(own)) if len(own) else NONE)
        rows.append(("sub", labelled(title_of(endpoint), unit), cells))
    return [("group", "Lasted", ()), *rows] if rows else []


def _ends(data: TrialData, people: Sequence[Followed]) -> _Rows:
    """Why follow-up ended, with the cause where a hazard of another name brought it about."""
    tallies = [_causes(arm, one) for arm, one in zip(data.arms, people, strict=True)]
    sizes = [len(one.ids) for one in people]
    whole: Counter[tuple[str, str]] = sum(tallies, Counter())
    rows: _Rows = []
    for reason in sorted({reason for reason, _ in whole}):
        totals = [sum(n for (why, _), n in tally.items() if why == reason) for tally in tallies]
        rows.append(
            ("sub", spoken(reason), [share(n, s) for n, s in zip(totals, sizes, strict=True)])
        )
        causes = sorted({cause for why, cause in whole if why == reason} - {"", reason})
        for cause in causes:
            cells = [share(t[reason, cause], size) for t, size in zip(tallies, sizes, strict=True)]
            rows.append(("sub", f"{spoken(reason)}: {spoken(cause).lower()}", cells))
    stayed = [size - sum(tally.values()) for tally, size in zip(tallies, sizes, strict=True)]
    cells = [share(n, size) for n, size in zip(stayed, sizes, strict=True)]
    return [("group", "Follow-up ended", ()), *rows, ("sub", "Followed to the end", cells)]


def _causes(arm: ArmData, people: Followed) -> Counter[tuple[str, str]]:
    """Patients by reason and by the hazard that struck at the end."""
    ends = dict(arm.ends)
    solved = set(people.ids.tolist())
    last = dict(zip(people.ids.tolist(), people.last.tolist(), strict=True))
    struck: dict[int, str] = {}
    rows = arm.rows("hazard")
    rows = rows[rows["patient"].isin(list(ends))]
    for patient, time, name in zip(rows["patient"], rows["time"], rows["name"], strict=True):
        if abs(float(time) - last.get(int(patient), -1.0)) < _SOON:
            struck[int(patient)] = str(name)
    return Counter(
        (reason, struck.get(int(patient), ""))
        for patient, reason in ends.items()
        if int(patient) in solved
    )
