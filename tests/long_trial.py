"""A small invented trial of fifteen years with lives before entry, written through the store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from reseed import store
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.outcomes import Outcomes
from reseed.nouns.records import Records
from reseed.nouns.trajectories import Trajectories
from reseed.stats import estimate

YEAR = 365.25
ORIGIN, END = 40.0, 40.0 + 15 * YEAR
ENDPOINTS = (
    Endpoint("free", "Relapse-free survival", "", "first", "infusion", 0, 5479,
             (("summary", "survival"),), (), "s"),
    Endpoint("walking", "Walking aid", "", "first", "infusion", 0, 5479, (), ("death",), "s"),
    Endpoint("low", "Months of low cells", "", "time_below", "infusion", 0, 5479, (), (), "s"),
)  # fmt: skip
TOLD = np.array([0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 2.0, 2.0])
SIZE = len(TOLD)
DAYS = np.concatenate([np.arange(-1820.0, 0, 91), np.arange(0.0, 141.0), np.arange(150, END, 30)])
ARMS = ("graft", "none")


def dead(arm: str) -> np.ndarray:
    """Study day of death, infinite for most: one patient dies on day 1000, treated."""
    return np.where((np.arange(SIZE) == 5) & (arm == "graft"), 1000.0, np.inf)


def relapses(arm: str, patient: int) -> list[float]:
    """Years from entry: two in the year before; untreated one in each second year after."""
    before = [-0.4, -0.1] if TOLD[patient] >= 0.5 else []
    far = [-1.5] if TOLD[patient] >= 2 else []
    after = [] if arm == "graft" and patient != 2 else [0.5 + 2 * k for k in range(7)]
    return [*far, *before, *after]


def long_trial(folder: Path, *, design: str = "twins", evidence: Any = ()) -> Path:
    """Two arms of eight people, the second without any treatment."""
    estimates = []
    for index, arm in enumerate(ARMS):
        ids = np.arange(SIZE) + (index * 10_000_000 if design == "parallel" else 0)
        end = np.minimum(dead(arm), END)
        values = np.stack([_disability(arm), _cells(arm)], axis=1)
        values[np.isnan(values) | (DAYS[None, None, :] > end[:, None, None])] = np.nan
        columns = (Covariate("age", "year"), Covariate("years_told", "year"),
                   Covariate("lives_drawn", ""))  # fmt: skip
        people = {"age": 30 + TOLD, "years_told": TOLD, "lives_drawn": np.where(TOLD > 3, 2.0, 1)}
        outcomes = _outcomes(arm, ids)
        names = ("disability", "cells")
        store.create_trajectories(folder, arm, SIZE, names, ("", "cell/L"), DAYS,
                                  ids_start=int(ids[0]))  # fmt: skip
        store.write_patients(folder, arm, 0, Cohort(ids, columns, people, {}))
        store.write_records(folder, arm, 0, _records(arm, ids))
        store.write_outcomes(folder, arm, 0, outcomes)
        store.write_trajectories(folder, arm, 0, values)
        why = tuple("death" if day < np.inf else "" for day in dead(arm))
        zeros = np.zeros(SIZE, dtype=int)
        store.write_solutions(folder, arm, 0, Trajectories(
            ids, names, ("", "cell/L"), DAYS, values, end, why, zeros, np.full(SIZE, np.nan),
            ("",) * SIZE, zeros, zeros,
        ))  # fmt: skip
        estimates += [estimate(outcomes, endpoint, arm) for endpoint in ENDPOINTS]
    store.write_estimates(folder, estimates)
    store.write_run(folder, _run(design, evidence))
    return folder


def _disability(arm: str) -> np.ndarray:
    """2 at entry; untreated 0.2 a year more; nothing before the life that is told."""
    slope = 0.2 if arm == "none" else 0.0
    values = np.repeat((2.0 + slope * np.maximum(DAYS, 0) / YEAR)[None, :], SIZE, axis=0)
    return np.where(DAYS[None, :] < -TOLD[:, None] * YEAR, np.nan, values)


def _cells(arm: str) -> np.ndarray:
    low = (DAYS > ORIGIN - 5) & (DAYS < ORIGIN + 80) & (arm == "graft")
    return np.repeat(np.where(low, 5e7, 4e8)[None, :], SIZE, axis=0)


def _records(arm: str, ids: np.ndarray) -> Records:
    rows = []
    for place, patient in enumerate(ids):
        own = [(year * YEAR, "hazard", "relapse") for year in relapses(arm, place)]
        if arm == "graft":
            own += [(ORIGIN, "infuse", "cd34_infused"), (ORIGIN + 9, "give", "drug stopped")]
            own += [(ORIGIN + 3.0 * k, "event", "transfusion") for k in range(place % 3)]
        own.append((700.0, "event", "switch of drug"))
        end = dead(arm)[place]
        if end < np.inf:
            own += [(end, "hazard", "death_of_infection"), (end, "end", "death")]
        rows += [(patient, *row) for row in sorted(own) if row[0] <= end]
    patient, time, source, name = zip(*rows, strict=True)
    return Records(np.array(patient), np.array(time), source, name, np.ones(len(rows)),
                   ("",) * len(rows))  # fmt: skip


def _outcomes(arm: str, ids: np.ndarray) -> Outcomes:
    rows = []
    for place, patient in enumerate(ids):
        last = min(dead(arm)[place] - ORIGIN, 5479.0)
        own = [y * YEAR - ORIGIN for y in relapses(arm, place) if y * YEAR > ORIGIN]
        first = min([*own, np.inf])
        died = last < 5479
        rows.append((patient, "free", min(first, last), int(first <= last or died), np.nan, "day"))
        aid = 2000.0 + 100 * place if arm == "none" else np.inf
        status = 1 if aid <= last else 2 if died else 0
        rows.append((patient, "walking", min(aid, last), status, np.nan, "day"))
        rows.append((patient, "low", np.nan, 1, 3.0 if arm == "graft" else 0.0, "month"))
    patient, name, time, status, value, unit = zip(*rows, strict=True)
    return Outcomes(np.array(patient), name, np.array(time), np.array(status), np.array(value),
                    unit, np.array(time))  # fmt: skip


def _run(design: str, evidence: Any) -> dict[str, Any]:
    display = {"port": "disability", "title": "Disability (EDSS)", "unit": "", "scale": "",
               "time": "years", "levels": [], "normal": None, "better": "less", "same": 0.5,
               "source": ""}  # fmt: skip
    criterion = {"kind": "record", "name": "relapse", "low": 2.0, "high": None, "unit": "",
                 "within_days": 365.0, "covariate": ""}  # fmt: skip
    return {
        "reseed": "0.1.0", "results": 1, "scenario": "long", "title": "A long trial",
        "question": "What becomes of them?", "seed": 1, "design": design, "patients": SIZE,
        "infusion_day": ORIGIN, "follow_up_days": 5479.0, "rtol": 1e-6, "limits": [],
        "arms": [
            {"name": "graft", "title": "Graft", "course": "graft-course", "words": [],
             "given": [
                 {"what": "drug", "dose": "5", "days": list(range(5, 30)), "until": True,
                  "stops": "drug stopped"},
                 {"what": "drug", "dose": "5", "days": [-10, -9], "until": False},
             ],
             "modules": [], "system": "ab" * 32, "ids_start": 0},
            {"name": "none", "title": "No treatment", "course": "no-course", "words": [],
             "given": [], "modules": [], "system": "ab" * 32, "ids_start": 0},
        ],
        "cohort": {"name": "c", "title": "People", "rows": [], "correlations": [],
                   "correlation_source": "",
                   "history": {"visit_days": 91.0, "longest_days": 7305.0, "status": "measured",
                               "source": "doe 2001", "criteria": [criterion]}},
        "endpoints": [
            {"name": e.name, "title": e.title, "definition": "", "kind": e.kind,
             "origin": e.origin, "from_day": 0, "to_day": 5479, "competing": list(e.competing),
             "source": "s", "better": "", "records": []}
            for e in ENDPOINTS
        ],
        "show": ["disability", "cells"], "display": {"disability": display},
        "evidence": list(evidence), "parameters": [],
    }  # fmt: skip
