"""What a trial found, as a table for the terminal: a row per endpoint, a column per arm."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from reseed.cli.columns import columns

WIDTH = 109
_ABREAST = 3  # arms
_NONE = "-"
_ENDS = {"death": "deaths"}
_BOUNDS = ("estimate", "low", "high")

Row = tuple[str, ...]
"""A label, and a cell per arm."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How one arm's patients fared: `grafted` is None where the course infuses nothing."""

    patients: int
    failed: int
    grafted: int | None = None
    ends: Mapping[str, int] = field(default_factory=dict)


def tallies_of(folder: Path, run: Mapping[str, Any]) -> dict[str, Tally]:
    """The tally of each arm of a trial folder, by name."""
    from reseed import store

    found = {}
    for arm in run["arms"]:
        solutions = store.read_solutions(folder, arm["name"])
        ends = Counter(end for end in solutions["seen_reason"].fillna("") if end)
        grafted = None
        if "infuse" in arm["modules"]:
            records = store.read_records(folder, arm["name"])
            grafted = int(records["patient"][records["source"] == "infuse"].nunique())
        failed = int((solutions["status"] != 0).sum())
        found[arm["name"]] = Tally(len(solutions), failed, grafted, dict(ends))
    return found


def in_words(
    document: Mapping[str, Any], run: Mapping[str, Any], tallies: Mapping[str, Tally]
) -> str:
    """The summary of a trial in words; `run` has the titles, `tallies` what became of patients."""
    from reseed.report.animals import words_of

    names = list(document["arms"])
    titles = {arm["name"]: arm.get("title") or arm["name"] for arm in run["arms"]}
    head = f"{run['title']} ({document['scenario']}, seed {document['seed']})"
    parts = [textwrap.fill(head, WIDTH)]
    for start in range(0, len(names), _ABREAST):
        abreast = names[start : start + _ABREAST]
        rows = [("", *(titles[name] for name in abreast))]
        rows += _counts([tallies[name] for name in abreast])
        for endpoint in run["endpoints"]:
            arms = [
                {} if _without_graft(endpoint, tallies, name) else document["arms"][name]
                for name in abreast
            ]
            rows += _endpoint(endpoint, arms)
        parts.append(_wrapped(rows))
    grafted = [t.grafted for t in tallies.values() if t.grafted is not None]
    if grafted and any(endpoint["origin"] == "infusion" for endpoint in run["endpoints"]):
        counts = ", ".join(map(str, grafted))
        parts.append(
            f"Endpoints from infusion describe the patients who were transplanted ({counts})."
        )
    return words_of(str(run.get("organism", "")), "\n\n".join(parts))


def _without_graft(endpoint: Mapping[str, Any], tallies: Mapping[str, Tally], arm: str) -> bool:
    """Recovery after a graft is no endpoint of an arm without one, where others have one."""
    some = any(tally.grafted is not None for tally in tallies.values())
    recovery = endpoint["kind"] == "sustained" and endpoint["origin"] == "infusion"
    return recovery and some and tallies[arm].grafted is None


def _counts(arms: Sequence[Tally]) -> Iterator[Row]:
    yield ("virtual patients", *(str(arm.patients) for arm in arms))
    yield ("not solved, n (%)", *(_share(arm.failed, arm.patients) for arm in arms))
    if any(arm.grafted is not None for arm in arms):
        cells = (_NONE if a.grafted is None else _share(a.grafted, a.patients) for a in arms)
        yield ("received the graft, n (%)", *cells)
    reasons: Counter[str] = Counter()
    for arm in arms:
        reasons.update(arm.ends)
    for reason, _ in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        cells = (_share(arm.ends.get(reason, 0), arm.patients) for arm in arms)
        yield (f"{_ENDS.get(reason, reason.replace('_', ' '))}, n (%)", *cells)


def _share(part: int, whole: int) -> str:
    from reseed.report.numbers import percent

    return f"{part} ({percent(part / whole)} %)" if part and whole else str(part)


