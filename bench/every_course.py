"""Run every course of the library as a virtual trial of its own: does each patient come through?

    python -m bench.every_course                          # 1,000 patients of every course
    python -m bench.every_course --patients 20 --only beam --only bu-cy

Each course is the one arm of a small scenario with the modules that its drugs and procedures need,
followed for 100 days after its day 0: blood, stem cells and immune cells for whoever is given a
graft, the disease as well for courses that treat it without one, and mice for theirs. A line per
course says how many patients could not be solved, how many died or left, the median days of
engraftment after the infusion, and how long it took. The exit code is 1 if a patient failed.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import reseed
from reseed.api import Run, Study
from reseed.nouns.course import Course
from reseed.spec import find_library, read_course

DAYS = 100
BLOOD = ("granulopoiesis", "platelets", "erythropoiesis", "mobilisation")
IMMUNE = ("thymus", "lymphocytes", "b_cells", "innate")
CARE = ("infection", "mortality")
GRAFT_ENDPOINTS = ("neutrophil_engraftment", "platelet_engraftment", "overall_survival")
FOLLOWED = "cyclophosphamide-atg"  # before a course that waits for a procedure's failure


@dataclass(frozen=True, slots=True)
class Setting:
    """Who is treated in a course, and the modules that are needed beside those of its drugs."""

    cohort: str
    model: tuple[str, ...]
    endpoints: tuple[str, ...]
    organism: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the patients of one course; days after day 0, NaN where none."""

    course: str
    patients: int
    failed: int
    left: int
    neutrophils: float
    platelets: float
    seconds: float

    def __str__(self) -> str:
        days = (
            f"{day:.0f}" if math.isfinite(day) else "-"
            for day in (self.neutrophils, self.platelets)
        )
        numbers = (
            f"{self.patients}",
            f"{self.failed}",
            f"{self.left}",
            *days,
            f"{self.seconds:.0f}",
        )
        return f"{self.course:<42}" + "".join(f"{number:>12}" for number in numbers)


HEADER = f"{'course':<42}" + "".join(
    f"{name:>12}"
    for name in ("patients", "failed", "left early", "neutrophils", "platelets", "seconds")
)


def setting_of(course: Course) -> Setting:
    """Where a course is tried, by what is done in it."""
    done = {do.procedure for stage in course.stages for do in stage.procedures}
    if course.name.startswith("mouse-"):
        model = ("granulopoiesis", "platelets", "niche", "chimerism", "mouse_survival")
        return Setting("mouse", model, ("survival_60d_from_entry",), "mouse")
    if "failed" in _awaited(course):
        model = (*BLOOD, *IMMUNE, *CARE, "ms", "brain_volume")
        return Setting("autoimmune-adults", model, GRAFT_ENDPOINTS)
    if "infuse" in done or course.name.endswith("-no-graft"):
        cohort = "transplant-children" if "children" in course.name else "autoimmune-adults"
        model = (*BLOOD, "niche", "chimerism", *IMMUNE, *CARE)
        return Setting(cohort, model, GRAFT_ENDPOINTS)
    if "harvest" in done:
        return Setting("autoimmune-mobilisation", BLOOD, ("cd34_collected_from_entry",))
    if course.name.startswith("busulfan-"):
        return Setting("busulfan-adults", (*BLOOD, *CARE), ("busulfan_exposure",))
    model = (*BLOOD, *IMMUNE, *CARE, "ms", "brain_volume")
    return Setting("autoimmune-adults", model, ("overall_survival_from_entry",))


def _awaited(course: Course) -> set[str]:
    """The kinds of conditions for which its switches wait."""
    return {when.kind for stage in course.stages if stage.switch for when in stage.switch.when}


def scenario_of(course: Course) -> str:
    """The text of a scenario with this course alone."""
    setting = setting_of(course)
    follows = "failed" in _awaited(course)
    arm = (
        f'course = "{FOLLOWED}"\nthen = "{course.name}"' if follows else f'course = "{course.name}"'
    )
    first = read_course(find_library().path("courses", FOLLOWED)) if follows else course
    organism = f'organism = "{setting.organism}"' if setting.organism else ""
    return f"""title = "{course.name}"
question = "Does every patient come through?"
cohort = "{setting.cohort}"
{organism}
model = {list(setting.model)}
patients = 1000
infusion_day = {_infusion_day(first)}
follow_up_days = {DAYS}
endpoints = {list(setting.endpoints)}

[[arm]]
name = "{course.name}"
title = "{course.name}"
{arm}
"""


def _infusion_day(course: Course) -> int:
    """The study day of day 0, so that the first thing given or done falls on day 1."""
    days = [give.days[0] for stage in course.stages for give in stage.gives]
    days += [do.day for stage in course.stages for do in stage.procedures]
    return 1 - math.floor(min(days, default=0.0)) if course.origin == "infusion" else 1


def study_of(course: Course) -> Study:
    """The scenario with this course alone, ready to run."""
    with tempfile.TemporaryDirectory(prefix="reseed-") as folder:
        path = Path(folder) / f"{course.name}.toml"
        path.write_text(scenario_of(course), encoding="utf-8")
        return reseed.load(path)


def tried(course: Course, patients: int, workers: int | None = None) -> Outcome:
    """The course in so many patients."""
    begun = time.perf_counter()
    run = study_of(course).run(patients=patients, workers=workers)
    solved = run.solutions[run.solutions["status"] == 0]
    return Outcome(
        course.name,
        patients,
        run.failed,
        int((solved["end_reason"].fillna("") != "").sum()),
        _median(run, "neutrophil_engraftment"),
        _median(run, "platelet_engraftment"),
        time.perf_counter() - begun,
    )


def _median(run: Run, endpoint: str) -> float:
    """The median day of an endpoint among whom it came to."""
    rows = run.outcomes
    rows = rows[(rows["endpoint"] == endpoint) & (rows["status"] == 1)]
    return float(rows["time"].median())


def courses(only: Sequence[str] = ()) -> list[Course]:
    """Every course of the library by name, or those named."""
    library = find_library()
    return [read_course(library.path("courses", name)) for name in only or library.names("courses")]


def main(words: list[str]) -> int:
    """The table on standard output."""
    parser = argparse.ArgumentParser(description="Every course of the library as a trial.")
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--only", action="append", default=[], metavar="COURSE")
    parser.add_argument("--workers", type=int)
    given = parser.parse_args(words)
    print(HEADER)
    failed = 0
    for course in courses(given.only):
        outcome = tried(course, given.patients, given.workers)
        failed += outcome.failed
        print(outcome, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
