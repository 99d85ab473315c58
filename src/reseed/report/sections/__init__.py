"""Sections of the page, in their order: each makes blocks from a trial, one file each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reseed.report.blocks import Block
from reseed.report.data import TrialData
from reseed.report.sections import (
    benefit,
    clones,
    cohort,
    course,
    curves,
    definitions,
    differences,
    distributions,
    dose,
    experience,
    failures,
    history,
    laws,
    limits,
    parameters,
    published,
    recovery,
    reproduce,
    summary,
    trajectories,
    years,
)


@dataclass(frozen=True, slots=True)
class Section:
    """A section: anchor, heading, and the function that fills it; without blocks it is absent."""

    id: str
    title: str
    build: Callable[[TrialData], tuple[Block, ...]]


SECTIONS = (
    Section("summary", "Summary", summary.build),
    Section("differences", "Differences between arms", differences.build),
    Section("benefit", "Benefit, patient by patient", benefit.build),
    Section("course", "Treatment", course.build),
    Section("cohort", "Virtual patients at entry", cohort.build),
    Section("history", "The lives before the study", history.build),
    Section("years", "The course in years, before and after entry", years.build),
    Section("dose", "Stem-cell collection and dose", dose.build),
    Section("trajectories", "Counts and concentrations over time", trajectories.build),
    Section("clones", "Clones of corrected cells over time", clones.build),
    Section("engraftment", "Engraftment", curves.engraftment),
    Section("recovery", "Cell dose and recovery", recovery.build),
    Section("burden", "Measured values", distributions.build),
    Section("events", "Events and survival", curves.events),
    Section("results", "All endpoints", summary.full),
    Section("published", "Published and predicted", published.build),
    Section("experience", "What the patients went through", experience.build),
    Section("failures", "Patients not solved and follow-up that ended early", failures.build),
    Section("parameters", "Model parameters and where they come from", parameters.build),
    Section("definitions", "Definitions of the endpoints", definitions.build),
    Section("laws", "How virtual patients are drawn", laws.build),
    Section("limits", "Limits", limits.build),
    Section("reproduce", "How to reproduce this report", reproduce.build),
)
"""The page's contents: a new section is a file here and a line in this table."""
