"""How many clones of corrected cells there are, and how many are seen in blood."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from reseed.clones import gini, kept, richness, shannon, simpson
from reseed.nouns.endpoint import Endpoint
from reseed.readout.cases import TOLERANCE, Cases, Verdicts, measured, setting
from reseed.readout.repertoire import Repertoire, repertoire

_OF_A_SAMPLE: dict[str, Callable[[ArrayLike], float]] = {
    "seen": richness,
    "shannon": shannon,
    "simpson": simpson,
    "gini": gini,
}


def clones(cases: Cases, endpoint: Endpoint, _: Mapping[str, Verdicts]) -> Verdicts:
    """What `measure` says of the clones of corrected cells on `day`, to the nearest month.

    `alive` (if not given) is the number of clones of long-term stem cells. The others tell of a
    sample of `cells` blood cells, of which those with a tag are told apart by it: the number of
    clones `seen`, `shannon`, `simpson`, `gini`, and `kept`, the per cent of clones seen on
    `first_day` that are seen again. Who had no corrected cells, or was not followed, has no value.
    """
    measure, day = setting(endpoint, "measure", "alive"), float(setting(endpoint, "day"))
    rows = cases.seen(("corrected_settled", "short_term_corrected"), source="infuse")
    value = np.full(cases.count, np.nan)
    for patient in np.unique(rows.patient):
        own = rows.patient == patient
        infusion = rows.day[own].min()
        if cases.end[patient] < day - TOLERANCE:
            continue
        first = dict(zip(rows.name[own][::-1], rows.value[own][::-1], strict=True))
        stem, short = (int(first[n]) for n in ("corrected_settled", "short_term_corrected"))
        found = repertoire(cases, patient, infusion, stem, short)
        value[patient] = _measured(found, endpoint, measure, day)
    return measured(value, ("percent" if measure == "kept" else "",) * cases.count)


def _measured(found: Repertoire, endpoint: Endpoint, measure: str, day: float) -> float:
    if measure == "alive":
        return richness(found.stem[found.at(day)])
    cells = int(setting(endpoint, "cells"))
    seen = found.seen(day, cells)
    if measure == "kept":
        return 100.0 * kept(found.seen(float(setting(endpoint, "first_day")), cells), seen)
    return _OF_A_SAMPLE[measure](seen)
