"""A flat SBML document to a System, of whatever origin."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reseed.base.errors import Fault, InvalidInput, UnsupportedModel
from reseed.base.expressions import undefined
from reseed.base.words import one_of
from reseed.model.events import HELD, read_events
from reseed.model.facts import Facts, facts, unknowns
from reseed.model.formula import DRAW, RATE_OF, Formulas, names_in, substitute
from reseed.model.initial import written_out
from reseed.model.quantities import SPECIES, STOICHIOMETRY, each, name_of
from reseed.model.rate_of import rates_asked
from reseed.model.reactions import amounts_added, channels, own_numbers, reaction_rates
from reseed.model.roles import CONSTANT, STATE, Roles, concentration, roles
from reseed.model.values import Valued
from reseed.model.whole import ODD, whole_events
from reseed.nouns.expression import Expression
from reseed.nouns.system import Hazard, StateEvent, System, SystemPort

ALL = "*"
"""Stands for all species that reactions change."""
START = "start of "
"""What the name of the parameter begins with that is a state's given value at the start."""
GUESS = 1.0
"""Where the search begins for what an algebraic rule determines and nothing else gives."""


def read_model(
    document: Any,
    name: str,
    alias: dict[str, Expression] | None = None,
    hazards: Sequence[Hazard] = (),
    ports: Sequence[SystemPort] | None = None,
    valued: Sequence[Valued] = (),
    unheard: frozenset[str] = frozenset(),
    discrete: Collection[str] = (),
    given: Collection[str] = (),
) -> System:
    """The System of a flat SBML document.

    `alias` renames the inputs that patients bring; species of `unheard`, which nothing reads, are
    left out. Without `ports`, every quantity and reaction is one: a species `S` as its amount `S`
    and its concentration `[S]`. Species of
    `discrete` are whole numbers, which reactions change one by one; ALL stands for those that any
    reaction changes. Names of `given` begin with the value of a parameter `start of NAME`, and all
    that depends on it follows; the number `J.k` that reaction J has for itself is that parameter.
    Raises InvalidInput where a formula uses a name that the document does not have, or one without
    a value; UnsupportedModel names what is refused.
    """
    model = document.getModel()
    _tell_constraints(model, name)
    alias, whole = alias or {}, ports is None
    formulas = Formulas({one.getId(): one for one in _functions(model)})
    known = facts(model, formulas)
    try:
        algebraic = unknowns(known)
    except KeyError as error:
        raise UnsupportedModel(f"{name}: {error.args[0]}") from None
    found = roles(known, algebraic, whole)
    own: dict[str, Expression] = {
        one: f"{START}{one}" for one in given if one in own_numbers(model)
    }
    laws = reaction_rates(model, formulas, own)
    reactions = {one: found.inside(rate) for one, rate in laws.items()}
    events, draws = read_events(model, known, found, formulas)
    whole_numbers = _discrete(discrete, known, name)
    events = whole_events(events, whole_numbers)
    firing = channels(model, known, found, reactions, formulas, whole_numbers)
    rates = _rates(
        model, known, found, reactions, formulas, events, algebraic, unheard, firing, whole
    )
    residuals = {found.by_name[one].symbol: found.inside(f) for one, f in algebraic.items()}
    names = _names(found, rates, reactions, events, residuals)
    asked = rates_asked(names, known, found, rates, whole_numbers)
    everything = {**found.rules, **asked}
    everything |= {one: rate for one, rate in reactions.items() if whole} or _used(
        reactions, everything, rates, events
    )
    rules = _ordered(everything)
    rates |= dict.fromkeys(residuals, 0.0)
    first = [one for one in given if one not in own]
    started = _started(found, known, first, rates, {*own_numbers(model)}, name)
    initial = _initial(found, {**found.initial, **started}, rates, residuals, rules, name)
    parameters = _parameters(known, found, alias, valued, ports or ())
    parameters |= {draw.symbol: (float("nan"), "") for draw in draws}
    parameters |= {f"{START}{one}": (float("nan"), "") for one in given}
    struck = (symbol for event in events for symbol, _ in event.assignments)
    parameters |= {symbol: (0.0, "") for symbol in struck if symbol.startswith((HELD, ODD))}
    parameters = dict(sorted(parameters.items()))
    if ports is None:
        ports = _everything(known, found, rates, parameters, rules, reactions)
    system = System(
        name=name,
        states=tuple(sorted(rates)),
        state_units=tuple(_unit_of(state, known) for state in sorted(rates)),
        initial=tuple(substitute(formula, alias) for _, formula in sorted(initial.items())),
        rates=tuple(substitute(rates[state], alias) for state in sorted(rates)),
        parameters=tuple(parameters),
        parameter_units=tuple(unit for _, unit in parameters.values()),
        defaults=tuple(value for value, _ in parameters.values()),
        rules=tuple((rule, substitute(formula, alias)) for rule, formula in rules),
        events=tuple(_renamed(event, alias) for event in events),
        hazards=tuple(sorted(hazards, key=lambda hazard: hazard.name)),
        ports=tuple(sorted(ports, key=lambda port: port.name)),
        variability=tuple((v.id, v.variability) for v in _by_id(valued) if v.variability),
        uncertainty=tuple((v.id, v.uncertainty) for v in _by_id(valued) if v.uncertainty),
        algebraic=tuple((state, substitute(f, alias)) for state, f in sorted(residuals.items())),
        draws=tuple(draws),
        discrete=tuple(sorted(whole_numbers)),
        channels=tuple(
            sorted((one for some in firing.values() for one in some), key=lambda one: one.name)
        ),
    )
    _check(system, known, found, unheard, {str(public) for public in alias.values()})
    return system


