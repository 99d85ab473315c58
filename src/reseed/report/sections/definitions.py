"""Definitions of the endpoints, with their sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reseed.report.blocks import Block, Column, Prose, Row, Table, Text
from reseed.report.data import TrialData
from reseed.report.links import linked
from reseed.report.names import spoken
from reseed.report.numbers import NONE, number, tenth
from reseed.report.sections.summary import title_of


def build(data: TrialData) -> tuple[Block, ...]:
    """One row per endpoint of the scenario."""
    if not data.endpoints:
        return (Prose("This trial has no endpoints."),)
    columns = (
        Column("Endpoint", "left", 20),
        Column("Definition", "left", 36),
        Column("Looked at", "left", 16),
        Column("Source", "left", 28),
    )
    rows = tuple(_row(endpoint) for endpoint in data.endpoints)
    table = Table("Endpoints and their definitions", columns, rows, dense=True)
    assessments = data.run.get("assessments") or ()
    return (table, *((_assessed(assessments),) if assessments else ()))


def _assessed(assessments: Sequence[Mapping[str, Any]]) -> Table:
    """What is not seen every day, and how well it is told."""
    columns = (
        Column("What", "left", 18),
        Column("When", "left", 34),
        Column("How", "left", 20),
        Column("Source", "left", 28),
    )
    rows = tuple(
        Row(
            (
                spoken(one["port"] or one["record"]),
                f"at study entry, and every {tenth(float(one['every']))} days after the infusion",
                _rated(one),
                linked(str(one["source"])),
            )
        )
        for one in assessments
    )
    notes = (
        "An event that is found at a visit is dated there, as trials do, and happened after the "
        "visit before. Without one, patients who leave count as followed to their last visit.",
    )
    return Table("What is looked at only at planned visits", columns, rows, notes, dense=True)


def _rated(one: Mapping[str, Any]) -> str:
    if one["record"]:
        return "found by a scan"
    levels, error = one["levels"], float(one["sd"])
    parts = [f"{len(levels)} levels, {number(levels[0])} to {number(levels[-1])}"] if levels else []
    parts += [f"error with SD {number(error)}"] if error else []
    return "; ".join(parts) or "as it is"


def _row(endpoint: Mapping[str, Any]) -> Row:
    competing = ", ".join(str(name) for name in endpoint.get("competing") or ())
    definition = str(endpoint.get("definition") or NONE)
    if competing:
        definition = f"{definition.rstrip('.')}. Competing: {competing}."
    cells: tuple[Text, ...] = (
        title_of(endpoint),
        definition,
        _window(endpoint),
        linked(str(endpoint.get("source") or NONE)),
    )
    return Row(cells)


def _window(endpoint: Mapping[str, Any]) -> str:
    start, end = endpoint.get("from_day"), endpoint.get("to_day")
    origin = "study entry" if endpoint.get("origin") == "entry" else "infusion"
    if start is None or end is None:
        return f"from {origin}"
    return f"day {tenth(float(start))} to {tenth(float(end))} from {origin}"
