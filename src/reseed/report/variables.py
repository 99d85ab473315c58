"""How variables and measured values are shown: title, unit, axis and the levels drawn across."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reseed.report.names import spoken


@dataclass(frozen=True, slots=True)
class Show:
    """The face of a variable. `levels` are in `unit`; `until` ends the axis (day), if set.

    On a logarithmic axis values below `floor` are drawn at it. An empty `unit` keeps the
    data's own. `normal`, `time`, `better` and `same` are those of `reseed.nouns.display`.
    """

    title: str
    unit: str = ""
    logarithmic: bool = False
    floor: float = 0.0
    levels: tuple[float, ...] = ()
    until: float | None = None
    normal: tuple[float, float] | None = None
    time: str = "recovery"
    better: str = ""
    same: float = 0.0
    source: str = ""


VARIABLES = {
    "neutrophils": Show("Neutrophil count", "1e9 cell/L", True, 0.01, (0.5,)),
    "platelets": Show("Platelet count", "1e9 cell/L", levels=(20.0,)),
    "blood_cd34": Show("CD34+ cells in blood", "cell/uL", True, 1.0, until=0.0),
    "cd34_collected": Show("CD34+ cells collected", "1e6 cell/kg"),
    "cd34_infused": Show("Viable CD34+ cells infused", "1e6 cell/kg"),
}

_SMALL = 0.1  # mg/L
_FEW_CELLS = 2.0  # 1e9/L; lower counts are told per microlitre, as on the ward
_READABLE = {"cell/kg": "1e6 cell/kg", "cell/L": "1e9 cell/L"}


def show_of(name: str, unit: str = "") -> Show:
    """The face of a variable; one that is not in the table shows its name and its own unit."""
    return VARIABLES.get(name) or Show(spoken(name), readable(unit))


def face_of(run: Mapping[str, Any], name: str, unit: str) -> Show:
    """The face of a variable: what the scenario says of it, else the table, else its name."""
    show, own = show_of(name, unit), run.get("display", {}).get(name)
    if not any("infuse" in arm.get("modules", ()) for arm in run.get("arms", ())):
        show = replace(show, until=None)  # without an infusion nothing ends with it
    if run.get("organism"):
        show = replace(show, levels=())  # they are thresholds of people's
    if not own:
        return show
    shown = own["unit"] or show.unit
    if own["unit"] and own["unit"] != show.unit:  # levels of the table are in its own unit
        show = replace(show, levels=(), floor=0.0)
    return replace(
        show,
        title=own["title"] or show.title,
        unit=shown,
        logarithmic=own["scale"] == "log" if own["scale"] else show.logarithmic,
        levels=tuple(own["levels"]) or show.levels,
        normal=tuple(own["normal"]) if own["normal"] else None,
        time=own["time"] or show.time,
        better=own["better"],
        same=float(own["same"]),
        source=own["source"],
    )


def readable(unit: str) -> str:
    """The unit in which values of a unit are shown: millions of cells per kg, for example."""
    return _READABLE.get(unit, unit)


def is_concentration(unit: str) -> bool:
    """Whether a unit is one of mass in a volume."""
    from reseed.base.units import compatible

    return bool(unit) and compatible(unit, "mg/L")


def legible(show: Show, unit: str, peak: float) -> Show:
    """The face with a unit in which small numbers read well; `peak` is in `unit`."""
    shown = show.unit or unit
    if shown == "1e9 cell/L" and not show.levels and 0 < peak * scale(unit, shown) < _FEW_CELLS:
        return replace(show, unit="cell/uL", floor=show.floor * scale(shown, "cell/uL"))
    if not is_concentration(shown):
        return show
    highest = peak * scale(unit, "mg/L")
    if shown != "mg/L" or not 0 < highest < _SMALL:
        return show
    return replace(show, unit="ug/L" if highest >= 1e-3 * _SMALL else "ng/L")


def scale(unit: str, shown: str) -> float:
    """What a value in `unit` is multiplied with to be in `shown`; 1 where neither is given."""
    if not unit or not shown or unit == shown:
        return 1.0
    from reseed.base.units import factor

    return factor(unit, shown)
