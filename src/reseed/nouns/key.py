"""Key: the address of a stream of random numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """A seed (0 <= seed < 2**64) and the name of a stream; see `reseed.base.keys`."""

    seed: int
    stream: str = ""
