"""True values: SciPy's LSODA at a relative tolerance of 1e-12, checked against Radau at 1e-11."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.population import Population
from bench.racers import scipy_methods

RTOL, ATOL = 1e-6, 1e-9  # the tolerance in which errors are told


def prepare(sbml_text: str, people: Population) -> Callable[[Sequence[int]], NDArray[np.float64]]:
    """Compile the functions; the answer solves patients. It is 60 times as fast as Radau."""
    return scipy_methods.prepare(sbml_text, people, "LSODA", 1e-12, 1e-15)


def doubt(sbml_text: str, people: Population, patients: Sequence[int]) -> float:
    """The largest difference to Radau at 1e-11, in units of tolerance (2 s a patient)."""
    radau = scipy_methods.prepare(sbml_text, people, "Radau", 1e-11, 1e-14)
    return errors(radau(patients), prepare(sbml_text, people)(patients))["max"]


def errors(values: NDArray[np.float64], truth: NDArray[np.float64]) -> dict[str, float]:
    """|values - truth|/(1e-6|truth| + 1e-9): rms, 99.9 percentile, maximum."""
    units = np.abs(values - truth) / (RTOL * np.abs(truth) + ATOL)
    return {
        "rms": float(np.sqrt(np.mean(units**2))),
        "p999": float(np.quantile(units, 0.999)),
        "max": float(np.max(units)),
    }
