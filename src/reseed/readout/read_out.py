"""Observe and adjudicate in one step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.nouns.assessment import Assessment
from reseed.nouns.cohort import Cohort
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.key import Key
from reseed.nouns.outcomes import Outcomes
from reseed.nouns.records import Records
from reseed.nouns.trajectories import Trajectories
from reseed.readout.adjudicate import adjudicate
from reseed.readout.observe import observe
from reseed.spec.endpoint import PORTS


def read_out(
    trajectories: Trajectories,
    records: Records,
    endpoints: Sequence[Endpoint],
    *,
    key: Key,
    count_cv: float,
    dropout_per_year: float,
    origin: NDArray[np.float64],
    assessments: Sequence[Assessment] = (),
    infusion_day: float = 0.0,
    first_days: NDArray[np.float64] | None = None,
    cohort: Cohort | None = None,
    grafts: bool = False,
) -> Outcomes:
    """Outcomes as a trial with such visits, measurement noise and drop-out would record them.

    Only the ports that an endpoint names, or its kind looks at, are observed. `first_days`
    (patient,) are the first study days of patients whose life before entry is told, `cohort` the
    patients by their covariates; `grafts` says that the trial gives any. See `observe` and
    `adjudicate`.
    """
    ports = {str(value) for e in endpoints for name, value in e.settings if name == "port"}
    true = {port for e in endpoints for port in PORTS.get(e.kind, ())}
    observations = observe(
        trajectories,
        key=key,
        count_cv=count_cv,
        dropout_per_year=dropout_per_year,
        variables=sorted(ports | true),
        assessments=assessments,
        infusion_day=infusion_day,
        exact=true,
    )
    return adjudicate(
        observations, records, trajectories, endpoints, origin, first_days, cohort, grafts, key
    )
