"""States without a rate of their own: which formula determines which, and their place as rates.

The mass matrix of such a system has a 1 for every state that has a rate and a 0 for the others; in
a row of zeros stands the formula that has to be 0.
"""

from __future__ import annotations

import dataclasses

from reseed.base.expressions import names_in
from reseed.nouns.expression import Expression
from reseed.nouns.system import System


def algebraic_rows(system: System) -> tuple[int, ...]:
    """The numbers of the states without a rate, rising."""
    return tuple(sorted(system.states.index(name) for name, _ in system.algebraic))


def placed(system: System) -> System:
    """The System with every formula that has to be 0 as the rate of a state that it depends on.

    Then the diagonal of the derivatives has no place that is always 0. The very same System where
    there is none; ValueError names states that no formula determines.
    """
    if not system.algebraic:
        return system
    found, lacking = matched(system)
    if lacking:
        raise ValueError(f"not determined: {', '.join(lacking)}")
    rates = list(system.rates)
    for name, formula in found.items():
        rates[system.states.index(name)] = formula
    return dataclasses.replace(system, rates=tuple(rates))


def matched(system: System) -> tuple[dict[str, Expression], list[str]]:
    """A formula of its own for every algebraic state, among those that depend on it.

    Its own where that is possible. Also the states for which none is left. By augmenting paths
    (Kuhn 1955, doi:10.1002/nav.3800020109).
    """
    formulas = dict(system.algebraic)
    names = {name: _names(system, formula) & formulas.keys() for name, formula in formulas.items()}
    taken: dict[str, str] = {}  # state: whose formula it has

    def find(owner: str, seen: set[str]) -> bool:
        for state in sorted(names[owner], key=lambda name: (name != owner, name)):
            if state not in seen:
                seen.add(state)
                if state not in taken or find(taken[state], seen):
                    taken[state] = owner
                    return True
        return False

    for owner in formulas:
        find(owner, set())
    found = {state: formulas[owner] for state, owner in taken.items()}
    return found, [name for name in formulas if name not in taken]


def _names(system: System, formula: Expression) -> set[str]:
    """Everything that a formula depends on, through rules, too."""
    read = names_in(formula)
    for name, inner in reversed(system.rules):
        if name in read:
            read |= names_in(inner)
    return read
