"""Which symbol of a System carries each quantity of a document: a state, a rule, a parameter.

A species has an amount, `S`, and a concentration, `[S]`. What formulas mean by it is either, as it
is declared; what is carried is the amount wherever reactions change it or its compartment's size
changes, since that keeps amounts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from reseed.base.expressions import names_in
from reseed.model.facts import Facts
from reseed.model.formula import substitute
from reseed.model.quantities import COMPARTMENT, SPECIES, Quantity
from reseed.nouns.expression import Expression

STATE, RULE, CONSTANT = "state", "rule", "parameter"


@dataclass(frozen=True, slots=True)
class Role:
    """`symbol` carries the quantity as a state, a rule or a parameter (`part`).

    `shared` says that it is the amount of a species by which formulas mean a concentration: what is
    said in concentrations is multiplied by the size of its compartment.
    """

    symbol: str
    part: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Roles:
    """Roles by name, what names mean in formulas (where that is not themselves), and rules.

    `rules` are the document's, those of constants that formulas give, and what ties amounts to
    concentrations; `initial` are formulas of the symbols' values on the first day.
    """

    by_name: Mapping[str, Role]
    meaning: Mapping[str, Expression]
    rules: Mapping[str, Expression]
    initial: Mapping[str, Expression]

    def inside(self, formula: Expression) -> Expression:
        """A formula of the document in the symbols of the System."""
        return substitute(formula, self.meaning)

    def carried(self, name: str, value: Expression, known: Facts) -> tuple[str, Expression]:
        """The symbol that an assignment to a name sets, and to what; `value` is in symbols."""
        role = self.by_name[name]
        if not role.shared:
            return role.symbol, value
        home = known.quantities[name].compartment
        return role.symbol, ("*", value, self.meaning.get(home, home))


def concentration(name: str) -> str:
    """The symbol of a species' concentration."""
    return f"[{name}]"


def roles(known: Facts, algebraic: Collection[str], amounts: bool) -> Roles:
    """The roles of all quantities; `amounts` gives every species both its symbols."""
    fluid = _fluid(known, algebraic)
    states: set[str] = set()  # what has a formula as its first value, and changes afterwards
    while True:
        found = _roles(known, algebraic, fluid, states, amounts)
        more = _not_for_ever(known, found)
        if more <= states:
            return found
        states |= more


def _fluid(known: Facts, algebraic: Collection[str]) -> set[str]:
    """Compartments whose size may change."""
    changing = {*known.assigned, *known.rated, *known.struck, *algebraic}
    return {
        name
        for name, one in known.quantities.items()
        if one.kind == COMPARTMENT and name in changing
    }


def _roles(
    known: Facts, algebraic: Collection[str], fluid: set[str], states: set[str], amounts: bool
) -> Roles:
    by_name = {
        name: _role(one, known, algebraic, fluid, states) for name, one in known.quantities.items()
    }
    meaning: dict[str, Expression] = {}
    rules: dict[str, Expression] = {}
    ties: dict[str, tuple[str, str, str]] = {}
    for name, one in known.quantities.items():
        if one.kind != SPECIES:
            continue
        dense, role = concentration(name), by_name[name]
        size = one.compartment
        if one.dense:
            meaning[name] = dense
        if role.symbol == dense:
            ties[name] = ("*", dense, size)
        elif one.dense or amounts:
            ties[dense] = ("/", name, size)
    roles_ = Roles(by_name, meaning, rules, {})
    for name, formula in known.assigned.items():
        if name in by_name:
            rules[by_name[name].symbol] = roles_.inside(formula)
    # ties speak of symbols, where only the sizes are to be read as names
    for symbol, (operator, own, size) in ties.items():
        if symbol in meaning.values() or amounts:
            rules[symbol] = (operator, own, meaning.get(size, size))
    initial: dict[str, Expression] = {}
    for name, role in by_name.items():
        if role.part == RULE and name in known.assigned:
            continue
        first = _first(known, roles_, name)
        if first is None:
            continue
        if role.part == RULE:
            rules[role.symbol] = first
        else:
            initial[role.symbol] = first
    return Roles(by_name, meaning, rules, initial)


def _role(
    one: Quantity, known: Facts, algebraic: Collection[str], fluid: set[str], states: set[str]
) -> Role:
    """What carries a quantity."""
    name = one.id
    if name in known.assigned:
        return Role(concentration(name) if one.dense else name, RULE)
    if name in known.rated:
        return Role(concentration(name) if one.dense else name, STATE)
    if name in algebraic or (one.kind == SPECIES and not one.constant):
        return Role(name, STATE, shared=one.dense)
    plain = name not in known.initial and one.compartment not in fluid
    if plain and one.kind == SPECIES and one.by_concentration == one.dense:
        return Role(concentration(name) if one.dense else name, CONSTANT)
    if plain and one.kind == SPECIES and not one.by_concentration:
        return Role(name, CONSTANT, shared=True)
    if plain and one.kind != SPECIES:
        return Role(name, CONSTANT)
    changes = name in known.struck or name in states or one.compartment in fluid
    if one.kind == SPECIES:
        return Role(name, STATE if changes else RULE, shared=one.dense)
    return Role(name, STATE if changes else RULE)


def _first(known: Facts, found: Roles, name: str) -> Expression | None:
    """The value of a quantity's symbol on the first day, None where none is given."""
    one, role = known.quantities[name], found.by_name[name]
    size = found.meaning.get(one.compartment, one.compartment)
    if name in known.initial:
        value = found.inside(known.initial[name])
        return ("*", value, size) if role.shared else value
    if one.value is None:
        return None
    if one.kind != SPECIES:
        return one.value
    amount = role.symbol == name
    if one.by_concentration == (not amount):
        return one.value
    return ("*", one.value, size) if amount else ("/", one.value, size)


def _not_for_ever(known: Facts, found: Roles) -> set[str]:
    """Quantities whose first value a formula gives that does not hold for ever."""
    moving = {"time", *known.struck}
    moving |= {r.symbol for n, r in found.by_name.items() if r.part == STATE or n in known.struck}
    fixed = {
        role.symbol: name
        for name, role in found.by_name.items()
        if role.part == RULE and name not in known.assigned
    }
    waiting = dict(found.rules)
    grown = True
    while grown:
        hit = {symbol for symbol, formula in waiting.items() if names_in(formula) & moving}
        grown = bool(hit)
        moving |= hit
        for symbol in hit:
            del waiting[symbol]
    return {name for symbol, name in fixed.items() if symbol in moving}
