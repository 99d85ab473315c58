"""Studies of multiple sclerosis that the disease is fitted to: who came in, what they found.

Each value has a scale on which it is fitted (logits of shares, logarithms of rates, points of the
EDSS), and an error: by chance and, since studies differ by more than that, between studies
(`BETWEEN`).

Numbers are those of published abstracts, each with the id that the project's list of outcomes has.
Criteria of entry are the studies' own as far as they are known; else they are chosen so that the
patients' mean disability at entry is about the published one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.ms_shadow import Seen

BETWEEN = 0.3  # between studies, on the scale of the logit or, for a mean, in points


@dataclass(frozen=True)
class Study:
    """Who came in, and what was done to them: a course of the library, or none."""

    name: str
    patients: int
    fit: Callable[[Seen], NDArray[np.bool_]]
    course: str | None


def relapsing(
    relapses: int, low: float, high: float, oldest: float = 55.0
) -> Callable[[Seen], NDArray[np.bool_]]:
    """So many relapses in the last year, EDSS between two values, adults."""
    return lambda s: (
        (s.last_year >= relapses) & (s.disability >= low) & (s.disability <= high)
        & (s.age >= 18) & (s.age <= oldest)
    )  # fmt: skip


def progressive(low: float, high: float, crept: float) -> Callable[[Seen], NDArray[np.bool_]]:
    """Points crept without relapses, at most one relapse in two years, EDSS between two values."""
    return lambda s: (
        (s.creeping >= crept) & (s.last_two_years <= 1)
        & (s.disability >= low) & (s.disability <= high) & (s.age >= 18) & (s.age <= 60)
    )  # fmt: skip


CY, BEAM, BEAM34 = "cyclophosphamide-atg", "beam-atg", "beam-atg-cd34"
STUDIES = {
    study.name: study
    for study in (
        Study("Burt 2022 relapsing", 414, relapsing(2, 3.0, 6.0), CY),
        Study("Burt 2022 progressive", 93, progressive(3.5, 6.5, 1.5), CY),
        Study("Burt 2015", 145, relapsing(2, 3.0, 6.0, 60.0), CY),
        Study("HALT-MS", 24, relapsing(2, 3.0, 5.5, 60.0), BEAM34),
        Study("Boffa 2021 relapsing", 122, relapsing(1, 3.5, 6.5, 60.0), BEAM),
        Study("Boffa 2021 progressive", 88, progressive(4.5, 7.0, 1.5), BEAM),
        Study("Muraro 2017 relapsing", 63, relapsing(1, 4.0, 7.0, 65.0), BEAM),
        Study("Muraro 2017 progressive", 186, progressive(5.5, 7.5, 1.5), BEAM),
        Study("FREEDOMS placebo", 418, relapsing(1, 0.0, 5.5), None),
        Study("AFFIRM placebo", 315, relapsing(1, 0.0, 5.0, 50.0), None),
    )
}


@dataclass(frozen=True)
class Row:
    """A published value: its row of `outcomes.csv`, and how the model's patients are counted."""

    id: str
    study: str
    kind: str
    years: float
    value: float
    low: float = math.nan
    high: float = math.nan
    settings: Mapping[str, float] = field(default_factory=dict)


