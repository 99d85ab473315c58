"""`rateOf`: the rate of change of a quantity, as a rule of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from reseed.base.errors import UnsupportedModel
from reseed.model.facts import Facts
from reseed.model.formula import RATE_OF
from reseed.model.roles import RULE, STATE, Roles
from reseed.nouns.expression import Expression


def rates_asked(
    names: Collection[str],
    known: Facts,
    found: Roles,
    rates: Mapping[str, Expression],
    discrete: Collection[str] = (),
) -> dict[str, Expression]:
    """A rule for each name that asks for a rate; `rates` are those of states, by symbol.

    UnsupportedModel for a quantity that a rule assigns or an algebraic rule determines: its rate is
    not at hand; and for a species of `discrete`, which goes by steps.
    """
    for name in names:
        if name.startswith(RATE_OF) and name.removeprefix(RATE_OF) in discrete:
            raise UnsupportedModel(f"`{name}`, which goes one by one")
    return {
        name: _rate(name.removeprefix(RATE_OF), known, found, rates)
        for name in names
        if name.startswith(RATE_OF)
    }


def _rate(name: str, known: Facts, found: Roles, rates: Mapping[str, Expression]) -> Expression:
    role = found.by_name.get(name)
    if role is None:
        raise UnsupportedModel(f"`rateOf` of {name}, which is no quantity")
    if role.part == RULE and name in known.assigned:
        raise UnsupportedModel(f"`rateOf` of {name}, which a rule assigns")
    if role.part == STATE and role.symbol not in rates:
        raise UnsupportedModel(f"`rateOf` of {name}, which an algebraic rule determines")
    own = rates.get(role.symbol, 0.0)
    if not role.shared:
        return own
    home = known.quantities[name].compartment
    size, growth = found.inside(home), _rate(home, known, found, rates)
    if growth == 0.0:
        return ("/", own, size)
    return ("/", ("-", own, ("*", found.inside(name), growth)), size)
