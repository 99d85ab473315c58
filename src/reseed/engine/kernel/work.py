"""The lanes' workspace: one allocation of vectors, in named blocks of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseed.engine.kernel.ir import PTR, Function, Value
from reseed.engine.kernel.layout import Layout
from reseed.engine.kernel.program import Program
from reseed.engine.kernel.tableau import Tableau


@dataclass(frozen=True, slots=True)
class Work:
    """First row and length of every block; `rows` in all."""

    starts: Mapping[str, int]
    rows: int

    def at(self, f: Function, block: str, row: Value | int = 0) -> Value:
        """The address of a row, in a function that has the workspace as `w`."""
        start = self.starts[block]
        place = row + start if isinstance(row, Value) else f.whole(row + start)
        return f.at(f["w"], place, f.vector)

    def get(self, f: Function, block: str, row: Value | int = 0) -> Value:
        return f.load(self.at(f, block, row), f.vector)

    def put(self, f: Function, block: str, row: Value | int, value: Value) -> None:
        f.store(value, self.at(f, block, row))

    def cell(self, f: Function, block: str, row: Value | int, lane: Value) -> Value:
        """The address of one lane's number in a row."""
        return f.at(self.at(f, block, row), lane)


def workspace(
    program: Program,
    layout: Layout,
    tableau: Tableau,
    observables: int,
    revealed: int,
    assigned: int,
) -> Work:
    """The blocks that one kernel needs."""
    size, stages = program.size, len(tableau.a)
    lengths = {
        "s": layout.slots,  # the lanes' patients
        "c": max(len(layout.hoisted), 1),  # their constants
        "k": stages * size,
        "m": len(program.pattern),
        "rates": size,  # at the start of the step
        "tilt": size if program.tilts else 1,
        "stage": size,  # the state at which a stage is evaluated
        "pull": size,  # what earlier stages add to its right-hand side
        "f": size,
        "new": size,
        "dense": len(tableau.dense) * size,
        "between": size,  # the state inside a step
        "now": max(layout.watches, 1),  # which conditions hold
        "fresh": max(layout.watches, 1),  # which of them came true
        "found": max(layout.watches, 1),  # and in the lanes of which the time is searched for
        "shown": max(observables, 1),
        "revealed": max(revealed, 1),
        "assigned": max(assigned, 1),
        "turns": max(len(program.turns), 1),  # switches just after the time, and when next
        "h": 1,
        "bend": 1,  # the interpolant's part in the error of the step
        "next_sample": 1,
        "slice_end": 1,
        "low": 1,
        "high": 1,
        "event": 1,
        "due": 1,
        "accepted": 1,
        "end": 1,  # the time that the step reaches
        "slot": 1,  # whose slot a lane holds, and whether it holds any
        "active": 1,
    }
    if program.firing:
        lengths |= {"shares": len(program.firing), "luck": 2}
    if program.algebraic:
        count = len(program.algebraic)
        # the change that was found, and from where which part of which change is tried
        lengths |= {"newton": count, "base": count, "change": count}
    starts, total = {}, 0
    for name, length in lengths.items():
        starts[name] = total
        total += length
    return Work(starts, total)


WORK = (PTR, "w")
