"""Firings of exact stochastic simulation per core-second, and libRoadRunner's beside them.

    python -m bench.firings                 # rings of 2, 5, 20 and 60 species
    python -m bench.firings --quick --json

Molecules go to and fro in a ring of species, fifty of each: two channels for each species, at rate
1 for each molecule, so a run has 100 firings for each species and unit of time. Processor time of
one thread, without compilation; libRoadRunner by its own direct method.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np

from reseed.nouns.system import Channel, System, SystemPort

EACH = 50
SIZES, RUNS = (2, 5, 20, 60), 64
FULL, QUICK = 200_000, 10_000  # firings of a run, about


def pairs(size: int) -> list[tuple[str, str]]:
    """From where to where, to and fro."""
    names = [f"s{i}" for i in range(size)]
    one_way = [(name, names[(i + 1) % size]) for i, name in enumerate(names)]
    return one_way + [(b, a) for a, b in one_way]


def system(size: int) -> System:
    """The ring for the engine."""
    names = tuple(f"s{i}" for i in range(size))
    return System(
        name="ring",
        states=names,
        state_units=("",) * size,
        initial=(float(EACH),) * size,
        rates=(0.0,) * size,
        parameters=("k",),
        parameter_units=("",),
        defaults=(1.0,),
        rules=(),
        events=(),
        hazards=(),
        ports=tuple(SystemPort(name, name, "count", "", "out") for name in names),
        variability=(),
        uncertainty=(),
        discrete=names,
        channels=tuple(
            Channel(f"{a} to {b}", ("*", "k", a), ((a, -1.0), (b, 1.0))) for a, b in pairs(size)
        ),
    )


def text(size: int) -> str:
    """The ring as Antimony."""
    lines = [f"substanceOnly species s{i} = {EACH};" for i in range(size)]
    lines += [f"{a} -> {b}; k*{a};" for a, b in pairs(size)]
    return "model ring\n k = 1;\n " + "\n ".join(lines) + "\nend"


def ours(size: int) -> Callable[[float], int]:
    """Runs up to a time; returns how many firings there were."""
    from reseed.engine import Solver, solve
    from reseed.nouns.cohort import Cohort
    from reseed.nouns.key import Key
    from reseed.nouns.probe import Probe
    from reseed.nouns.schedule import Schedule

    made, empty = system(size), np.zeros((RUNS, 0))
    solver = Solver(exact_below=float("inf"), budget=10_000_000)

    def run(end: float) -> int:
        plan = Schedule(empty, empty, (), (), (), np.zeros(RUNS), end)
        probe = Probe(made.states, np.array([0.0, end]))
        people = Cohort(np.arange(RUNS), (), {}, {})
        found, _ = solve(made, people, plan, probe, key=Key(1), solver=solver)
        assert not found.status.any()
        return int(found.steps.sum()) * 64  # so many firings are a step

    return run


def theirs(size: int) -> Callable[[float], int]:
    """A single run; the number of firings is its expectation."""
    import antimony
    import roadrunner

    antimony.loadAntimonyString(text(size))
    runner = roadrunner.RoadRunner(antimony.getSBMLString("ring"))
    runner.setIntegrator("gillespie")
    runner.getIntegrator().setValue("seed", 1)

    def run(end: float) -> int:
        runner.reset()
        runner.simulate(0.0, end, 2)
        return int(2 * EACH * size * end)

    return run


def per_second(run: Callable[[float], int], end: float) -> float:
    """Firings per second of this thread, once all is compiled."""
    run(end / 1000)
    start = time.process_time()
    fired = run(end)
    return fired / (time.process_time() - start)


def main() -> None:
    """Prints a line for each size, or one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a twentieth of the firings")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = {}
    for size in SIZES:
        end = (QUICK if given.quick else FULL) / (2 * EACH * size)
        rates = [per_second(make(size), end) for make in (ours, theirs)]
        found[f"{2 * size} channels"] = {
            "firings_per_second": rates[0],
            "libroadrunner": rates[1],
            "ratio": rates[0] / rates[1],
        }
        if not given.json:
            print(f"{2 * size:4d} channels: {rates[0]:.3g} a second, {rates[0] / rates[1]:.1f} x")
    if given.json:
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
