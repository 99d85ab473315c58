"""Floor 2: distributions and a Key become virtual patients, one or a million."""

from reseed.cohort.draw import draw_cohort

__all__ = ["draw_cohort"]
