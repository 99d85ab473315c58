"""Virtual patients from distributions; every number is found by its own address.

A patient is the same in any batch, and is not changed by a further row or parameter: only
covariates that are named in a correlation know of each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.base.keys import uniforms, uniforms_of
from reseed.cohort.copula import cholesky_of_ranks, correlate
from reseed.cohort.formulas import computed
from reseed.cohort.laws import CONTINUOUS, fault_of, values_of
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.cohort_design import CohortDesign, DesignRow
from reseed.nouns.distribution import Distribution
from reseed.nouns.key import Key

Values = NDArray[np.float64]


def draw_cohort(
    design: CohortDesign,
    variability: Mapping[str, Distribution],
    defaults: Mapping[str, float],
    ids: ArrayLike,
    key: Key,
    *,
    uncertainty: Mapping[str, Distribution] | None = None,
    replicate: int = 0,
) -> Cohort:
    """Patients `ids` (integers >= 0) with covariates, and parameters in the system's units.

    The typical value of a parameter (median of a lognormal law, mean of a normal one) is its
    default, whatever centre its distribution names, so that a scenario's override moves it.
    With `replicate` > 0 it is one draw from its `uncertainty` instead, the same for all
    patients of that replicate, who are then people of their own. Only `key.seed` is used.
    InvalidInput with every fault found in the design and the distributions.
    """
    numbers = np.atleast_1d(np.asarray(ids, dtype=np.int64))
    _check(design, variability, defaults, uncertainty or {})
    streams = {row.covariate.name: f"covariate/{row.covariate.name}" for row in _drawn(design)}
    scores = _scores(design, _numbers(streams, numbers, key, replicate))
    columns: dict[str, Covariate] = {}
    covariates: dict[str, Values] = {}
    for row in design.rows:
        covariates[row.covariate.name] = _row_values(row, scores, columns, covariates, design)
        columns[row.covariate.name] = row.covariate
    parameters = _parameters(variability, defaults, numbers, key, uncertainty or {}, replicate)
    return Cohort(numbers, tuple(columns.values()), covariates, parameters)


def draw_parameters(
    variability: Mapping[str, Distribution], defaults: Mapping[str, float], ids: ArrayLike, key: Key
) -> dict[str, Values]:
    """The parameters alone of patients whose covariates are known, as `draw_cohort`."""
    faults = _law_faults("variability", variability, defaults)
    if faults:
        raise InvalidInput(faults)
    numbers = np.atleast_1d(np.asarray(ids, dtype=np.int64))
    return _parameters(variability, defaults, numbers, key, {}, 0)


def _numbers(
    streams: Mapping[str, str], ids: NDArray[np.int64], key: Key, replicate: int
) -> dict[str, Values]:
    """The uniform numbers of each name's stream."""
    found = uniforms_of(key.seed, tuple(streams.values()), ids, replicate=replicate)
    return dict(zip(streams, found, strict=True))


def _parameters(
    variability: Mapping[str, Distribution],
    defaults: Mapping[str, float],
    numbers: NDArray[np.int64],
    key: Key,
    uncertainty: Mapping[str, Distribution],
    replicate: int,
) -> dict[str, Values]:
    """Every parameter that varies, by name in their order."""
    typical = dict(defaults)
    if replicate > 0:
        typical |= _uncertain(uncertainty, defaults, key, replicate)
    parameters = {
        name: np.full(numbers.shape, typical[name])
        for name in uncertainty
        if replicate > 0 and name not in variability
    }
    scores = _numbers({name: f"parameter/{name}" for name in variability}, numbers, key, replicate)
    for name, law in variability.items():
        centred = _centred(law, typical[name])
        parameters[name] = _values(centred, scores[name], f"parameter {name}")
    return {name: parameters[name] for name in sorted(parameters)}


def _drawn(design: CohortDesign) -> list[DesignRow]:
    return [row for row in design.rows if not row.formula]


def _scores(design: CohortDesign, independent: Mapping[str, Values]) -> dict[str, Values]:
    """The uniform number of each drawn row, with the correlations of the design."""
    named = {name for one, other, _ in design.correlations for name in (one, other)}
    names = [name for name in independent if name in named]
    scores = dict(independent)
    if names:
        factor = cholesky_of_ranks(names, design.correlations)
        mixed = correlate([independent[name] for name in names], factor)
        scores |= dict(zip(names, mixed, strict=True))
    return scores


