"""The same patients in two arms: what each one gains, where every arm has the same people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.base.time import DAYS_PER_YEAR
from reseed.report.clock import is_long
from reseed.report.data import TIMED, ArmData, TrialData
from reseed.report.names import labelled, spoken
from reseed.report.variables import face_of, readable, scale
from reseed.report.yearly import Followed, events_of, followed, recurrent
from reseed.stats import RATED, censoring_weights

_BETTER = {"first": "more", "sustained": "less", "count": "less", "time_below": "less"}
_EXACT = 1e-9
MONTH = 1 / 12
"""Years: times until an event that differ by less are the same."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What each patient gains with the first arm over another: above 0 is better, (pair,).

    `same` is the size below which a gain counts for nothing; `drawn` says whether the measure is
    of a kind that a figure shows. `weights` are what each pair counts for, where sums of others
    are not known; alike if not given. `endpoint` is the name of the one that it is of, if any.
    """

    title: str
    values: NDArray[np.float64]
    same: float
    drawn: bool
    weights: NDArray[np.float64] | None = None
    endpoint: str = ""

    @property
    def better(self) -> NDArray[np.bool_]:
        """Who is better off in the first arm."""
        return self.values >= max(self.same, _EXACT)

    @property
    def worse(self) -> NDArray[np.bool_]:
        """Who is worse off in the first arm."""
        return self.values <= -max(self.same, _EXACT)


def gains(
    data: TrialData,
    first: ArmData,
    other: ArmData,
    endpoints: Sequence[Mapping[str, Any]] | None = None,
) -> tuple[Gain, ...]:
    """Every measure that has a better and a worse side, for all pairs in which both are known.

    With `endpoints`, these alone, what they count, and the quantities with a better side.
    """
    names = recurrent(data)
    if endpoints is not None:  # relapses, for example, where relapse-free survival is told
        counted = {str(name) for e in endpoints for name in e.get("records") or ()}
        names = tuple(name for name in names if name in counted)
    found = [
        *_recurrent(names, first, other),
        *_variables(data, first, other),
        *_endpoints(data, data.endpoints if endpoints is None else endpoints, first, other),
    ]
    return tuple(gain for gain in found if len(gain.values))


def _common(one: Followed, two: Followed) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the patients who were solved in both arms."""
    _, here, there = np.intersect1d(one.ids, two.ids, assume_unique=True, return_indices=True)
    return here, there


def _recurrent(names: Sequence[str], first: ArmData, other: ArmData) -> list[Gain]:
    """Events avoided while both were followed, so that nobody avoids any by an early death."""
    one, two = followed(first), followed(other)
    here, there = _common(one, two)
    until = np.minimum(one.last[here], two.last[there]) / DAYS_PER_YEAR
    found = []
    for name in names:
        numbers = []
        for arm, people, rows in ((first, one, here), (other, two, there)):
            events = events_of(arm, people, name)
            ends = np.full(len(people.ids), -np.inf)
            ends[rows] = until
            counted = (events.year > 0) & (events.year <= ends[events.place])
            whole = np.bincount(events.place[counted], minlength=len(people.ids))
            numbers.append(whole[rows].astype(float))
        found.append(Gain(f"{spoken(name)}: events avoided", numbers[1] - numbers[0], 0.0, True))
    return found


def _variables(data: TrialData, first: ArmData, other: ArmData) -> list[Gain]:
    """Quantities with a better side, on the last day, of those who are alive in both arms."""
    found = []
    for variable in data.run.get("show", ()):
        if not face_of(data.run, variable, "").better:
            continue
        one, two = first.track(variable), other.track(variable)
        if one is None or two is None:
            continue
        ids = [arm.patients["patient"].to_numpy(np.int64) for arm in (first, other)]
        _, here, there = np.intersect1d(ids[0], ids[1], assume_unique=True, return_indices=True)
        show = face_of(data.run, variable, one[2])
        unit = show.unit or one[2]
        last = one[0][here, -1].astype(float), two[0][there, -1].astype(float)
        gap = scale(one[2], unit) * (last[1] - last[0])
        gap = gap if show.better == "less" else -gap
        title = f"{labelled(show.title, unit)}: difference at the end"
        found.append(Gain(title, gap[np.isfinite(gap)], show.same, True))
    return found


