"""Mice are mice in their report, and people stay people in the sources."""

from __future__ import annotations

from functools import partial

import numpy as np

from reseed.report.animals import blocks_of, words_of
from reseed.report.blocks import Column, Figure, Items, Piece, Prose, Row, Table
from reseed.report.drawing.histograms import Sample, draw_histograms


def test_words():
    """One and many, at the start of a sentence too; trials of people keep their words."""
    assert words_of("mouse", "Patients: 40 patients, one patient's") == "Mice: 40 mice, one mouse's"
    assert words_of("mouse", "Nobody is left out; the same people") == (
        "No mouse is left out; the same mice"
    )
    assert words_of("", "40 patients") == "40 patients"
    assert words_of("mouse", "impatient") == "impatient"


def test_every_kind_of_block():
    """Text, pieces, tables and what a figure draws; not the sections that quote."""
    draw = partial(draw_histograms, "Days", [Sample(0, "A", np.array([1.0, 2.0]))])
    blocks = (
        Prose((Piece("10 patients", kind="strong"),)),
        Items(("2 patients",)),
        Table("Patients", (Column("Patients"),), (Row(("patients", "3")),), ("Each patient.",)),
        Figure("Patients", draw, ("All patients.",)),
    )
    prose, items, table, figure = blocks_of("mouse", "summary", blocks)
    assert prose == Prose((Piece("10 mice", kind="strong"),)) and items == Items(("2 mice",))
    assert table == Table("Mice", (Column("Mice"),), (Row(("mice", "3")),), ("Each mouse.",))
    drawn = " ".join(text.get_text() for text in figure.draw().texts)
    assert figure.caption == "Mice" and "2 mice" in drawn and "patient" not in drawn
    assert blocks_of("mouse", "parameters", blocks) is blocks
