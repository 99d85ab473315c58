"""Treatment: the course of each arm in words, and what happened on which day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.blocks import Block, Figure, Heading, Piece, Prose, Text
from reseed.report.clock import Zero, is_long, zero_of
from reseed.report.data import ArmData, TrialData
from reseed.report.drawing.timeline import Axis, Lane, draw_timeline
from reseed.report.given import Received, received
from reseed.report.names import spoken
from reseed.report.numbers import share
from reseed.report.sections.parted import parted
from reseed.report.yearly import followed

_ORDER = ("harvest", "process", "correct", "freeze", "thaw", "infuse", "inject")
PROCEDURES = {
    "harvest": ("apheresis", "Apheresis"),
    "infuse": ("cd34_infused", "Graft infused"),
    "inject": ("cells_injected", "Purified cells injected"),
}
FAILURE = " failure"  # how the record of a procedure that failed ends
_LANES = 44  # on a page, headings of arms counted as two
_COUNTED = {
    "infusion": "Days count from the infusion of the graft, which is day 0; days before it are "
    "negative. A course without a graft says what its own days count from.",
    "study entry": "Days count from study entry.",
    "": "Days are those of the course; nothing is infused on its day 0.",
}
_NEAR = 100.0  # days after the infusion that are drawn of a long follow-up
_HAPPENED = ("end", "event", "hazard")  # sources of records that nobody did
QUIET = {
    *("give", "stop", "process", "correct", "freeze", "thaw", "wait_for_washout"),
    *("donate_blood", "donate_marrow", "donate_cord", "take_stored"),
}  # no line of their own in the figure


def build(data: TrialData) -> tuple[Block, ...]:
    """The arms' courses, and a figure of days."""
    blocks: list[Block] = [Prose(_COUNTED[zero_of(data.run).event])]
    told: dict[tuple[str, ...], str] = {}
    for arm in data.arms:
        blocks.append(Heading(arm.title, arm.index))
        words = tuple(arm.info.get("words") or ["No description of this course was kept."])
        if words in told:
            blocks.append(Prose(f"The same stages and days as with {told[words]}."))
            continue
        told[words] = arm.title
        blocks += [Prose(_headed(str(text))) for text in words]
    return (*blocks, *_figures(data))


def _headed(paragraph: str) -> Text:
    """A paragraph with its first sentence, the title of the stage, in bold."""
    head, dot, rest = paragraph.partition(". ")
    return (Piece(head + dot, kind="strong"), Piece(rest)) if rest else paragraph


def _figures(data: TrialData) -> tuple[Figure, ...]:
    """Days about the infusion; and, of a long trial, years with the same events in every arm."""
    long = is_long(float(data.run.get("follow_up_days", 0)))
    people = {arm.name: followed(arm) for arm in data.arms}
    origin = float(data.run.get("infusion_day", 0))
    given = {arm.name: received(arm, people[arm.name], origin) for arm in data.arms}
    near = [arm for arm in data.arms if not long or len(arm.rows("infuse"))]
    days = _figure(data, near, given, _days(data, long))
    return (*days, *_figure(data, data.arms, given, _years(data), near)) if long else days


def _days(data: TrialData, long: bool) -> Axis:
    zero = zero_of(data.run)
    return Axis(0.0, _NEAR if long else _last(data, zero), 1.0, 1.0, zero.axis)


def _last(data: TrialData, zero: Zero) -> float:
    """The last day of follow-up on the axis."""
    run = data.run
    return float(run.get("infusion_day", 0)) + float(run.get("follow_up_days", 0)) - zero.day


def _years(data: TrialData) -> Axis:
    last = float(data.run.get("follow_up_days", 0))
    return Axis(0.0, last, DAYS_PER_YEAR / 12, DAYS_PER_YEAR, "Years after infusion")


