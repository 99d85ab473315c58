"""Scenario: the question of one virtual trial, linted and frozen."""

from __future__ import annotations

from dataclasses import dataclass

from reseed.nouns.assessment import Assessment
from reseed.nouns.cohort_design import CohortDesign
from reseed.nouns.course import Course, Quantity
from reseed.nouns.display import Display
from reseed.nouns.endpoint import Endpoint
from reseed.nouns.evidence import Evidence
from reseed.nouns.module import Module
from reseed.nouns.source import Source


@dataclass(frozen=True, slots=True)
class Arm:
    """A treatment arm: a course, and parameters (id `module__name`) that differ in it."""

    name: str
    title: str
    course: Course
    parameters: tuple[tuple[str, Quantity], ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything a run needs, resolved: no file is read after this.

    `base` names the modules that every arm has; an arm's course adds the modules of its drugs
    and procedures. `modules` holds all modules of the libraries in use, by name. `patients`
    are per arm; `infusion_day` is the study day of day 0; `follow_up_days` count from there.
    `design` is `parallel` (different people in each arm) or `twins` (the same people).
    `count_cv` is the coefficient of variation of a laboratory count; `text` is the file;
    `assessments` are what is looked at only at planned visits; `evidence` holds the published
    studies that the results are laid beside; `display` how some of what is shown is drawn;
    `summary` the endpoints that are told first, all if empty; `own` what was read from folders
    of the user's, all modules there among it; `organism` whose parameters replaced those of people
    in the modules, "" for people.
    """

    name: str
    title: str
    question: str
    text: str
    arms: tuple[Arm, ...]
    base: tuple[str, ...]
    modules: tuple[Module, ...]
    cohort: CohortDesign
    endpoints: tuple[Endpoint, ...]
    show: tuple[str, ...]
    patients: int
    seed: int
    design: str
    infusion_day: float
    follow_up_days: float
    parameters: tuple[tuple[str, Quantity], ...]
    count_cv: float
    dropout_per_year: float
    rtol: float
    limits: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    display: tuple[Display, ...] = ()
    summary: tuple[str, ...] = ()
    own: tuple[Source, ...] = ()
    organism: str = ""
