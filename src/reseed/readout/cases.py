"""What an adjudicator has on its desk: observations and records on the endpoint's own clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.base.units import convert
from reseed.nouns.course import Quantity
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.key import Key
from reseed.nouns.records import Records
from reseed.readout.observations import Observations
from reseed.readout.observe import DROP_OUT

TOLERANCE = 1e-9
"""Days; two sums of the same times may differ by rounding."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One row per patient, all shape (patient,): see `Outcomes` for what the numbers mean.

    `begun` is the day on which something began that was still going on, and not yet an event,
    when follow-up ended; infinite where there is none. `after` is the last day on which what
    happened at `time` had not happened, as far as visits tell.
    """

    time: NDArray[np.float64]
    status: NDArray[np.int64]
    value: NDArray[np.float64]
    unit: tuple[str, ...]
    begun: NDArray[np.float64]
    after: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Records that were seen: index of the patient, day after the origin, value, unit, name.

    A record that only a scan finds has the day of that scan, and the one before as `since`:
    it was made in between. For all others both are the day on which it was made.
    """

    patient: NDArray[np.int64]
    day: NDArray[np.float64]
    value: NDArray[np.float64]
    unit: NDArray[np.object_]
    since: NDArray[np.float64]
    name: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Cases:
    """All patients of a batch, in the order of `observations`.

    `day0` is the study day of the origin, a whole number, (patient,): day 0 is the calendar
    day of the infusion (or of entry), and every time of an outcome is a number of days after
    its midnight. `followed` is False where follow-up ended before the origin. `end` is the end
    of follow-up on the same clock, `first` the first day that is told, None if it is no matter.
    `key` addresses what is sampled once more, such as clones in blood. `endpoints` are all that
    have this origin, for kinds that are judged together: the first leaves the others' values, by
    name, in `together`.
    """

    observations: Observations
    records: Records
    day0: NDArray[np.int64]
    end: NDArray[np.float64]
    followed: NDArray[np.bool_]
    first: NDArray[np.float64] | None = None
    key: Key = Key(0)
    endpoints: tuple[Endpoint, ...] = ()
    together: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many patients there are."""
        return len(self.observations.ids)

    @property
    def visits(self) -> NDArray[np.int64]:
        """Day of each visit after the origin, (patient, visit)."""
        return self.observations.days[None, :] - self.day0[:, None]

    def seen(self, names: Collection[str], *, source: str = "", ends: bool = True) -> Rows:
        """Records with one of the names, of one source if given, up to the end of follow-up.

        What only a scan finds is seen if one came before that. Without `ends`, rows of the
        source `end` are left out. Ordered by patient, then by the day on which they were made.
        """
        records = self.records
        chosen = np.array(
            [
                name in names and (not source or where == source) and (ends or where != "end")
                for name, where in zip(records.name, records.source, strict=True)
            ],
            dtype=bool,
        )
        places = {int(patient): place for place, patient in enumerate(self.observations.ids)}
        patient = np.array([places[int(p)] for p in records.patient[chosen]], dtype=np.int64)
        day, since = self._found(chosen)
        day, since = day - self.day0[patient], since - self.day0[patient]
        known = day <= self.end[patient] + TOLERANCE
        unit = np.array(records.unit, dtype=object)[chosen]
        name = np.array(records.name, dtype=object)[chosen]
        value = records.value[chosen]
        return Rows(
            patient[known], day[known], value[known], unit[known], since[known], name[known]
        )

    def _found(self, chosen: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Study days on which these records were found, and after which they were made."""
        made = self.records.time[chosen].astype(np.float64)
        day, since = made.copy(), made.copy()
        names = np.array(self.records.name, dtype=object)[chosen]
        for name, scans in self.observations.scans.items():
            own = names == name
            bounds = np.concatenate([[-np.inf], scans.astype(np.float64), [np.inf]])
            after = np.searchsorted(bounds, made[own] - TOLERANCE, side="left")
            day[own], since[own] = bounds[after], bounds[after - 1]
        return day, since

    def known_until(self, names: Collection[str]) -> NDArray[np.float64]:
        """The last day up to which it is known whether such a record was made, (patient,).

        The last scan before a planned end or a drop-out, where a scan is needed. After an end
        of another kind, such as death, nothing more can come: all is known.
        """
        until = self.end.copy()
        for name, scans in self.observations.scans.items():
            if name in names:
                bounds = np.concatenate([[-np.inf], scans.astype(np.float64)])
                study = self.observations.end + TOLERANCE
                last = bounds[np.searchsorted(bounds, study, side="right") - 1]
                until = np.minimum(until, last - self.day0)
        return np.where(self.cut, until, self.end)

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Whose follow-up was cut off, by the plan or a drop-out, (patient,)."""
        return np.array([why in ("", DROP_OUT) for why in self.observations.reason], dtype=bool)


def setting(endpoint: Endpoint, name: str, default: Any = None) -> Any:
    """A setting of an endpoint; KeyError with a sentence if it is needed and absent."""
    value = dict(endpoint.settings).get(name, default)
    if value is None:
        raise KeyError(f"an endpoint of kind {endpoint.kind!r} needs the setting {name!r}")
    return value


def names_in(endpoint: Endpoint, name: str, default: Any = None) -> tuple[str, ...]:
    """A setting that is one name or several."""
    value = setting(endpoint, name, default)
    return (value,) if isinstance(value, str) else tuple(value)


def level_in(endpoint: Endpoint, name: str, unit: str) -> float:
    """A setting that is a quantity, in `unit`; a plain number is in `unit` already."""
    value = setting(endpoint, name)
    return convert(value.value, value.unit, unit) if isinstance(value, Quantity) else float(value)


def in_window(endpoint: Endpoint, day: NDArray) -> NDArray[np.bool_]:
    """Which days lie between the endpoint's first and last, both included."""
    return (day >= endpoint.from_day - TOLERANCE) & (day <= endpoint.to_day + TOLERANCE)


