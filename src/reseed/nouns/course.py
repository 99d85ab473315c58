"""Course: what the clinic writes down: stages, what is given, and procedures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with its unit as written, e.g. (50.0, "mg_per_kg")."""

    value: float
    unit: str

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Give:
    """A drug given on some days. `drug` names a `dose` port; `days` are relative to infusion.

    `dose` is per administration; its unit may end in `_per_kg` or `_per_m2`. `hours` is the
    length of each infusion (0 = bolus). `per_day` administrations are spread evenly over each
    day, the first at `hour`. With `until`, giving stops for good once the named port has been
    at or above the level at the time of giving on `until_days` days in a row.
    """

    drug: str
    dose: Quantity
    days: tuple[float, ...]
    hours: float
    hour: float
    per_day: int
    until_port: str = ""
    until_level: Quantity | None = None
    until_days: int = 1
    source: str = ""


@dataclass(frozen=True, slots=True)
class Do:
    """A procedure at a stage boundary. `settings` replace parameters of its library module.

    `day` is the first (or only) day, relative to infusion; a procedure that repeats may do so
    daily up to `last_day`.
    """

    procedure: str
    day: float
    last_day: float
    hour: float
    settings: tuple[tuple[str, Quantity], ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A named part of a course, with everything given and done in it."""

    name: str
    title: str
    gives: tuple[Give, ...]
    procedures: tuple[Do, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """A treatment course, day 0 = infusion of the graft."""

    name: str
    title: str
    summary: str
    stages: tuple[Stage, ...]
    sources: tuple[str, ...]
