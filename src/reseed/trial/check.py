"""What only compiling shows: units in formulae, missing values, modules that do not fit."""

from __future__ import annotations

from pathlib import Path

from reseed.base.errors import Fault, InvalidInput, UnsupportedModel
from reseed.model import compile_model
from reseed.nouns.module import Module
from reseed.nouns.scenario import Scenario
from reseed.spec import Library, read_module, read_scenario
from reseed.spec.assembly import assemble
from reseed.trial.setup import set_up


def scenario_faults(scenario: Scenario) -> list[Fault]:
    """Faults of a scenario's arms once their models are put together, and endpoints left out."""
    try:
        setup = set_up(scenario)
    except InvalidInput as error:
        return list(error.faults)
    except UnsupportedModel as error:
        return [Fault(scenario.name, "model", str(error), "a construct that reseed supports")]
    return [
        Fault(f"scenario {scenario.name}", f"endpoints: {name}", why, "an endpoint of these arms")
        for name, why in setup.left_out
    ]


def module_faults(name: str, available: tuple[Module, ...]) -> list[Fault]:
    """Faults of one module, compiled with those that supply what it needs."""
    covariates = {
        port.name for module in available for port in module.ports if port.quantity == "covariate"
    }
    modules, gaps = assemble([name], [], [], available, covariates)
    if gaps:
        return [
            Fault(f"models/{gap.module}/ports.tsv", f"port {gap.port.name}", "no single supplier",
                  "a module of the library that supplies it")
            for gap in gaps
        ]  # fmt: skip
    try:
        compile_model(modules, name)
    except InvalidInput as error:
        return list(error.faults)
    except UnsupportedModel as error:
        return [Fault(f"models/{name}", "model.ant", str(error), "a supported construct")]
    return []


def compiled_faults(path: Path, library: Library) -> list[Fault]:
    """Faults that compiling finds in what lies at `path`: a library, a kind, a module, a scenario.

    To be asked after `reseed.spec.lint` has found none.
    """
    library = library.including(path) if (path / "models").is_dir() else library.around(path)
    if path.is_file() and path.suffix != ".toml":
        path = path.parent
    available = tuple(read_module(library.path("models", name)) for name in library.names("models"))
    faults: list[Fault] = []
    for module in available:
        if module.text and _within(library.path("models", module.name), path):
            faults += module_faults(module.name, available)
    for name in library.names("scenarios"):
        if _within(library.path("scenarios", name), path):
            faults += scenario_faults(read_scenario(name, library))
    return list(dict.fromkeys(faults))


def _within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
