"""The channels of modules in a System: which states are whole numbers, and how they change."""

from __future__ import annotations

import dataclasses

from reseed.base.errors import Fault, InvalidInput
from reseed.model.compose import Assembly, flat_id
from reseed.nouns.system import Channel, System


def with_channels(system: System, assembly: Assembly) -> System:
    """The System with the channels of all modules; their species become discrete.

    Raises InvalidInput where a channel's rate has no value or a target is no species, and where
    a species has a rate of its own: a whole number changes by whole steps alone.
    """
    faults: list[Fault] = []
    owned = {port.name: port.symbol for port in system.ports}
    rates = dict(zip(system.states, system.rates, strict=True))
    known = {*system.parameters, *(name for name, _ in system.rules)}
    channels = []
    for module in assembly.modules:
        for row in module.channels:
            place = f"{module.folder}/channels.tsv"
            rate = flat_id(module, row.symbol)
            if rate not in known:
                faults.append(Fault(place, row.name, f"{row.symbol} without a rule", "a rate"))
            changes = tuple((owned.get(t, flat_id(module, t)), amount) for t, amount in row.adds)
            for target, _ in changes:
                if target not in rates:
                    faults.append(Fault(place, row.name, f"{target}, no state", "a species"))
                elif rates[target] != 0.0:
                    found = f"{target}, which has a rate or reactions of its own"
                    faults.append(Fault(place, row.name, found, "a species without"))
            channels.append(Channel(row.name, rate, changes))
    names = [channel.name for channel in channels]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.append(Fault("channels.tsv", name, "a name in two modules", "a name of its own"))
    if faults:
        raise InvalidInput(faults)
    return dataclasses.replace(
        system,
        channels=tuple(sorted(channels, key=lambda channel: channel.name)),
        discrete=tuple(sorted({name for channel in channels for name, _ in channel.changes})),
    )
