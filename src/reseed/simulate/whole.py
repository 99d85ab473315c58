"""Species that go one by one start with whole numbers, and events give them whole numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.model.whole import NEAR, ODD, rounded
from reseed.nouns.system import System
from reseed.simulate.first import first_values

WHOLE = "a whole number, since it goes one by one"


def whole_at_start(
    system: System, columns: Mapping[str, NDArray[np.float64]], start: float, text: str
) -> System:
    """The System with what is whole, but for rounding, made whole at the start.

    `columns` are what patients bring, `text` is the model's. InvalidInput names every species that
    starts with something else, its line, and the first set of values for which it does.
    """
    names = first_values(system, columns, start)
    initial, faults = list(system.initial), []
    for species in system.discrete:
        place = system.states.index(species)
        found = np.atleast_1d(np.asarray(names.get(species, np.nan), dtype=np.float64))
        odd = np.flatnonzero(~_near(found))
        if odd.size:
            told = f"{found[odd[0]]:.12g} at the start"
            told += f" of set {odd[0]}" if found.size > 1 else ""
            faults.append(Fault(system.name, line_of(species, text) + species, told, WHOLE))
        elif np.any(found != np.rint(found)):
            initial[place] = rounded(initial[place])
    if faults:
        raise InvalidInput(faults)
    return replace(system, initial=tuple(initial)) if initial != list(system.initial) else system


def odd_ports(system: System) -> tuple[str, ...]:
    """What tells whether an event gave a species a number that is not whole."""
    return tuple(port.name for port in system.ports if port.name.startswith(ODD))


def odd_told(port: str, value: float, text: str) -> str:
    """What an event gave to a species, in words."""
    event, _, species = port.removeprefix(ODD).rpartition(": ")
    place, called = line_of(event, text), f"event {event.removeprefix('event ')}"
    return f"{place}{called}: found {value:.12g} for {species}; expected {WHOLE}"


def line_of(name: str, text: str) -> str:
    """`line 12, ` where a text, SBML or Antimony, declares a name; "" where it cannot be told."""
    own = re.escape(name)
    declared = (
        rf"\bid\s*=\s*[\"']{own}[\"']"
        if text.lstrip().startswith("<")
        else rf"(?<![\w.$]){own}\s*(?:=|:(?!=)|in\b)"
    )
    found = re.search(declared, text)
    return f"line {text.count(chr(10), 0, found.start()) + 1}, " if found else ""


def _near(found: NDArray[np.float64]) -> NDArray[np.bool_]:
    nearest = np.rint(found)
    return np.abs(found - nearest) <= NEAR * np.maximum(1.0, np.abs(nearest))