def _endpoint(endpoint: Mapping[str, Any], arms: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The rows of an endpoint: its curve at the horizon, the median of times, or an amount."""
    name, title = endpoint["name"], endpoint.get("title") or endpoint["name"]
    if not any(arms):
        return []
    medians = [arm["medians"].get(name) if arm else None for arm in arms]
    averages = [arm["averages"].get(name) if arm else None for arm in arms]
    if any(averages):
        return [_average(title, averages)]
    if not any(arm and name in arm["endpoints"] for arm in arms):
        unit = next((median["unit"] for median in medians if median), "")
        label = f"{_with_unit(title, unit)}, median (IQR)"
        return [(label, *(_quartiles(m, unit, _NONE) for m in medians))]
    rows = [_by_horizon(endpoint, title, arms)]
    if endpoint["kind"] == "sustained":
        label = f"{title}, median day (IQR)"
        curves = [arm["endpoints"].get(name, []) if arm else [] for arm in arms]
        cells = (
            _time(median, curve) if arm else _NONE
            for arm, median, curve in zip(arms, medians, curves, strict=True)
        )
        rows.append((label, *cells))
    return rows


def _average(title: str, averages: Sequence[Mapping[str, Any] | None]) -> Row:
    """Means or rates, with their intervals."""
    from reseed.report.numbers import together
    from reseed.report.variables import readable, scale

    known = next(one for one in averages if one)
    unit, cells = known["unit"], []
    for one in averages:
        if one is None or one["estimate"] is None:
            cells.append(_NONE)
            continue
        numbers = [float("nan") if one[k] is None else one[k] for k in _BOUNDS]
        middle, low, high = together(*(scale(unit, readable(unit)) * value for value in numbers))
        cells.append((middle if low == high else f"{middle} ({low} to {high})").replace("−", "-"))
    what = "" if known["kind"] == "rate" else ", mean"
    return (f"{_with_unit(title, unit)}{what} (95% CI)", *cells)


def _by_horizon(endpoint: Mapping[str, Any], title: str, arms: Sequence[Mapping[str, Any]]) -> Row:
    """The fraction at the horizon with its 95 % interval; an earlier horizon stands in its cell."""
    from reseed.report.clock import moment

    curves = [arm["endpoints"].get(endpoint["name"], []) if arm else [] for arm in arms]
    found = [_at_horizon(curve, endpoint) for curve in curves]
    last = max((day for day, _ in found), default=0.0)
    said = re.search(rf"\b{re.escape(moment(last))}\b", title, re.IGNORECASE)
    word = "at" if "surviv" in title.lower() else "by"
    cells = []
    for day, row in found:
        earlier = f", {word} {moment(day)}" if row and day < last else ""
        cells.append(_fraction(row) + earlier)
    return (f"{title}, %{'' if said else f' {word} {moment(last)}'} (95% CI)", *cells)


def _at_horizon(
    curve: Sequence[Mapping[str, Any]], endpoint: Mapping[str, Any]
) -> tuple[float, Mapping[str, Any] | None]:
    """The end of the endpoint's window, or the last day with an estimate, and that estimate."""
    to_day = endpoint["to_day"]
    known = [r for r in curve if r["estimate"] is not None and r["time_days"] <= to_day + 1e-9]
    return (min(known[-1]["time_days"], to_day), known[-1]) if known else (0.0, None)


def _fraction(row: Mapping[str, Any] | None) -> str:
    from reseed.report.numbers import percent

    if row is None:
        return _NONE
    middle = percent(row["estimate"])
    if row["low"] is None or row["high"] is None:
        return middle
    return f"{middle} ({percent(row['low'])} to {percent(row['high'])})"


def _time(median: Mapping[str, Any] | None, curve: Sequence[Mapping[str, Any]]) -> str:
    """The median day; none where the curve ends so near one half that it is a toss of a coin."""
    known = [row for row in curve if row["estimate"] is not None and row["low"] is not None]
    if median and median["q75"] is None and known and known[-1]["low"] <= 0.5 <= known[-1]["high"]:
        return "about 50 % had it; no median"
    return _quartiles(median, "", "not reached" if known else _NONE)


def _quartiles(median: Mapping[str, Any] | None, unit: str, absent: str) -> str:
    from reseed.report.numbers import spread
    from reseed.report.variables import readable, scale

    if median is None:
        return absent
    factor = scale(unit, readable(unit))
    values = [median[key] for key in ("median", "q25", "q75")]
    numbers = (float("nan") if value is None else factor * value for value in values)
    return spread(*numbers, absent=absent).replace("−", "-")


def _with_unit(title: str, unit: str) -> str:
    """The title with the unit that is shown, as 10^6/kg, unless the title says it."""
    from reseed.report.names import labelled
    from reseed.report.variables import readable

    shown = readable(unit)
    plain = re.sub(r"^1e(\d+) cell/", r"10^\1/", shown)
    return labelled(title, unit) if plain == shown else f"{title}, {plain}"


def _wrapped(rows: Sequence[Row]) -> str:
    """Aligned columns within the width: long labels and titles of arms go on below."""
    arms = len(rows[0]) - 1
    first = 40 if arms == _ABREAST else 48
    each = (WIDTH - first) // arms - 2
    lines: list[Row] = []
    for row in rows:
        cells = [textwrap.wrap(row[0], first, subsequent_indent="  ") or [""]]
        cells += [textwrap.wrap(cell, each) or [""] for cell in row[1:]]
        lines += zip_longest(*cells, fillvalue="")
    return columns(lines)
