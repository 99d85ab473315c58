"""Neutral clones of a pool, from its own rates and totals, after the solution; nothing feeds back.

What takes part in the model's equations, such as a malignant clone, is a species of the System and
has no place here.
"""

from reseed.clones.blood import Blood, blood_of
from reseed.clones.diversity import gini, kept, richness, shannon, simpson
from reseed.clones.families import families
from reseed.clones.follow import follow
from reseed.clones.kendall import Law, between
from reseed.clones.sample import sampled
from reseed.clones.size import sizes
from reseed.clones.unseen import chao

__all__ = [
    "Blood",
    "Law",
    "between",
    "blood_of",
    "chao",
    "families",
    "follow",
    "gini",
    "kept",
    "richness",
    "sampled",
    "shannon",
    "simpson",
    "sizes",
]
