"""Composition: a parent model, written in Antimony, that instantiates modules and joins ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reseed.base.errors import Fault, InvalidInput
from reseed.nouns.module import Module, Port
from reseed.spec.module import default_of, is_optional

ROOT = "reseed_assembly"
_HEADER = """
  unit time_unit = 86400 second; unit substance = item; unit extent = item;
  unit volume = litre; unit unity = dimensionless;
  compartment body; body = 1; body has litre;
"""


@dataclass(frozen=True, slots=True)
class Assembly:
    """The parent text with the modules' texts, and who supplies each name.

    `covariates` maps a covariate's name to the port that first asked for it; `unheard` are
    species that modules could change and that nobody here owns; `places` says at which line of
    the text each file begins.
    """

    text: str
    root: str
    modules: tuple[Module, ...]
    covariates: dict[str, Port]
    unheard: frozenset[str]
    places: tuple[tuple[int, str], ...]


def assemble(modules: Sequence[Module]) -> Assembly:
    """Join modules by the public names of their ports; InvalidInput names every loose end."""
    faults = _clashes(modules)
    supply = {p.name: (m, p) for m in modules for p in m.ports if p.direction == "out" and m.text}
    owned = {p.name for m in modules for p in m.ports if p.direction == "owns"}
    unheard = {p.name for m in modules for p in m.ports if is_optional(p)} - owned
    covariates: dict[str, Port] = {}
    species = owned | unheard
    lines = [f"  substanceOnly species {name} in body;" for name in sorted(species)]
    links: list[str] = []
    for module in modules:
        if not module.text:
            continue
        arguments = [p.name for p in module.ports if p.direction in ("owns", "shares")]
        faults += [
            _loose(module, name, "a module that owns it")
            for name in arguments
            if name not in species
        ]
        lines.append(f"  {instance(module.name)}: {module.name}({', '.join(arguments)});")
        for port in module.ports:
            if port.direction == "in":
                faults += _link(module, port, supply, covariates, links)
    if faults:
        raise InvalidInput(faults)
    body = "\n".join([*lines, *links])
    text, places = "", []
    for module in modules:
        if module.text:
            places.append((text.count("\n") + 1, f"{module.folder}/model.ant"))
            text += module.text.rstrip("\n") + "\n"
    places.append((text.count("\n") + 1, "the assembly"))
    text += f"model {ROOT}()\n{_HEADER}{body}\nend\n"
    return Assembly(text, ROOT, tuple(modules), covariates, frozenset(unheard), tuple(places))


def instance(module: str) -> str:
    """The name of a module's instance: Antimony wants it to differ from the model's own."""
    return f"{module}_"


def flat_id(module: Module, symbol: str) -> str:
    """The id that a module's symbol has in the assembled model."""
    for port in module.ports:
        if port.symbol == symbol and port.direction in ("owns", "shares"):
            return port.name
    return f"{module.name}__{symbol}"


def _link(
    module: Module,
    port: Port,
    supply: dict[str, tuple[Module, Port]],
    covariates: dict[str, Port],
    links: list[str],
) -> list[Fault]:
    target = f"{instance(module.name)}.{port.symbol}"
    if port.name in supply:
        owner, source = supply[port.name]
        links.append(f"  {target} := {instance(owner.name)}.{source.symbol};")
        return _same_unit(module, port, source.unit, f"module {owner.name}")
    if port.quantity == "covariate":
        first = covariates.setdefault(port.name, port)
        # A covariate stays a constant of the module; its value is set from the patient's own.
        return _same_unit(module, port, first.unit, "another module")
    if default := default_of(port.note):
        links.append(f"  {target} = {default};")
        return []
    return [_loose(module, port.name, "a module with an `out` port of that name")]


def _same_unit(module: Module, port: Port, unit: str, where: str) -> list[Fault]:
    if port.unit == unit:
        return []
    place = f"port {port.name}"
    return [Fault(f"{module.folder}/ports.tsv", place, port.unit, f"{unit}, as in {where}")]


def _loose(module: Module, name: str, expected: str) -> Fault:
    return Fault(f"{module.folder}/ports.tsv", f"port {name}", "nothing that supplies it", expected)


def _clashes(modules: Sequence[Module]) -> list[Fault]:
    seen: dict[str, str] = {}
    faults = []
    for module in modules:
        for port in module.ports:
            if port.direction not in ("out", "owns", "dose"):
                continue
            if port.name in seen and seen[port.name] != module.name:
                expected = f"a name that module {seen[port.name]} does not have"
                place = f"port {port.name}"
                faults.append(Fault(f"{module.folder}/ports.tsv", place, port.name, expected))
            seen[port.name] = module.name
    return faults
