"""Initial values that depend on other states: written out, since the engine starts all at once."""

from __future__ import annotations

from collections.abc import Mapping

from reseed.base.errors import Fault, InvalidInput, UnsupportedModel
from reseed.base.expressions import names_in
from reseed.model.formula import MOST_IN_ALL, substitute
from reseed.nouns.expression import Expression


def written_out(
    initial: dict[str, Expression], rules: list[tuple[str, Expression]], model: str
) -> dict[str, Expression]:
    """Initial values in terms of parameters, of rules on them, and of time.

    `rules` stand in the order in which they can be computed. InvalidInput where a state's initial
    value depends on itself.
    """
    moving: dict[str, Expression] = {}  # rules that depend on a state
    for name, formula in rules:
        if names_in(formula) & (initial.keys() | moving.keys()):
            moving[name] = formula
    done: dict[str, Expression] = {}
    size: dict[str, int] = {}

    def expand(name: str, above: tuple[str, ...]) -> Expression:
        if name in above:
            circle = " -> ".join((*above[above.index(name) :], name))
            fault = Fault(
                model, "initial values", circle, "values that do not depend on themselves"
            )
            raise InvalidInput([fault])
        if name not in done:
            formula = initial[name] if name in initial else moving[name]
            inner = names_in(formula) & (initial.keys() | moving.keys())
            table = {one: expand(one, (*above, name)) for one in sorted(inner)}
            size[name] = _parts(formula, size)
            if size[name] > MOST_IN_ALL:
                found = f"initial value of {name}: more than {MOST_IN_ALL} parts, written out"
                raise UnsupportedModel(found)
            done[name] = substitute(formula, table) if table else formula
        return done[name]

    found = {name: expand(name, ()) for name in initial}
    if sum(size.get(name, 1) for name in initial) > MOST_IN_ALL:
        raise UnsupportedModel(f"initial values of more than {MOST_IN_ALL} parts, written out")
    return found


def _parts(formula: Expression, sizes: Mapping[str, int]) -> int:
    """Parts of a formula written out: names of known size count for all they stand for."""
    if isinstance(formula, str):
        return sizes.get(formula, 1)
    if isinstance(formula, float):
        return 1
    return 1 + sum(_parts(part, sizes) for part in formula[1:])
