"""Definitions of the endpoints, with their sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reseed.report.blocks import Block, Column, Prose, Row, Table, Text
from reseed.report.data import TrialData
from reseed.report.links import linked
from reseed.report.numbers import NONE, tenth
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
    return (Table("Endpoints and their definitions", columns, rows, dense=True),)


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