def _figure(
    data: TrialData,
    arms: Sequence[ArmData],
    given: Mapping[str, Sequence[Received]],
    axis: Axis,
    near: Sequence[ArmData] = (),
) -> tuple[Figure, ...]:
    """A panel for each of these arms; over years all have the rows of what happened in any.

    What is over soon in arms that are drawn `near`, too, is left to that figure.
    """
    origin = zero_of(data.run).day
    in_years = axis.per > 1
    panels, hidden = [], []
    for arm in arms:
        pairs = _paired(arm, given)
        goes_on = {(order.what, order.tag) for order, _ in pairs if order.endless}
        lanes = [
            _order(arm, order, entry, origin, axis)
            for order, entry in pairs
            if order.endless or (order.what, order.tag) not in goes_on  # its first doses
        ]
        lanes += _done(arm, origin, axis)
        if arm in near:
            lanes = [lane for lane in lanes if not _soon_over(lane, axis)]
        happened = _events(arm, _happened(arms if in_years else (arm,)), origin, axis)
        always = {lane.label for lane in happened} if in_years else set()
        lanes += [*happened, *_switches(arm, origin, axis)]
        shown = [lane for lane in lanes if len(lane.days) or lane.label in always]
        gone = [lane for lane in lanes if not len(lane.days) and lane.label not in always]
        hidden += [f"{lane.label}, {lane.note}" for lane in gone]
        if shown:
            panels.append((arm.index, arm.title, shown))
    if not panels:
        return ()
    days = np.concatenate([lane.days for _, _, lanes in panels for lane in lanes])
    axis = replace(axis, first=float(min(days.min(initial=0), 0)) - axis.step)
    caption = f"What was given and what happened, by {'month' if in_years else 'day'}"
    tallest = max(len(lanes) for _, _, lanes in panels)
    most = max(1, int(_LANES // (tallest + 2)))
    notes = _remarks(data, axis, hidden, near)
    return parted(caption, panels, most, partial(draw_timeline, axis=axis), notes)


def _remarks(
    data: TrialData, axis: Axis, hidden: Sequence[str], near: Sequence[ArmData]
) -> tuple[str, ...]:
    """How to read the figure, and what is not in it."""
    unit = "month" if axis.per > 1 else "day"
    notes = [
        f"Drugs: the share of the arm to whom they were given on that {unit}, the whole height "
        f"being everybody. All else is scaled to its own busiest {unit}, so that its height does "
        "not compare between arms. On the right: the dose, and the patients to whom it "
        "happened at least once since study entry."
    ]
    if axis.last < _last(data, zero_of(data.run)):
        notes.append(f"Drawn to day {axis.last:g}; follow-up goes on.")
    if near:
        titles = "; ".join(arm.title for arm in near)
        notes.append(
            f"What was over by day {_NEAR:g} is drawn by the day, in the figure before: {titles}."
        )
    if hidden:
        notes.append(f"Nothing in the days drawn: {'; '.join(dict.fromkeys(hidden))}.")
    if any((arm.records["source"] == "hazard").any() for arm in data.arms):
        notes.append(
            "Infections and deaths are counted here from study entry; the endpoints count from "
            "their own origin."
        )
    return (" ".join(notes),)


def _paired(
    arm: ArmData, given: Mapping[str, Sequence[Received]]
) -> list[tuple[Received, Mapping[str, Any]]]:
    """Each order with its entry in run.json."""
    entries = [entry for entry in arm.info.get("given", ()) if entry.get("days")]
    return list(zip(given[arm.name], entries, strict=True))


def _order(
    arm: ArmData, order: Received, entry: Mapping[str, Any], origin: float, axis: Axis
) -> Lane:
    """The share of an arm to whom a drug was given: on single days, or while it lasted."""
    size = max(arm.size, 1)
    ever = int(np.isfinite(order.begun).sum())
    dose = str(entry.get("dose", ""))
    note = dose if ever == arm.size else f"{dose}; {share(ever, arm.size)}"
    low, high = order.begun - origin, order.stop - origin
    if order.endless:
        first = float(low[np.isfinite(low)].min(initial=np.inf))
        if not first < axis.last:
            return Lane(spoken(order.what), note, np.empty(0), np.empty(0), "given")
        bins = np.arange(np.floor(first / axis.step), np.ceil(axis.last / axis.step))
        days = np.asarray(axis.step * bins, dtype=np.float64)
        middle = days + axis.step / 2
        begun, over = (np.sort(edge[np.isfinite(low)]) for edge in (low, high))
        on = np.searchsorted(begun, middle) - np.searchsorted(over, middle)
        return Lane(spoken(order.what), note, days, np.asarray(on / size), "given")
    due = order.start[:, None] + order.times[None, :] - origin
    days, counts = np.unique(_binned(due[order.got], axis), return_counts=True)
    return _until(Lane(spoken(order.what), note, days, np.minimum(counts / size, 1), "given"), axis)


def _since_entry(arm: ArmData) -> Any:
    return arm.records[arm.records["time"] >= 0]


def _done(arm: ArmData, origin: float, axis: Axis) -> list[Lane]:
    """Procedures, and those that failed."""
    lanes = []
    records = _since_entry(arm)
    sources = sorted(
        set(records["source"]) - QUIET - {*_HAPPENED, "switch"},
        key=lambda s: (_ORDER.index(s) if s in _ORDER else len(_ORDER), s),
    )
    for source in sources:
        rows = records[records["source"] == source]
        name, label = PROCEDURES.get(source, ("", spoken(source)))
        chosen = rows[rows["name"] == name] if name else rows
        if len(chosen):
            lanes.append(_lane(arm, chosen, label, origin, axis, "done"))
        for failed in sorted(name for name in set(rows["name"]) if name.endswith(FAILURE)):
            chosen = rows[rows["name"] == failed]
            lanes.append(_lane(arm, chosen, spoken(failed), origin, axis, "event"))
    return lanes


def _happened(arms: Sequence[ArmData]) -> list[tuple[str, str]]:
    """Source and name of every event in these arms; a death is both a hazard and an end."""
    found: set[tuple[str, str]] = set()
    for arm in arms:
        records = _since_entry(arm)
        rows = records[records["source"].isin(_HAPPENED)]
        found |= set(zip(rows["source"], rows["name"], strict=True))
    hazards = {name for source, name in found if source == "hazard"}
    causes = {name for name in hazards if name.startswith("death_")}
    told = hazards | ({"death"} if len(causes) == 1 else set())
    return sorted(pair for pair in found if pair[0] != "end" or pair[1] not in told)


def _events(
    arm: ArmData, happened: Sequence[tuple[str, str]], origin: float, axis: Axis
) -> list[Lane]:
    """A lane for each of these events, also where the arm has none."""
    records = _since_entry(arm)
    lanes = []
    for source, name in happened:
        rows = records[(records["source"] == source) & (records["name"] == name)]
        lanes.append(_lane(arm, rows, spoken(name), origin, axis, "event"))
    return lanes


def _switches(arm: ArmData, origin: float, axis: Axis) -> list[Lane]:
    """When patients went over to another stage of the course."""
    rows = _since_entry(arm)
    rows = rows[rows["source"] == "switch"]
    return [
        _lane(arm, rows[rows["name"] == name], spoken(name), origin, axis, "event")
        for name in sorted(set(rows["name"]))
    ]


def _soon_over(lane: Lane, axis: Axis) -> bool:
    """Whether all that was given or done in a lane is drawn by the day."""
    return len(lane.days) > 0 and bool((lane.days <= _NEAR - axis.step).all())


def _until(lane: Lane, axis: Axis) -> Lane:
    """A lane without the days that are not drawn."""
    kept = lane.days < axis.last
    return replace(lane, days=lane.days[kept], share=lane.share[kept])


def _binned(days: NDArray[np.float64], axis: Axis) -> NDArray[np.float64]:
    """The beginning of the day, or month, in which each time lies."""
    return np.asarray(axis.step * np.floor(days / axis.step + 1e-9), dtype=np.float64)


def _lane(arm: ArmData, rows: Any, label: str, origin: float, axis: Axis, kind: str) -> Lane:
    """Patients per day or month to whom something happened, as a share of the arm."""
    days = _binned(rows["time"].to_numpy(float) - origin, axis)
    values, counts = np.unique(days, return_counts=True)
    people = rows["patient"].nunique()
    note = share(people, arm.size) if kind == "event" or people < arm.size else "all"
    return _until(Lane(label, note, values, counts / max(arm.size, 1), kind), axis)
