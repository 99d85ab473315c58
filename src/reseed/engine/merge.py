"""merge: Summaries of different patients to one of all of them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

import numpy as np

from reseed.base.errors import Fault, InvalidInput
from reseed.nouns.summary import Extremes, PatientRows, Summary


def merge(parts: Sequence[Summary]) -> Summary:
    """One Summary of all patients of the parts, exactly as if they had been solved at once.

    The order of the parts matters only to `rows`, which follow it. Raises InvalidInput where the
    parts were not reduced alike, or where there is none.
    """
    if not parts:
        raise InvalidInput([Fault("merge", "parts", "none", "at least one Summary")])
    _check(parts)
    first = parts[0]
    return dataclasses.replace(
        first,
        patients=sum(part.patients for part in parts),
        failures=_added([part.failures for part in parts]),
        ends=_added([part.ends for part in parts]),
        observed=np.sum([part.observed for part in parts], axis=0),
        undefined=np.sum([part.undefined for part in parts], axis=0),
        counts={name: np.sum([p.counts[name] for p in parts], axis=0) for name in first.counts},
        ever_above=np.sum([part.ever_above for part in parts], axis=0),
        lowest=_extremes([part.lowest for part in parts], -1.0),
        highest=_extremes([part.highest for part in parts], 1.0),
        rows=_rows([part.rows for part in parts if part.rows is not None]),
    )


def _added(parts: Sequence) -> dict:
    total: Counter = Counter()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items()))


def _extremes(parts: Sequence[Extremes], sign: float) -> Extremes:
    values, patients, days = (
        np.array([getattr(part, field.name) for part in parts])
        for field in dataclasses.fields(Extremes)
    )
    # nobody's value comes last; of equals, the smallest id comes first
    order = np.lexsort((patients, np.where(np.isnan(values), np.inf, -sign * values)), axis=0)[:1]
    return Extremes(*(np.take_along_axis(x, order, axis=0)[0] for x in (values, patients, days)))


def _rows(parts: Sequence[PatientRows]) -> PatientRows | None:
    if not parts:
        return None
    names = [field.name for field in dataclasses.fields(PatientRows)]
    return PatientRows(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _check(parts: Sequence[Summary]) -> None:
    first, faults = parts[0], []
    for number, part in enumerate(parts):
        for name in ("variables", "units", "above"):
            found, expected = getattr(part, name), getattr(first, name)
            if found != expected:
                faults.append(Fault(f"summary {number}", name, repr(found), repr(expected)))
        if not np.array_equal(part.times, first.times):
            faults.append(Fault(f"summary {number}", "times", "other times", "the first's"))
        alike = part.edges.keys() == first.edges.keys() and all(
            np.array_equal(part.edges[name], edges) for name, edges in first.edges.items()
        )
        if not alike:
            faults.append(Fault(f"summary {number}", "edges", "other bins", "the first's"))
        if (part.rows is None) != (first.rows is None):
            faults.append(Fault(f"summary {number}", "rows", "not as in the first", "all or none"))
    if faults:
        raise InvalidInput(faults)
