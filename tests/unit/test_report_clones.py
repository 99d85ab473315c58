"""The section of clones: endpoints of one measure on several days become one course."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from reseed.report.blocks import Figure
from reseed.report.sections import clones

DAYS = (30.0, 365.0, 1826.0)


def endpoint(name: str, day: float, **settings: object) -> dict[str, object]:
    return {"name": name, "kind": "clones", "settings": {"day": day, **settings}}


def trial(*endpoints: dict[str, object]) -> SimpleNamespace:
    """One arm of four patients; the fourth is lost before the last day."""
    rows = pd.DataFrame({"patient": [0, 1, 2, 3], "value": [100.0, 200.0, 300.0, 400.0]})
    table = {e["name"]: rows for e in endpoints}
    table["late"] = rows.assign(value=[10.0, 20.0, 30.0, float("nan")])
    arm = SimpleNamespace(index=0, title="Corrected", outcome=table.__getitem__)
    return SimpleNamespace(endpoints=endpoints, arms=(arm,))


COURSE = (
    endpoint("late", DAYS[2]), endpoint("early", DAYS[0]), endpoint("middle", DAYS[1]),
)  # fmt: skip


def test_a_measure_on_three_days_is_a_figure_in_the_order_of_the_days() -> None:
    data = trial(*COURSE, endpoint("seen", 30.0, measure="seen", cells=10))
    _, figure = clones.build(data)
    assert isinstance(figure, Figure)
    assert "Corrected: 4, 4, 3." in figure.notes[0]
    ((_, _, band),) = figure.draw.args[2]
    assert band.days.tolist() == list(DAYS)
    assert band.quantiles[2] == pytest.approx([250, 250, 20])
    axes = figure.draw().axes[0]
    marks = [label.get_text() for label in axes.get_xticklabels()]
    assert marks == ["1 month", "1 year", "5 years"]


def test_too_few_days_and_other_kinds_are_no_course() -> None:
    assert clones.build(trial(*COURSE[:2])) == ()
    assert clones.build(trial(*({**e, "kind": "amount"} for e in COURSE))) == ()
    assert clones.build(trial(*(endpoint(e["name"], 1.0, measure="gini") for e in COURSE))) == ()