def rows() -> list[Row]:
    """The rows that are fitted."""
    burt, burt_sp, halt = "Burt 2022 relapsing", "Burt 2022 progressive", "HALT-MS"
    boffa, boffa_sp = "Boffa 2021 relapsing", "Boffa 2021 progressive"
    muraro, muraro_sp = "Muraro 2017 relapsing", "Muraro 2017 progressive"
    whole = {"step": 1.0, "late_step": 1.0, "from": 99.0, "confirm": 1}
    late = {"step": 1.0, "late_step": 0.5, "from": 5.5, "confirm": 1}
    edss = [(1, 2.51), (2, 2.5), (3, 2.41), (4, 2.33), (5, 2.19)]
    edss_sp = [(1, 4.85), (2, 4.88), (3, 4.92), (4, 4.72), (5, 4.2)]
    return [
        Row("CO0052", burt, "relapse-free", 5, 80.1),
        Row("CO0054", burt, "worsening-free", 4, 95, settings=whole),
        *(Row(f"CO{56 + y:04}", burt, "edss", y, mean, settings={"start": 3.87})
          for y, mean in edss),
        Row("CO0053", burt_sp, "relapse-free", 5, 98.1),
        Row("CO0055", burt_sp, "worsening-free", 4, 66, settings=whole),
        *(Row(f"CO{62 + y:04}", burt_sp, "edss", y, mean, settings={"start": 5.09})
          for y, mean in edss_sp[:3]),
        Row("CO0044", "Burt 2015", "relapse-free", 4, 80),
        Row("CO0045", "Burt 2015", "worsening-free", 4, 87, settings=whole),
        Row("CO0042", "Burt 2015", "improved", 2, 50, 39, 61),
        Row("CO0043", "Burt 2015", "improved", 4, 64, 46, 79),
        Row("CO0028", halt, "relapse-free", 5, 86.9, 65.6, 95.6),
        Row("CO0027", halt, "worsening-free", 5, 91.3, 71.0, 97.9,
            {"step": 1.0, "late_step": 1.0, "from": 99.0, "confirm": 1}),
        Row("CO0029", halt, "mri-free", 5, 86.3, 63.9, 95.4),
        Row("CO0026", halt, "event-free", 5, 69.2, 46.3, 84.0, whole),
        Row("CO0089", boffa, "worsening-free", 5, 85.5, 76.9, 94.1, late),
        Row("CO0090", boffa, "worsening-free", 10, 71.3, 57.8, 84.8, late),
        Row("CO0091", boffa_sp, "worsening-free", 5, 71.0, 59.4, 82.6, late),
        Row("CO0092", boffa_sp, "worsening-free", 10, 57.2, 41.8, 72.7, late),
        Row("CO0096", boffa, "event-free", 5, 62.2, settings=late),
        Row("CO0097", boffa, "event-free", 10, 40.5, settings=late),
        Row("CO0082", muraro, "worsening-free", 5, 73, 57, 88, late),
        Row("CO0083", muraro_sp, "worsening-free", 5, 33, 24, 42, late),
        Row("CO0667", "FREEDOMS placebo", "rate", 2, 0.40),
        Row("CO0669", "FREEDOMS placebo", "worsening-free", 2, 100 - 24.1, settings=late),
        Row("CO0671", "AFFIRM placebo", "rate", 2, 0.73),
        Row("CO0673", "AFFIRM placebo", "worsening-free", 2, 100 - 29, settings=whole),
    ]  # fmt: skip


def misfit_scale(row: Row) -> tuple[float, float]:
    """The published value on its scale, and its standard error with that between studies."""
    error = standard_error(row, row.value)
    if not math.isnan(row.low):
        error = (_logit(row.high / 100) - _logit(row.low / 100)) / 3.92
    return on_its_scale(row, row.value), math.hypot(error, BETWEEN)


def standard_error(row: Row, value: float) -> float:
    """By chance, of a value that a study of the row's size finds, on the row's scale."""
    patients = STUDIES[row.study].patients
    if row.kind == "rate":
        return 1.3 / math.sqrt(value * patients * row.years)
    if row.kind == "edss":
        there = patients * (1.0 if row.years < 2 else 0.6)  # who is still seen: assumed
        return 1.5 / math.sqrt(there)
    share = min(max(value / 100, 0.01), 0.99)
    return 1 / math.sqrt(share * (1 - share) * patients * 0.7)


def _logit(share: float) -> float:
    share = min(max(share, 0.002), 0.998)
    return math.log(share / (1 - share))


def on_its_scale(row: Row, value: float) -> float:
    """A value of a row as it is fitted."""
    if row.kind == "rate":
        return math.log(max(value, 1e-3))
    return value if row.kind == "edss" else _logit(value / 100)
