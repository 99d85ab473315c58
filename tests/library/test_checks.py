"""The `checks.toml` of every module: at rest without treatment, and never below zero."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from examples import cohort, schedule

from reseed.base.ports import find_port
from reseed.engine import Solver, solve
from reseed.model import compile_model
from reseed.nouns.key import Key
from reseed.nouns.module import Module
from reseed.nouns.probe import Probe
from reseed.nouns.system import System
from reseed.spec import find_library, parse_quantity, read_module

LIBRARY = find_library()
MODULES = {name: read_module(LIBRARY.path("models", name)) for name in LIBRARY.names("models")}
BODY = {
    "weight": (70.0, "kg"),
    "height": (172.0, "cm"),
    "body_surface_area": (1.83, "m^2"),
    "age": (36.0, "year"),
    "sex": (0.0, ""),
    "creatinine_clearance": (100.0, "mL/min"),
}
SUPPLIED = {p.name for m in MODULES.values() for p in m.ports if p.direction in ("out", "owns")}


def checks() -> list[tuple[str, dict[str, Any]]]:
    """(module, check) for every check of the library."""
    found = []
    for name in MODULES:
        path = Path(LIBRARY.path("models", name)) / "checks.toml"
        if path.exists():
            entries = tomllib.loads(path.read_text(encoding="utf-8")).get("check", [])
            found += [(name, entry) for entry in entries]
    return found


def with_suppliers(name: str) -> list[Module]:
    """A module with those that supply what it reads or changes."""
    chosen = {name: MODULES[name]}
    while True:
        there = {p.name for m in chosen.values() for p in m.ports if p.direction in ("out", "owns")}
        needed = {
            p.name
            for m in chosen.values()
            for p in m.ports
            if p.direction in ("in", "shares") and "default=" not in p.note
        }
        missing = (needed & SUPPLIED) - there - BODY.keys()
        if not missing:
            return list(chosen.values())
        for module in MODULES.values():
            if any(p.name in missing and p.direction in ("out", "owns") for p in module.ports):
                chosen[module.name] = module


def typical(system: System) -> dict[str, tuple[float, str]]:
    """The covariates that a system must be given, of a typical adult, in its units."""
    from reseed.base.units import convert

    needed = [port for port in system.ports if port.direction == "in" and port.default is None]
    units = {port.name: port.unit for port in needed}
    return {
        name: (convert(BODY[name][0], BODY[name][1], unit), unit) for name, unit in units.items()
    }


def jumps_of(system: System, name: str, check: dict[str, Any]) -> list[Any]:
    """One administration as the check says, or none."""
    from reseed.base.units import convert, split_dose_unit
    from reseed.nouns.jump import Jump

    if "dose" not in check:
        return []
    port = find_port(system, next(p.name for p in MODULES[name].ports if p.direction == "dose"))
    dose = parse_quantity(check["dose"])
    unit, per = split_dose_unit(dose.unit)
    size = {"kg": BODY["weight"][0], "m2": BODY["body_surface_area"][0]}.get(per, 1.0)
    if "over" not in check:
        return [Jump(1.0, port.symbol, convert(dose.value * size, unit, port.unit))]
    over = parse_quantity(check["over"])
    length = convert(over.value, over.unit, "day")
    rate = convert(dose.value * size, unit, f"({port.unit})*day") / length
    return [Jump(1.0, port.symbol, rate), Jump(1.0 + length, port.symbol, -rate)]


@pytest.mark.parametrize(
    ("name", "check"), [pytest.param(n, c, id=f"{n}-{c['kind']}") for n, c in checks()]
)
def test_module_keeps_its_checks(name: str, check: dict[str, Any]) -> None:
    """A typical adult stays at rest within the tolerance; a treated one stays above zero."""
    system = compile_model(with_suppliers(name), name)
    people = cohort(1, **typical(system))
    days = float(check.get("days", 30))
    own = [p.name for p in MODULES[name].ports if p.direction in ("out", "owns")]
    own = [port for port in own if port not in check.get("except", ())]
    shown = tuple(
        n for n in own if find_port(system, n).quantity not in ("event", "hazard", "exposure")
    )
    jumps = jumps_of(system, name, check)
    solved, _ = solve(
        system,
        people,
        schedule(1, days, jumps),
        Probe(shown, np.linspace(0.0, days, 400)),
        key=Key(1),
        solver=Solver(rtol=1e-8),
    )
    assert solved.status[0] == 0
    values = solved.values[0]
    if check["kind"] == "rest":
        moved = np.ptp(values, axis=1) / np.maximum(np.abs(values[:, 0]), 1e-12)
        still = np.abs(values[:, 0]) < 1e-12  # nothing there, and nothing may come
        assert np.all(np.where(still, np.ptp(values, axis=1), moved) <= check["tolerance"])
    else:
        assert check["kind"] == "positive"
        scale = np.maximum(values.max(axis=1), 1e-12)
        assert np.all(values.min(axis=1) >= -1e-9 * scale)
        assert not jumps or np.any(np.ptp(values, axis=1) > 0)


def test_every_model_has_checks() -> None:
    """A module with equations says what it keeps."""
    having = {name for name, _ in checks()}
    assert {name for name, module in MODULES.items() if module.text} <= having
