"""Course: what the clinic writes down: stages, what is given, and procedures."""

from __future__ import annotations

from dataclasses import dataclass

OF_A_DRUG = ("adjust_dose",)
"""The procedures that are about a drug of their stage."""

SIZES = {"kg": ("weight", "kg"), "m2": ("body_surface_area", "m^2")}
"""What doses per kg and per m2 go by: the covariate, and the unit in which it counts."""


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
    at or above the level at the time of giving on `until_days` days in a row. With `every`,
    giving goes on after the last of `days`, every so many days, until the stage is left or the
    study ends. `steady`: the same amount as one rate without pause, from the first of `days` on.
    With `only_port`, each administration waits for that port to be at or below `only_level` at
    its time, and is left out otherwise.
    `bands` are pairs of a body weight (kg), rising, and the dose of whoever weighs less than that
    and no less than the one before; `dose` is that of all others.
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
    every: float = 0.0
    steady: bool = False
    source: str = ""
    only_port: str = ""
    only_level: Quantity | None = None
    bands: tuple[tuple[float, Quantity], ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """What a visit may find: a port that has come to a level, or a procedure that has failed.

    `kind` is `rises_by`, `at_least` or `at_most` of the port `name`, or `failed`: then `name` is
    that of a procedure, and there is no level.
    """

    name: str
    kind: str
    level: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """A stage is left for the stage `to` at the first visit at which any of `when` holds.

    Visits begin `after` days into the stage, and come every `visits` days; both are in days. A
    rise counts from the first of these visits on.
    """

    to: str
    visits: float
    after: float
    when: tuple[When, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Do:
    """A procedure at a stage boundary. `settings` replace parameters of its library module.

    `day` is the first (or only) day, relative to infusion; a procedure that repeats may do so
    daily up to `last_day`. A patient in whom it fails gets nothing more of the course; with
    `stay` such a patient is followed on, else follow-up ends. `drug` is the one of its stage that
    it is about, "" for most procedures.
    """

    procedure: str
    day: float
    last_day: float
    hour: float
    settings: tuple[tuple[str, Quantity], ...] = ()
    source: str = ""
    stay: bool = False
    drug: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A named part of a course, with everything given and done in it.

    A stage that another one switches to begins with the switch, and its days count from there. One
    in which nothing is given or done begins on day 0: patients are only seen.
    """

    name: str
    title: str
    gives: tuple[Give, ...]
    procedures: tuple[Do, ...]
    switch: Switch | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """A treatment course; day 0 is the infusion of the graft or, as `origin` says, study entry.

    Where another course follows it in an arm, `then` is that one's name, and `following` are the
    names of the stages that came from there.
    """

    name: str
    title: str
    summary: str
    stages: tuple[Stage, ...]
    sources: tuple[str, ...]
    origin: str = "infusion"
    then: str = ""
    following: frozenset[str] = frozenset()

    def switched_to(self) -> frozenset[str]:
        """The names of the stages that begin with a switch."""
        return frozenset(stage.switch.to for stage in self.stages if stage.switch)
