"""Published beside modelled: the tables of docs/calibration.md on multiple sclerosis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench.ms_patients import modelled, simulate
from bench.ms_shadow import YEAR
from bench.ms_studies import BETWEEN, STUDIES, Row, on_its_scale, standard_error


def predictive(row: Row, value: float) -> tuple[float, float]:
    """Where 95 % of studies of the row's size would find it, by chance and between studies."""
    middle = on_its_scale(row, value)
    reach = 1.96 * math.hypot(standard_error(row, value), BETWEEN)
    ends = (middle - reach, middle + reach)
    if row.kind == "edss":
        return ends
    if row.kind == "rate":
        return math.exp(ends[0]), math.exp(ends[1])
    return 100 / (1 + math.exp(-ends[0])), 100 / (1 + math.exp(-ends[1]))


def table(numbers: Mapping[str, float], fitted: Sequence[Row]) -> None:
    """Published beside modelled, and who entered, as tables of Markdown."""
    print("| row | study | n | what | years | published | model (95 % of such studies) | |")
    print("|---|---|---|---|---|---|---|---|")
    for row in fitted:
        found = simulate(STUDIES[row.study], numbers)
        assert found is not None
        model = modelled(row, found)
        low, high = predictive(row, model)
        missed = "" if low <= row.value <= high else "◆"
        places = 2 if row.kind in ("edss", "rate") else 1
        cells = (
            row.id, row.study, STUDIES[row.study].patients, row.kind, row.years,
            f"{row.value:.{places}f}", f"{model:.{places}f} ({low:.{places}f}-{high:.{places}f})",
            missed,
        )  # fmt: skip
        print("| " + " | ".join(map(str, cells)) + " |")
    print("\n| study | course | age | years lived | EDSS | relapses in the last year |")
    print("|---|---|---|---|---|---|")
    for name, study in STUDIES.items():
        found = simulate(study, numbers)
        if found is not None:
            e = found.entered
            print(
                f"| {name} | {study.course or 'none'} | {e.age.mean():.0f} "
                f"| {e.day.mean() / YEAR:.1f} | {found.seen[:, 0].mean():.1f} "
                f"| {e.last_year.mean():.1f} |"
            )