def _row_values(
    row: DesignRow,
    scores: Mapping[str, Values],
    columns: Mapping[str, Covariate],
    covariates: Mapping[str, Values],
    design: CohortDesign,
) -> Values:
    """One covariate of all patients, in its own unit."""
    name = row.covariate.name
    place = f"covariate {name}"
    if row.formula:
        try:
            return computed(row.formula, row.covariate.unit, columns, covariates)
        except ValueError as error:
            fault = Fault(_file(design), place, str(error), "a formula that can be computed")
            raise InvalidInput([fault]) from error
    if not row.by:
        return _values(row.distributions[0], scores[name], place)
    values = np.full(scores[name].shape, np.nan)
    for level, law in enumerate(row.distributions):
        chosen = covariates[row.by] == level
        values[chosen] = _values(law, scores[name][chosen], place)
    return values


def _uncertain(
    uncertainty: Mapping[str, Distribution], defaults: Mapping[str, float], key: Key, replicate: int
) -> dict[str, float]:
    """One typical value per parameter for the whole replicate trial."""
    typical = {}
    for name, law in uncertainty.items():
        score = uniforms(Key(key.seed, f"uncertainty/{name}"), [0], replicate=replicate)
        typical[name] = float(values_of(_centred(law, defaults[name]), score)[0])
    return typical


def _centred(law: Distribution, centre: float) -> Distribution:
    return replace(law, centre=centre) if law.kind in _WITH_CENTRE else law


_WITH_CENTRE = ("fixed", "normal", "lognormal", "logitnormal")


def _values(law: Distribution, scores: Values, place: str) -> Values:
    try:
        return values_of(law, scores)
    except ValueError as error:  # an uncertain typical value outside what its law allows
        raise InvalidInput([Fault("cohort", place, str(error), "a valid distribution")]) from error


def _file(design: CohortDesign) -> str:
    return f"cohort {design.name}"


def _check(
    design: CohortDesign,
    variability: Mapping[str, Distribution],
    defaults: Mapping[str, float],
    uncertainty: Mapping[str, Distribution],
) -> None:
    """InvalidInput with every fault of the design and the distributions."""
    faults = [fault for row in design.rows for fault in _row_faults(row, design)]
    faults += _correlation_faults(design)
    for what, laws in (("variability", variability), ("uncertainty", uncertainty)):
        faults += _law_faults(what, laws, defaults)
    if faults:
        raise InvalidInput(faults)


def _law_faults(
    what: str, laws: Mapping[str, Distribution], defaults: Mapping[str, float]
) -> list[Fault]:
    faults = []
    for name, law in laws.items():
        place = f"{what} of {name}"
        if name not in defaults:
            faults.append(Fault("system", place, "no default", "a parameter of the system"))
            continue
        found = fault_of(_centred(law, defaults[name]))
        if found:
            faults.append(Fault("system", place, found, "a valid distribution"))
    return faults


def _row_faults(row: DesignRow, design: CohortDesign) -> list[Fault]:
    place = f"covariate {row.covariate.name}"
    if row.formula:
        return []
    needed = 1
    if row.by:
        before = design.rows[: design.rows.index(row)]
        levels = [r.covariate.levels for r in before if r.covariate.name == row.by]
        if not levels or not levels[0]:
            return [Fault(_file(design), place, f"by {row.by!r}", "an earlier row with levels")]
        needed = len(levels[0])
    if len(row.distributions) != needed:
        found = f"{len(row.distributions)} distributions"
        return [Fault(_file(design), place, found, f"{needed}, one per level")]
    found_faults = [fault_of(law) for law in row.distributions]
    return [Fault(_file(design), place, found, "a valid law") for found in found_faults if found]


def _correlation_faults(design: CohortDesign) -> list[Fault]:
    faults = []
    continuous = {
        row.covariate.name
        for row in _drawn(design)
        if all(law.kind in CONTINUOUS for law in row.distributions)
    }
    for one, other, rank in design.correlations:
        place = f"correlation of {one} and {other}"
        for name in (one, other):
            if name not in continuous:
                faults.append(Fault(_file(design), place, repr(name), "a continuous drawn row"))
        if not -1 < rank < 1 or one == other:
            faults.append(Fault(_file(design), place, f"{rank:g}", "two rows, between -1 and 1"))
    if not faults:
        names = sorted({name for one, other, _ in design.correlations for name in (one, other)})
        try:
            cholesky_of_ranks(names, design.correlations)
        except ValueError as error:
            fault = Fault(_file(design), "correlations", str(error), "a possible set of them")
            faults.append(fault)
    return faults
