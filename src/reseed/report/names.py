"""Names and units as a reader of medicine writes them, from the names that files carry."""

from __future__ import annotations

import re

from reseed.report.numbers import power

_ABBREVIATIONS = {
    "cd34": "CD34+",
    "cd3": "CD3+",
    "cd19": "CD19+",
    "atg": "ATG",
    "b": "B",
    "t": "T",
    "anc": "ANC",
    "auc": "AUC",
    "edss": "EDSS",
    "cd4": "CD4",
    "cd8": "CD8",
    "nk": "NK",
    "igg": "IgG",
}
_WHOLE = {
    "anti_ckit": "Antibody against c-Kit",
    "autoreactive_share": "Autoreactive share of memory cells (1: untreated)",
    "clones_arisen": "Autoreactive clones that have arisen since",
    "clones_returned": "Autoreactive clones back with the graft",
    "clones_survived": "Autoreactive clones from before entry",
    "crohn": "Crohn's disease",
    "death_aplasia": "Death from aplasia",
    "death_background": "Death from other causes",
    "death_infection": "Death from infection",
    "death_opportunistic": "Death from opportunistic infection",
    "death_toxicity": "Death from toxicity of conditioning",
    "drop-out": "Dropped out",
    "graves_disease": "Graves' disease",
    "other_autoimmunity": "Other autoimmune disease",
}
_FACTOR = re.compile(r"^1e(-?\d+) +")
_PLURAL = re.compile(r"\bcell\b")
_POWERS = {"^2": "²", "^3": "³", "**2": "²", "**3": "³"}
_WORDS = {
    "year": "years",
    "month": "months",
    "day": "days",
    "hour": "hours",
    "litre": "L",
    "percent": "%",
    "dimensionless": "",
    "1": "",
}


def spoken(name: str) -> str:
    """A file's name in words: `blood_cd34` reads "Blood CD34+"."""
    if name in _WHOLE:
        return _WHOLE[name]
    words = re.split(r"[_\-\s]+", name.strip())
    text = " ".join(_ABBREVIATIONS.get(word.lower(), word) for word in words)
    return text[:1].upper() + text[1:]


def level_text(name: str) -> str:
    """A level of a covariate within a table: `multiple_sclerosis` reads "multiple sclerosis"."""
    return _WHOLE.get(name, name.replace("_", " "))


def unit_text(unit: str) -> str:
    """A unit in print: "1e9 cell/L" reads "10⁹ cells/L", "mg_per_m2" reads "mg/m²"."""
    text = unit.strip()
    factor = _FACTOR.match(text)
    head = f"{power(int(factor[1]))} " if factor else ""
    text = text[factor.end() :] if factor else text
    if text in _WORDS:
        return head + _WORDS[text]
    if text.startswith("1/"):
        return f"{head}per {_PLURAL.sub('cell', text[2:])}"
    text = text.replace("_per_", "/").replace("/m2", "/m²")
    for written, shown in _POWERS.items():
        text = text.replace(written, shown)
    text = re.sub(r"\b[uµ](?=[gLlmM]\w*\b)", "µ", text).replace("litre", "L")
    return head + _PLURAL.sub("cells", text).replace("*", "·")


def quantity(value: str, unit: str) -> str:
    """A value with its unit; a dimensionless one stands alone."""
    shown = unit_text(unit)
    times = " ×" if shown.startswith("10") else ""
    return f"{value}{times} {shown}" if shown else value


def labelled(title: str, unit: str) -> str:
    """A title with its unit behind a comma, unless the title says it: "Days of fever"."""
    shown = unit_text(unit)
    said = re.search(rf"\b{re.escape(shown)}\b", title, re.IGNORECASE) if shown else True
    return title if said else f"{title}, {shown}"
