"""build: a System to a Kernel, its text written and compiled or found in the cache."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reseed.engine.kernel import draws, step, watch
from reseed.engine.kernel.counts import Counts
from reseed.engine.kernel.direct import Direct, is_direct
from reseed.engine.kernel.driver import Driver
from reseed.engine.kernel.formulas import Writer
from reseed.engine.kernel.ir import declarations
from reseed.engine.kernel.lane import Lane
from reseed.engine.kernel.layout import BLOCKS, CONTROLS, Layout, lay_out
from reseed.engine.kernel.machine import Machine, compile_text, find, keep, name_of
from reseed.engine.kernel.program import Program, write_program
from reseed.engine.kernel.restore import Restore
from reseed.engine.kernel.tableau import TABLEAUS, Tableau
from reseed.engine.kernel.work import Work, workspace
from reseed.nouns.system import System


@dataclass(frozen=True, slots=True)
class Kernel:
    """Machine code that solves patients of one System, and where it expects things to lie."""

    machine: Machine
    width: int
    work_rows: int
    uniforms: int  # how many numbers `u` holds
    places: Mapping[str, int]  # offsets of Layout's blocks, and of the controls
    parameter_rows: Mapping[int, int]  # of those that are not uniform
    told: int  # how many numbers a host has to know that carries out the events, or 0
    algebraic: bool  # some states make formulas 0, and are to be restored after jumps
    direct: bool  # channels fire one by one, and nothing is integrated
    cached: bool  # found on disk


def build(
    system: System,
    symbols: Sequence[str],
    revealed: Sequence[str],
    *,
    varying: Collection[str],
    targets: Collection[str],
    method: str,
    width: int,
    after: bool = False,
    exact: bool = False,
) -> Kernel:
    """The kernel that samples `symbols`, and shows `revealed` at procedures.

    `varying` names parameters that differ between patients, `targets` those that jumps change;
    what events and hazards change is found here. `after` says that samples show what all that
    happens at their time has left, `exact` that counts never leap: then channels alone go by the
    direct method.
    """
    direct = exact and is_direct(system)
    parts = (*symbols, "|", *revealed, "|", *sorted(varying), "|", *sorted(targets))
    name = name_of(system.digest, "\1".join(parts), method, str(width), f"{after} {direct}")
    kept = find(name)
    if kept is None:
        facts, text = write_kernel(
            system, symbols, revealed,
            varying=varying, targets=targets, method=method, width=width, after=after,
            direct=direct,
        )  # fmt: skip
        code = compile_text(text)
        keep(name, facts, code)
    else:
        facts, code = kept
    shown = {
        "reveal_all": bool(revealed),
        "tell_all": bool(facts["told"]),
        "restore_all": bool(system.algebraic),
    }
    return Kernel(
        Machine(code, ("run", *(name for name, there in shown.items() if there))),
        width,
        facts["work_rows"],
        facts["uniforms"],
        facts["places"],
        {int(parameter): row for parameter, row in facts["parameter_rows"].items()},
        facts["told"],
        bool(system.algebraic),
        direct,
        kept is not None,
    )


def write_kernel(
    system: System,
    symbols: Sequence[str],
    revealed: Sequence[str],
    *,
    varying: Collection[str],
    targets: Collection[str],
    method: str,
    width: int,
    after: bool = False,
    direct: bool = False,
) -> tuple[dict[str, Any], str]:
    """The facts that the caller of a kernel needs, and the kernel's text."""
    program = write_program(system, direct=direct)
    index = {name: i for i, name in enumerate(system.parameters)}
    changed = {name for event in system.events for name, _ in event.assignments}
    changed |= {name for hazard in system.hazards for name, _ in hazard.adds}
    changed |= {name for channel in system.channels for name, _ in channel.changes}
    drawn = {draw.symbol for draw in system.draws}
    dynamic = {index[name] for name in {*changed, *targets, *drawn} & index.keys()}
    shown = [program.symbols[symbol] for symbol in symbols]
    ports = [program.symbols[symbol] for symbol in revealed]
    wanted = [*program.rates, *program.jacobian.values(), *program.tilts.values(), *shown, *ports]
    wanted += [*program.triggers, *(node for values in program.assignments for node in values)]
    wanted += [*program.turns, *program.told, *program.firing]
    layout = lay_out(
        program,
        parameters=len(system.parameters),
        hazards=len(system.hazards),
        channels=0 if direct else len(system.channels),
        varying={index[name] for name in varying},
        dynamic=dynamic,
        wanted=wanted,
    )
    tableau = TABLEAUS[method]
    assigned = sum(len(values) for values in program.assignments)
    most_shown = max(len(revealed), len(program.told))
    work = workspace(program, layout, tableau, len(symbols), most_shown, assigned)
    facts = {
        "work_rows": work.rows,
        "uniforms": len(system.parameters) + len(layout.uniform),
        "places": {
            **{name: getattr(layout, name) for name in BLOCKS},
            **{name: layout.control(name) for name in CONTROLS},
        },
        "parameter_rows": dict(layout.parameter_rows),
        "told": len(program.told),
    }
    text = _text(system, program, layout, work, tableau, shown, ports, width, after)
    return facts, text


