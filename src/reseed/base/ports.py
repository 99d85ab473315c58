"""Finding public names in a System."""

from __future__ import annotations

from reseed.base.words import meant
from reseed.nouns.system import System, SystemPort


def find_port(system: System, name: str) -> SystemPort:
    """The port of that public name; KeyError, naming the ports that exist, where there is none."""
    for port in system.ports:
        if port.name == name:
            return port
    hint = meant(name, [port.name for port in system.ports])
    raise KeyError(f"the model {system.name!r} has no port {name!r}; {hint}")


def parameter_unit(system: System, parameter: str) -> str:
    """The unit that a parameter (id `module__name`) has inside the system."""
    return system.parameter_units[system.parameters.index(parameter)]
