"""One endpoint in one arm, as a trial reports it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reseed.base.time import DAYS_PER_YEAR
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.estimate import Estimate
from reseed.nouns.outcomes import Outcomes
from reseed.stats.cumulative_incidence import cumulative_incidence
from reseed.stats.difference import mean
from reseed.stats.kaplan_meier import kaplan_meier
from reseed.stats.quantiles import quantiles
from reseed.stats.rate import event_rate

TIME_TO_EVENT = ("sustained", "first", "not_by", "confirmed", "composite")
MEASURED = ("time_below", "time_above", "count", "amount")
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
        found = _distribution(outcomes, chosen, endpoint, arm)
        return _summarised(found, outcomes, chosen & (outcomes.status == 1), endpoint)
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


def _summarised(
    found: Estimate, outcomes: Outcomes, known: NDArray[np.bool_], endpoint: Endpoint
) -> Estimate:
    """The distribution, or beside it the mean over patients, or events per year of them all."""
    if endpoint.kind in MEASURED:
        return found
    value, unit, kind = mean(outcomes.value[known]), found.unit, "mean"
    if endpoint.kind in RATED:
        years = outcomes.time[known] / DAYS_PER_YEAR
        value, unit, kind = event_rate(outcomes.value[known], years), "1/year", "rate"
        each = quantiles(outcomes.value[known] / years)
        found = replace(found, q25=float(each[0]), median=float(each[1]), q75=float(each[2]))
    return replace(
        found,
        kind=kind,
        unit=unit,
        times=np.array([endpoint.to_day]),
        estimate=np.array([value.value]),
        low=np.array([value.low]),
        high=np.array([value.high]),
        at_risk=np.array([found.n], dtype=np.int64),
    )


def _distribution(
    outcomes: Outcomes, chosen: NDArray[np.bool_], endpoint: Endpoint, arm: str
) -> Estimate:
    known = chosen & (outcomes.status == 1)
    q25, median, q75 = (float(value) for value in quantiles(outcomes.value[known]))
    first = np.flatnonzero(known)
    empty = np.array([], dtype=np.float64)
    return Estimate(
        arm=arm,
        endpoint=endpoint.name,
        kind="distribution",
        times=empty,
        estimate=empty,
        low=empty,
        high=empty,
        at_risk=np.array([], dtype=np.int64),
        median=median,
        q25=q25,
        q75=q75,
        unit=outcomes.unit[first[0]] if first.size else "",
        n=int(first.size),
        missing=int(np.count_nonzero(chosen) - first.size),
    )
