"""Evidence: the folder of a published study, whose rows stand beside a trial's results."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reseed.base import units
from reseed.nouns.evidence import DoseGroup, Evidence
from reseed.spec import published as published_outcomes
from reseed.spec.library import NAME
from reseed.spec.module import readme_title
from reseed.spec.published import check_published, load_published
from reseed.spec.sheet import Sheet, one_of, quoted
from reseed.spec.table import Row, read_table

TABLE = "dose-response.tsv"
COLUMNS = ("endpoint", "dose_low", "dose_high", "unit", "median_days", "n", "used", "note")
USED = ("fitted", "not used")
TABLES = (TABLE, published_outcomes.TABLE)
_DOSE = "cell/kg"


def read_evidence(folder: Path) -> Evidence:
    """The study of a folder; InvalidInput with every fault of its files."""
    sheet = Sheet(Path(folder), str(folder))
    evidence = load_evidence(sheet)
    sheet.refuse()
    return evidence


def load_evidence(sheet: Sheet) -> Evidence:
    """The study as far as it can be read; faults are on the sheet."""
    folder = sheet.path
    if not folder.is_dir():
        sheet.add("folder", "nothing", "the folder of a study")
        return Evidence(folder.name, "", "", ())
    if not NAME.fullmatch(folder.name):
        sheet.add("folder", quoted(folder.name), "a name of lower-case letters, digits, - and _")
    title = readme_title(sheet)
    source = _source(sheet.beside("README.md")) if title else ""
    published = (folder / published_outcomes.TABLE).exists()
    outcomes = load_published(sheet.beside(published_outcomes.TABLE)) if published else ()
    groups = _groups(sheet.beside(TABLE)) if not published or (folder / TABLE).exists() else ()
    return Evidence(folder.name, title, source, groups, outcomes)


def _groups(table: Sheet) -> tuple[DoseGroup, ...]:
    before = len(table.faults)
    rows = read_table(table, COLUMNS)
    found = [(row, _group(row)) for row in rows]
    whole = [(row, group) for row, group in found if group]
    if not rows and len(table.faults) == before:
        table.add("file", "no row", "a row for each group of doses")
    _check_apart(whole)
    return tuple(group for _, group in whole)


def check_endpoints(
    evidence: Evidence,
    endpoints: Mapping[str, Mapping[str, Any]],
    sheet: Sheet,
    place: str,
    what: str,
) -> None:
    """Notes each endpoint of a study that is not among these (raw tables), or has no fit day."""
    for name in dict.fromkeys(group.endpoint for group in evidence.groups):
        raw = endpoints.get(name)
        if raw is None:
            sheet.add(place, f"{quoted(name)} in {evidence.name}", one_of(name, endpoints, what))
        elif raw and (raw.get("kind"), raw.get("origin")) != ("sustained", "infusion"):
            expected = "an endpoint of kind sustained, counted from infusion"
            sheet.add(place, f"{quoted(name)} in {evidence.name}", expected)
    check_published(evidence.outcomes, endpoints, sheet, place, what)


def _source(readme: Sheet) -> str:
    """The paragraph below the title, as one line."""
    paragraphs = (readme.text() or "").split("\n\n")
    text = " ".join(paragraphs[1].split()) if len(paragraphs) > 1 else ""
    if not text or not text.isprintable():
        readme.add(
            "paragraph 2", quoted(text[:40]), "the source, below the title and an empty line"
        )
    return text[:1000]


def _group(row: Row) -> DoseGroup | None:
    before = len(row.sheet.faults)
    name = row.text("endpoint")
    if not NAME.fullmatch(name):
        row.fault("endpoint", "the name of an endpoint")
    low, high = row.number("dose_low"), row.number("dose_high")
    if low is not None and low < 0:
        row.fault("dose_low", "a dose of at least 0, or nothing")
    if low is not None and high is not None and low >= high:
        row.fault("dose_low", f"a dose below dose_high, {high:g}")
    elif high is not None and high <= 0:
        row.fault("dose_high", "a dose above 0, or nothing")
    unit = row.unit("unit")
    if unit is not None and not units.compatible(unit, _DOSE):
        row.fault("unit", "cells per kg, such as 1e6 cell/kg")
    median = row.number("median_days")
    if not row.text("median_days") or (median is not None and median <= 0):
        row.fault("median_days", "a number of days above 0")
    n = row.number("n")
    if n is not None and (n < 1 or n != int(n)):
        row.fault("n", "a whole number of at least 1, or nothing where the source does not say")
    used = row.choice("used", USED)
    if len(row.sheet.faults) > before or unit is None or median is None or used is None:
        return None
    size = None if n is None else int(n)
    return DoseGroup(name, low, high, unit, median, size, used, row.text("note"))


def _check_apart(found: Sequence[tuple[Row, DoseGroup]]) -> None:
    """No patient may belong to two groups of one endpoint."""
    ranges: dict[str, list[tuple[float, float, Row]]] = {}
    for row, group in found:
        factor = units.factor(group.unit, _DOSE)
        low = -math.inf if group.low is None else factor * group.low
        high = math.inf if group.high is None else factor * group.high
        for other_low, other_high, other in ranges.setdefault(group.endpoint, []):
            if low < other_high and other_low < high:
                row.fault("dose_low", f"a group apart from that of line {other.line}")
        ranges[group.endpoint].append((low, high, row))
