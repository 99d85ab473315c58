"""Displays: how a scenario asks for its quantities to be drawn, and each slip in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reseed.base.errors import InvalidInput
from reseed.nouns.display import Display
from reseed.report.variables import face_of
from reseed.spec import find_library, read_scenario

GIVEN = """
[display.neutrophils]
title = "ANC"
unit = "cell/uL"
scale = "linear"
levels = [500]
normal = [1500, 7000]
better = "more"
same = 100
source = "doe 2001"
"""


def scenario(folder: Path, text: str) -> Path:
    """The shipped scenario with a display."""
    own = find_library().path("scenarios", "autologous-recovery").read_text(encoding="utf-8")
    path = folder / "mine.toml"
    path.write_text(own + text, encoding="utf-8")
    return path


def test_a_display_is_read_and_used(tmp_path: Path) -> None:
    """What is given replaces the report's own choice; what is not, stays."""
    (display,) = read_scenario(scenario(tmp_path, GIVEN), find_library()).display
    assert display == Display(
        "neutrophils", "ANC", "cell/uL", "linear", "", (500.0,), (1500.0, 7000.0), "more", 100.0,
        "doe 2001",
    )  # fmt: skip
    import dataclasses

    run = {"display": {"neutrophils": dataclasses.asdict(display)}}
    face = face_of(run, "neutrophils", "cell/L")
    assert (face.title, face.unit, face.logarithmic, face.levels) == (
        "ANC",
        "cell/uL",
        False,
        (500,),
    )
    assert face_of({}, "neutrophils", "cell/L").logarithmic


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ("display.neutrophils", "display.neutrophil", "display.neutrophil", "a port of show"),
        ('"cell/uL"', '"kg"', "display.neutrophils.unit", "a unit such as cell/L"),
        ('"cell/uL"', '"cells per drop"', "display.neutrophils.unit", "can be read"),
        ('unit = "cell/uL"\n', "", "display.neutrophils.unit", "the unit of levels"),
        ('source = "doe 2001"\n', "", "display.neutrophils.source", "where the numbers come from"),
        ("[1500, 7000]", "[7000, 1500]", "display.neutrophils.normal", "then a higher one"),
        ("[1500, 7000]", "[7000]", "display.neutrophils.normal", "at least 2"),
        ('"linear"', '"liner"', "display.neutrophils.scale", 'did you mean "linear"'),
        ('better = "more"', 'beter = "more"', "display.neutrophils.beter", "better"),
    ],
)
def test_each_slip_in_a_display(
    tmp_path: Path, old: str, new: str, place: str, expected: str
) -> None:
    """Each fault with its place."""
    assert old in GIVEN
    with pytest.raises(InvalidInput) as caught:
        read_scenario(scenario(tmp_path, GIVEN.replace(old, new)), find_library())
    assert any(f.place == place and expected in f.expected for f in caught.value.faults), (
        caught.value.faults
    )
