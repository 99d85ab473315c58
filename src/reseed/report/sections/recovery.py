"""Cell dose and recovery: simulated beside published, also where they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from reseed.report.blocks import Block, Column, Figure, Heading, Prose, Row, Table
from reseed.report.data import TrialData
from reseed.report.dose_groups import FEW, Group, Met, groups_of, met, pairs_of
from reseed.report.drawing.recovery import Panel, Points, draw_recovery, kept
from reseed.report.links import linked
from reseed.report.names import quantity
from reseed.report.numbers import NONE, count, plural, signed, spread, tenth
from reseed.report.sections.summary import title_of

OFF = 2.0  # days; a smaller difference is within the scatter of such studies


def build(data: TrialData) -> tuple[Block, ...]:
    """For each study that the scenario compares with: table, judgement, figure."""
    studies = [study for study in data.run.get("evidence", ()) if study["groups"]]
    return tuple(block for study in studies for block in _study(data, study))


def _study(data: TrialData, study: Mapping[str, Any]) -> tuple[Block, ...]:
    titles = {e["name"]: title_of(e) for e in data.endpoints}
    groups = [group for group in groups_of(study) if group.endpoint in titles]
    if not groups:
        return (Prose(f"{study['title']}: none of its endpoints is part of this run."),)
    names = list(dict.fromkeys(group.endpoint for group in groups))
    found = {
        name: [m for g in groups if g.endpoint == name for m in met(data, g)] for name in names
    }
    return (
        Heading(study["title"]),
        Prose(linked(study["source"])),
        _table(titles, found),
        *(Prose(text) for text in sentences(titles, found)),
        _figure(data, titles, groups, found),
    )


def dose_text(group: Group) -> str:
    """The bounds of a group in words: "below 2", "2 to 5", "at least 5"."""
    low, high = f"{group.low:g}", f"{group.high:g}"
    if math.isinf(group.low):
        return "any" if math.isinf(group.high) else f"below {high}"
    return f"at least {low}" if math.isinf(group.high) else f"{low} to {high}"


def with_unit(group: Group) -> str:
    """The bounds with their unit: "below 2 × 10⁶ cells/kg"."""
    return quantity(dose_text(group), group.unit)


def _table(titles: Mapping[str, str], found: Mapping[str, Sequence[Met]]) -> Table:
    rows: list[Row] = []
    for name, here in found.items():
        rows.append(Row((titles[name],), "group"))
        last: Group | None = None
        for one in here:
            group, first = one.group, one.group != last
            days = spread(one.median, one.q25, one.q75, absent="not reached")
            cells = (
                with_unit(group) if first else "",
                one.arm.title,
                count(one.n),
                NONE if one.few else days,
                tenth(group.median),
                NONE if group.n is None else count(group.n),
                signed(one.difference),
            )
            rows.append(Row(cells, "" if first else "sub"))
            last = group
    columns = (
        Column("Viable CD34+ cells infused", "left", 20),
        Column("Arm", "left", 20),
        Column("Simulated patients", "right", 12),
        Column("Simulated median day (IQR)", "right", 14),
        Column("Published median day", "right", 11),
        Column("Published patients", "right", 11),
        Column("Difference, days", "right", 12),
    )
    notes = (
        "Difference: simulated minus published median; below 0 the model is too early. "
        f"{NONE}: not known, or fewer than {FEW} simulated patients. A lower bound belongs to its "
        "group. Medians and quartiles by cumulative incidence, as above.",
        *(
            f"{titles[name]}: {note}"
            for name, here in found.items()
            for note in dict.fromkeys(one.group.note for one in here if one.group.note)
        ),
    )
    return Table(
        "Days to recovery by dose, simulated and published", columns, tuple(rows), notes, dense=True
    )


def sentences(titles: Mapping[str, str], found: Mapping[str, Sequence[Met]]) -> tuple[str, ...]:
    """What the numbers say: where the model misses, the effect of the dose, what was fitted."""
    every = [one for here in found.values() for one in here]
    judged = [one for one in every if not one.few]
    off = [one for one in judged if not abs(one.difference) <= OFF]
    parts = []
    if not judged:
        parts.append(f"No group has {FEW} simulated patients, so nothing can be compared.")
    elif off:
        parts.append(
            f"{len(off)} of {plural(len(judged), 'comparison')} "
            f"{'is' if len(off) == 1 else 'are'} off by more than {OFF:g} days: "
            f"{'; '.join(_misses(titles, off))}."
        )
    else:
        parts.append(f"No comparison is off by more than {OFF:g} days.")
    if judged and len(judged) < len(every):
        gaps = dict.fromkeys(_place(titles, one.group) for one in every if one.few)
        parts.append(f"Too few simulated patients to compare: {'; '.join(gaps)}.")
    effects = [text for name, here in found.items() if (text := _effect(titles[name], here))]
    uses = " ".join(_use(titles[name], here) for name, here in found.items())
    return tuple(filter(None, (" ".join(parts), " ".join(effects), uses)))


def _place(titles: Mapping[str, str], group: Group) -> str:
    title = titles[group.endpoint]
    small = title if title[1:2].isupper() else title[:1].lower() + title[1:]
    return f"{small}, {with_unit(group)}"


def _misses(titles: Mapping[str, str], off: Sequence[Met]) -> list[str]:
    """One phrase per group: by how much each arm misses it."""
    groups = dict.fromkeys(one.group for one in off)
    return [
        f"{_place(titles, group)}: " + ", ".join(_miss(one) for one in off if one.group == group)
        for group in groups
    ]


def _miss(one: Met) -> str:
    if math.isnan(one.difference):
        return f"median not reached ({one.arm.title})"
    way = "later" if one.difference > 0 else "earlier"
    return f"{tenth(abs(one.difference))} days {way} than published ({one.arm.title})"


def _effect(title: str, here: Sequence[Met]) -> str:
    """How the medians change from the lowest to the highest group that every arm can show.

    Nothing where arms have doses of their own.
    """
    groups = list(dict.fromkeys(one.group for one in here))
    shown = [
        group
        for group in sorted(groups, key=lambda group: group.low)
        if all(math.isfinite(one.median) for one in here if one.group == group)
    ]
    at = {(one.arm.name, one.group): one.median for one in here}
    arms = {one.arm.name: one.arm.title for one in here}
    shown = [group for group in shown if all((name, group) in at for name in arms)]
    if len(shown) < 2:
        return ""
    low, high = shown[0], shown[-1]
    changes = [f"{signed(at[name, high] - at[name, low])} ({arm})" for name, arm in arms.items()]
    return (
        f"{title}, {dose_text(low)} against {with_unit(high)}: the published median changes by "
        f"{signed(high.median - low.median)} days, the simulated one by {', '.join(changes)}."
    )


def _use(title: str, here: Sequence[Met]) -> str:
    fitted = [one.group.fitted for one in here]
    if not any(fitted):
        return f"{title}: these medians were not used for calibration."
    part = "these medians were" if all(fitted) else "part of these medians was"
    return f"{title}: {part} used for calibration, so agreement here proves nothing."


def _figure(
    data: TrialData,
    titles: Mapping[str, str],
    groups: Sequence[Group],
    found: Mapping[str, Sequence[Met]],
) -> Figure:
    most = kept(len(data.arms), len(found))
    begins = {e["name"]: float(e.get("from_day", 0)) for e in data.endpoints}
    panels = []
    whole, at_once = True, False
    for name, here in found.items():
        own = [group for group in groups if group.endpoint == name]
        unit = own[0].unit  # others of the endpoint are drawn in that of the first
        pairs = [pairs_of(arm, name, unit) for arm in data.arms]
        seen = [p.status == 1 for p in pairs]
        whole = whole and all(mask.sum() <= most for mask in seen)
        at_once = at_once or any(
            (p.day[m] <= begins[name]).any() for p, m in zip(pairs, seen, strict=True)
        )
        points = tuple(
            Points(arm.index, p.dose[mask][:most], p.day[mask][:most])
            for arm, p, mask in zip(data.arms, pairs, seen, strict=True)
        )
        medians = tuple((m.arm.index, m.group, m.median) for m in here)
        panels.append(Panel(titles[name], unit, tuple(own), points, medians))
    early = " Lowest points: counts that were high enough from the first day on." if at_once else ""
    notes = (
        "Points: simulated patients with the event, moved by up to 0.3 day to part those that "
        f"coincide{'' if whole else f'; the first {count(most)} of an arm'}. Bars: simulated "
        f"median of a group with at least {FEW} patients. Diamonds: published median, in the "
        "middle of its group. Logarithmic axis of dose; dotted: bounds of the groups."
        f"{early}"
    )
    arms = [(arm.index, arm.title) for arm in data.arms]
    caption = "Day of engraftment by dose of viable CD34+ cells"
    return Figure(caption, partial(draw_recovery, panels, arms), (notes,))
