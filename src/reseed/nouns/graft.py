"""Graft: cells taken from the patient or a donor, as they are at one moment of processing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Graft:
    """Cells per kg of the recipient's body weight; `viable` is the living share of all of them.

    `clones_per_memory_cd4` is how many autoreactive clones the blood held for each memory CD4 cell
    on the first day of collection. `stem_cells` is the whole number of long-term stem cells per
    body, drawn when the graft is infused (0 before); `stem_cells_kept` the share of them that has
    kept its ability in culture, and `corrected` the share with the corrected gene. `origin` is
    `self` or `donor`; `hla` counts matched alleles of 10, and `genotype` names what a donor's
    genes are known for.
    """

    cd34_per_kg: float
    cd3_per_kg: float
    viable: float
    collections: int
    volume_litres: float
    frozen: bool = False
    clones_per_memory_cd4: float = 0.0
    cd19_per_kg: float = 0.0
    nk_per_kg: float = 0.0
    stem_cells: int = 0
    stem_cells_kept: float = 1.0
    corrected: float = 0.0
    genotype: str = ""
    hla: int = 10
    origin: str = "self"
