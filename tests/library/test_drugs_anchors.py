"""The drug modules against published exposures, and against the closed forms of their laws."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from dosing import HOUR, at, follow, half_life

from reseed.model import compile_model
from reseed.nouns.course import Quantity
from reseed.nouns.system import System
from reseed.spec import find_library, read_module

PHYSIOLOGY = ("granulopoiesis", "platelets", "mobilisation")
LINEAR_CLEARANCE = {  # L/h in the person below
    "carmustine": 77.6 * 70 * 0.06,
    "etoposide": 1.14 + 0.0057 * (100 - 70),
    "cytarabine": 134 * 1.8,
    "melphalan": 26.5 * (17 * (56.127 / 50) ** 0.75 + 11.1 * 100 / 88) / 28.1,
    "fludarabine": (3.2 + 0.78 * 0.06 * 100 * 1.73 / 1.8) / 0.781,
    "filgrastim": 1.23,
    "plerixafor": 0.1386 * 0.3 * 70,
}
DRUGS = (*LINEAR_CLEARANCE, "cyclophosphamide", "busulfan", "rabbit_atg")
MEDIANS = {"weight": 74.72, "height": 150.0, "creatinine_clearance": 93.93}  # Nath 2010's


@cache
def system(
    drugs: tuple[str, ...] = DRUGS,
    folder: Path | None = None,
    overrides: tuple[tuple[str, Quantity], ...] = (),
) -> System:
    """The physiology with some drugs; `folder` is a further library."""
    library = find_library([folder] if folder else [])
    modules = [read_module(library.path("models", name)) for name in (*PHYSIOLOGY, *drugs)]
    return compile_model(modules, "drugs", dict(overrides))


def test_melphalan_area_at_200_mg_per_m2() -> None:
    """360 mg give 13.4 mg*h/L, within 3 % (Cho 2018)."""
    _, shown = follow(system(), [("melphalan", 0.0, 360.0, 0.5)], ["melphalan_auc"], 5, **MEDIANS)
    assert shown["melphalan_auc"][-1] * 24 == pytest.approx(13.4, rel=0.03)


def test_melphalan_leaves_less_than_chos_chain_with_its_graft() -> None:
    """That falls to 0.31 % of baseline, grafts counted as survivors: here fewer are left."""
    name = "neutrophil_progenitors"
    _, shown = follow(system(), [("melphalan", 0.0, 360.0, 0.5)], [name], 5, **MEDIANS)
    assert shown[name].min() / shown[name][0] < 0.0031


def test_busulfan_cumulative_area() -> None:
    """3.2 mg/kg on four days at a normal fat mass of 62 kg give 72.3 mg*h/L, within 1 %."""
    doses = [("busulfan", float(day), 224.0, 3.0) for day in range(4)]
    show = ["busulfan_auc", "normal_fat_mass"]
    _, shown = follow(system(), doses, show, 10, height=167.27)
    assert shown["normal_fat_mass"][0] == pytest.approx(62, rel=1e-3)
    assert shown["busulfan_auc"][-1] * 24 == pytest.approx(72.3, rel=0.01)


def test_cyclophosphamide_induces_its_clearance_within_a_day() -> None:
    """60 mg/kg twice: dose over area rises 1.9 times; half-life 8.7 then 3.6 h (PMID 3058371)."""
    doses = [("cyclophosphamide", float(day), 4200.0, 1.0) for day in range(2)]
    show = ["cyclophosphamide_auc", "cyclophosphamide_concentration"]
    times, shown = follow(system(), doses, show, 3)
    area = [at(times, shown["cyclophosphamide_auc"], day) * 24 for day in (0, 1, 2)]
    first, second = 4200 / (area[1] - area[0]), 4200 / (area[2] - area[1])
    assert first / 0.06 == pytest.approx(93, abs=27)
    assert second / first == pytest.approx(1.9, abs=0.3)
    level = shown["cyclophosphamide_concentration"]
    assert half_life(times, level, 2 * HOUR, 1) == pytest.approx(8.7, rel=0.25)
    assert half_life(times, level, 1 + 2 * HOUR, 1 + 16 * HOUR) == pytest.approx(3.6, rel=0.25)


def test_cyclophosphamide_enzyme_is_back_at_rest_before_conditioning() -> None:
    """Five weeks after 2 g/m2 a patient comes to conditioning uninduced."""
    show = ["cyclophosphamide_enzyme"]
    _, shown = follow(system(), [("cyclophosphamide", 0.0, 3600.0, 1.0)], show, 35)
    assert shown["cyclophosphamide_enzyme"].max() > 2
    assert shown["cyclophosphamide_enzyme"][-1] == pytest.approx(1, abs=1e-4)


def test_cyclophosphamide_activated_area_goes_with_the_dose() -> None:
    """Induction does not spare the marrow: four times the dose activates about four times."""
    show = ["cyclophosphamide_activated_auc", "cyclophosphamide_auc"]
    once = follow(system(), [("cyclophosphamide", 0.0, 3500.0, 1.0)], show, 10)[1]
    four = [("cyclophosphamide", float(day), 3500.0, 1.0) for day in range(4)]
    all_four = follow(system(), four, show, 10)[1]
    activated, parent = (all_four[name][-1] / once[name][-1] for name in show)
    assert activated == pytest.approx(4, rel=0.1)
    assert parent < 3


def test_fludarabine_area_against_its_optimum() -> None:
    """160 mg/m2 at 1.85 m2 and a filtration of 110 give 27.7 mg*h/L, 1.39 times the optimum."""
    doses = [("fludarabine", float(day), 74.0, 1.0) for day in range(4)]
    show = ["fludarabine_auc", "fludarabine_auc_to_optimum"]
    person = {"creatinine_clearance": 110.0, "body_surface_area": 1.73}
    _, shown = follow(system(), doses, show, 30, **person)
    assert shown["fludarabine_auc"][-1] * 24 == pytest.approx(27.7, rel=0.01)
    ratio = shown["fludarabine_auc"] * 24 / 20
    assert shown["fludarabine_auc_to_optimum"] == pytest.approx(ratio)


def test_fludarabine_without_mass_conversion() -> None:
    """The other reading of the published doses: 35.5 mg*h/L."""
    raw = system(("fludarabine",), None, (("fludarabine__mass_ratio", Quantity(1.0, "")),))
    doses = [("fludarabine", float(day), 74.0, 1.0) for day in range(4)]
    person = {"creatinine_clearance": 110.0, "body_surface_area": 1.73}
    _, shown = follow(raw, doses, ["fludarabine_auc"], 30, **person)
    assert shown["fludarabine_auc"][-1] * 24 == pytest.approx(35.5, rel=0.01)


def test_rabbit_atg_peak_and_time_below_one_mg_per_litre() -> None:
    """Active drug: 9.2 mg/L after 6 mg/kg at once, and 1 mg/L 19 days later (Waller 2003)."""
    name = "rabbit_atg_concentration"
    times, shown = follow(system(), [("rabbit_atg", 0.0, 420.0, 0.5)], [name], 40)
    assert shown[name].max() == pytest.approx(9.2, rel=0.02)
    assert times[shown[name] >= 1][-1] == pytest.approx(19.2, abs=0.2)


def test_rabbit_atg_as_given_before_cyclophosphamide() -> None:
    """0.5, 1 and three times 1.5 mg/kg to day -1: below 1 mg/L about day 18 (15, 8 to 38)."""
    name = "rabbit_atg_concentration"
    amounts = (0.5, 1.0, 1.5, 1.5, 1.5)
    doses = [("rabbit_atg", float(day), 70 * mg, 6.0) for day, mg in enumerate(amounts)]
    times, shown = follow(system(), doses, [name], 50)
    below = times[shown[name] >= 1][-1] - 5  # the first dose is on day -5
    assert 8 < below < 38
    assert below == pytest.approx(17, abs=1.5)
    assert 9.2 - 5.8 < shown[name].max() < 9.2 + 5.8


def test_plerixafor_after_four_days_of_filgrastim() -> None:
    """CD34+ cells rise 3.1 times (0.6 either way) in 10 to 11 h (Stewart 2009), then stay."""
    doses = [("filgrastim", day + 7 * HOUR, 0.7, 0.0) for day in range(5)]
    evening = 3 + 22 * HOUR
    doses.append(("plerixafor", evening, 0.24 * 70, 0.0))
    times, shown = follow(system(), doses, ["blood_cd34"], 6)
    cells = shown["blood_cd34"]
    before, after = at(times, cells, evening), at(times, cells, evening + 10.5 * HOUR)
    assert after / before == pytest.approx(3.1, abs=0.6)
    assert at(times, cells, evening + 18 * HOUR) / after == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("drug", LINEAR_CLEARANCE)
def test_area_is_dose_over_clearance(drug: str) -> None:
    """The law of linear elimination, with clearances written out from the publications."""
    name = f"{drug}_auc"
    hours = 0.0 if drug in ("filgrastim", "plerixafor") else 1.0
    _, shown = follow(system(), [(drug, 0.0, 10.0, hours)], [name], 60)
    assert shown[name][-1] * 24 == pytest.approx(10 / LINEAR_CLEARANCE[drug], rel=1e-3)


@pytest.mark.parametrize("drug", DRUGS)
def test_concentrations_are_never_negative(drug: str) -> None:
    """Repeated doses, then a long wash-out: nothing below zero but the solver's own error."""
    name = f"{drug}_concentration"
    hours = 0.0 if drug in ("filgrastim", "plerixafor") else 0.5
    doses = [(drug, day + 9 * HOUR, 300.0, hours) for day in range(4)]
    _, shown = follow(system(), doses, [name], 60)
    assert shown[name].max() > 0
    assert shown[name].min() >= -1e-7 * shown[name].max()


