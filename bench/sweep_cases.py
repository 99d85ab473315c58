"""What the sweep of the library solves: a system for every module and every arm, and its people.

Every parameter of a patient is drawn between two bounds:

- the `low` and `high` of its row in parameters.tsv, where both are stated;
- without them, the central 99.9 % of its distribution between patients, if it has one;
- without that, half and twice its value.

What a row states of one side alone cuts the last two (a fraction stays at most 1). The draw is
uniform, and log-uniform where both bounds are positive and more than a factor of 10 apart.
Covariates are uniform over the range that the cohort states for them, whatever its law and
correlations; those that the cohort computes from others are computed.

A module is joined with all that could supply its inputs, also those that have a default, so that
the drugs which act on it are there. Each drug is given in a course of the size, length and number
of doses that the library gives (a course, else the module's checks), each times a factor between
a half and two, from a random day on; fewer doses of it are possible. On a random day an insult
that is none of the library's leaves a thousandth to all of the cells that a module of the assembly
owns: a marrow at rest would show nothing. An arm has its own course instead, the doses of each
drug times a factor between a half and two.

Every number has an address, so patient i is the same whatever the number of patients, and its
clearance of a drug is the same in every model that has the drug.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseed.base.keys import uniforms
from reseed.base.ports import parameter_unit
from reseed.base.time import HOURS_PER_DAY
from reseed.base.units import convert
from reseed.cohort import draw_cohort, in_units_of
from reseed.cohort.laws import values_of
from reseed.course import plan
from reseed.course.orders import administrations, doses
from reseed.model import compile_model
from reseed.nouns.cohort import Cohort
from reseed.nouns.cohort_design import CohortDesign, DesignRow
from reseed.nouns.course import Course, Give
from reseed.nouns.distribution import Distribution
from reseed.nouns.key import Key
from reseed.nouns.module import Module, Parameter
from reseed.nouns.schedule import Schedule
from reseed.nouns.system import System, SystemPort
from reseed.spec import (
    Library,
    arm_modules,
    find_library,
    parse_quantity,
    read_course,
    read_module,
    read_scenario,
)
from reseed.trial.arms import system_of

SCENARIO = "autologous-recovery"
DAYS = 200.0
CENTRAL = 0.999  # the share of a distribution that counts as plausible
HALF, TWICE = 0.5, 2.0
DECADE = 10.0  # bounds further apart than this are drawn on the log scale
FEWEST = 1e-3  # of the cells, left by an insult
INSULT_DAYS = 1.0  # how long it takes
CHECK_DAYS = (0.0, 1.0, 2.0, 3.0)  # of a drug that no course gives: busulfan and fludarabine
FIRST_DAYS = (1.0, 31.0)  # between these a course or an insult begins
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """One system to be swept, with what its people are drawn from.

    `system` has a port for every state; `states` names them in the order of the system's states.
    `ranges` are in its units. A module has typical `gives` and parameters that are `insults`, an
    arm a `course`.
    """

    name: str
    system: System
    states: tuple[str, ...]
    ranges: tuple[tuple[str, float, float], ...]
    design: CohortDesign
    gives: tuple[Give, ...] = ()
    insults: tuple[str, ...] = ()
    course: Course | None = None
    infusion_day: float = 0.0


def names_of_cases() -> tuple[str, ...]:
    """Every module with equations, then every arm as `scenario/arm`."""
    library = find_library()
    modules = [m.name for m in modules_of(library) if m.text]
    arms = [f"{SCENARIO}/{arm.name}" for arm in read_scenario(SCENARIO, library).arms]
    return (*modules, *arms)


def case_of(name: str) -> Case:
    """The case of that name."""
    library = find_library()
    scenario = read_scenario(SCENARIO, library)
    design = over_the_whole_range(scenario.cohort)
    for arm in scenario.arms:
        if name == f"{SCENARIO}/{arm.name}":
            system, states = with_every_state(system_of(scenario, arm))
            ranges = ranges_of(arm_modules(scenario, arm), system)
            return Case(
                name, system, states, ranges, design,
                course=arm.course, infusion_day=scenario.infusion_day,
            )  # fmt: skip
    modules = with_suppliers(name, modules_of(library))
    system, states = with_every_state(compile_model(modules, name))
    system, insults = with_insults(system, modules)
    gives = tuple(typical_gives(modules, library))
    return Case(name, system, states, ranges_of(modules, system), design, gives, insults)


def modules_of(library: Library) -> tuple[Module, ...]:
    """All modules of the library, by name."""
    return tuple(read_module(library.path("models", name)) for name in library.names("models"))


def with_suppliers(name: str, available: Sequence[Module]) -> tuple[Module, ...]:
    """A module and all that supply what it and they read or change; the cohort has the rest."""
    by_name = {module.name: module for module in available}
    owners = {
        port.name: module.name
        for module in available
        for port in module.ports
        if port.direction in ("out", "owns")
    }
    chosen, waiting = {name}, [name]
    while waiting:
        for port in by_name[waiting.pop()].ports:
            owner = owners.get(port.name) if port.direction in ("in", "shares") else None
            if owner and owner not in chosen:
                chosen.add(owner)
                waiting.append(owner)
    return tuple(by_name[chosen_name] for chosen_name in sorted(chosen))


def with_every_state(system: System) -> tuple[System, tuple[str, ...]]:
    """The system with a port for each state that has none, and the ports of the states in order."""
    named = {port.symbol: port.name for port in system.ports if port.direction != "in"}
    added = tuple(
        SystemPort(f"state__{state}", state, "amount", unit, "out")
        for state, unit in zip(system.states, system.state_units, strict=True)
        if state not in named
    )
    named |= {port.symbol: port.name for port in added}
    ports = tuple(sorted((*system.ports, *added), key=lambda port: port.name))
    return dataclasses.replace(system, ports=ports), tuple(named[state] for state in system.states)


def with_insults(system: System, modules: Iterable[Module]) -> tuple[System, tuple[str, ...]]:
    """The system with a loss of each kind of owned cells, 0 a day at first, and these losses."""
    owned = sorted(p.name for m in modules for p in m.ports if p.direction == "owns")
    losses = {state: f"insult__{state}" for state in owned}
    changed = dataclasses.replace(
        system,
        rates=tuple(
            ("+", rate, ("neg", ("*", losses[state], state))) if state in losses else rate
            for state, rate in zip(system.states, system.rates, strict=True)
        ),
        parameters=(*system.parameters, *losses.values()),
        parameter_units=(*system.parameter_units, *("1/day" for _ in losses)),
        defaults=(*system.defaults, *(0.0 for _ in losses)),
    )
    return changed, tuple(losses.values())


def ranges_of(modules: Iterable[Module], system: System) -> tuple[tuple[str, float, float], ...]:
    """(parameter, low, high) in the system's units, for every row of the modules' tables."""
    found = []
    for module in modules:
        for row in module.parameters:
            name = f"{module.name}__{row.id}"
            unit = parameter_unit(system, name)
            low, high = (convert(bound, row.unit, unit) for bound in bounds_of(row))
            found.append((name, low, high))
    return tuple(found)


def bounds_of(row: Parameter) -> tuple[float, float]:
    """Between which values a parameter is plausible, in its own unit; the rule stands above."""
    if row.low is not None and row.high is not None:
        return row.low, row.high
    if row.variability is not None:
        tail = 0.5 * (1.0 - CENTRAL)
        low, high = map(float, values_of(row.variability, np.array([tail, 1.0 - tail])))
    else:
        low, high = sorted((HALF * row.value, TWICE * row.value))
    low = low if row.low is None else max(low, row.low)
    return low, high if row.high is None else min(high, row.high)


def over_the_whole_range(design: CohortDesign) -> CohortDesign:
    """The design with every range drawn evenly and nothing correlated."""
    rows = tuple(dataclasses.replace(row, distributions=_even(row)) for row in design.rows)
    return dataclasses.replace(design, rows=rows, correlations=())


def _even(row: DesignRow) -> tuple[Distribution, ...]:
    """Uniform laws between bounds, and between levels; a law without bounds stays as it is."""
    laws = []
    for law in row.distributions:
        if law.kind == "categorical":
            laws.append(dataclasses.replace(law, weights=tuple(1.0 for _ in law.weights)))
        elif law.low is not None and law.high is not None:
            laws.append(Distribution("uniform", low=law.low, high=law.high))
        else:
            laws.append(law)
    return tuple(laws)


def typical_gives(modules: Iterable[Module], library: Library) -> list[Give]:
    """For each drug how it is given: the most doses of a course, else the dose of its checks."""
    in_courses: dict[str, Give] = {}
    for name in library.names("courses"):
        for stage in read_course(library.path("courses", name)).stages:
            for give in stage.gives:
                # how many doses are given until a count has recovered, or without end, no course
                # says
                longest = in_courses.get(give.drug)
                open_ended = give.until_port or give.every
                if not open_ended and (not longest or _number(give) > _number(longest)):
                    in_courses[give.drug] = dataclasses.replace(give, among=None)  # for everybody
    return [
        in_courses.get(port.name) or _checked(module.name, port.name, library)
        for module in modules
        for port in module.ports
        if port.direction == "dose"
    ]


def _number(give: Give) -> int:
    return len(give.days) * give.per_day


def _checked(module: str, drug: str, library: Library) -> Give:
    """The dose that a module's checks give, on four days."""
    text = (library.path("models", module) / "checks.toml").read_text(encoding="utf-8")
    check = next(check for check in tomllib.loads(text)["check"] if "dose" in check)
    over = parse_quantity(check["over"]) if "over" in check else None
    hours = convert(over.value, over.unit, "hour") if over else 0.0
    return Give(drug, parse_quantity(check["dose"]), CHECK_DAYS, hours, 9.0, 1)


