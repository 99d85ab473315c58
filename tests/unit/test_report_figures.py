"""Figures from objects in memory: quantiles, numbers at risk, axes, and an untouched pyplot."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import reseed.report
from reseed.nouns.estimate import Estimate
from reseed.report import figure_of_endpoint, figure_of_variable
from reseed.report.drawing.bands import LEVELS, band_of
from reseed.report.drawing.canvas import apart, ticks
from reseed.report.drawing.curves import Curve, Follow, axis_end
from reseed.report.drawing.forest import Line, draw_forest
from reseed.report.drawing.histograms import Sample, draw_histograms
from reseed.report.drawing.svg import inline


def curve(arm: str, reach: float = 1.0, kind: str = "cumulative_incidence") -> Estimate:
    """A straight line from 0 on day 0 to `reach` on day 10, flat until day 100."""
    times = np.arange(0.0, 101.0)
    line = np.minimum(times / 10, 1) * reach
    line = 1 - line if kind == "survival" else line
    risk = (100 - 100 * np.minimum(np.maximum(times - 1, 0) / 10, 1) * reach).astype(int)
    return Estimate(arm, "e", kind, times, line, line * 0.9, np.minimum(line * 1.1, 1), risk,
                    5.0, 2.5, 7.5, "day", 100, 0)  # fmt: skip


def texts(figure) -> list[str]:
    """Every text in a figure."""
    from matplotlib.text import Text

    return [item.get_text() for item in figure.findobj(Text) if item.get_text()]


def test_bands_are_quantiles_among_the_living():
    """The same as numpy's quantiles of those without a gap; nobody left means no band."""
    values = np.random.Generator(np.random.Philox(1)).lognormal(size=(57, 9))
    values[20:, 4] = np.nan
    values[:, 8] = np.nan
    band = band_of(values.astype(np.float32), np.arange(9.0))
    expected = np.nanquantile(values[:, :8].astype(np.float32), LEVELS, axis=0)
    assert np.allclose(band.quantiles[:, :8], expected, rtol=1e-5)
    assert list(band.living) == [57] * 4 + [20] + [57] * 3 + [0]
    assert np.isnan(band.quantiles[:, 8]).all()


def test_bands_do_not_depend_on_how_many_are_sorted_at_once(monkeypatch):
    """Chunks over time are only a matter of memory."""
    values = np.random.Generator(np.random.Philox(2)).normal(size=(40, 30))
    whole = band_of(values, np.arange(30.0))
    monkeypatch.setattr("reseed.report.drawing.bands._AT_ONCE", 70)
    assert np.array_equal(band_of(values, np.arange(30.0)).quantiles, whole.quantiles)


def test_figure_of_variable_shows_units_of_the_ward():
    """Cells per litre are drawn as 10⁹ per litre, with the threshold of neutropenia."""
    days = np.arange(-10.0, 30.0)
    values = np.full((8, 40), 2e9)
    figure = figure_of_variable("neutrophils", {"A": values, "B": values / 2}, days, "cell/L")
    assert "Neutrophil count, 10⁹ cells/L" in texts(figure)
    assert texts(figure).count("0.5") == 2
    lines = [line for axes in figure.axes for line in axes.lines if len(line.get_xdata()) == 40]
    assert {float(line.get_ydata()[0]) for line in lines} == {1.0, 2.0}


def test_figure_of_variable_refuses_other_lengths():
    """A grid of days that does not fit the values is an error, not a shifted figure."""
    with pytest.raises(ValueError, match="expected"):
        figure_of_variable("x", {"A": np.zeros((3, 5))}, np.arange(4.0), "mg/L")


def test_numbers_at_risk_are_those_of_the_estimate():
    """Under each mark of the axis stands the estimate's own number at risk."""
    one = curve("a")
    figure = figure_of_endpoint("Engraftment", [one], arm_titles={"a": "Arm A"})
    shown = texts(figure)
    marks = ticks(0, axis_end([Curve(0, "Arm A", one)]))
    expected = [str(one.at_risk[int(mark)]) for mark in marks]
    start = len(shown) - len(expected)
    assert shown[start:] == expected
    assert "At risk" in shown and "Events so far" not in shown


def test_follow_up_adds_events_and_competing_events():
    """With times and statuses the table counts events, competing events and the censored."""
    time = np.array([2.0, 3.0, 3.0, 50.0])
    status = np.array([1, 1, 2, 0])
    figure = figure_of_endpoint("E", [curve("a", 0.5)], follow={"a": (time, status)})
    shown = texts(figure)
    for group in ("At risk", "Events so far", "Competing events so far", "Censored so far"):
        assert group in shown


