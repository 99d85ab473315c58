"""One endpoint in one arm, as a trial reports it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reseed.base.time import DAYS_PER_YEAR
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.estimate import Estimate
from reseed.nouns.outcomes import Outcomes
from reseed.stats.censoring import censoring_weights
from reseed.stats.cumulative_incidence import cumulative_incidence
from reseed.stats.difference import mean, proportion
from reseed.stats.kaplan_meier import kaplan_meier
from reseed.stats.quantiles import quantiles
from reseed.stats.rate import event_rate

TIME_TO_EVENT = ("sustained", "first", "not_by", "lost", "confirmed", "composite")
MEASURED = ("time_below", "time_above", "count", "amount", "clones")
AVERAGED = ("at_visit", "utility_years")
RATED = ("rate",)


def estimate(outcomes: Outcomes, endpoint: Endpoint, arm: str) -> Estimate:
    """Cumulative incidence, survival, a distribution over patients, a mean or a rate.

    A time to event gives a cumulative incidence, or a survival curve if the endpoint's setting
    `summary` is "survival" (then nothing may compete). Curves are given for each whole day from
    the origin to the endpoint's last day, and on that last day. Patients without a defined
    outcome are left out and counted as missing. ValueError for an unknown kind of endpoint, and
    for a survival curve with competing events.
    """
    chosen = np.array([name == endpoint.name for name in outcomes.endpoint], dtype=bool)
    if endpoint.kind in (*MEASURED, *AVERAGED, *RATED):
        return _of_values(outcomes, chosen, endpoint, arm)
    if endpoint.kind not in TIME_TO_EVENT:
        raise ValueError(f"endpoint {endpoint.name}: no estimator for kind {endpoint.kind!r}")
    time, status = outcomes.time[chosen], outcomes.status[chosen]
    known = ~np.isnan(time)
    time, status, grid = time[known], status[known], days_of(endpoint)
    survival = dict(endpoint.settings).get("summary") == "survival"
    if survival and (endpoint.competing or (status > 1).any()):
        raise ValueError(f"endpoint {endpoint.name}: survival has no competing events")
    curve = (kaplan_meier if survival else cumulative_incidence)(time, status, grid)
    return Estimate(
        arm=arm,
        endpoint=endpoint.name,
        kind="survival" if survival else "cumulative_incidence",
        times=curve.times,
        estimate=curve.estimate,
        low=curve.low,
        high=curve.high,
        at_risk=curve.at_risk,
        q25=float(curve.reached[0]),
        median=float(curve.reached[1]),
        q75=float(curve.reached[2]),
        unit="day",
        n=len(time),
        missing=int(np.count_nonzero(~known)),
    )


def days_of(endpoint: Endpoint) -> NDArray[np.float64]:
    """Whole days from the origin (or the first day, if earlier) to the last day, and that day."""
    first = min(0.0, np.floor(endpoint.from_day))
    return np.union1d(np.arange(first, endpoint.to_day), [endpoint.to_day])


def _of_values(
    outcomes: Outcomes, chosen: NDArray[np.bool_], endpoint: Endpoint, arm: str
) -> Estimate:
    """The distribution, or beside it the mean over patients, or events per year of them all.

    Where follow-up of others was cut off, those whose sum is known count for them.
    """
    status, time, value = outcomes.status[chosen], outcomes.time[chosen], outcomes.value[chosen]
    weights = None if endpoint.kind in RATED else censoring_weights(time, status)
    known = status == 1
    each, heavy = value[known], None if weights is None else weights[known]
    unit = next((outcomes.unit[row] for row in np.flatnonzero(chosen)[known]), "")
    empty = np.array([], dtype=np.float64)
    middle, kind, share = None, "distribution", each
    if endpoint.kind in AVERAGED:
        within = dict(endpoint.settings).get("measure") == "within"  # each is 0 or 100 per cent
        middle = proportion(each / 100, heavy).times(100) if within else mean(each, heavy)
        kind = "mean"
    elif endpoint.kind in RATED:
        years = time[known] / DAYS_PER_YEAR
        middle, kind, unit, share = event_rate(each, years), "rate", "1/year", each / years
    q25, median, q75 = (float(level) for level in quantiles(share, weights=heavy))
    found = Estimate(
        arm=arm,
        endpoint=endpoint.name,
        kind=kind,
        times=empty,
        estimate=empty,
        low=empty,
        high=empty,
        at_risk=np.array([], dtype=np.int64),
        median=median,
        q25=q25,
        q75=q75,
        unit=unit,
        n=int(known.sum()),
        missing=int(known.size - known.sum()),
    )
    if middle is None:
        return found
    return replace(
        found,
        times=np.array([endpoint.to_day]),
        estimate=np.array([middle.value]),
        low=np.array([middle.low]),
        high=np.array([middle.high]),
        at_risk=np.array([found.n], dtype=np.int64),
    )
