"""Floor 1: estimators on plain arrays, over well-kept libraries."""

from reseed.stats.bounded import Bounded
from reseed.stats.censoring import censoring_weights
from reseed.stats.cumulative_incidence import cumulative_incidence
from reseed.stats.curve import Curve
from reseed.stats.difference import hybrid, mean, median_day, proportion, risk_at, welch
from reseed.stats.estimate import RATED, estimate
from reseed.stats.kaplan_meier import kaplan_meier
from reseed.stats.predict import interval_of, median_times, middles, shares
from reseed.stats.quantiles import quantiles
from reseed.stats.rate import event_rate, rate_ratio

__all__ = [
    "Bounded",
    "Curve",
    "RATED",
    "censoring_weights",
    "cumulative_incidence",
    "estimate",
    "event_rate",
    "hybrid",
    "interval_of",
    "kaplan_meier",
    "mean",
    "median_day",
    "median_times",
    "middles",
    "proportion",
    "quantiles",
    "rate_ratio",
    "risk_at",
    "shares",
    "welch",
]
