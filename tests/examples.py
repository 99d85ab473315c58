"""Small systems with closed forms, written as modules of the library would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reseed.model import compile_model
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.jump import Jump
from reseed.nouns.module import HazardRow, Module, Parameter, Port
from reseed.nouns.schedule import Boundary, Schedule
from reseed.nouns.system import System

UNITS = """
  unit time_unit = 86400 second; unit substance = item; unit extent = item; unit volume = litre;
  unit unity = dimensionless; unit per_day = 1/(86400 second); unit mg = 1e-3 gram;
  unit mg_per_day = 1e-3 gram/(86400 second); unit mg_per_litre = 1e-3 gram/litre;
  unit litre_per_day = litre/(86400 second); unit kg = 1e3 gram;
  compartment body; body = 1; body has litre;
"""


def module(
    name: str,
    body: str,
    ports: Sequence[tuple[str, str, str, str, str] | Port] = (),
    values: Mapping[str, tuple[float, str]] | None = None,
    hazards: Sequence[HazardRow] = (),
    arguments: str = "",
) -> Module:
    """A module from the inside of its text; a port is (name, symbol, quantity, unit, direction)."""
    text = f"model {name}({arguments})\n{UNITS}{body}\nend\n"
    rows = tuple(
        Parameter(key, value, unit, None, None, None, None, "assumed", "a test")
        for key, (value, unit) in (values or {}).items()
    )
    made = tuple(port if isinstance(port, Port) else Port(*port) for port in ports)
    return Module(name, name, text, made, rows, tuple(hazards), name)


def system(*modules: Module) -> System:
    """The System of these modules."""
    return compile_model(modules, "test")


def one_compartment() -> Module:
    """Infusion into, and first-order loss from, one compartment: V 10 L, CL 20 L/day."""
    return module(
        "drug",
        """
        infusion = 0; infusion has mg_per_day;
        V has litre; CL has litre_per_day;
        amount = 0; amount has mg; amount' = infusion - CL/V*amount;
        auc = 0; unit mg_day_per_litre = 1e-3 gram*(86400 second)/litre;
        auc has mg_day_per_litre; auc' = concentration;
        concentration := amount/V; concentration has mg_per_litre;
        """,
        [
            ("drug", "infusion", "dose", "mg/day", "dose"),
            ("bolus", "amount", "dose", "mg", "dose"),
            ("drug_concentration", "concentration", "concentration", "mg/L", "out"),
            ("drug_auc", "auc", "exposure", "mg*day/L", "out"),
        ],
        {"V": (10, "L"), "CL": (20, "L/day")},
    )


def cohort(patients: int = 1, start: int = 0, **covariates: tuple[float, str]) -> Cohort:
    """Identical patients."""
    return Cohort(
        start + np.arange(patients, dtype=np.int64),
        tuple(Covariate(name, unit) for name, (_, unit) in covariates.items()),
        {name: np.full(patients, value) for name, (value, _) in covariates.items()},
        {},
    )


def schedule(
    patients: int,
    end: float,
    jumps: Sequence[Jump] = (),
    boundaries: Sequence[tuple[float, object]] = (),
) -> Schedule:
    """The same jumps and procedures for every patient; infusion on day 0."""
    times = np.tile([jump.time for jump in jumps], (patients, 1))
    values = np.tile([jump.value for jump in jumps], (patients, 1))
    return Schedule(
        times.astype(float),
        values.astype(float),
        tuple(jump.target for jump in jumps),
        tuple(jump.tag for jump in jumps),
        tuple(
            Boundary(f"boundary {number}", np.full(patients, time), procedure)
            for number, (time, procedure) in enumerate(boundaries)
        ),
        np.zeros(patients),
        end,
    )
