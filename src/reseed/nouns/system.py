"""System: the mathematics of an assembled model, and nothing medical."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field

from reseed.nouns.distribution import Distribution
from reseed.nouns.expression import Expression


@dataclass(frozen=True, slots=True)
class StateEvent:
    """Fires when `trigger` turns from false to true; assigns all values at once.

    As SBML has it (Level 3 Version 2, section 4.11): `delay` (time units) is computed when it
    fires, and what is assigned then too where `at_trigger`, else when it is carried out. Of several
    that are to be carried out at one time that of the highest `priority` comes first (those without
    one come last), and chance decides between equals; after each one the triggers are looked at
    again. One that is not `persistent` is dropped if its trigger turns false before it is carried
    out.
    """

    name: str
    trigger: Expression
    assignments: tuple[tuple[str, Expression], ...]
    initial: bool = True  # value of the trigger before the first day
    delay: Expression | None = None
    priority: Expression | None = None
    persistent: bool = True
    at_trigger: bool = True


@dataclass(frozen=True, slots=True)
class Hazard:
    """Fires when the integral of `rate` (1/day) crosses an addressed unit-exponential threshold."""

    name: str
    rate: Expression
    recurrent: bool
    ends: str  # reason written in the records when it ends the patient, or ""
    adds: tuple[tuple[str, float], ...]  # (state or parameter id, amount)


@dataclass(frozen=True, slots=True)
class Channel:
    """Births, deaths, arrivals of a discrete species: one by one, at `rate` per day.

    Each time it fires, the amounts in `changes` are added to states; the times are those of a
    Poisson process whose rate may depend on everything else.
    """

    name: str
    rate: Expression
    changes: tuple[tuple[str, float], ...]  # (state id, whole amount)


@dataclass(frozen=True, slots=True)
class Draw:
    """A parameter that chance decides, by `law` (a name of `reseed.engine.laws`) of some numbers.

    It is drawn anew each time that `event` is looked at, or once, before the first day, where that
    is "": then its numbers may depend on parameters alone.
    """

    symbol: str
    law: str
    numbers: tuple[Expression, ...]
    event: str = ""


@dataclass(frozen=True, slots=True)
class SystemPort:
    """A public name and the state, parameter, rule or event that it stands for.

    `unit` is the unit that the symbol has inside the system (day, litre, cell), as pint text.
    `default` is what a covariate is for patients who do not bring it, None if they must.
    """

    name: str
    symbol: str
    quantity: str
    unit: str
    direction: str
    default: float | None = None


def _plain(thing: object) -> object:
    """What JSON can hold: a dataclass as a table, anything else as Python shows it."""
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return dataclasses.asdict(thing)
    return repr(thing)


@dataclass(frozen=True, slots=True)
class System:
    """dx/dt = rates(x, rules, parameters, time), with events, hazards and ports.

    `states`, `initial`, `rates` and `state_units` run parallel; so do `parameters`, `defaults`
    and `parameter_units`. `rules` are in an order in which each needs only earlier ones.
    `initial` may name parameters and rules. `variability` and `uncertainty` are keyed by
    parameter id, in that parameter's unit here. Time is in days. `discrete` names the states that
    are whole numbers; they change by `channels` (and jumps and events) alone, and their own rates
    are 0. `algebraic` names states without a rate of their own (0 stands there): each is what makes
    the formula beside it 0, together with all others (index 1), from a guess, their initial value.
    `draws` are parameters that chance decides, for event assignments and initial values.

    `digest` is SHA-256 over the whole mathematics, names included but for the System's own. Code
    is kept by it, so it is always of the content: nobody can give it, and `dataclasses.replace`
    makes it anew.
    """

    name: str
    states: tuple[str, ...]
    state_units: tuple[str, ...]
    initial: tuple[Expression, ...]
    rates: tuple[Expression, ...]
    parameters: tuple[str, ...]
    parameter_units: tuple[str, ...]
    defaults: tuple[float, ...]
    rules: tuple[tuple[str, Expression], ...]
    events: tuple[StateEvent, ...]
    hazards: tuple[Hazard, ...]
    ports: tuple[SystemPort, ...]
    variability: tuple[tuple[str, Distribution], ...]
    uncertainty: tuple[tuple[str, Distribution], ...]
    discrete: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    algebraic: tuple[tuple[str, Expression], ...] = ()
    draws: tuple[Draw, ...] = ()
    digest: str = field(init=False, default="")

    def __post_init__(self) -> None:
        own = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        own |= {"digest": "", "name": ""}
        text = json.dumps(own, sort_keys=True, separators=(",", ":"), default=_plain)
        object.__setattr__(self, "digest", hashlib.sha256(text.encode()).hexdigest())