def _endpoints(
    data: TrialData, endpoints: Sequence[Mapping[str, Any]], first: ArmData, other: ArmData
) -> list[Gain]:
    found = []
    for endpoint in endpoints:
        kind = data.kind(endpoint["name"])
        usual = "more" if kind == "survival" else _BETTER.get(str(endpoint.get("kind")), "")
        better = endpoint.get("better") or usual
        begins = 0.0 if endpoint.get("origin") == "entry" else float(data.run["infusion_day"])
        if not better or not kind or float(endpoint.get("to_day") or 0) + begins <= 0:
            continue  # no better side, or over before the study began
        if not {first.name, other.name} <= {arm.name for arm, _ in data.of(endpoint["name"])}:
            continue
        both = first.outcome(endpoint["name"]).merge(
            other.outcome(endpoint["name"]), on="patient", suffixes=("_one", "_two")
        )
        make = _timed if kind in TIMED else _measured
        found.append(make(endpoint, both, -1.0 if better == "more" else 1.0))
    return found


def _measured(endpoint: Mapping[str, Any], both: Any, sign: float) -> Gain:
    units = [unit for unit in both["unit_one"] if unit]
    unit = units[0] if units else ""
    factor = scale(unit, readable(unit))
    gap = sign * factor * (both["value_two"] - both["value_one"]).to_numpy(float)
    title = labelled(endpoint.get("title") or spoken(endpoint["name"]), readable(unit))
    there = np.isfinite(gap)
    weights = None if endpoint.get("kind") in RATED else pair_weights(both)[there]
    return Gain(title, gap[there], 0.0, False, weights, endpoint["name"])


def pair_weights(both: Any) -> NDArray[np.float64]:
    """What each pair counts for, from `time_one`, `status_one` and the same of `two`.

    A pair is known once both of its sums are. A twin who drops out does so in both arms, so the
    arms' own weights must not be multiplied; for a pair as a whole it does not matter how the two
    depend on each other.
    """
    times = both[["time_one", "time_two"]].to_numpy(float)
    known = both[["status_one", "status_two"]].to_numpy() == 1
    whole = known.all(axis=1)
    cut = np.where(known, np.inf, times).min(axis=1, initial=np.inf)
    return censoring_weights(np.where(whole, times.max(axis=1), cut), whole.astype(int))


def _timed(endpoint: Mapping[str, Any], both: Any, sign: float) -> Gain:
    """Time until the event (or one that competes), both up to where either is censored.

    Years that differ by less than a month are the same: chance moves both lives a little.
    """
    times = both[["time_one", "time_two"]].to_numpy(float)
    status = both[["status_one", "status_two"]].to_numpy()
    free = status == 0
    if sign > 0:  # sooner is better: who died first never has it
        times = np.where(status > 1, float(endpoint["to_day"]), times)
    until = np.where(free, times, np.inf).min(axis=1, initial=np.inf)
    held = np.minimum(times, until[:, None])
    long = is_long(float(endpoint["to_day"]))
    gap = sign * (held[:, 1] - held[:, 0]) / (DAYS_PER_YEAR if long else 1.0)
    title = endpoint.get("title") or spoken(endpoint["name"])
    what = "gained before it ends" if sign < 0 else "earlier"
    unit = "years" if long else "days"
    same = MONTH if long else 0.0
    values, drawn = gap[np.isfinite(gap)], sign < 0 and long
    return Gain(f"{title}: {unit} {what}", values, same, drawn, None, endpoint["name"])
