"""Laws of chance that the engine must obey, each with its closed form.

A law draws patients 0, 1, ... of a small system and tells how far what became of them is from
what theory says. Tests ask each for some thousand draws, `python -m bench.chance` for a million.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench import channel_laws, hazard_laws
from bench.findings import Finding


@dataclass(frozen=True, slots=True)
class Law:
    """A name, and findings from (draws, seed)."""

    name: str
    measure: Callable[[int, int], list[Finding]]

    @property
    def about(self) -> str:
        """What it is about, in a sentence."""
        return (self.measure.__doc__ or "").split("\n")[0]


LAWS = tuple(
    Law(measure.__name__.replace("_", " "), measure)
    for measure in (
        hazard_laws.exponential,
        hazard_laws.weibull,
        hazard_laws.falling,
        hazard_laws.ageing,
        hazard_laws.dosed,
        hazard_laws.competing,
        hazard_laws.steady,
        hazard_laws.seasonal,
        hazard_laws.contagious,
        channel_laws.dying,
        channel_laws.linear,
        channel_laws.arriving,
        channel_laws.immigrating,
        channel_laws.drugged,
        channel_laws.in_season,
        channel_laws.crowded,
        channel_laws.linear_directly,
        channel_laws.immigrating_directly,
        channel_laws.crowded_directly,
        channel_laws.signalling,
        channel_laws.ripening,
        channel_laws.leaping,
        channel_laws.leaping_at_rest,
        channel_laws.leaping_out,
        channel_laws.leaping_under_a_drug,
        channel_laws.leaping_in_a_crowd,
    )
)
