"""Functions of the kernel, compiled alone and called with arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from reseed.engine.kernel import lane_width
from reseed.engine.kernel.ir import DOUBLE, LONG, PTR, Function, Value, declarations
from reseed.engine.kernel.machine import Machine, compile_text

Vector = NDArray[np.float64]
ALIGNED = 64  # bytes; vectors are loaded as wholes
WIDTHS = tuple(width for width in (2, 4, 8) if width <= lane_width())


def aligned(length: int) -> Vector:
    """Zeros that begin where a vector may begin."""
    room = np.zeros(length + ALIGNED // 8)
    start = (-room.ctypes.data % ALIGNED) // 8
    return room[start : start + length]


def machine_of(text: str, *names: str) -> Machine:
    """The machine code of functions in LLVM's text form."""
    return Machine(compile_text(text + declarations(text)), names)


def pointers(*arrays: NDArray) -> NDArray[np.int64]:
    """Where these arrays lie, for a function that takes one pointer to such a list."""
    return np.array([array.ctypes.data for array in arrays], dtype=np.int64)


def lanes(
    formula: Callable[..., Value], arguments: int = 1, width: int = 0
) -> Callable[..., Vector]:
    """A formula over vectors as a function of arrays; `formula` writes it, given its arguments."""
    width = width or lane_width()
    f = Function("run", [(PTR, "x")], "void", width)
    length = f.load(f.load(f.at(f["x"], 0, LONG), PTR), LONG)
    columns = [f.load(f.at(f["x"], 1 + i, LONG), PTR) for i in range(arguments + 1)]
    with f.loop(0, length) as place:
        values = [f.row(column, place) for column in columns[:-1]]
        f.put_row(columns[-1], place, formula(f, *values))
    f.give()
    machine = machine_of(f.text("dso_local"), "run")

    def run(*given: Vector | float) -> Vector:
        spread = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in given))
        size = spread[0].size
        vectors = -(-size // width)
        kept = [aligned(vectors * width) for _ in range(arguments + 1)]
        for column, values in zip(kept, spread, strict=False):
            column[:size] = values.ravel()
            column[size:] = 1.0
        length = np.array([vectors], dtype=np.int64)
        context = pointers(length, *kept)
        machine.function("run")(ctypes.c_void_p(context.ctypes.data))
        return kept[-1][:size].reshape(spread[0].shape)

    return run


def numbers(name: str, kinds: Sequence[str], text: str, width: int = 0) -> Callable[..., Vector]:
    """A function of single numbers, of these kinds, in a module's text, as one of arrays."""
    f = Function("run", [(PTR, "x")], "void", width or lane_width())
    length = f.load(f.load(f.at(f["x"], 0, LONG), PTR), LONG)
    columns = [f.load(f.at(f["x"], 1 + i, LONG), PTR) for i in range(len(kinds) + 1)]
    with f.loop(0, length) as place:
        values = [
            f.load(f.at(column, place, kind), kind)
            for column, kind in zip(columns, kinds, strict=False)
        ]
        f.store(f.call(name, DOUBLE, *values), f.at(columns[-1], place))
    f.give()
    machine = machine_of(text + f.text("dso_local"), "run")
    types = [np.float64 if kind == DOUBLE else np.int64 for kind in kinds]

    def run(*given: NDArray | float) -> Vector:
        spread = np.broadcast_arrays(*(np.asarray(one) for one in given))
        kept = [
            np.ascontiguousarray(values.astype(kind).ravel())
            for values, kind in zip(spread, types, strict=True)
        ]
        out = np.zeros(spread[0].size)
        length = np.array([out.size], dtype=np.int64)
        context = pointers(length, *kept, out)
        machine.function("run")(ctypes.c_void_p(context.ctypes.data))
        return out.reshape(spread[0].shape)

    return run