@pytest.mark.parametrize("drug", DRUGS)
def test_without_a_dose_nothing_happens(drug: str) -> None:
    """No drug, no exposure, for 200 days."""
    show = [f"{drug}_concentration", f"{drug}_auc"]
    _, shown = follow(system(), [], show, 200)
    assert all(np.all(values == 0) for values in shown.values())


def test_etoposide_stays_longer_with_poor_kidneys() -> None:
    """Half the creatinine clearance: area up by what Toffoli's equation says."""
    areas = []
    for crcl in (35.0, 70.0):
        doses = [("etoposide", 0.0, 360.0, 1.0)]
        _, shown = follow(system(), doses, ["etoposide_auc"], 30, creatinine_clearance=crcl)
        areas.append(shown["etoposide_auc"][-1])
    expected = 1.14 / (1.14 - 0.0057 * 35)
    assert areas[0] / areas[1] == pytest.approx(expected, rel=1e-3)


def test_docetaxel_by_data_alone(root: Path) -> None:
    """A new drug in a folder of its own: Quartino's nadir after 80 mg/m2, 0.534e9/L on day 8.7."""
    folder = root / "tests/library/data/docetaxel-library"
    uncapped = (("granulopoiesis__maximum_ratio", Quantity(99.0, "")),)
    one = system(("docetaxel",), folder, uncapped)
    show = ["neutrophils", "gcsf", "docetaxel_auc"]
    times, shown = follow(one, [("docetaxel", 0.0, 144.0, 1.0)], show, 25)
    assert shown["neutrophils"].min() / 1e9 == pytest.approx(0.534, rel=0.02)
    assert times[shown["neutrophils"].argmin()] == pytest.approx(8.7, abs=0.1)
    assert shown["gcsf"].max() * 1e6 == pytest.approx(138, rel=0.03)  # ng/L
