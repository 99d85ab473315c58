"""Floor 1: estimators on plain arrays, over well-kept libraries."""

from reseed.stats.cumulative_incidence import cumulative_incidence
from reseed.stats.curve import Curve
from reseed.stats.estimate import estimate
from reseed.stats.kaplan_meier import kaplan_meier
from reseed.stats.quantiles import quantiles

__all__ = ["Curve", "cumulative_incidence", "estimate", "kaplan_meier", "quantiles"]
