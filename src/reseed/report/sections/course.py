"""Treatment: the course of each arm in words, and what happened on which day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from reseed.report.blocks import Block, Figure, Heading, Piece, Prose, Text
from reseed.report.clock import is_long
from reseed.report.data import ArmData, TrialData
from reseed.report.drawing.timeline import LABEL, Lane, draw_timeline
from reseed.report.names import spoken
from reseed.report.numbers import plural, share, signed
from reseed.report.sections.parted import parted

_ORDER = ("harvest", "process", "freeze", "thaw", "infuse")
PROCEDURES = {
    "harvest": ("apheresis", "Apheresis"),
    "infuse": ("cd34_infused", "Graft infused"),
}
_LANES = 44  # on a page, headings of arms counted as two
_SINCE = ", from study start"
_NEAR = 100.0  # days after the infusion that are drawn of a long follow-up
QUIET = {"give", "process", "freeze", "thaw"}  # no line of their own in the figure


def build(data: TrialData) -> tuple[Block, ...]:
    """The arms' courses, and a figure of days."""
    blocks: list[Block] = [
        Prose(
            "Days count from the infusion of the graft, which is day 0; days before it are "
            "negative."
        )
    ]
    for arm in data.arms:
        blocks.append(Heading(arm.title, arm.index))
        words = arm.info.get("words") or ["No description of this course was kept."]
        blocks += [Prose(_headed(str(text))) for text in words]
    return (*blocks, *_figures(data))


def _headed(paragraph: str) -> Text:
    """A paragraph with its first sentence, the title of the stage, in bold."""
    head, dot, rest = paragraph.partition(". ")
    return (Piece(head + dot, kind="strong"), Piece(rest)) if rest else paragraph


def _figures(data: TrialData) -> tuple[Figure, ...]:
    origin = float(data.run.get("infusion_day", 0))
    panels = [(arm.index, arm.title, _lanes(arm, origin, _last(data))) for arm in data.arms]
    if not any(lanes for _, _, lanes in panels):
        return ()
    days = np.concatenate([lane.days for _, _, lanes in panels for lane in lanes])
    first = float(min(days.min(initial=0), 0)) - 1
    last = _last(data)
    until = f" Drawn to day {last:g}; follow-up goes on." if _cut(data) else ""
    notes = (
        "Each line is scaled to its own busiest day. On the right: the planned dose, or the "
        f"patients of the arm to whom it happened at least once since study entry.{until}",
        *_remarks(data),
    )
    caption = "What was planned and what happened, by day"
    tallest = max(len(lanes) for _, _, lanes in panels)
    most = max(1, int(_LANES // (tallest + 2)))
    return parted(caption, panels, most, lambda part: draw_timeline(part, first, last), notes)


def _last(data: TrialData) -> float:
    """The last day that is drawn."""
    return _NEAR if _cut(data) else float(data.run.get("follow_up_days", 0))


def _cut(data: TrialData) -> bool:
    """Whether days would be too narrow to see if the whole follow-up were drawn."""
    return is_long(float(data.run.get("follow_up_days", 0)))


def _remarks(data: TrialData) -> tuple[str, ...]:
    """What a reader could take wrongly: drugs that stop early, events before the infusion."""
    notes = []
    if any(entry.get("until") for arm in data.arms for entry in arm.info.get("given", ())):
        notes.append(
            "Planned, in pale: given at the latest to the last day drawn; it stops earlier where "
            "counts have recovered."
        )
    if any((arm.records["source"] == "hazard").any() for arm in data.arms):
        notes.append(
            "Infections and deaths are counted here from study start; the endpoints count from "
            "their own origin."
        )
    return tuple(notes)


def _lanes(arm: ArmData, origin: float, last: float) -> list[Lane]:
    """Planned administrations (if run.json has them), then procedures, then events."""
    lanes = [_planned(entry) for entry in arm.info.get("given", ()) if entry.get("days")]
    records = arm.records[arm.records["time"] >= 0]
    sources = sorted(
        set(records["source"]) - QUIET,
        key=lambda s: (_ORDER.index(s) if s in _ORDER else len(_ORDER), s),
    )
    for source in sources:
        rows = records[records["source"] == source]
        if source in ("event", "hazard", "end"):
            for name in sorted(set(rows["name"])):
                if source == "end" and name in set(records["name"][records["source"] == "hazard"]):
                    continue  # a death is both a hazard that fired and an end
                label = spoken(name) + (_SINCE if source == "hazard" else "")
                label = label if len(label) <= LABEL else spoken(name)
                lanes.append(_lane(arm, rows[rows["name"] == name], label, origin, "event"))
        else:
            name, label = PROCEDURES.get(source, ("", spoken(source)))
            chosen = rows[rows["name"] == name] if name else rows
            if len(chosen):
                lanes.append(_lane(arm, chosen, label, origin, "done"))
    return [_until(lane, last) for lane in lanes]


def _until(lane: Lane, last: float) -> Lane:
    """A lane without the days that are not drawn."""
    kept = lane.days < last
    return replace(lane, days=lane.days[kept], share=lane.share[kept])


def _planned(entry: Any) -> Lane:
    days = np.floor(np.asarray(entry["days"], dtype=float))
    label, dose = spoken(str(entry.get("what", ""))), str(entry.get("dose", ""))
    if not entry.get("until"):
        return Lane(label, dose, days, np.ones(len(days)), "given")
    last = f"{dose}, latest day {signed(float(days.max()))}"
    return Lane(f"{label}, planned", last, days, np.ones(len(days)), "planned")


def _lane(arm: ArmData, rows: Any, label: str, origin: float, kind: str) -> Lane:
    """Patients per day to whom something happened, as a share of the arm."""
    days = np.floor(rows["time"].to_numpy(float) - origin + 1e-9)
    values, counts = np.unique(days, return_counts=True)
    people = rows["patient"].nunique()
    note = share(people, arm.size) if kind == "event" or people < arm.size else "all"
    if not len(values):
        return Lane(label, plural(0, "patient"), np.empty(0), np.empty(0), kind)
    return Lane(label, note, values, counts / max(arm.size, 1), kind)