def _discrete(wanted: Collection[str], known: Facts, name: str) -> set[str]:
    """The species that are to be whole numbers."""
    found = set(known.moved) if ALL in wanted else {name_of(one) for one in wanted}
    faults = [
        Fault(name, "stochastic", one, one_of(one, known.moved, "a species that reactions change"))
        for one in sorted(found - known.moved)
    ]
    if faults:
        raise InvalidInput(faults)
    return found


def _functions(model: Any) -> list[Any]:
    return [one for one in each(model.getListOfFunctionDefinitions()) if one.isSetMath()]


def _tell_constraints(model: Any, name: str) -> None:
    """Constraints change nothing: they say where a model no longer holds."""
    if count := model.getNumConstraints():
        warnings.warn(f"model {name!r}: {count} constraint(s) are not looked at", stacklevel=4)


def _rates(
    model: Any,
    known: Facts,
    found: Roles,
    reactions: Mapping[str, Expression],
    formulas: Formulas,
    events: Sequence[StateEvent],
    algebraic: Collection[str],
    unheard: Collection[str],
    firing: Collection[str],
    whole: bool,
) -> dict[str, Expression]:
    """The rate of each state by its symbol: its rate rule, the sum of its reactions, or 0."""
    # what is read whole shows every stoichiometry that has an id, so none may be a mere number
    shown = {one.id for one in known.quantities.values() if one.kind == STOICHIOMETRY}
    named = {
        *(shown if whole else ()),
        *(one for formula in known.residuals for one in names_in(formula)),
        *_names(found, known.rated, reactions, events, {}),
    }
    terms: dict[str, list[Expression]] = {}
    for species, term in amounts_added(model, known, found, reactions, formulas, named, firing):
        terms.setdefault(species, []).append(term)
    rates: dict[str, Expression] = {}
    for one, role in found.by_name.items():
        if role.part != STATE or one in unheard or one in algebraic:
            continue
        if one in known.rated:
            rates[role.symbol] = found.inside(known.rated[one])
        else:
            rates[role.symbol] = _sum(sorted(terms.get(one, []), key=repr))
    return rates


def _sum(parts: list[Expression]) -> Expression:
    if not parts:
        return 0.0
    return parts[0] if len(parts) == 1 else ("+", *parts)