def people_of(case: Case, ids: NDArray[np.int64], seed: int) -> tuple[Cohort, Schedule]:
    """The patients of these ids, and what they are given."""
    drawn = in_units_of(draw_cohort(case.design, {}, {}, ids, Key(seed)), case.system)
    parameters = {
        name: between(low, high, _address(seed, f"parameter/{name}", ids))
        for name, low, high in case.ranges
    }
    cohort = dataclasses.replace(drawn, parameters=parameters)
    if case.course is None:
        return cohort, _random_course(case, cohort, seed)
    return cohort, _varied_course(case, cohort, seed)


def between(low: float, high: float, uniform: Values) -> Values:
    """Values between two bounds, on the log scale where these are far apart."""
    if low > 0 and high > DECADE * low:
        return np.clip(low * np.exp(uniform * math.log(high / low)), low, high)
    return low + uniform * (high - low)


def _address(seed: int, stream: str, ids: NDArray[np.int64]) -> Values:
    return uniforms(Key(seed, f"sweep/{stream}"), ids)


def _factor(seed: int, stream: str, ids: NDArray[np.int64]) -> Values:
    """Between a half and two, even on the log scale: no dose is likelier too large than small."""
    return 2.0 ** (2.0 * _address(seed, stream, ids) - 1.0)


