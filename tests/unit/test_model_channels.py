"""Whole numbers in modules: `channels.tsv` from the folder to the engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from examples import cohort, schedule

from reseed.base.errors import InvalidInput
from reseed.engine import solve
from reseed.model import compile_model
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.spec import read_module

TEXT = """
model town()
  unit time_unit = 86400 second; unit substance = item; unit extent = item; unit volume = litre;
  unit unity = dimensionless; unit per_day = 1/(86400 second);
  unit item_per_day = item/(86400 second); unit one_item = item;
  compartment body; body = 1; body has litre;
  substanceOnly species people in body; people = 3;
  one_person has one_item; one_person = 1;
  arrival has per_day; leaving has per_day;
  departures := leaving*people/one_person; departures has per_day;
  substanceOnly species sand in body; sand = 1;
  erosion: sand => ; leaving*sand;
end
"""
PORTS = "port\tsymbol\tquantity\tunit\tdirection\tnote\npeople\tpeople\tcount\tcell\tout\t\n"
HEAD = "id\tvalue\tunit\tdistribution\tcv\tuncertainty\tse\tlow\thigh\tstatus\tsource\tnote\n"
VALUES = HEAD + "".join(
    f"{name}\t{value}\t1/day\t\t\t\t\t\t\tassumed\ta test\t\n"
    for name, value in (("arrival", 2.0), ("leaving", 0.5))
)
CHANNELS = (
    "channel\tsymbol\tadds\tnote\narrives\tarrival\tpeople=1\t\nleaves\tdepartures\tpeople=-1\t\n"
)


def write(folder: Path, channels: str) -> Path:
    """The module `town` with these channels."""
    town = folder / "town"
    town.mkdir()
    for name, text in {
        "model.ant": TEXT, "ports.tsv": PORTS, "parameters.tsv": VALUES, "channels.tsv": channels,
        "README.md": "# Town\n",
    }.items():  # fmt: skip
        (town / name).write_text(text, encoding="utf-8")
    return town


def test_people_come_and_go_as_in_the_textbook(tmp_path: Path) -> None:
    """Immigration 2/day, death 0.5/day each, from 3: survivors plus a Poisson number.

    Mean 3 p + 4 (1 - p) and variance 3 p (1 - p) + 4 (1 - p) with p = exp(-0.5 t).
    """
    model = compile_model([read_module(write(tmp_path, CHANNELS))], "town")
    assert model.discrete == ("town__people",)
    patients = 20_000
    course, _ = solve(
        model,
        cohort(patients),
        schedule(patients, 2.0),
        Probe(("people",), np.array([1.0])),
        key=Key(3),
    )
    seen = course.values[:, 0, 0]
    p = np.exp(-0.5)
    mean, variance = 3 * p + 4 * (1 - p), 3 * p * (1 - p) + 4 * (1 - p)
    np.testing.assert_array_equal(seen, np.round(seen))
    assert abs(seen.mean() - mean) < 4 * np.sqrt(variance / patients)
    assert seen.var() == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x\tarrival\tpeople=0.5\t", "whole amounts"),
        ("x\tarrival\t\t", "whole amounts"),
        ("x\tnothing\tpeople=1\t", "a name that the model text uses"),
        ("x\tarrival\tnobody=1\t", "instead of nobody"),
        ("x\tarrival\tsand=1\t", "a rate or reactions of its own"),
        ("x\tarrival\tleaving=1\t", "no state"),
    ],
)
def test_a_channel_that_means_nothing_is_refused(tmp_path: Path, row: str, said: str) -> None:
    """The fault names the file and what was expected."""
    folder = write(tmp_path, f"channel\tsymbol\tadds\tnote\n{row}\n")
    with pytest.raises(InvalidInput, match=said) as refused:
        compile_model([read_module(folder)], "town")
    assert "channels.tsv" in str(refused.value)