def _names(
    found: Roles,
    rates: Mapping[str, Expression],
    reactions: Mapping[str, Expression],
    events: Sequence[StateEvent],
    residuals: Mapping[str, Expression],
) -> set[str]:
    """Every name that a formula uses."""
    formulas = [*found.rules.values(), *found.initial.values(), *rates.values()]
    formulas += [*reactions.values(), *residuals.values(), *_of_events(events)]
    return {name for formula in formulas for name in names_in(formula)}


def _of_events(events: Sequence[StateEvent]) -> list[Expression]:
    formulas = [formula for event in events for _, formula in event.assignments]
    for event in events:
        parts = (event.trigger, event.delay, event.priority)
        formulas += [part for part in parts if part is not None]
    return formulas


def _used(
    reactions: Mapping[str, Expression],
    rules: Mapping[str, Expression],
    rates: Mapping[str, Expression],
    events: Sequence[StateEvent],
) -> dict[str, Expression]:
    """Reactions whose id a formula uses: it stands for the rate."""
    waiting = {
        name
        for formula in [*rules.values(), *rates.values(), *_of_events(events)]
        for name in names_in(formula)
    }
    used: dict[str, Expression] = {}
    while named := waiting & reactions.keys() - used.keys():
        for name in sorted(named):
            used[name] = reactions[name]
            waiting |= names_in(used[name])
    return used


def _ordered(rules: Mapping[str, Expression]) -> list[tuple[str, Expression]]:
    """Rules so that each needs only earlier ones; UnsupportedModel names a circle."""
    needs = {name: names_in(formula) & rules.keys() for name, formula in rules.items()}
    done: dict[str, Expression] = {}
    waiting = sorted(rules)
    while waiting:
        ready = [name for name in waiting if needs[name] <= done.keys()]
        if not ready:
            raise UnsupportedModel(f"rules in a circle: {', '.join(waiting)}")
        for name in ready:
            done[name] = rules[name]
        waiting = [name for name in waiting if name not in done]
    return list(done.items())


def _started(
    found: Roles,
    known: Facts,
    given: Collection[str],
    rates: Collection[str],
    local: Collection[str],
    name: str,
) -> dict[str, Expression]:
    """The first values of states that are given, by symbol: an amount from a concentration."""
    first: dict[str, Expression] = {}
    faults = []
    for one in given:
        amount = one.removeprefix("[").removesuffix("]")
        quantity = known.quantities.get(amount)
        size = (
            ""
            if quantity is None
            else found.meaning.get(quantity.compartment, quantity.compartment)
        )
        own = f"{START}{one}"
        other = amount if one != amount else concentration(amount)
        symbol = one if one in rates else other
        if symbol not in rates or (symbol != one and not size):
            known_names = {*rates, *(concentration(n) for n in rates if n in known.quantities)}
            known_names |= {r.symbol for r in found.by_name.values() if r.part == CONSTANT} | {
                *local
            }
            expected = one_of(one, known_names, "a number of the model that no formula gives")
            faults.append(Fault(name, "values", repr(one), expected))
        elif symbol in first:
            faults.append(Fault(name, "values", repr(one), "amount or concentration, not both"))
        elif symbol == one:
            first[symbol] = own
        else:
            first[symbol] = ("*", own, size) if symbol == amount else ("/", own, size)
    if faults:
        raise InvalidInput(faults)
    return first


def _initial(
    found: Roles,
    first: Mapping[str, Expression],
    rates: Mapping[str, Expression],
    residuals: Collection[str],
    rules: list[tuple[str, Expression]],
    name: str,
) -> dict[str, Expression]:
    given = {
        symbol: first.get(symbol, GUESS if symbol in residuals else float("nan"))
        for symbol in rates
    }
    return written_out(given, rules, name)


