"""Fit what infections owe to CD4 cells, deaths of toxicity, and late effects.

    python -m bench.calibrate_safety             # print the fits and what they miss
    python -m bench.calibrate_safety --write     # and write that of infections

Prints every target beside what the model gives; the values stand in the modules' parameters.tsv.
Infections are fitted on the counts of CD4 cells that the library gives: they follow these.
Targets: infections of 56 patients (Storek 2004), deaths of Muraro 2017, Burt 2022 and Mexico,
return of ovarian function (Sanders 1988), secondary autoimmunity (Daikeler 2011, Burt 2022).
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy.optimize import brentq, least_squares
from scipy.stats import norm

from bench.arms import arm_of, drawn_patients
from bench.tables import put
from reseed.engine import Solver, solve
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.spec import find_library, read_module

PATIENTS, INFUSION, END = 400, 49.0, 49.0 + 731.0
IMMUNE = ("thymus", "lymphocytes", "b_cells", "innate", "opportunistic", "regimen_toxicity")
SHOWN = ("cd4", "igg", "neutrophils", "prophylaxis", "toxic_load")
INFECTIONS = ((16, 180, 25), (181, 365, 9), (366, 730, 9))
Values = np.ndarray


@cache
def followed(course: str) -> Values:
    """Daily values of those who live to the end, (patient, what is shown, day of study)."""
    arm = arm_of(course, IMMUNE)
    people = drawn_patients(arm.system, PATIENTS)
    plan, probe = arm.schedule(people, INFUSION, END), Probe(SHOWN, np.arange(END))
    found, _ = solve(arm.system, people, plan, probe, key=Key(1), solver=Solver(rtol=1e-5))
    return found.values[~np.isnan(found.values).any(axis=(1, 2))]


def value_of(name: str) -> float:
    """A parameter of the library, in its own unit."""
    module, own = name.split("__")
    rows = read_module(find_library().path("models", module)).parameters
    return next(row.value for row in rows if row.id == own)


def infection() -> dict[str, float]:
    """Reference count, scale and lasting part, for three windows of the same cohort."""
    cd4, igg, counts, prophylaxis, _ = np.moveaxis(followed("cyclophosphamide-atg"), 1, 0)
    cd4, counts, day = cd4 / 1e6, np.maximum(counts / 1e9, 0.01), np.arange(END) - INFUSION
    by_count = value_of("infection__ratio_per_decade") ** np.log10(counts)
    steep = value_of("infection__discharge_steepness")
    home = 1 / (1 + (counts / value_of("infection__discharge_count")) ** -steep)
    rate = value_of("infection__hospital_rate")
    ward = rate * (1 - home) * by_count
    away = rate * value_of("infection__home_factor") * home * by_count
    enough = value_of("infection__enough_igg")
    away *= value_of("infection__ratio_per_gram") ** (np.minimum(igg, enough) - enough)
    scale = value_of("opportunistic__cd4_scale")
    other = value_of("opportunistic__rate_without_cd4") / 365.25 * np.exp(-cd4 / scale)
    other *= np.where(prophylaxis > 0.5, value_of("opportunistic__prophylaxis_ratio"), 1)

    def expected(reference: float, scale: float, lasting: float) -> Values:
        by_cd4 = lasting + (1 - lasting) * np.exp((reference - cd4) / scale)
        total = (ward + away * by_cd4 + other).mean(axis=0)
        windows = [(day >= first) & (day <= last) for first, last, _ in INFECTIONS]
        return 56 * np.array([total[window].sum() for window in windows])

    seen = np.array([number for _, _, number in INFECTIONS])
    start, low, high = [120, 150, 0.1], [0, 20, 0], [500, 1000, 0.9]
    found = least_squares(
        lambda x: np.log(expected(*x) / seen), start, bounds=(low, high), x_scale=[100, 100, 0.1]
    ).x
    print(
        f"infection: reference_cd4 {found[0]:.4g}, cd4_scale {found[1]:.4g}, lasting {found[2]:.2g}"
    )
    names = ("reference_cd4", "cd4_scale", "lasting")
    own = expected(*(value_of(f"infection__{name}") for name in names))
    print(f"  infections in 56 patients, published {seen}, here {np.round(expected(*found), 1)}")
    print(f"  with the library's numbers {np.round(own, 1)}")
    found = np.where(found < 1e-6, 0.0, found)  # a fit ends beside its bound
    return dict(zip(names, found.tolist(), strict=True))


def write(fitted: Mapping[str, float]) -> None:
    """Put the numbers of infections into the tables; the port's default is the reference count."""
    texts = {name: f"{value:.3g}" for name, value in fitted.items()}
    put({f"infection__{name}": {"value": text} for name, text in texts.items()})
    path = find_library().path("models", "infection") / "ports.tsv"
    ports, default = path.read_text(encoding="utf-8"), f"\\g<1>{texts['reference_cd4']}e6"
    path.write_text(re.sub(r"(?m)^(cd4\t.*default=)\S+", default, ports), encoding="utf-8")


