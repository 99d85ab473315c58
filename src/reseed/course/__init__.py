"""Floor 2: a treatment course and patients to a schedule, and to the clinic's own words."""

from reseed.course.give_if import given_of
from reseed.course.give_until import stop_of
from reseed.course.orders import administrations, tag
from reseed.course.plan import plan
from reseed.course.procedures import (
    FAILING,
    GIVING_GRAFTS,
    NEEDING_GRAFTS,
    PROCEDURES,
    RECORDS,
)
from reseed.course.switching import record_of
from reseed.course.words import dose_in_words, in_words

__all__ = [
    "FAILING",
    "GIVING_GRAFTS",
    "NEEDING_GRAFTS",
    "PROCEDURES",
    "RECORDS",
    "administrations",
    "given_of",
    "dose_in_words",
    "in_words",
    "plan",
    "record_of",
    "stop_of",
    "tag",
]
