"""Virtual patients at entry: the table one of a trial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from reseed.report.blocks import Block, Prose, Text
from reseed.report.data import ArmData, TrialData
from reseed.report.names import labelled, level_text, spoken
from reseed.report.numbers import NONE, count, share, spread, together
from reseed.report.sections.by_arm import by_arm

_TWINS = "The same virtual patients are in every arm (twins)."
_PARALLEL = "Each arm has different virtual patients, drawn from the same laws (parallel groups)."


def build(data: TrialData) -> tuple[Block, ...]:
    """Mean with SD and median with IQR of continuous covariates, n (%) of categorical ones."""
    cohort = data.run.get("cohort", {})
    twins = data.run.get("design") == "twins" and len(data.arms) > 1
    arms = data.arms[:1] if twins else data.arms
    titles = ("Every arm",) if twins else data.titles
    rows: list[tuple[str, str, Sequence[Text]]] = [
        ("", "Virtual patients", [count(arm.size) for arm in arms])
    ]
    for entry in cohort.get("rows", ()):
        rows += _covariate(arms, entry["covariate"], entry.get("unit", ""))
    design = _TWINS if data.run.get("design") == "twins" else _PARALLEL
    design = design if len(data.arms) > 1 else ""
    title = cohort.get("title") or cohort.get("name") or "not named"
    notes = ("SD: standard deviation. IQR: interquartile range.",)
    caption = f"Virtual patients at entry{'' if twins else ', by arm'}"
    return (
        Prose(f"Cohort: {title}. {design}".rstrip()),
        *by_arm(caption, "", titles, rows, notes),
    )


def _covariate(
    arms: Sequence[ArmData], name: str, unit: str
) -> list[tuple[str, str, Sequence[Text]]]:
    held = [arm.patients[name] if name in arm.patients.columns else None for arm in arms]
    present = [column for column in held if column is not None and len(column)]
    if not present:
        return []
    if all(column.dtype.kind in "fiub" for column in present):
        columns = [None if c is None else c.to_numpy(float) for c in held]
        return [
            ("group", labelled(spoken(name), unit), ()),
            ("sub", "mean (SD)", [_mean(column) for column in columns]),
            ("sub", "median (IQR)", [_median(column) for column in columns]),
        ]
    levels = sorted({str(level) for column in present for level in column.unique()})
    rows: list[tuple[str, str, Sequence[Text]]] = [("group", f"{spoken(name)}, n (%)", ())]
    for level in levels:
        cells = [NONE if c is None else share(int((c == level).sum()), len(c)) for c in held]
        rows.append(("sub", level_text(level) or "not known", cells))
    return rows


def _mean(values: Any) -> str:
    if values is None or not np.isfinite(values).any():
        return NONE
    values = values[np.isfinite(values)]
    deviation = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    mean, beside = together(float(values.mean()), deviation)
    return f"{mean} ({beside})"


def _median(values: Any) -> str:
    if values is None or not np.isfinite(values).any():
        return NONE
    low, middle, high = np.quantile(values[np.isfinite(values)], (0.25, 0.5, 0.75))
    return spread(float(middle), float(low), float(high))
