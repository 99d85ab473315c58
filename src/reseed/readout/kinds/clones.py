"""How many clones of corrected cells there are, and how many are seen in blood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.clones import chao, gini, kept, richness, shannon, simpson
from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import TOLERANCE, Cases, Verdicts, measured, setting
from reseed.readout.repertoire import Repertoire, repertoire

_OF_A_SAMPLE: dict[str, Callable[[ArrayLike], float]] = {
    "seen": richness,
    "estimated": chao,
    "shannon": shannon,
    "simpson": simpson,
    "gini": gini,
}
_PER_CENT = ("late", "rest", "kept")


def clones(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """What `measure` says of the clones of corrected cells on `day`, or near it.

    Clones are followed by months, after a year by quarters: the nearest of these times counts.
    `alive` (if not given) is the number of clones of long-term stem cells, `rest` the per cent of
    the cells that feed blood which belong to no tagged clone, and `late` the per cent of those in
    tagged clones that stem cells have fed; the others came with the graft. The further measures
    tell of a sample of `cells` blood cells, of which those with a tag are told apart by it: the
    number of clones `seen`, how many there are by what is `estimated` from it
    (`reseed.clones.chao`), `shannon`, `simpson`, `gini`, and `kept`, the per cent of clones seen on
    `first_day` that are seen again. Who had no corrected cells, or was not followed, has no value.
    """
    if endpoint.name not in cases.together:
        of_this_kind = [one for one in cases.endpoints if one.kind == endpoint.kind]
        cases.together.update(_values(cases, of_this_kind or [endpoint]))
    unit = "percent" if setting(endpoint, "measure", "alive") in _PER_CENT else ""
    return measured(cases.together[endpoint.name], (unit,) * cases.count)


def _values(cases: Cases, endpoints: Sequence[Endpoint]) -> dict[str, NDArray[np.float64]]:
    """By endpoint, (patient,): each patient's clones are worked out once for all of them."""
    values = {endpoint.name: np.full(cases.count, np.nan) for endpoint in endpoints}
    rows = cases.seen(("corrected_settled", "short_term_corrected"), source="infuse")
    for patient in np.unique(rows.patient):
        own = rows.patient == patient
        first = dict(zip(rows.name[own][::-1], rows.value[own][::-1], strict=True))
        stem, short = (int(first[n]) for n in ("corrected_settled", "short_term_corrected"))
        seen_until = cases.end[patient] + TOLERANCE
        known = [e for e in endpoints if float(setting(e, "day")) <= seen_until]
        found = repertoire(cases, patient, rows.day[own].min(), stem, short) if known else None
        if found:
            for endpoint in known:
                values[endpoint.name][patient] = _measured(found, endpoint)
    return values


def _measured(found: Repertoire, endpoint: Endpoint) -> float:
    measure, day = setting(endpoint, "measure", "alive"), float(setting(endpoint, "day"))
    if measure == "alive":
        return richness(found.stem[found.at(day)])
    if measure == "late":
        return 100.0 * float(found.blood.late_share[found.at(day)])
    if measure == "rest":
        return 100.0 * float(found.blood.rest_share[found.at(day)])
    cells = int(setting(endpoint, "cells"))
    seen = found.seen(day, cells)
    if measure == "kept":
        return 100.0 * kept(found.seen(float(setting(endpoint, "first_day")), cells), seen)
    return _OF_A_SAMPLE[measure](seen)
