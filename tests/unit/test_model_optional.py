"""Shared species that nobody needs to own: what would change them is left out."""

from __future__ import annotations

import pytest
from examples import module, system

from reseed.base.errors import InvalidInput
from reseed.nouns.module import Port

HIT = Port("mark", "mark", "amount", "cell", "shares", "optional: what is hit")
BODY = """
  substanceOnly species mark in body;
  dose = 3; dose has mg; speed has per_day;
  unit item_per_day = item/(86400 second); strength has item_per_day;
  hit: => mark; strength;
  left = 1; left has mg; left' = -speed*left;
"""
VALUES = {"speed": (1.0, "1/day"), "strength": (2.0, "cell/day")}


def test_what_nobody_owns_is_left_out_and_what_somebody_owns_is_not() -> None:
    """The same module alone and beside an owner."""
    drug = module("drug", BODY, [HIT], VALUES, arguments="mark")
    owner = module(
        "owner",
        "substanceOnly species mark in body; mark = 0;",
        [Port("mark", "mark", "amount", "cell", "owns", "")],
        arguments="mark",
    )
    assert system(drug).states == ("drug__left",)
    assert system(drug, owner).states == ("drug__left", "mark")


def test_what_is_read_must_be_owned() -> None:
    """A formula that reads an optional species would read nothing."""
    reader = module(
        "drug", BODY + "seen := mark; seen has item;\n", [HIT], VALUES, arguments="mark"
    )
    with pytest.raises(InvalidInput, match="optional, but read by a formula"):
        system(reader)
