"""Module: one folder of the library, as read: text, ports, parameters, hazards, channels."""

from __future__ import annotations

from dataclasses import dataclass

from reseed.nouns.distribution import Distribution


@dataclass(frozen=True, slots=True)
class Port:
    """A public name of a module: the only thing that courses, endpoints and probes may name.

    `direction` is `out` (a quantity or event that others may read), `in` (read by this module:
    another module's `out` of the same name, or a covariate), `owns` (a species of this module
    that others may change by reactions), `shares` (a species of another module that this one
    changes), or `dose` (an amount or an amount per time that a course adds to).
    """

    name: str
    symbol: str
    quantity: str
    unit: str
    direction: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A row of `parameters.tsv`: value with unit, variability, uncertainty, provenance."""

    id: str
    value: float
    unit: str
    variability: Distribution | None
    uncertainty: Distribution | None
    low: float | None
    high: float | None
    status: str  # measured, fitted, derived, assumed
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class HazardRow:
    """A row of `hazards.tsv`: a rate in the model text that makes an event happen by chance."""

    name: str
    symbol: str
    recurrent: bool
    ends: str  # why the patient's follow-up ends with it ("death"), or ""
    adds: tuple[tuple[str, float], ...]  # (port or symbol, amount) added when it happens


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A row of `channels.tsv`: a rate in the model text at which a whole number changes by chance.

    Every species that a channel changes is discrete: births, deaths and arrivals, one by one.
    """

    name: str
    symbol: str
    adds: tuple[tuple[str, float], ...]  # (port or symbol of a species, whole amount)


@dataclass(frozen=True, slots=True)
class Module:
    """A process of the library. `text` is Antimony, or "" for a procedure's own parameters."""

    name: str
    title: str
    text: str
    ports: tuple[Port, ...]
    parameters: tuple[Parameter, ...]
    hazards: tuple[HazardRow, ...]
    folder: str  # as given by the user or "library/..."; for messages only
    channels: tuple[ChannelRow, ...] = ()
