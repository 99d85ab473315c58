"""Calls of a kernel: its context laid out in memory, its queue worked off."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseed.engine.kernel import Kernel
from reseed.engine.kernel.desk import CONTEXT
from reseed.engine.kernel.lane import STORM

Vector = NDArray[np.float64]
Whole = NDArray[np.int64]
TURN = 20_000  # steps of all lanes in one call: an interrupt waits no longer than that


@dataclass(frozen=True, slots=True)
class Happening:
    """What the kernel recorded: slots, watches (events, then hazards), times, in their order."""

    slots: Whole
    watches: Whole
    times: Vector

    @classmethod
    def of(cls, parts: Sequence[Happening]) -> Happening:
        """Several one after the other."""
        if not parts:
            nothing = np.zeros(0, dtype=np.int64)
            return cls(nothing, nothing, np.zeros(0))
        return cls(
            np.concatenate([part.slots for part in parts]),
            np.concatenate([part.watches for part in parts]),
            np.concatenate([part.times for part in parts]),
        )


class Call:
    """The memory that one thread hands to a kernel, again and again."""

    def __init__(self, kernel: Kernel, uniforms: Vector, addresses: Whole, samples: Vector) -> None:
        self.kernel = kernel
        self.context = np.zeros(len(CONTEXT), dtype=np.int64)
        self._kept: dict[str, Any] = {}
        self._run = kernel.machine.function("run")
        room = np.zeros(kernel.work_rows * kernel.width + 8)
        offset = (-room.ctypes.data % 64) // 8
        self._point("w", room[offset:])
        filled = np.zeros(max(kernel.uniforms, 1))
        filled[: len(uniforms)] = uniforms
        self._point("u", filled)
        self._point("addresses", addresses)
        self._point("samples", np.ascontiguousarray(samples))
        self._set("sample_count", len(samples))
        capacity = 4 * (STORM + 8) * kernel.width
        self._point("record_times", np.zeros(capacity))
        self._point("record_watches", np.zeros(capacity, dtype=np.int64))
        self._point("record_slots", np.zeros(capacity, dtype=np.int64))
        self._set("record_capacity", capacity)

    def _point(self, name: str, array: NDArray[Any]) -> None:
        self._kept[name] = array  # as long as the context points to it
        self.context[CONTEXT.index(name)] = array.ctypes.data

    def _set(self, name: str, value: int) -> None:
        self.context[CONTEXT.index(name)] = value

    def _get(self, name: str) -> int:
        return int(self.context[CONTEXT.index(name)])

    def settings(self, values: Sequence[float]) -> None:
        """Tolerances and limits, in the order of SETTINGS."""
        self._point("settings", np.array(values, dtype=np.float64))

    def solve(
        self, slots: Vector, queue: Whole, jumps: tuple[Vector, Whole, Vector], out: Vector
    ) -> Happening:
        """Works off a queue of slot numbers; the slots hold the patients before and after."""
        self._point("slots", slots)
        self._point("jump_times", jumps[0])
        self._point("jump_rows", jumps[1])
        self._point("jump_values", jumps[2])
        self._point("out", out)
        found: list[Happening] = []
        running = self.kernel.places["status"]
        while len(queue):
            self._point("queue", queue)
            self._set("queue_length", len(queue))
            self._set("queue_next", 0)
            self._set("vector_steps", TURN * (64 if self.kernel.direct else 1))
            self._set("record_count", 0)
            self._run(ctypes.c_void_p(self.context.ctypes.data))
            count = self._get("record_count")
            if count:
                kept = ("record_slots", "record_watches", "record_times")
                found.append(Happening(*(self._kept[name][:count].copy() for name in kept)))
            # whom the turn found in a lane is solved on; who was not reached yet, too
            queue = queue[slots[queue, running] == 0.0]
        return Happening.of(found)

    def reveal(self, slots: Vector, queue: Whole, ports: int) -> Vector:
        """All ports of the patients in the queue: (patient, port)."""
        return self._show("reveal_all", slots, queue, ports)

    def tell(self, slots: Vector, queue: Whole) -> Vector:
        """What events depend on, for the patients in the queue: (patient, `Program.told`)."""
        return self._show("tell_all", slots, queue, self.kernel.told)

    def restore(self, slots: Vector, queue: Whole) -> None:
        """Algebraic states of the patients in the queue so that their formulas hold."""
        self._point("slots", slots)
        self._point("queue", queue)
        self._set("queue_length", len(queue))
        self.kernel.machine.function("restore_all")(ctypes.c_void_p(self.context.ctypes.data))

    def _show(self, function: str, slots: Vector, queue: Whole, values: int) -> Vector:
        shown = np.zeros((len(queue), values))
        self._point("slots", slots)
        self._point("queue", queue)
        self._set("queue_length", len(queue))
        self._point("out", shown)
        self.kernel.machine.function(function)(ctypes.c_void_p(self.context.ctypes.data))
        return shown
