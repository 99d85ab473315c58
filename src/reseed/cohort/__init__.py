"""Floor 2: distributions and a Key become virtual patients, one or a million."""

from reseed.cohort.draw import draw_cohort, draw_parameters
from reseed.cohort.live import live
from reseed.cohort.units import in_units_of

__all__ = ["draw_cohort", "draw_parameters", "in_units_of", "live"]