def whole_window(cases: Cases, endpoint: Endpoint) -> NDArray[np.bool_]:
    """Of which patients a sum over the endpoint's window is known.

    Those followed to its last day, and those who died before (`death` of the settings names such
    ends, "death" if not given). What any other end cuts off is missing, not zero: after a harvest
    that failed, say, the patient lives on.
    """
    deaths = names_in(endpoint, "death", ("death",))
    dead = np.array([why in deaths for why in cases.observations.reason], dtype=bool)
    return dead | (cases.end >= endpoint.to_day - TOLERANCE)


def time_to_event(
    cases: Cases,
    endpoint: Endpoint,
    event: NDArray[np.float64],
    *,
    known: NDArray[np.float64] | None = None,
    after: NDArray[np.float64] | None = None,
) -> Verdicts:
    """Verdicts from each patient's day of the event, infinite where there is none.

    Follow-up is looked at up to the endpoint's last day. What comes first counts: the event; an
    end of follow-up that the endpoint lists as competing; else censoring, at the end of
    follow-up or on the last day. An event at the very end of follow-up counts. Where visits
    are needed, all is `known` up to an earlier day only: who has nothing by then is censored
    there (on the first day that is looked at, if there was no visit since). `after` is the day
    before which an event had not been seen; an event's own day if not given.
    """
    seen = cases.end if known is None else known
    last = np.minimum(np.maximum(seen, np.minimum(endpoint.from_day, cases.end)), endpoint.to_day)
    happened = event <= last + TOLERANCE
    rival = np.array([why in endpoint.competing for why in cases.observations.reason], dtype=bool)
    rival &= ~happened & (cases.end <= endpoint.to_day + TOLERANCE)
    time = np.where(happened, event, last)
    status = np.where(happened, 1, np.where(rival, 2, 0)).astype(np.int64)
    since = time if after is None else np.where(happened, np.minimum(after, time), time)
    nothing, never = np.full(cases.count, np.nan), np.full(cases.count, np.inf)
    verdicts = Verdicts(time, status, nothing, ("day",) * cases.count, never, since)
    return undefined_where(~cases.followed, verdicts)


def measured(value: NDArray[np.float64], unit: tuple[str, ...]) -> Verdicts:
    """Verdicts from values; NaN is not defined."""
    time = np.full(value.shape, np.nan)
    status = (~np.isnan(value)).astype(np.int64)
    return Verdicts(time, status, value, unit, np.full(value.shape, np.inf), time)


def totalled(cases: Cases, endpoint: Endpoint, value: NDArray[np.float64], unit: str) -> Verdicts:
    """Verdicts from sums over the endpoint's window, NaN where nothing is known of them.

    Whose sum `whole_window` does not know has no value, but the day on which follow-up ended as
    time: a censored patient, for those who estimate the mean (`reseed.stats.censoring_weights`).
    """
    known = whole_window(cases, endpoint)
    verdicts = measured(np.where(known, value, np.nan), (unit,) * cases.count)
    last = np.clip(cases.end, endpoint.from_day, endpoint.to_day)
    time = np.where(np.isnan(value), np.nan, last)
    return replace(verdicts, time=time, after=time)


def undefined_where(missing: NDArray[np.bool_], verdicts: Verdicts) -> Verdicts:
    """The verdicts, without those patients."""
    return replace(
        verdicts,
        time=np.where(missing, np.nan, verdicts.time),
        status=np.where(missing, 0, verdicts.status),
        value=np.where(missing, np.nan, verdicts.value),
        begun=np.where(missing, np.inf, verdicts.begun),
        after=np.where(missing, np.nan, verdicts.after),
    )
