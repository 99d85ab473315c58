"""Clones over time: endpoints that ask the same of clones on several days, as one figure each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from reseed.report.blocks import Block, Figure, Prose
from reseed.report.data import ArmData, TrialData
from reseed.report.drawing.bands import Band, band_of
from reseed.report.drawing.visits import draw_visits
from reseed.report.names import labelled
from reseed.report.numbers import count
from reseed.report.variables import Show

_SHOWN = {
    "alive": Show("Clones of stem cells alive", logarithmic=True),
    "seen": Show("Clones seen in a sample of blood", logarithmic=True),
    "estimated": Show("Clones in blood by estimate", logarithmic=True),
    "late": Show("Late wave, share of corrected blood", "percent"),
}
_ENOUGH = 3  # days: fewer are no course
_READ = (
    "Clones of corrected cells, each known by its integration site. Lines are medians on the days "
    "of the endpoints, with straight lines between; the band holds the middle 50% of the "
    "patients, the thin lines the middle 90%. The early wave came with the graft, as short-lived "
    "cells; the late wave is what long-term stem cells have made since, and the rest is early."
)


def build(data: TrialData) -> tuple[Block, ...]:
    """A figure for each measure of clones that the trial has on three days or more."""
    courses = [(show, over_time(data, measure)) for measure, show in _SHOWN.items()]
    figures = [_figure(data, show, course) for show, course in courses if course]
    return (Prose(_READ), *figures) if figures else ()


def over_time(data: TrialData, measure: str) -> tuple[Mapping[str, Any], ...]:
    """The endpoints of a measure of clones by day; none where there are too few for a course."""
    found = [e for e in data.endpoints if measure in _SHOWN and measure_of(e) == measure]
    if len(found) < _ENOUGH:
        return ()
    return tuple(sorted(found, key=_day))


def measure_of(endpoint: Mapping[str, Any]) -> str:
    """What an endpoint asks of clones; "" for other kinds of endpoints."""
    if endpoint.get("kind") != "clones":
        return ""
    return str(endpoint.get("settings", {}).get("measure", "alive"))


def _day(endpoint: Mapping[str, Any]) -> float:
    return float(endpoint["settings"]["day"])


def _figure(data: TrialData, show: Show, course: Sequence[Mapping[str, Any]]) -> Figure:
    arms = [(arm.index, arm.title, _band(arm, course)) for arm in data.arms]
    arms = [one for one in arms if one[2].living.any()]
    label = labelled(show.title, show.unit)
    known = "; ".join(
        f"{title}: {', '.join(count(int(n)) for n in band.living)}" for _, title, band in arms
    )
    scale = "Both axes are" if show.logarithmic else "The axis of time is"
    notes = (f"{scale} logarithmic. Patients with a value at each time: {known}.",)
    caption = f"{show.title}, by time after infusion"
    return Figure(caption, partial(draw_visits, show, label, arms), notes)


def _band(arm: ArmData, course: Sequence[Mapping[str, Any]]) -> Band:
    """Quantiles of the patients on each day, among those who have a value then."""
    columns = [arm.outcome(e["name"]).set_index("patient")["value"] for e in course]
    patients = np.unique(np.concatenate([column.index.to_numpy() for column in columns]))
    values = np.stack([column.reindex(patients).to_numpy(float) for column in columns], axis=1)
    return band_of(values, np.array([_day(endpoint) for endpoint in course]))
