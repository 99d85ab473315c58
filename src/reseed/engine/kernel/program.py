"""A System as outputs of one Graph, with the sparse derivatives and the order of elimination."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reseed.engine.kernel.algebra import algebraic_rows, placed
from reseed.engine.kernel.graph import Graph, Node
from reseed.engine.kernel.hosting import hosted
from reseed.engine.kernel.switches import hold
from reseed.engine.kernel.truths import sorted_out
from reseed.nouns.system import System


@dataclass(frozen=True, slots=True)
class Program:
    """What the kernel of one System computes; numbers are nodes of `graph`.

    `size` counts what is integrated: states, then one integral per hazard, then one per channel
    of a discrete species. `jacobian` maps (row, column) to d rate / d state, `tilts` a row to
    d rate / d time. `order` is the order of elimination and `pattern` the places that it fills.
    Parameters beyond those of the System are the channels' modes, 1 while their counts are large,
    and then the switches, which stand still during a step: `turns` are their values just after a
    time, and when the next of them turns; empty where there are none. `told` is what a host that
    carries out the events has to know: triggers, delays, priorities, then all values to assign.
    The rates of `algebraic` states are what has to be 0. Where channels fire one by one and
    nothing is integrated, `firing` are their rates, and no integral is among the states.
    """

    graph: Graph
    size: int
    rates: tuple[Node, ...]
    jacobian: dict[tuple[int, int], Node]
    tilts: dict[int, Node]
    order: tuple[int, ...]
    pattern: tuple[tuple[int, int], ...]
    triggers: tuple[Node, ...]
    assignments: tuple[tuple[Node, ...], ...]
    initial: tuple[Node, ...]
    symbols: dict[str, Node]  # every name that has a value
    turns: tuple[Node, ...] = ()
    told: tuple[Node, ...] = ()
    algebraic: tuple[int, ...] = ()
    firing: tuple[Node, ...] = ()


def write_program(system: System, *, direct: bool = False) -> Program:
    """The program of a System; KeyError names a symbol or an operator that is not known.

    `direct` where nothing moves but by channels, one by one.
    """
    system = placed(sorted_out(system))
    held = hold(system)
    channels = () if direct else system.channels
    size = len(system.states) + len(system.hazards) + len(channels)
    graph = Graph(size)
    table: dict[str, Node] = {"time": graph.time()}
    table |= {name: graph.state(i) for i, name in enumerate(system.states)}
    table |= {name: graph.parameter(i) for i, name in enumerate(system.parameters)}
    first_switch = len(system.parameters) + len(channels)
    still, after = dict(table), dict(table)  # as rates read it, and where steps end
    still |= {name: graph.parameter(first_switch + i) for i, name in enumerate(held.switches)}
    for (name, formula), (_, other) in zip(system.rules, held.system.rules, strict=True):
        table[name] = graph.read(formula, table)
        still[name] = graph.read(other, still) if held.switches else table[name]
    for name, formula in held.after:
        after[name] = graph.read(formula, after)
    turns = [after[name] for name in held.switches]
    if turns:
        turns.append(graph.read(held.following, after))
    integrals = [graph.read(hazard.rate, still) for hazard in held.system.hazards]
    firing = [graph.read(channel.rate, still) for channel in held.system.channels]
    integrals += [] if direct else firing
    rates = [graph.read(formula, still) for formula in held.system.rates]
    for number, channel in enumerate(channels):
        mode = graph.parameter(len(system.parameters) + number)
        rate = integrals[len(system.hazards) + number]
        for target, amount in channel.changes:
            place = system.states.index(target)
            mean = graph.product(mode, graph.number(amount), rate)
            rates[place] = graph.add(rates[place], mean)
    rates += integrals
    slopes = graph.derivatives(rates)
    jacobian = {
        (row, column): slope
        for row, found in enumerate(slopes)
        for column, slope in sorted(found.items())
        if column < size
    }
    order, pattern = elimination(size, jacobian)
    triggers = tuple(graph.read(event.trigger, table) for event in system.events)
    assignments = tuple(
        tuple(graph.read(formula, table) for _, formula in event.assignments)
        for event in system.events
    )
    return Program(
        graph=graph,
        size=size,
        rates=tuple(rates),
        jacobian=jacobian,
        tilts={row: found[size] for row, found in enumerate(slopes) if size in found},
        order=order,
        pattern=pattern,
        triggers=triggers,
        assignments=assignments,
        initial=tuple(graph.read(formula, table) for formula in system.initial),
        symbols=table,
        turns=tuple(turns),
        told=_told(system, graph, table, triggers, assignments) if hosted(system) else (),
        algebraic=algebraic_rows(system),
        firing=tuple(firing) if direct else (),
    )


def _told(
    system: System, graph: Graph, table: Mapping[str, Node], triggers: Sequence[Node],
    assignments: Sequence[Sequence[Node]],
) -> tuple[Node, ...]:  # fmt: skip
    at_once, last = 0.0, -math.inf
    delays = [at_once if event.delay is None else event.delay for event in system.events]
    ranks = [last if event.priority is None else event.priority for event in system.events]
    more = (graph.read(formula, table) for formula in (*delays, *ranks))
    numbers = (formula for draw in system.draws if draw.event for formula in draw.numbers)
    drawn = (graph.read(formula, table) for formula in numbers)
    return (*triggers, *more, *(node for nodes in assignments for node in nodes), *drawn)


def elimination(
    size: int, places: Iterable[tuple[int, int]]
) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Diagonal pivots by Markowitz's count of new entries, and all places with the fill-in.

    Markowitz 1957, doi:10.1287/mnsc.3.3.255. The diagonal of M/(h gamma) - J is never empty: where
    the mass matrix M has a row of zeros, the formula there depends on its state.
    """
    rows: list[set[int]] = [{i} for i in range(size)]
    columns: list[set[int]] = [{i} for i in range(size)]
    for row, column in places:
        rows[row].add(column)
        columns[column].add(row)
    left, order = set(range(size)), []
    full = {(i, j) for i in range(size) for j in rows[i]}
    while left:
        pivot = min(left, key=lambda i: ((len(rows[i]) - 1) * (len(columns[i]) - 1), i))
        order.append(pivot)
        left.remove(pivot)
        across, down = rows[pivot] - {pivot}, columns[pivot] - {pivot}
        for row in down:
            rows[row].discard(pivot)
            rows[row] |= across
            full |= {(row, column) for column in across}
        for column in across:
            columns[column].discard(pivot)
            columns[column] |= down
    return tuple(order), tuple(sorted(full))