def test_at_risk_counts_those_with_an_event_on_the_day():
    """Just before a day, those who have their event on it are still at risk."""
    from reseed.report.drawing.curves import _numbers

    follow = Follow(np.array([5.0, 5.0, 10.0, 20.0]), np.array([1, 2, 0, 1]))
    one = Curve(0, "A", curve("a"), follow)
    assert _numbers(one, "At risk", [0, 5, 10, 20, 25]) == [4, 4, 2, 1, 0]
    assert _numbers(one, "Events so far", [0, 5, 10, 20]) == [0, 1, 1, 2]


def test_axis_ends_soon_after_the_last_event_only_if_early():
    """A curve that is done by day 10 is not drawn to day 100; one that moves late is."""
    early = Curve(0, "A", curve("a"))
    late_estimate = curve("b")
    late_estimate.estimate[-1] += 0.01
    assert axis_end([early]) == 15
    assert axis_end([early, Curve(1, "B", late_estimate)]) == 100


def test_survival_is_drawn_from_whole():
    """The vertical axis of survival is never cut."""
    figure = figure_of_endpoint("Survival", [curve("a", 0.02, "survival")])
    assert figure.axes[0].get_ylim() == (0, 100)


def test_distribution_with_and_without_patients():
    """A histogram if the values are at hand, else medians with quartiles."""
    empty = np.empty(0)
    one = Estimate("a", "e", "distribution", empty, empty, empty, empty, np.empty(0, int),
                   5e6, 4e6, 7e6, "cell/kg", 50, 0)  # fmt: skip
    values = {"a": np.array([4e6, 5e6, 7e6, np.nan])}
    histogram = figure_of_endpoint("CD34+ dose", [one], values=values)
    assert "CD34+ dose, 10⁶ cells/kg" in texts(histogram)
    assert "median 5.0 (4.5 to 6.0); 3 patients" in texts(histogram)
    dots = figure_of_endpoint("CD34+ dose", [one])
    assert float(dots.axes[0].lines[-1].get_xdata()[0]) == pytest.approx(5)


def test_different_kinds_do_not_share_a_figure():
    """Survival and incidence in one panel would mislead; so would nothing at all."""
    with pytest.raises(ValueError, match="one kind"):
        figure_of_endpoint("E", [curve("a"), curve("b", kind="survival")])
    with pytest.raises(ValueError, match="one kind"):
        figure_of_endpoint("E", [])


def test_svg_is_the_same_twice_and_names_only_its_own():
    """Inline SVG has no date, no random id, and all its ids begin with the figure's own."""
    one, two = (inline(figure_of_endpoint("E", [curve("a")]), "f7", "what") for _ in range(2))
    assert one == two and one.startswith("<svg")
    assert all(name.startswith("f7-") for name in re.findall(r' id="([^"]*)"', one))
    assert "<style" not in one and "<metadata" not in one and "<!--" not in one


def test_settings_of_the_user_come_back():
    """Drawing leaves matplotlib's settings as they were and needs no pyplot."""
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    figure_of_endpoint("E", [curve("a")])
    assert dict(mpl.rcParams) == before
    room = Path(reseed.report.__file__).parent
    assert not any("pyplot" in path.read_text("utf-8") for path in room.rglob("*.py"))


def test_labels_are_moved_apart_within_their_room():
    """No two labels nearer than the gap; none outside."""
    moved = apart([1.0, 1.01, 1.02, 1.9], 0.2, 0.0, 2.0)
    ordered = sorted(moved)
    assert np.diff(ordered).min() >= 0.2 - 1e-9
    assert ordered[0] >= 0 and ordered[-1] <= 2


def test_a_histogram_counts_those_who_stand_for_others() -> None:
    """The one at 9 counts for three: bars, median and quartiles are those of 1, 2, 9, 9 and 9."""
    sample = Sample(0, "Arm", np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 3.0]))
    drawn = draw_histograms("Months", [sample])
    assert "median 9 (2 to 9); 3 patients" in texts(drawn)
    bars = drawn.axes[0].patches[0].get_data().values
    assert bars.sum() == pytest.approx(100) and bars[-1] == pytest.approx(60)


def test_a_bar_below_nothing_is_drawn_whole() -> None:
    """Falls alone: the axis reaches from below the lowest number to nothing."""
    line = Line("Change", "Doe", 0, (-1.7, np.nan, np.nan), (-1.1, -1.2, -0.9), True)
    axes = draw_forest([("Value", [line])]).axes[0]
    low, high = axes.get_xlim()
    assert low < -1.7 and 0 <= high < 0.2
    bar = next(drawn for drawn in axes.lines if drawn.get_linewidth() == 5)
    assert list(bar.get_xdata()) == [-1.2, -0.9]
