"""Species that are whole numbers: what sets them must be one, or as near as rounding leaves it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from reseed.model.events import CARRIED_OUT
from reseed.nouns.expression import Expression
from reseed.nouns.system import StateEvent

NEAR = 1e-9
"""So near, as a share of the whole number (of 1 for 0), is rounding: 0.1*30 is 3."""
ODD = "not whole: "
"""What the name of a parameter begins with that tells what an event found: 0 if it was whole."""
_KEEP = {"+", "-", "*", "neg", "abs", "max", "min", "floor", "ceil"}


def whole_events(events: Sequence[StateEvent], discrete: Collection[str]) -> list[StateEvent]:
    """The events with what they give to whole numbers rounded.

    Where that is not near one, a parameter `not whole: EVENT: SPECIES` keeps the first that was
    found.
    """
    return [
        replace(
            event,
            assignments=tuple(
                pair
                for symbol, value in event.assignments
                for pair in _set(event.name, symbol, value, discrete)
            ),
        )
        for event in events
    ]


def rounded(value: Expression) -> Expression:
    """The nearest whole number."""
    return ("floor", ("+", value, 0.5))


def _set(
    event: str, symbol: str, value: Expression, discrete: Collection[str]
) -> list[tuple[str, Expression]]:
    if symbol not in discrete or _is_whole(value, discrete):
        return [(symbol, value)]
    odd, nearest = f"{ODD}{event.removesuffix(CARRIED_OUT)}: {symbol}", rounded(value)
    gap = ("abs", ("-", value, nearest))
    near = ("le", gap, ("*", NEAR, ("max", 1.0, ("abs", nearest))))
    fine = ("or", near, ("ne", odd, 0.0))
    return [(symbol, nearest), (odd, ("piecewise", odd, fine, value))]


def _is_whole(value: Expression, discrete: Collection[str]) -> bool:
    """Whether it is a whole number whatever happens."""
    if isinstance(value, float):
        return value.is_integer()
    if isinstance(value, str):
        return value in discrete
    if value[0] in ("floor", "ceil"):
        return True
    return value[0] in _KEEP and all(_is_whole(part, discrete) for part in value[1:])