def row_of(system: System, layout: Layout, name: str) -> int:
    """The slot's row of a state or of a parameter that has one."""
    if name in system.states:
        return layout.state + system.states.index(name)
    return layout.parameters + layout.parameter_rows[system.parameters.index(name)]


def _text(
    system: System, program: Program, layout: Layout, work: Work, tableau: Tableau,
    shown: Sequence[int], ports: Sequence[int], width: int, after: bool,
) -> str:  # fmt: skip
    write = Writer(program, layout, width)
    channels = system.channels
    if program.firing:
        system = dataclasses.replace(system, channels=())  # none that is integrated
    adds = tuple(
        tuple((row_of(system, layout, name), amount) for name, amount in amounts)
        for amounts in (
            *(hazard.adds for hazard in system.hazards),
            *(channel.changes for channel in system.channels),
        )
    )
    targets = tuple(
        tuple(row_of(system, layout, name) for name, _ in event.assignments)
        for event in system.events
    )
    shared = (
        system, layout, work, tableau, len(shown), targets, adds, bool(program.tilts), width,
        bool(program.told), after, program.algebraic,
    )  # fmt: skip
    lane = Lane(*shared)
    drive = Direct(*shared, channels) if program.firing else Driver(*shared)
    still = [
        write.hoist(),
        write.hoist_uniform(),
        write.values(
            "initial",
            program.initial + (program.graph.zero,) * (layout.size - len(program.initial)),
        ),
        write.values("observe", shown),
    ]
    if isinstance(drive, Direct):
        parts = [write.values("propensities", program.firing), *still]
        parts += [draws.pairs(width), drive.luck()]
    else:
        slopes, stepping = _steps(system, program, layout, work, tableau, shown, width)
        parts = [*slopes, *still, *stepping]
    parts += [
        draws.functions(width),
        lane.leave(),
        lane.enter(),
        lane.next_sample(),
        lane.keep(),
        lane.jumps(),
        lane.start(),
        lane.blame(),
        drive.patients(),
        drive.entry(),
    ]
    if ports:
        parts += [write.values("reveal", ports), drive.show_all("reveal", len(ports))]
    if program.told:
        parts += [write.tell(), drive.show_all("tell", len(program.told))]
    if program.algebraic:
        parts += [write.newton(), Restore(*shared).restore(), Restore(*shared).fit()]
        parts += [drive.restore_all()]
    if layout.watches:
        parts += [lane.fire(), watch.look(work, layout, len(system.events), width)]
    if layout.watches and not program.firing:
        parts += [watch.search(work, layout, bool(system.events), bool(program.algebraic), width)]
    if system.events:
        assigned = [node for values in program.assignments for node in values]
        parts += [write.values("triggers", program.triggers)]
        parts += [] if program.told else [write.values("assign", assigned)]
    if layout.switches:
        parts += [write.values("turns", program.turns)]
    if system.channels:
        counts = Counts(*shared)
        parts += [counts.modes(), counts.leap()]
    text = "\n".join(parts)
    return text + declarations(text)


def _steps(
    system: System, program: Program, layout: Layout, work: Work, tableau: Tableau,
    shown: Sequence[int], width: int,
) -> tuple[list[str], list[str]]:  # fmt: skip
    """Functions of rates and derivatives, and those of a step and of what lies within it."""
    write = Writer(program, layout, width)
    places = {place: number for number, place in enumerate(program.pattern)}
    given = {place: places[place] for place in program.jacobian}
    tilted, everything = bool(program.tilts), range(layout.size)
    integrals = everything[layout.size - layout.hazards - layout.channels :]
    seen = sorted({*_states_of(program, [*shown, *program.triggers]), *integrals})
    if program.algebraic:
        seen = list(everything)  # what they are may depend on anything
    whole = {
        system.states.index(name) for channel in system.channels for name, _ in channel.changes
    }
    slopes = [
        write.values("rates", program.rates),
        write.rates_and_slopes(places),
        write.factorise(places),
        write.substitute(places, pulled=False),
        write.substitute(places, pulled=True),
    ]
    return slopes, [
        step.attempt(work, layout, tableau, tilted, width),
        step.sharpness(work, layout, given, tilted, program.algebraic, width),
        step.combine(work, tableau, "combine", everything, layout.size, width),
        step.interpolate(work, layout, tableau, "interpolate", everything, whole, width),
        step.combine(work, tableau, "combine_seen", seen, layout.size, width),
        step.interpolate(work, layout, tableau, "interpolate_seen", seen, whole, width),
    ]


def _states_of(program: Program, nodes: Sequence[int]) -> set[int]:
    """The states that these nodes are computed from."""
    moves = [program.graph.moves[node] for node in nodes]
    return {i for i in range(program.size) if any(move >> i & 1 for move in moves)}
