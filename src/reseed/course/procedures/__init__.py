"""Procedures that stand at the boundaries of stages: a table, one short file each.

Each `build(system, cohort, last, tags)` returns a picklable procedure. `last` is the last time
at which it may be met, `tags` what is given in its stage. Procedures about a drug of their stage
(`OF_A_DRUG` of the nouns) are built by `reseed.course.plan` from that drug's doses.
"""

from __future__ import annotations

from collections.abc import Callable

from reseed.course.procedures import (
    adjust_dose,
    correct,
    freeze,
    harvest,
    infuse,
    inject,
    process,
    supply,
    thaw,
    wait_for_washout,
)
from reseed.nouns.cohort import Cohort
from reseed.nouns.schedule import Procedure
from reseed.nouns.system import System

Builder = Callable[[System, Cohort, float, tuple[str, ...]], Procedure]

_FILES = {
    "harvest": harvest,
    "process": process,
    "correct": correct,
    "freeze": freeze,
    "thaw": thaw,
    "wait_for_washout": wait_for_washout,
    "infuse": infuse,
    "inject": inject,
}
PROCEDURES: dict[str, Builder] = {
    **{name: file.build for name, file in _FILES.items()},
    **supply.SOURCES,
}
RECORDS: dict[str, tuple[str, ...]] = {
    **{name: file.RECORDS for name, file in _FILES.items()},
    **dict.fromkeys(supply.SOURCES, supply.RECORDS),
    "adjust_dose": adjust_dose.RECORDS,
}
FAILING = ("harvest",)  # those that may fail, by what they find
GIVING_GRAFTS = ("harvest", *supply.SOURCES)
NEEDING_GRAFTS = ("process", "correct", "freeze", "thaw", "infuse")  # the last empties the bag
