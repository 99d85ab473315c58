"""Parameters: every number of the model with its unit, spread, status and source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from reseed.report.blocks import Block, Column, Piece, Prose, Row, Table, Text
from reseed.report.data import TrialData
from reseed.report.links import linked
from reseed.report.names import quantity, spoken
from reseed.report.numbers import NONE, number, plural

_STATUSES = {
    "measured": "observed in people or in their blood",
    "fitted": "estimated from data by a model",
    "derived": "calculated from other values",
    "assumed": "chosen by us; no measurement stands behind it",
}


def build(data: TrialData) -> tuple[Block, ...]:
    """The count by status first, then the whole table by module."""
    parameters = sorted(
        enumerate(data.run.get("parameters", ())), key=lambda item: (item[1]["module"], item[0])
    )
    if not parameters:
        return (Prose("This run lists no parameters."),)
    rows: list[Row] = []
    module = ""
    for _, entry in parameters:
        if entry["module"] != module:
            module = entry["module"]
            rows.append(Row((spoken(module),), "group"))
        rows.append(_row(data, entry))
    columns = (
        Column("Parameter", "left", 20),
        Column("Value", "left", 13),
        Column("Between patients", "left", 12),
        Column("Uncertainty", "left", 13),
        Column("Status", "left", 12),
        Column("Source", "left", 30),
    )
    notes = (
        "Between patients: how the value varies from patient to patient. Uncertainty: how well "
        "its typical value is known. CV: coefficient of variation; SD: standard deviation; SE: "
        "standard error.",
    )
    table = Table("Parameters by module", columns, tuple(rows), notes, dense=True)
    return (*_front([entry for _, entry in parameters]), table)


def _front(parameters: list[Mapping[str, Any]]) -> tuple[Block, ...]:
    tally = Counter(str(entry.get("status", "")) for entry in parameters)
    order = [*_STATUSES, *sorted(set(tally) - set(_STATUSES))]
    rows = tuple(
        Row((_status(status), str(tally[status]), _STATUSES.get(status, NONE)))
        for status in order
        if tally[status]
    )
    columns = (Column("Status", "left", 16), Column("Parameters", "right", 14), Column("Meaning"))
    assumed = tally["assumed"]
    text = f"The model has {plural(len(parameters), 'parameter')} in this trial"
    text += f"; {assumed} of them assumed and marked ◆." if assumed else "; none is assumed."
    return (Prose(text), Table("Parameters by status", columns, rows), _by_module(parameters))


def _by_module(parameters: list[Mapping[str, Any]]) -> Table:
    """Where the assumptions lie: a line for each module."""
    tally = Counter((str(entry["module"]), str(entry.get("status", ""))) for entry in parameters)
    rows = tuple(
        Row(
            (
                spoken(module),
                str(sum(n for (own, _), n in tally.items() if own == module)),
                *(str(tally[module, status] or NONE) for status in _STATUSES),
            )
        )
        for module in dict.fromkeys(str(entry["module"]) for entry in parameters)
    )
    columns = (
        Column("Module", "left", 30),
        Column("All", "right", 14),
        *(Column(spoken(status), "right", 14) for status in _STATUSES),
    )
    return Table("Parameters by module and status", columns, rows, dense=True)


def _status(status: str) -> Text:
    return (Piece(f"◆ {status}", kind="strong"),) if status == "assumed" else status


def _row(data: TrialData, entry: Mapping[str, Any]) -> Row:
    value = entry.get("value")
    shown = number(float(value), 4) if isinstance(value, int | float) else str(value)
    source = linked(str(entry.get("source", "")))
    note = str(entry.get("note") or "")
    for remark in (_layer(data, entry), note):
        if remark:
            source = (*source, Piece(f" {remark}", kind="note"))
    cells: tuple[Text, ...] = (
        (Piece(str(entry["id"]), kind="name"),),
        quantity(shown, str(entry.get("unit", ""))),
        str(entry.get("variability") or NONE),
        str(entry.get("uncertainty") or NONE),
        _status(str(entry.get("status", ""))),
        source,
    )
    return Row(cells, "mark" if entry.get("status") == "assumed" else "")


def _layer(data: TrialData, entry: Mapping[str, Any]) -> str:
    """Who set the value, if not its module: the scenario, or an arm by its title."""
    layer = str(entry.get("layer") or "module")
    if layer == "module":
        return ""
    if layer.startswith("arm "):
        titles = {arm.name: arm.title for arm in data.arms}
        name = layer.removeprefix("arm ")
        return f"Value set for {titles.get(name, name)} only."
    return f"Value set by the {layer}."
