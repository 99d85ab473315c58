"""Floor 1: files of scenarios and of all that they name: read, lint, freeze.

Every file is a stranger's: bounded in size, checked character by character, never evaluated.
All faults are told at once, each with its file, its place and what was expected. In a place
such as `arm[2].course` items are counted from 1, as a reader counts them.
"""

from reseed.spec.assembly import arm_modules, base_modules
from reseed.spec.cohort import read_cohort
from reseed.spec.course import joined, misfits, read_course
from reseed.spec.endpoint import read_endpoint
from reseed.spec.evidence import read_evidence
from reseed.spec.library import KINDS, Library, find_library
from reseed.spec.lint import lint
from reseed.spec.module import read_module
from reseed.spec.organism import read_organism
from reseed.spec.own import own_items
from reseed.spec.quantity import parse_quantity
from reseed.spec.scenario import read_scenario

__all__ = [
    "KINDS",
    "Library",
    "arm_modules",
    "base_modules",
    "find_library",
    "joined",
    "lint",
    "misfits",
    "own_items",
    "parse_quantity",
    "read_cohort",
    "read_course",
    "read_endpoint",
    "read_evidence",
    "read_module",
    "read_organism",
    "read_scenario",
]
