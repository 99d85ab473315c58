"""A course in the clinic's own words."""

from __future__ import annotations

from collections.abc import Mapping

from reseed.base.time import HOURS_PER_DAY
from reseed.nouns.course import Course, Do, Give, Quantity, Stage, Switch, When

_PROCEDURES = {
    "harvest": "Blood stem cells are collected by apheresis",
    "donate_blood": "A donor's mobilised blood is taken as the graft",
    "donate_marrow": "A donor's marrow is taken as the graft",
    "donate_cord": "Cord blood is taken as the graft",
    "take_stored": "A stored graft of the patient's own is taken",
    "process": "The graft is processed",
    "correct": "The gene is corrected in the graft",
    "freeze": "The graft is frozen",
    "thaw": "The graft is thawed",
    "wait_for_washout": "What follows waits until the antibody is washed out",
    "infuse": "The graft is infused",
    "inject": "Purified stem cells of a donor are injected",
    "adjust_dose": "The exposure to {drug} is measured {when}, and its further doses are scaled",
}
_FAILS = {"harvest": "With too few cells the harvest has failed: {after}"}
_NOTHING = "Patients are seen from day 0 on, and nothing is given"
_BY_SWITCH = "Begins with a switch, on its day 0"
_CONDITIONS = {
    "rises_by": "{name} up by {level} since the first visit",
    "at_least": "{name} at or above {level}",
    "at_most": "{name} at or below {level}",
    "failed": "that the {name} has failed",
}
_WRITTEN = {
    "atg": "ATG",
    "auc": "AUC",
    "cd34": "CD34+",
    "cd3": "CD3+",
    "cd19": "CD19+",
    "cd117": "CD117",
    "ckit": "c-Kit",
    "nk": "NK",
    "hla": "HLA",
}
_UNITS = {
    "mg": "mg", "g": "g", "ug": "µg", "kg": "kg", "m2": "m²", "h": "h", "cell": "cells",
    "L": "L", "day": "day", "uL": "µL",
}  # fmt: skip


def in_words(course: Course) -> list[str]:
    """One paragraph per stage: what is given, how much, when, what is done, when it is left."""
    titles = {stage.name: stage.title for stage in course.stages}
    waiting = course.switched_to()
    origin = "Days count from study entry" if course.origin == "entry" else ""
    return [
        _paragraph(stage, _BY_SWITCH if stage.name in waiting else origin, titles)
        for stage in course.stages
    ]


def _paragraph(stage: Stage, origin: str, titles: Mapping[str, str]) -> str:
    parts = [(min(give.days), _given(give)) for give in stage.gives]
    parts += [(do.day, _done(do)) for do in stage.procedures]
    sentences = [text for _, text in sorted(parts, key=lambda part: part[0])] or [_NOTHING]
    if origin:
        sentences.insert(0, origin)
    if stage.switch:
        sentences.append(_switched(stage.switch, titles))
    return f"{stage.title}. " + " ".join(f"{text}." for text in sentences)


def _switched(switch: Switch, titles: Mapping[str, str]) -> str:
    """Visits every 26 weeks, the first after 26 weeks. Switch to ... when a visit finds ..."""
    first = f"after {_length(switch.after)}" if switch.after else "at the start"
    found = " or ".join(_condition(one) for one in switch.when)
    onward = titles.get(switch.to, switch.to)
    return (
        f"Visits {_every(switch.visits)}, the first {first}. "
        f"Switch to {onward[:1].lower()}{onward[1:]} when a visit finds {found}"
    )


def _condition(one: When) -> str:
    level = quantity_in_words(one.level) if one.level else ""
    return _CONDITIONS[one.kind].format(name=_plain(one.name), level=level)


def _every(days: float) -> str:
    """Daily, every 26 weeks, every 56 hours."""
    return "daily" if days == 1 else f"every {_length(days).removeprefix('1 ')}"


def _length(days: float) -> str:
    for unit, hours in (("week", 7 * HOURS_PER_DAY), ("day", HOURS_PER_DAY), ("hour", 1.0)):
        number = days * HOURS_PER_DAY / hours
        if unit == "hour" or abs(number - round(number)) < 1e-6:
            break
    return f"1 {unit}" if number == 1 else f"{number:.4g} {unit}s"


