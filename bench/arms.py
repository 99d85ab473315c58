"""A course of the library with the modules it needs, and people to go through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reseed.cohort import draw_cohort
from reseed.course import plan
from reseed.model import compile_model
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.course import Course
from reseed.nouns.key import Key
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System
from reseed.spec import find_library, read_cohort, read_course
from reseed.spec.assembly import assemble, named_in
from reseed.spec.module import load_modules

BODY = {
    "age": (36.0, "year"),
    "weight": (70.0, "kg"),
    "height": (172.0, "cm"),
    "body_surface_area": (1.83, "m^2"),
    "sex": (0.0, ""),
    "creatinine_clearance": (100.0, "mL/min"),
}
BLOOD = ("granulopoiesis", "platelets", "mobilisation", "infection")


@dataclass(frozen=True)
class Arm:
    """A course and the System of its modules."""

    course: Course
    system: System

    def schedule(self, people: Cohort, infusion: float, end: float) -> Schedule:
        """The course laid on the study clock, day 0 on the day `infusion`."""
        return plan(self.course, people, self.system, infusion_day=infusion, end=end)


def arm_of(course: str, modules: Sequence[str]) -> Arm:
    """A course of the library with blood, these modules, and what all of them need."""
    library = find_library()
    written = read_course(library.path("courses", course))
    drugs, procedures = named_in(written)
    chosen, gaps = assemble((*BLOOD, *modules), drugs, procedures, load_modules(library), BODY)
    if gaps:
        raise ValueError(f"{course}: {gaps}")
    return Arm(written, compile_model(chosen, course))


def typical_patient(parameters: Mapping[str, float] | None = None) -> Cohort:
    """One person, every parameter at its median but those given (the system's units)."""
    return Cohort(
        np.zeros(1, dtype=np.int64),
        tuple(Covariate(name, unit) for name, (_, unit) in BODY.items()),
        {name: np.array([value]) for name, (value, _) in BODY.items()},
        {name: np.array([value]) for name, value in (parameters or {}).items()},
    )


def drawn_patients(system: System, count: int, seed: int = 1) -> Cohort:
    """Patients of the library's cohort of adults with multiple sclerosis."""
    design = read_cohort(find_library().path("cohorts", "autoimmune-adults"))
    defaults = dict(zip(system.parameters, system.defaults, strict=True))
    return draw_cohort(design, dict(system.variability), defaults, np.arange(count), Key(seed))