def toxicity() -> None:
    """Lethality today, and how many times as high it was from 1995 to 2006."""
    day = slice(0, int(INFUSION) + 101)
    cy, beam = (
        (followed(f"{name}-atg")[:, 4, day] ** 2).sum(axis=1).mean()
        for name in ("cyclophosphamide", "beam")
    )
    lethality = 0.5 / (507 + 617) / cy
    turn, width = value_of("regimen_toxicity__turn"), value_of("regimen_toxicity__turn_width")
    early = 1 / (1 + np.exp((np.linspace(1995, 2006, 111) - turn) / width))
    ours = value_of("regimen_toxicity__lethality")

    def deaths(ratio: float) -> float:
        hazard = ours * beam * (1 + (ratio - 1) * early) + 1 / 507
        return float(np.mean(1 - np.exp(-hazard)))

    ratio = brentq(lambda x: deaths(x) - 8 / 281, 1, 1000)
    print(f"regimen_toxicity: lethality {lethality:.2g}, early_ratio {ratio:.3g}")
    print(f"  days at full load: cyclophosphamide {cy:.1f}, BEAM {beam:.1f}")
    now = deaths(value_of("regimen_toxicity__early_ratio"))
    print(f"  deaths by day 100, 1995-2006: published 2.85 %, here {100 * now:.2f} %")
    print(f"  today, cyclophosphamide: {100 * (ours * cy + 1 / 507):.2f} %")


def failing(age: float, kill: float) -> float:
    """Share of women whose ovaries fail at this age when follicles fall by exp(-kill)."""
    young, late, turn, width = (
        value_of(f"ovary__{name}")
        for name in ("decline_young", "decline_late", "turn", "turn_width")
    )
    for _ in range(200):
        age += kill / 200 / (young + (late - young) / (1 + math.exp((turn - age) / width)))
    return float(norm.cdf(age / value_of("ovary__menopause_age") - 1, scale=0.0774))


def ovary() -> None:
    """27 of 27 women of 14 to 25 years recovered, 5 of 16 of 26 to 40 (ages taken as even)."""
    tried = []
    for kill in np.arange(2.5, 4.51, 0.1):
        young = np.mean([failing(age, kill) for age in range(14, 26)])
        older = np.mean([failing(age, kill) for age in range(26, 41)])
        likely = 27 * math.log(1 - young) + 11 * math.log(older) + 5 * math.log(1 - older)
        tried.append((likely, kill, young, older))
    _, kill, young, older = max(tried)
    print(f"ovary: logarithm of kill {kill:.1f}, per mg*h/L {kill / 5000:.2g}")
    print(f"  failing under 26: published 0 of 27, here {27 * young:.1f}")
    print(f"  failing from 26 on: published 11 of 16, here {16 * older:.1f}")


WOMEN = 0.694  # of the transplanted patients of the library's cohort
FOLLOWED = 4.0  # years, on average, in the series that print shares without a time: assumed


def late_effects() -> None:
    """Shares less what anybody gets; the rest of 9.8 % at five years; both drugs together."""
    usual = {
        name: WOMEN * value_of(f"late_effects__{name}_women")
        + (1 - WOMEN) * value_of(f"late_effects__{name}_men")
        for name in ("hypothyroidism", "graves")
    } | {"thrombocytopenia": 0.0}
    shares = {"hypothyroidism": 0.035, "graves": 0.033, "thrombocytopenia": 0.014}
    closing = value_of("late_effects__closing") * 365.25

    def closed(years: float) -> float:
        return 1 - math.exp(-closing * years)

    own = {
        name: (-math.log(1 - share) - usual[name] * FOLLOWED) / closed(FOLLOWED)
        for name, share in shares.items()
    }
    anybody = 5 * (sum(usual.values()) + value_of("late_effects__other_usual"))
    rest = (-math.log(1 - 0.098) - anybody) / closed(5) - sum(own.values())
    opened = 1 - math.exp(-1.24)  # 200 mg/kg and, to mobilise, a quarter of that
    # the product of two windows closes twice as fast
    both = -math.log(1 - 0.14) - own["thrombocytopenia"] * closed(FOLLOWED)
    both /= opened * (1 - math.exp(-2 * closing * FOLLOWED)) / 2
    for name, risk in {**own, "other": rest}.items():
        print(f"late_effects: {name}_risk {1 - math.exp(-risk):.2g}")
    print(f"late_effects: thrombocytopenia_both {1 - math.exp(-both):.2g}")


def main() -> None:
    """All of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--write", action="store_true", help="write what infections owe to CD4")
    options = parser.parse_args()
    infections = infection()
    toxicity()
    ovary()
    late_effects()
    if options.write:
        write(infections)


if __name__ == "__main__":
    main()