def day_in_words(day: float) -> str:
    """Day −5, day 0, day +3."""
    if day == 0:
        return "0"
    return f"{'−' if day < 0 else '+'}{abs(day):g}"


def dose_in_words(give: Give) -> str:
    """50 mg/kg, or by weight: 3.2 mg/kg (below 9 kg 4 mg/kg)."""
    bands = [f"below {weight:g} kg {quantity_in_words(dose)}" for weight, dose in give.bands]
    by_weight = f" ({', '.join(bands)})" if bands else ""
    return quantity_in_words(give.dose) + by_weight


def quantity_in_words(quantity: Quantity) -> str:
    """50 mg/kg, 200 mg/m², 5 × 10⁶ cells/kg."""
    unit = quantity.unit.replace("_per_", "/").replace("^", "")
    if unit == "cell/L":  # as a laboratory prints counts
        return f"{quantity.value / 1e9:g} × 10⁹ cells/L"
    text = "/".join(_UNITS.get(part, part) for part in unit.split("/"))
    return f"{_number(quantity.value)} {text}".strip()


def _number(value: float) -> str:
    if 0.001 <= abs(value) < 1e5 or value == 0:
        return f"{value:g}"
    mantissa, exponent = f"{value:e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{float(mantissa):g} × 10{raised}"


def _days(days: tuple[float, ...]) -> str:
    ordered = sorted(days)
    if len(ordered) == 1:
        return f"on day {day_in_words(ordered[0])}"
    steps = {round(b - a, 6) for a, b in zip(ordered, ordered[1:], strict=False)}
    if steps == {1.0} and len(ordered) > 2:
        return f"daily from day {day_in_words(ordered[0])} to day {day_in_words(ordered[-1])}"
    listed = [day_in_words(day) for day in ordered]
    return f"on days {', '.join(listed[:-1])} and {listed[-1]}"


def _given(give: Give) -> str:
    text = f"{_capital(_plain(give.drug))} {dose_in_words(give)}"
    if give.hours:
        text += f" over {give.hours:g} h"
    if give.per_day > 1:
        text += f" every {24 / give.per_day:g} h"
    if give.every:
        steady = ", taken as a steady rate," if give.steady else ""
        text += f" {_every(give.every)}{steady} from day {day_in_words(give.days[0])} on"
    else:
        text += f" {_days(give.days)}"
    if give.until_port and give.until_level is not None:
        level = quantity_in_words(give.until_level)
        row = f" on {give.until_days} days in a row" if give.until_days > 1 else ""
        text += f", or until {_plain(give.until_port)} reach {level}{row}"
    if give.only_port and give.only_level is not None:
        level = quantity_in_words(give.only_level)
        text += f", on those days alone on which {_plain(give.only_port)} are at or below {level}"
    return text


def _done(do: Do) -> str:
    first, last = day_in_words(do.day), day_in_words(do.last_day)
    when = f"on day {first}"
    if do.last_day > do.day:
        end = (
            f"to day {last}"
            if do.drug
            else f"until enough are in hand, at the latest on day {last}"
        )
        when = f"daily from day {first} {end}"
    text = _PROCEDURES.get(do.procedure, _capital(_plain(do.procedure)))
    text = text if "{when}" in text else f"{text} {{when}}"
    text = text.format(drug=_plain(do.drug), when=when)
    if do.settings:
        text += f" ({'; '.join(_set(name, value) for name, value in do.settings)})"
    if do.procedure in _FAILS:
        stays = "nothing more of the course follows, and the patient is followed on"
        after = stays if do.stay else "follow-up ends"
        text += f". {_FAILS[do.procedure].format(after=after)}"
    return text


def _set(name: str, value: Quantity) -> str:
    """Below 100 ng/mL; 5000 cells, where the name says no more than the unit."""
    name, text = _plain(name), quantity_in_words(value)
    return text if text.endswith(f" {name}") else f"{name} {text}"


def _plain(name: str) -> str:
    """A name of the library as prose writes it: rabbit_atg is rabbit ATG, anti_ckit anti-c-Kit."""
    words = " ".join(_WRITTEN.get(word, word) for word in name.split("_"))
    return words.replace("anti ", "anti-", 1) if words.startswith("anti ") else words


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
