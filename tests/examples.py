"""Small systems with closed forms, written as modules of the library would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from reseed.engine import solve
from reseed.model import compile_model
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.module import HazardRow, Module, Parameter, Port
from reseed.nouns.probe import Probe
from reseed.nouns.records import Records
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


def alone(
    system: System,
    show: Sequence[str],
    days: float,
    jumps: Sequence[Jump] = (),
    parameters: Mapping[str, float] | None = None,
    step: float = 0.01,
    **covariates: tuple[float, str],
) -> tuple[np.ndarray, dict[str, np.ndarray], Records]:
    """Times `step` days apart, the shown ports, and the records of one patient."""
    patient = cohort(**covariates)
    given = {name: np.array([value]) for name, value in (parameters or {}).items()}
    times = np.arange(0, days + 1e-9, step)
    found, records = solve(
        system,
        replace(patient, parameters=given),
        schedule(1, days, jumps),
        Probe(tuple(show), times),
        key=Key(1),
    )
    assert found.status[0] == 0
    return times, dict(zip(show, found.values[0], strict=True)), records
