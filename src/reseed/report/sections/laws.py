"""How virtual patients are drawn: the laws of the covariates and their correlations."""

from __future__ import annotations

from typing import Any

from reseed.report.blocks import Block, Column, Piece, Prose, Row, Table, Text
from reseed.report.data import TrialData
from reseed.report.links import linked
from reseed.report.names import labelled, spoken
from reseed.report.numbers import NONE, number


def build(data: TrialData) -> tuple[Block, ...]:
    """One row per covariate, then one per correlation."""
    cohort = data.run.get("cohort", {})
    entries = cohort.get("rows", ())
    if not entries:
        return (Prose("This run lists no covariates."),)
    columns = (
        Column("Covariate", "left", 20),
        Column("Drawn as", "left", 34),
        Column("Status", "left", 12),
        Column("Source", "left", 34),
    )
    rows = tuple(_row(entry) for entry in entries)
    table = Table("Covariates: how they are drawn", columns, rows, dense=True)
    return (table, *_correlations(cohort))


def _row(entry: Any) -> Row:
    assumed = entry.get("status") == "assumed"
    status: Text = str(entry.get("status") or NONE)
    cells: tuple[Text, ...] = (
        labelled(spoken(entry["covariate"]), entry.get("unit", "")),
        str(entry.get("law") or NONE),
        (Piece(f"◆ {status}", kind="strong"),) if assumed else status,
        linked(str(entry.get("source") or NONE)),
    )
    return Row(cells, "mark" if assumed else "")


def _correlations(cohort: Any) -> tuple[Block, ...]:
    pairs = cohort.get("correlations", ())
    if not pairs:
        return (Prose("Covariates without a formula are drawn independently of each other."),)
    source = str(cohort.get("correlation_source") or "")
    rows = tuple(
        Row((" and ".join(spoken(name).lower() for name in p["between"]), number(float(p["rank"]))))
        for p in pairs
    )
    columns = (Column("Between", "left", 60), Column("Rank correlation", "right", 40))
    notes = (linked(f"Source: {source}"),) if source else ()
    return (Table("Correlations between covariates", columns, rows, notes, dense=True),)