def _random_course(case: Case, cohort: Cohort, seed: int) -> Schedule:
    """Each drug from a day of the patient's own on, at most as often as usual; and the insults."""
    ids = cohort.ids
    symbols = {port.name: (port.symbol, port.unit) for port in case.system.ports}
    times: list[Values] = []
    values: list[Values] = []
    targets: list[str] = []
    for give in case.gives:
        symbol, unit = symbols[give.drug]
        amount = doses(give, cohort, f"({unit})*day" if give.hours else unit)
        amount = amount * _factor(seed, f"dose/{give.drug}", ids)
        length = give.hours / HOURS_PER_DAY * _factor(seed, f"length/{give.drug}", ids)
        first = between(*FIRST_DAYS, _address(seed, f"first/{give.drug}", ids))
        number = np.ceil(_number(give) * _address(seed, f"number/{give.drug}", ids))
        planned = administrations(give, give.days[-1])
        for count, day in enumerate(planned):
            start = first + (day - planned[0])
            given = np.where(count < number, amount, np.nan)  # NaN: no such dose
            if give.hours:
                times += [start, start + length]
                values += [given / length, -given / length]
                targets += [symbol, symbol]
            else:
                times.append(start)
                values.append(given)
                targets.append(symbol)
    for loss in case.insults:
        start = between(*FIRST_DAYS, _address(seed, f"first/{loss}", ids))
        left = between(FEWEST, 1.0, _address(seed, f"left/{loss}", ids))
        rate = -np.log(left) / INSULT_DAYS
        times += [start, start + INSULT_DAYS]
        values += [rate, -rate]
        targets += [loss, loss]
    shape = (len(targets), len(ids))
    return Schedule(
        np.array(times).reshape(shape).T,
        np.array(values).reshape(shape).T,
        tuple(targets),
        tuple("sweep" for _ in targets),
        (),
        np.zeros(len(ids)),
        DAYS,
    )


def _varied_course(case: Case, cohort: Cohort, seed: int) -> Schedule:
    """The arm's course; what is given until recovery keeps its dose, it is a procedure's own."""
    assert case.course is not None
    schedule = plan(case.course, cohort, case.system, infusion_day=case.infusion_day, end=DAYS)
    drugs = {port.symbol: port.name for port in case.system.ports if port.direction == "dose"}
    factors = [_factor(seed, f"dose/{drugs[target]}", cohort.ids) for target in schedule.targets]
    return dataclasses.replace(schedule, values=schedule.values * np.column_stack(factors))
