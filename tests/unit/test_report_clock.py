"""What the days of a report count from."""

from __future__ import annotations

from reseed.report.clock import zero_of

GRAFT = {"modules": ["granulopoiesis", "infuse"], "origin": "infusion"}
HARVEST = {"modules": ["granulopoiesis", "harvest"], "origin": "infusion"}
MOUSE = {"modules": ["granulopoiesis", "inject"], "origin": "entry"}


def test_days_count_from_the_infusion_where_there_is_one():
    """One arm with a graft is enough, and folders that do not say count from there too."""
    for arms in ([GRAFT], [MOUSE, GRAFT], [{"modules": ["granulopoiesis"]}]):
        zero = zero_of({"infusion_day": 10.0, "arms": arms})
        assert (zero.day, zero.axis, zero.since) == (10.0, "Days after infusion", "from infusion")


def test_days_count_from_study_entry_where_courses_do():
    """Cells that are injected are no graft: the days are those that the course tells."""
    zero = zero_of({"infusion_day": 2.0, "arms": [MOUSE, MOUSE]})
    assert (zero.day, zero.axis, zero.after) == (0.0, "Days after study entry", "after study entry")


def test_nothing_is_said_of_an_infusion_that_is_not_part_of_the_trial():
    """Mobilisation alone has days of the course."""
    zero = zero_of({"infusion_day": 10.0, "arms": [HARVEST]})
    assert (zero.day, zero.axis, zero.since) == (10.0, "Day of the course", "of the course")
