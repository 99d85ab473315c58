"""An SBML document to a System: rates from reactions and rate rules, all in canonical order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reseed.base.errors import Fault, InvalidInput, UnsupportedModel
from reseed.base.expressions import undefined
from reseed.base.words import one_of
from reseed.model.channels import with_channels
from reseed.model.compose import Assembly, flat_id
from reseed.model.formula import names_in, read_formula, substitute
from reseed.model.initial import written_out
from reseed.model.unit_text import unit_text
from reseed.model.values import Valued
from reseed.nouns.expression import Expression
from reseed.nouns.system import Hazard, StateEvent, System, SystemPort
from reseed.spec.module import default_of


def read_sbml(document: Any, name: str, assembly: Assembly, valued: Sequence[Valued]) -> System:
    """The System of a flat SBML document whose parameters have their values."""
    system = read_model(
        document,
        name,
        _covariate_names(assembly),
        _hazards(assembly),
        _ports(assembly),
        valued,
        assembly.unheard,
    )
    _nothing_reads(system, assembly.unheard)
    return with_channels(system, assembly)


def _nothing_reads(system: System, unheard: frozenset[str]) -> None:
    formulas = [*system.rates, *system.initial, *(formula for _, formula in system.rules)]
    formulas += [event.trigger for event in system.events]
    formulas += [formula for event in system.events for _, formula in event.assignments]
    read = {name for formula in formulas for name in names_in(formula)} & unheard
    if read:
        faults = [
            Fault("ports.tsv", f"port {name}", "optional, but read by a formula", "shares alone")
            for name in sorted(read)
        ]
        raise InvalidInput(faults)


def read_model(
    document: Any,
    name: str,
    alias: dict[str, Expression] | None = None,
    hazards: Sequence[Hazard] = (),
    ports: Sequence[SystemPort] | None = None,
    valued: Sequence[Valued] = (),
    unheard: frozenset[str] = frozenset(),
) -> System:
    """The System of a flat SBML document, of whatever origin.

    `alias` renames the inputs that patients bring; species of `unheard`, which nothing reads, are
    left out. Without `ports`, every state, parameter and rule is one, under its own name. Raises
    InvalidInput where a formula uses a name that the document does not have.
    """
    import libsbml

    converter = libsbml.ConversionProperties()
    converter.addOption("expandFunctionDefinitions", True)
    document.convert(converter)
    model = document.getModel()
    _refuse(model)
    alias = alias or {}
    states, rates = _rates(model, unheard)
    parameters = _parameters(model, states, alias, valued, ports or ())
    events = tuple(_event(model.getEvent(i), alias) for i in range(model.getNumEvents()))
    rules = _ordered(_with_reactions(model, _rules(model, states), rates.values(), events))
    initial = written_out({state: _initial(model, state) for state in states}, rules, name)
    if ports is None:
        ports = _everything(model, states, parameters, rules)
    system = System(
        name=name,
        states=tuple(sorted(states)),
        state_units=tuple(_unit_of(model, state) for state in sorted(states)),
        initial=tuple(substitute(formula, alias) for _, formula in sorted(initial.items())),
        rates=tuple(substitute(rates[state], alias) for state in sorted(states)),
        parameters=tuple(parameters),
        parameter_units=tuple(unit for _, unit in parameters.values()),
        defaults=tuple(value for value, _ in parameters.values()),
        rules=tuple((rule, substitute(formula, alias)) for rule, formula in rules),
        events=events,
        hazards=tuple(sorted(hazards, key=lambda hazard: hazard.name)),
        ports=tuple(sorted(ports, key=lambda port: port.name)),
        variability=tuple((v.id, v.variability) for v in _by_id(valued) if v.variability),
        uncertainty=tuple((v.id, v.uncertainty) for v in _by_id(valued) if v.uncertainty),
    )
    known = {*system.states, *system.parameters, *(rule for rule, _ in system.rules)}
    faults = [
        Fault(name, place, f"no {symbol}", one_of(symbol, known, "a state, a parameter or a rule"))
        for place, symbol in undefined(system)
        if symbol not in unheard  # who reads these is told elsewhere
    ]
    if faults:
        raise InvalidInput(faults)
    return system


def _refuse(model: Any) -> None:
    refused = {
        "constraint": model.getNumConstraints(),
        "algebraic rule": sum(model.getRule(i).isAlgebraic() for i in range(model.getNumRules())),
    }
    for what, count in refused.items():
        if count:
            raise UnsupportedModel(f"{count} {what}(s): not supported")
    for index in range(model.getNumReactions()):
        if model.getReaction(index).getFast():
            raise UnsupportedModel(f"reaction {model.getReaction(index).getId()}: it is fast")
    if model.isSetConversionFactor():
        raise UnsupportedModel("a conversion factor of all species")
    for index in range(model.getNumCompartments()):
        compartment = model.getCompartment(index)
        if not compartment.getConstant():
            raise UnsupportedModel(f"compartment {compartment.getId()}: its size changes")
    for index in range(model.getNumSpecies()):
        species = model.getSpecies(index)
        if not species.getHasOnlySubstanceUnits():
            raise UnsupportedModel(f"species {species.getId()}: declare it `substanceOnly`")
        if species.isSetConversionFactor():
            raise UnsupportedModel(f"species {species.getId()}: a conversion factor")


def _covariate_names(assembly: Assembly) -> dict[str, Expression]:
    return {
        flat_id(module, port.symbol): port.name
        for module in assembly.modules
        for port in module.ports
        if port.direction == "in" and port.name in assembly.covariates
    }


def _rates(model: Any, unheard: frozenset[str]) -> tuple[list[str], dict[str, Expression]]:
    """State ids, and for each the sum of its reactions or its rate rule."""
    terms: dict[str, list[Expression]] = {}
    for index in range(model.getNumSpecies()):
        species = model.getSpecies(index)
        ruled = model.getAssignmentRule(species.getId()) is not None
        if not species.getConstant() and not ruled and species.getId() not in unheard:
            terms[species.getId()] = []
    for index in range(model.getNumReactions()):
        reaction = model.getReaction(index)
        for name, term in _reaction_terms(model, reaction):
            if name in terms and not model.getSpecies(name).getBoundaryCondition():
                terms[name].append(term)
    rates = {name: _sum(sorted(parts, key=repr)) for name, parts in terms.items()}
    for index in range(model.getNumRules()):
        rule = model.getRule(index)
        if rule.isRate():
            name = rule.getVariable()
            rates[name] = read_formula(rule.getMath(), f"rate of {name}")
    return list(rates), rates


def _reaction_rate(reaction: Any) -> Expression:
    where = f"reaction {reaction.getId()}"
    law = reaction.getKineticLaw()
    if law is None:
        raise UnsupportedModel(f"{where}: it has no rate")
    local = {
        law.getLocalParameter(i).getId(): float(law.getLocalParameter(i).getValue())
        for i in range(law.getNumLocalParameters())
    }
    return substitute(read_formula(law.getMath(), where), dict(local))


def _reaction_terms(model: Any, reaction: Any) -> list[tuple[str, Expression]]:
    where, rate = f"reaction {reaction.getId()}", _reaction_rate(reaction)
    sides = [
        *((reaction.getReactant(i), -1.0) for i in range(reaction.getNumReactants())),
        *((reaction.getProduct(i), 1.0) for i in range(reaction.getNumProducts())),
    ]
    terms = []
    for side, sign in sides:
        computed = side.getId() and model.getInitialAssignment(side.getId()) is not None
        if not side.isSetStoichiometry() or not side.getConstant() or computed:
            raise UnsupportedModel(f"{where}: a stoichiometry that is not a constant number")
        amount = sign * side.getStoichiometry()
        term = rate if amount == 1 else ("neg", rate) if amount == -1 else ("*", amount, rate)
        terms.append((side.getSpecies(), term))
    return terms


def _sum(parts: list[Expression]) -> Expression:
    if not parts:
        return 0.0
    return parts[0] if len(parts) == 1 else ("+", *parts)


def _initial(model: Any, state: str) -> Expression:
    assignment = model.getInitialAssignment(state)
    if assignment is not None:
        return read_formula(assignment.getMath(), f"initial value of {state}")
    species = model.getSpecies(state)
    if species is None:
        return float(model.getParameter(state).getValue())
    return float(species.getInitialAmount()) if species.isSetInitialAmount() else 0.0


def _rules(model: Any, states: Sequence[str]) -> dict[str, Expression]:
    """Assignment rules, and initial assignments of constants, which hold for ever."""
    rules = {}
    for index in range(model.getNumRules()):
        rule = model.getRule(index)
        if rule.isAssignment():
            rules[rule.getVariable()] = read_formula(rule.getMath(), rule.getVariable())
    for index in range(model.getNumInitialAssignments()):
        assignment = model.getInitialAssignment(index)
        name = assignment.getSymbol()
        if name in states:
            continue
        formula = read_formula(assignment.getMath(), f"initial value of {name}")
        if names_in(formula) & {*states, *rules, "time"}:
            raise UnsupportedModel(f"{name}: an initial value that depends on the state")
        rules[name] = formula
    return rules


def _with_reactions(
    model: Any, rules: dict[str, Expression], rates: Iterable[Expression],
    events: Sequence[StateEvent],
) -> dict[str, Expression]:  # fmt: skip
    """The rules, with one for each reaction whose id a formula uses: it stands for the rate."""
    formulas = [*rules.values(), *rates, *(event.trigger for event in events)]
    formulas += [formula for event in events for _, formula in event.assignments]
    waiting = {name for formula in formulas for name in names_in(formula)}
    reactions = {r.getId(): r for r in map(model.getReaction, range(model.getNumReactions()))}
    while named := waiting & reactions.keys() - rules.keys():
        for name in sorted(named):
            rules[name] = _reaction_rate(reactions[name])
            waiting |= names_in(rules[name])
    return rules


def _ordered(rules: dict[str, Expression]) -> list[tuple[str, Expression]]:
    """Rules so that each needs only earlier ones; UnsupportedModel names a circle."""
    done: dict[str, Expression] = {}
    waiting = dict(sorted(rules.items()))
    while waiting:
        ready = [name for name, f in waiting.items() if not names_in(f) & waiting.keys()]
        if not ready:
            raise UnsupportedModel(f"rules in a circle: {', '.join(waiting)}")
        for name in ready:
            done[name] = waiting.pop(name)
    return list(done.items())


def _parameters(
    model: Any, states: Sequence[str], alias: dict[str, Expression], valued: Sequence[Valued],
    ports: Sequence[SystemPort],
) -> dict[str, tuple[float, str]]:  # fmt: skip
    """Constants and quantities that only events and jumps change, by id: (value, unit).

    A covariate is NaN unless its port has a default: a patient brings it.
    """
    defaults = {port.name: port.default for port in ports if port.default is not None}
    found: dict[str, tuple[float, str]] = {}
    for index in range(model.getNumParameters()):
        parameter = model.getParameter(index)
        name = parameter.getId()
        if name in states or model.getAssignmentRule(name) is not None:
            continue
        if model.getInitialAssignment(name) is not None:
            continue
        unit = unit_text(model, parameter.getUnits())
        public = str(alias.get(name, name))
        value = float(parameter.getValue())
        if name in alias:
            value = defaults.get(public, float("nan"))
        found[public] = (value, unit)
    for index in range(model.getNumCompartments()):
        compartment = model.getCompartment(index)
        unit = unit_text(model, compartment.getUnits())
        found[compartment.getId()] = (float(compartment.getSize()), unit)
    for one in valued:
        found.setdefault(one.id, (one.value, one.unit))
    return dict(sorted(found.items()))


def _unit_of(model: Any, symbol: str) -> str:
    species = model.getSpecies(symbol)
    if species is not None:
        return unit_text(model, species.getSubstanceUnits() or model.getSubstanceUnits())
    found = model.getParameter(symbol) or model.getCompartment(symbol)
    if found is None:  # a reaction's rate
        return ""
    return unit_text(model, found.getUnits())


def _event(event: Any, alias: dict[str, Expression]) -> StateEvent:
    name = event.getId()
    if event.getDelay() is not None or event.getPriority() is not None:
        raise UnsupportedModel(f"event {name}: a delay or a priority is not supported")
    assignments = []
    for index in range(event.getNumEventAssignments()):
        assignment = event.getEventAssignment(index)
        target = assignment.getVariable()
        formula = read_formula(assignment.getMath(), f"event {name}")
        assignments.append((target, substitute(formula, alias)))
    trigger = event.getTrigger()
    condition = substitute(read_formula(trigger.getMath(), f"event {name}"), alias)
    return StateEvent(name, condition, tuple(assignments), bool(trigger.getInitialValue()))


def _hazards(assembly: Assembly) -> list[Hazard]:
    symbols = {port.name: port.symbol for port in _ports(assembly)}
    return [
        Hazard(
            row.name,
            flat_id(module, row.symbol),
            row.recurrent,
            row.ends,
            tuple((symbols.get(t, flat_id(module, t)), amount) for t, amount in row.adds),
        )
        for module in assembly.modules
        for row in module.hazards
    ]


def _ports(assembly: Assembly) -> list[SystemPort]:
    found = {}
    for module in assembly.modules:
        for port in module.ports:
            symbol = flat_id(module, port.symbol) if module.text else port.symbol
            if port.direction in ("out", "owns", "dose"):
                found[port.name] = SystemPort(
                    port.name, symbol, port.quantity, port.unit, port.direction
                )
    for name, port in assembly.covariates.items():
        default = float(text) if (text := default_of(port.note)) else None
        found[name] = SystemPort(name, name, port.quantity, port.unit, "in", default)
    return list(found.values())


def _everything(
    model: Any,
    states: Sequence[str],
    parameters: dict[str, tuple[float, str]],
    rules: Sequence[tuple[str, Expression]],
) -> list[SystemPort]:
    units = {name: ("factor", unit) for name, (_, unit) in parameters.items()}
    units |= {name: ("factor", _unit_of(model, name)) for name, _ in rules}
    units |= {name: ("amount", _unit_of(model, name)) for name in states}
    return [SystemPort(name, name, kind, unit, "out") for name, (kind, unit) in units.items()]


def _by_id(valued: Sequence[Valued]) -> list[Valued]:
    return sorted(valued, key=lambda one: one.id)
