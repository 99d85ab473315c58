"""Graft: cells taken from the patient or a donor, as they are at one moment of processing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Graft:
    """Cells per kg of the recipient's body weight; `viable` is the living share of CD34+ cells.

    `clones_per_memory_cd4` is how many autoreactive clones the blood held for each memory CD4 cell
    on the first day of collection.
    """

    cd34_per_kg: float
    cd3_per_kg: float
    viable: float
    collections: int
    volume_litres: float
    frozen: bool = False
    clones_per_memory_cd4: float = 0.0