def _parameters(
    known: Facts,
    found: Roles,
    alias: Mapping[str, Expression],
    valued: Sequence[Valued],
    ports: Sequence[SystemPort],
) -> dict[str, tuple[float, str]]:
    """Constants and quantities that only events and jumps change, by symbol: (value, unit).

    A covariate is NaN unless its port has a default: a patient brings it.
    """
    defaults = {port.name: port.default for port in ports if port.default is not None}
    values: dict[str, tuple[float, str]] = {}
    for name, role in found.by_name.items():
        if role.part != CONSTANT:
            continue
        value, public = found.initial.get(role.symbol, float("nan")), role.symbol
        if name in alias:
            public = str(alias[name])
            value = defaults.get(public, float("nan"))
        assert isinstance(value, float)  # a formula would be a rule or a state
        values[public] = (value, known.quantities[name].unit)
    for one in valued:
        values.setdefault(one.id, (one.value, one.unit))
    return dict(sorted(values.items()))


def _unit_of(symbol: str, known: Facts) -> str:
    """The unit of a symbol: a concentration is per the unit of its compartment."""
    name = symbol.removeprefix("[").removesuffix("]")
    one = known.quantities.get(name)
    if one is None:
        return ""
    if symbol != concentration(name) or one.kind != SPECIES:
        return one.unit
    size = known.quantities[one.compartment].unit if one.compartment in known.quantities else ""
    return f"{_bracketed(one.unit or '1')}/{_bracketed(size)}" if size else one.unit


def _bracketed(unit: str) -> str:
    return f"({unit})" if not unit.isalnum() else unit


def _renamed(event: StateEvent, alias: Mapping[str, Expression]) -> StateEvent:
    if not alias:
        return event

    def own(part: Expression | None) -> Expression | None:
        return None if part is None else substitute(part, alias)

    return StateEvent(
        event.name,
        substitute(event.trigger, alias),
        tuple((target, substitute(formula, alias)) for target, formula in event.assignments),
        event.initial,
        own(event.delay),
        own(event.priority),
        event.persistent,
        event.at_trigger,
    )


def _everything(
    known: Facts,
    found: Roles,
    rates: Mapping[str, Expression],
    parameters: Mapping[str, tuple[float, str]],
    rules: Sequence[tuple[str, Expression]],
    reactions: Collection[str],
) -> list[SystemPort]:
    """A port for every symbol that is no rate that a formula asked for; `time` is the clock's."""
    kinds = dict.fromkeys(parameters, "factor") | {rule: "factor" for rule, _ in rules}
    kinds |= dict.fromkeys(rates, "amount") | dict.fromkeys(reactions, "reaction")
    return [
        SystemPort("time" if symbol == name_of("time") else symbol, symbol, kind,
                   _unit_of(symbol, known), "out")
        for symbol, kind in kinds.items()
        if not symbol.startswith((RATE_OF, DRAW, START, HELD))
    ]  # fmt: skip


def _by_id(valued: Sequence[Valued]) -> list[Valued]:
    return sorted(valued, key=lambda one: one.id)


def _check(
    system: System, known: Facts, found: Roles, unheard: Collection[str], brought: Collection[str]
) -> None:
    """InvalidInput with every name that a formula uses and that is not there, or has no value."""
    symbols = {*system.states, *system.parameters, *(rule for rule, _ in system.rules)}
    faults = [
        Fault(
            system.name, place, f"no {symbol}", one_of(symbol, symbols, "a quantity of the model")
        )
        for place, symbol in undefined(system)
        if symbol not in unheard  # who reads these is told elsewhere
    ]
    empty = {
        role.symbol
        for role in found.by_name.values()
        if role.symbol not in found.initial and role.symbol not in found.rules
    }
    empty -= {state for state, _ in system.algebraic} | {*brought}
    read = _read(system)
    faults += [
        Fault(system.name, symbol, "no value", "an initial amount, a value or a rule")
        for symbol in sorted((empty & read) - {*unheard})
    ]
    if faults:
        raise InvalidInput(faults)


def _read(system: System) -> set[str]:
    """Names that the solution needs: what only ties an amount to a concentration is not one."""
    from reseed.base.expressions import formulas

    ties = {rule for rule, _ in system.rules if rule.startswith("[")}
    rules = dict(system.rules)
    read = {
        name
        for place, formula in formulas(system)
        if not (place.startswith("rule ") and place.removeprefix("rule ") in ties)
        for name in names_in(formula)
    }
    for tie in ties & read:
        read |= names_in(rules[tie])
    return read
