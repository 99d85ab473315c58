"""Where things lie: the rows of a lane's workspace, and of a patient's slot, which are the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from reseed.engine.kernel.graph import Node
from reseed.engine.kernel.program import Program

# One number each per patient, after the blocks; in a lane each is a vector over the lanes.
CONTROLS = (
    "time",
    "step",  # the step length to be tried next
    "stop",  # the earlier of next jump and host
    "host",  # when the patient has to leave the kernel: a procedure, or the planned end
    "jump",  # the number of the next jump in the table, and of the one after the last
    "jumps_end",
    "sample",  # the number of the next probe time
    "steps",
    "budget",
    "patient",  # id, for the addresses of draws
    "fresh",  # 1: initial values are still to be computed
    "level",  # log2 of the last step's error over its length to the power of the order + 1
    "restart",  # 1: something jumped, so the step planned before says nothing
    "settle",  # 1: something jumped, so triggers have to be looked at
    "storm_day",  # start of the present day of state events, and their count
    "storm_count",
    "turn",  # when a formula of time next jumps
    "draws",  # how many updates of discrete species were drawn
    "status",
    "culprit",  # the state or watch that a failure is about
    "row",  # the patient's row of the results
)
# The blocks of a slot, each a run of rows, and their number.
BLOCKS = ("size", "state", "parameters", "truths", "targets", "counts", "scales", "slots")

# What a patient's status may say when the kernel gives it back.
RUNNING, ARRIVED, ENDED, LONG, EVENTFUL, FINISHED = 0, 1, 2, 3, 4, 5
FAILED = 10  # plus a code of reseed.engine.failure


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets of blocks of rows; `slots` rows in all.

    A parameter is `uniform` (one number for the whole run), or has a row: it varies between
    patients, or jumps and events may change it (`dynamic`). What depends on neither states, time
    nor dynamic parameters is computed once per patient: `hoisted` nodes have a row in the array
    of a lane's constants, or a place after the parameters in the uniform array.
    """

    size: int
    parameter_rows: Mapping[int, int]
    hoisted: Mapping[Node, int]
    uniform: Mapping[Node, int]
    state: int
    parameters: int
    truths: int
    targets: int
    counts: int
    scales: int
    controls: int
    slots: int
    watches: int
    hazards: int
    channels: int
    switches: int

    def control(self, name: str) -> int:
        """The row of one of CONTROLS."""
        return self.controls + CONTROLS.index(name)


def lay_out(
    program: Program,
    *,
    parameters: int,
    hazards: int,
    channels: int,
    varying: Collection[int],
    dynamic: Collection[int],
    wanted: Sequence[Node],
) -> Layout:
    """The layout for one program; `wanted` are the outputs that are computed again and again."""
    graph = program.graph
    switches = max(len(program.turns) - 1, 0)
    modes = range(parameters, parameters + channels + switches)
    rows = {p: i for i, p in enumerate(sorted({*varying, *dynamic, *modes}))}
    moves: dict[Node, tuple[bool, bool]] = {}  # (changes within a patient, differs between them)
    hoisted: dict[Node, int] = {}
    uniform: dict[Node, int] = {}

    def place(node: Node) -> None:
        changes, differs = moves[node]
        leaf = graph.nodes[node][0] in ("number", "parameter")
        if changes or leaf or node in hoisted or node in uniform:
            return
        table, start = (hoisted, 0) if differs else (uniform, parameters)
        table[node] = start + len(table)

    for node in graph.reached(wanted):
        operator, *arguments = graph.nodes[node]
        if operator == "parameter":
            p = arguments[0]
            moves[node] = (p in dynamic or p in modes, p in rows)
        else:
            found = [moves[a] for a in graph.arguments(node)]
            changes = bool(graph.moves[node]) or any(c for c, _ in found)
            moves[node] = (changes, changes or any(d for _, d in found))
        if moves[node][0]:
            for argument in graph.arguments(node):
                place(argument)
    for node in wanted:
        place(node)
    watches = len(program.triggers) + hazards + channels
    blocks = [program.size, len(rows), watches, hazards + channels, hazards + channels]
    blocks += [program.size, len(CONTROLS)]
    state, parameters_at, truths, targets, counts, scales, controls, slots = (
        sum(blocks[:i]) for i in range(len(blocks) + 1)
    )
    return Layout(
        size=program.size,
        parameter_rows=rows,
        hoisted=hoisted,
        uniform=uniform,
        state=state,
        parameters=parameters_at,
        truths=truths,
        targets=targets,
        counts=counts,
        scales=scales,
        controls=controls,
        slots=slots,
        watches=watches,
        hazards=hazards,
        channels=channels,
        switches=switches,
    )
