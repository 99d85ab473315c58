"""What the patients went through: everything that records and endpoints tell, by arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.blocks import Block, Text
from reseed.report.clock import is_long
from reseed.report.data import ArmData, TrialData
from reseed.report.given import Received, days_of, doses_of, received
from reseed.report.names import labelled, spoken
from reseed.report.numbers import NONE, count, percent, share, spread
from reseed.report.sections.benefit import HARMS
from reseed.report.sections.by_arm import by_arm
from reseed.report.sections.course import FAILURE, PROCEDURES, QUIET
from reseed.report.sections.differences import title_of
from reseed.report.yearly import Followed, followed
from reseed.stats import quantiles

_NOTES = (
    "In each cell: patients with at least one (%); then the number per patient among those with "
    "at least one, median (interquartile range), where it is not one in all. From study entry to "
    "the end of each patient's follow-up, among patients who were solved.",
    "Drugs are counted as they were given: from the course or the switch that began them to the "
    "switch, the recovery or the procedure that stopped them, or the end of follow-up. A drug that "
    "the model gives as a steady rate has no doses.",
    "Lasted: of all patients, those whose sum is known counting for those cut off before (inverse "
    "probability of censoring); then how long among those with any.",
    HARMS,
)
_SOON = 1e-6  # days: an end and the event that brought it about have the same time

_Rows = list[tuple[str, str, Sequence[Text]]]
_Tally = Callable[[ArmData, Followed], NDArray[np.float64]]


def build(data: TrialData) -> tuple[Block, ...]:
    """One table: given, done, happened, measured, ended."""
    people = [followed(arm) for arm in data.arms]
    rows: _Rows = [("", "Patients solved", [count(len(one.ids)) for one in people])]
    parts = (
        ("Given", _drugs(data)),
        ("Done", _records(data, _is_procedure)),
        ("Changed on the way", _records(data, lambda source: source in ("give", "switch"))),
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
    """Each drug of any arm, in the order in which it is first given: its doses, and its time."""
    origin = float(data.run.get("infusion_day", 0))
    long = is_long(float(data.run.get("follow_up_days", 0)))
    orders = {arm.name: received(arm, followed(arm), origin) for arm in data.arms}
    every = [order for own in orders.values() for order in own]
    begins: dict[str, float] = {}
    for order in every:
        first = float(np.min(order.begun, initial=np.inf))
        begins[order.what] = min(begins.get(order.what, np.inf), first)
    rows: list[tuple[str, _Tally]] = []
    for name in sorted(begins, key=lambda name: (begins[name], name)):
        own = [order for order in every if order.what == name]
        if any(not order.steady for order in own):
            rows.append((f"{spoken(name)}, doses", _doses(orders, name)))
        if any(order.endless for order in own):
            unit, per = ("years", DAYS_PER_YEAR) if long else ("days", 1.0)
            rows.append((f"{spoken(name)}, {unit} on it", _time_on(orders, name, per)))
    return rows


def _doses(orders: Mapping[str, Sequence[Received]], name: str) -> _Tally:
    def tally(arm: ArmData, people: Followed) -> NDArray[np.float64]:
        found = doses_of(orders[arm.name], name)
        return found if len(found) else np.zeros(len(people.ids))

    return tally


def _time_on(orders: Mapping[str, Sequence[Received]], name: str, per: float) -> _Tally:
    def tally(arm: ArmData, people: Followed) -> NDArray[np.float64]:
        found = days_of(orders[arm.name], name) / per
        return found if len(found) else np.zeros(len(people.ids))

    return tally


def _is_procedure(source: str) -> bool:
    return source not in QUIET and source not in ("event", "hazard", "end", "switch")


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
    return name == chosen or name.endswith(FAILURE)


def _label(source: str, name: str) -> str:
    chosen, label = PROCEDURES.get(source, ("", ""))
    return label if name == chosen else spoken(name)


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
        if endpoint.get("kind") not in ("time_below", "time_above") or not found:
            continue
        unit = next((estimate.unit for estimate in found.values() if estimate.unit), "")
        cells: list[Text] = [_lasted(*arm.known(endpoint["name"])) for arm in data.arms]
        rows.append(("sub", labelled(title_of(endpoint), unit), cells))
    return [("group", "Lasted", ()), *rows] if rows else []


def _lasted(values: NDArray[np.float64], weights: NDArray[np.float64]) -> str:
    """The share of patients with any of it, and how long among these; some count for others."""
    if not len(values):
        return NONE
    some = values > 0
    text = f"{percent(float(weights[some].sum() / weights.sum()))}%"
    if not some.any():
        return text
    low, middle, high = (float(q) for q in quantiles(values[some], weights=weights[some]))
    return f"{text}; {spread(middle, low, high)}"


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
            rows.append(("sub", spoken(cause), cells))
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
