"""How many floating-point operations a step needs, and how many the processor could do."""

from __future__ import annotations

import ctypes
import importlib
import re
import time

from bench.population import Population
from reseed.engine.kernel.ir import LONG, PTR, Function, declarations
from reseed.engine.kernel.machine import Machine, compile_text
from reseed.engine.kernel.tableau import TABLEAUS, Tableau
from reseed.nouns.system import System

CHAINS = 12  # independent sums: more than the latency of an fma times its units
LOOPS = 2_000_000


def operations(text: str, function: str, width: int) -> int:
    """Useful operations of one lane in a straight function of a kernel's text; an fma is two.

    A vector may hold several vectors of lanes side by side.
    """
    body = re.search(rf"^define [^@]*@{function}\(.*?^}}", text, re.MULTILINE | re.DOTALL)
    if body is None:
        raise KeyError(function)
    single = re.findall(r"= f(?:add|sub|mul|div) <(\d+) x double>", body[0])
    double = re.findall(r"call <(\d+) x double> @llvm\.fma", body[0])
    return sum(int(size) // width for size in [*single, *double, *double])


def operations_of_a_step(system: System, people: Population, width: int) -> int:
    """Of one lane: rates, derivatives, elimination, solutions, and the sums over stages."""
    write_kernel = importlib.import_module("reseed.engine.kernel.build").write_kernel
    _, text = write_kernel(
        system,
        people.observables,
        (),
        varying=people.names,
        targets={*people.targets} & {*system.parameters},
        method="Rodas5P",
        width=width,
    )
    tableau = TABLEAUS["Rodas5P"]
    later = len(tableau.a) - 1
    once = ("slopes", "factorise", "substitute_first")
    total = sum(operations(text, name, width) for name in once)
    total += later * sum(operations(text, name, width) for name in ("rates", "substitute"))
    return total + len(system.states) * _sums(tableau)


def _sums(tableau: Tableau) -> int:
    """Per state: what stages are made of, and both errors."""
    total = 0
    for number in range(1, len(tableau.a)):
        a = tableau.a[number]
        total += 1 if a == (*tableau.a[number - 1], 1.0) else 2 * len(a)
        total += 2 * len(tableau.c[number])
    return total + 2 * len(tableau.dense[-1]) + 12


def peak(width: int) -> float:
    """Floating-point operations per second of this core: chains of fma on whole registers."""
    f = Function("run", [(PTR, "x"), (LONG, "loops")], "void", width)
    sums = [f.variable(f.splat(0.0)) for _ in range(CHAINS)]
    factor = f.splat(f.load(f["x"]))
    with f.loop(0, f["loops"]):
        for total in sums:
            total.set(f.fma(total.get(), factor, factor))
    for number, total in enumerate(sums):
        f.put_row(f["x"], number + 1, total.get())
    f.give()
    text = f.text("dso_local")
    machine = Machine(compile_text(text + declarations(text)), ("run",))
    run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(machine._code["run"])
    room = (ctypes.c_double * ((CHAINS + 3) * width + 8))()
    address = (ctypes.addressof(room) + 63) // 64 * 64
    ctypes.cast(address, ctypes.POINTER(ctypes.c_double))[0] = 0.5
    best = 0.0
    for _ in range(7):
        begun = time.thread_time()
        run(address, LOOPS)
        best = max(best, 2 * CHAINS * width * LOOPS / (time.thread_time() - begun))
    return best
