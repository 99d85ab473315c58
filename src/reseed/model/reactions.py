"""Reactions: their rates, and what they add to amounts of species."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reseed.base.errors import UnsupportedModel
from reseed.model.facts import Facts
from reseed.model.formula import RATE_OF, Formulas, substitute
from reseed.model.quantities import each, name_of, sides, stoichiometry
from reseed.model.roles import Roles
from reseed.model.signs import forth_and_back
from reseed.nouns.expression import Expression
from reseed.nouns.system import Channel


def own_numbers(model: Any) -> dict[str, float]:
    """The local parameters of reactions, as `J.k` for k of reaction J; NaN where none is given."""
    return {
        f"{name_of(reaction.getId())}.{one.getId()}": _value(one)
        for reaction in each(model.getListOfReactions())
        for one in _local(reaction.getKineticLaw())
    }


def _local(law: Any) -> list[Any]:
    if law is None:
        return []
    return each(law.getListOfLocalParameters() if law.getLevel() > 2 else law.getListOfParameters())


def _value(one: Any) -> float:
    return float(one.getValue()) if one.isSetValue() else float("nan")


def reaction_rates(
    model: Any, formulas: Formulas, given: Mapping[str, Expression] | None = None
) -> dict[str, Expression]:
    """The rate of each reaction by its id, as the document writes it, its local parameters set.

    `given` stand in place of some of those, by names as `J.k`.
    """
    rates: dict[str, Expression] = {}
    lawless = [one.getId() for one in each(model.getListOfReactions()) if not one.getKineticLaw()]
    if lawless:
        told = ("it has no rate", "they have no rates")[len(lawless) > 1]
        raise UnsupportedModel(f"reaction{'s'[: len(lawless) > 1]} {', '.join(lawless)}: {told}")
    for reaction in each(model.getListOfReactions()):
        name, law = name_of(reaction.getId()), reaction.getKineticLaw()
        where = f"reaction {reaction.getId()}"
        if reaction.isSetFast() and reaction.getFast():
            raise UnsupportedModel(f"{where}: it is fast")
        if not law.isSetMath():  # as if it were not there: it changes nothing
            rates[name] = 0.0
            continue
        local: dict[str, Expression] = {
            name_of(one.getId()): (given or {}).get(f"{name}.{one.getId()}", _value(one))
            for one in _local(law)
        }
        local |= {f"{RATE_OF}{one}": 0.0 for one in local}
        rates[name] = substitute(formulas.read(law.getMath(), where), local)
    return rates


def amounts_added(
    model: Any,
    known: Facts,
    found: Roles,
    rates: Mapping[str, Expression],
    formulas: Formulas,
    named: Collection[str],
    firing: Collection[str] = (),
) -> list[tuple[str, Expression]]:
    """(species, term of its amount's rate) for every side of every reaction, in their order.

    `rates` are in symbols of the System; `named` are the names that formulas use, of which a
    stoichiometry is a quantity and no plain number. Reactions of `firing` go one by one: they are
    left out.
    """
    terms = []
    for reaction in each(model.getListOfReactions()):
        if name_of(reaction.getId()) in firing:
            continue
        rate = rates[name_of(reaction.getId())]
        for species, side, sign in _moving(reaction, known):
            term = _times(
                _amount(side, known, found, formulas, named, reaction.getId()), sign, rate
            )
            if factor := known.quantities[species].factor:
                term = ("*", found.inside(factor), term)
            terms.append((species, term))
    return terms


def channels(
    model: Any,
    known: Facts,
    found: Roles,
    rates: Mapping[str, Expression],
    formulas: Formulas,
    discrete: Collection[str],
) -> dict[str, list[Channel]]:
    """Reactions that change a discrete species, as what fires one by one, by the reaction's id.

    A reversible reaction is two: one forth and one back. None fires where there is less of a
    species than it takes. UnsupportedModel where a reaction takes or makes what is no fixed whole
    number, and where it cannot be told which part of a reversible rate goes back.
    """
    firing: dict[str, list[Channel]] = {}
    for reaction in each(model.getListOfReactions()):
        name = name_of(reaction.getId())
        changes: dict[str, float] = {}
        if not {species for species, _, _ in _moving(reaction, known)} & {*discrete}:
            continue
        for species, side, sign in _moving(reaction, known):
            amount = _amount(side, known, found, formulas, (), name)
            if species in discrete and not (isinstance(amount, float) and amount.is_integer()):
                raise UnsupportedModel(f"reaction {name}: a number of {species} that is not fixed")
            if known.quantities[species].factor or not isinstance(amount, float):
                raise UnsupportedModel(f"reaction {name}: it cannot go one by one")
            changes[species] = changes.get(species, 0.0) + sign * amount
        forth = tuple((one, amount) for one, amount in sorted(changes.items()) if amount)
        back = tuple((one, -amount) for one, amount in forth)
        rate, other = rates[name], None
        if reaction.getReversible():
            rate, other = forth_and_back(rate, found.rules, f"reaction {name}")
        firing[name] = [Channel(name, _enough(rate, forth, discrete), forth)]
        if other is not None:
            firing[name].append(Channel(f"{name} back", _enough(other, back, discrete), back))
    return firing


def _moving(reaction: Any, known: Facts) -> list[tuple[str, Any, float]]:
    """(species, its reference, sign) of the sides whose species reactions change."""
    named = ((name_of(side.getSpecies()), side, sign) for side, sign in sides(reaction))
    return [one for one in named if one[0] in known.moved]


def _enough(
    rate: Expression, changes: Sequence[tuple[str, float]], discrete: Collection[str]
) -> Expression:
    """The rate, but 0 where there is less of a species than one firing takes."""
    needs = [("ge", one, -amount) for one, amount in changes if amount < 0 and one in discrete]
    if not needs:
        return rate
    return ("piecewise", rate, needs[0] if len(needs) == 1 else ("and", *needs), 0.0)


def _amount(
    side: Any, known: Facts, found: Roles, formulas: Formulas, named: Collection[str], reaction: str
) -> Expression:
    """How much of a species a reaction takes or makes."""
    where = f"stoichiometry of {side.getSpecies()} in reaction {reaction}"
    if side.isSetStoichiometryMath():
        return found.inside(formulas.read(side.getStoichiometryMath().getMath(), where))
    name = name_of(side.getId())
    varied = {*known.assigned, *known.rated, *known.initial, *known.struck, *named}
    if name and name in varied:
        return found.inside(name)
    number = stoichiometry(side)
    if number is None:
        raise UnsupportedModel(f"{where}: it has no value")
    return number


def _times(amount: Expression, sign: float, rate: Expression) -> Expression:
    if isinstance(amount, float):
        signed = sign * amount
        return rate if signed == 1 else ("neg", rate) if signed == -1 else ("*", signed, rate)
    return ("*", amount, rate) if sign > 0 else ("neg", ("*", amount, rate))
