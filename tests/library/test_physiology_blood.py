"""Neutrophils, platelets and grafts: rest, published nadirs, and days of recovery."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from examples import alone, module

from reseed.base.ports import find_port
from reseed.model import compile_model
from reseed.nouns.course import Quantity
from reseed.nouns.jump import Jump
from reseed.nouns.module import Module
from reseed.nouns.records import Records
from reseed.nouns.system import System
from reseed.spec import find_library, read_module

BLOOD = ("granulopoiesis", "platelets")
WEIGHT = 70.0
DOCETAXEL = Path(__file__).parent / "data" / "docetaxel-library" / "models" / "docetaxel"
# Friberg 2002, doi:10.1200/JCO.2002.02.140: the platelet chain with the numbers of neutrophils
FRIBERG = {
    "platelets__baseline_count": "5.05e9 cell/L",
    "platelets__mean_transit_time": "88.7 h",
    "platelets__feedback_exponent": "0.161 1",
    "platelets__feedback_floor": "0 cell/L",
    "platelets__transfusion_threshold": "0 cell/L",
    "platelets__loss_ratio": "1 1",
    "docetaxel__slope": "8.58 L/umol",
}
# before all cohorts were fitted at once: values of an independent integration hold for these
EARLIER = {
    "granulopoiesis__maximum_ratio": "5.5 1",
    "platelets__mean_transit_time": "113 h",
    "platelets__feedback_exponent": "0.187 1",
    "platelets__feedback_floor": "10e9 cell/L",
    "platelets__loss_ratio": "1 1",
    "platelets__transfusion_threshold": "0 1e9 cell/L",
}
Days = np.ndarray


def ours(name: str) -> Module:
    """A module of the library."""
    return read_module(find_library().path("models", name))


def built(modules: Sequence[Module], values: Mapping[str, str] | None = None) -> System:
    """The system of these modules, with values such as "10 1"."""
    pairs = {name: text.split(" ", 1) for name, text in (values or {}).items()}
    given = {name: Quantity(float(value), unit) for name, (value, unit) in pairs.items()}
    return compile_model(modules, "blood", given)


@cache
def blood(**values: str) -> System:
    """Granulopoiesis and platelets; dots of parameter ids are written as double underscores."""
    return built([ours(name) for name in BLOOD], values)


def follow(
    system: System,
    show: Sequence[str],
    days: float,
    jumps: Sequence[Jump] = (),
    parameters: Mapping[str, float] | None = None,
    covariates: Mapping[str, float] | None = None,
) -> tuple[Days, dict[str, np.ndarray], Records]:
    """Times every hundredth of a day, the shown ports, and the records of one patient of 70 kg."""
    described = {name: (value, "") for name, value in (covariates or {}).items()}
    return alone(system, show, days, jumps, parameters, weight=(WEIGHT, "kg"), **described)


def grafted(
    system: System, cd34_per_kg: float, day: float = 0.0, homing: float = 0.0, seed: float = 0.0
) -> list[Jump]:
    """Everything in marrow and blood taken away on a day, and a graft put in.

    Its homing and seed of platelets are the library's, if none are given.
    """
    resting = start(system)
    jumps = [Jump(day, name, -value) for name, value in resting.items() if value > 1.0]
    homing = homing or ours_value("infuse", "homing")
    seed = seed or ours_value("infuse", "platelet_seed")
    platelet = cd34_per_kg / 1e6 * seed * resting["platelet_progenitors"]
    return [
        *jumps,
        Jump(day, "neutrophil_progenitors", cd34_per_kg * WEIGHT * homing),
        Jump(day, "platelet_progenitors", platelet),
    ]


def ours_value(module: str, name: str) -> float:
    """The typical value of a parameter, in its own unit."""
    return next(row.value for row in ours(module).parameters if row.id == name)


def start(system: System) -> dict[str, float]:
    """Amounts at rest of every stage, in cells, from the balance of what flows in and out."""
    volume = WEIGHT * ours_value("granulopoiesis", "blood_volume_per_weight") / 1000
    count = 1e9 * ours_value("granulopoiesis", "baseline_count")
    stay = ours_value("granulopoiesis", "mean_transit_time") / 5
    stage = count * volume * stay * ours_value("granulopoiesis", "circulation_loss")
    pool = 1e9 * ours_value("platelets", "baseline_count") * volume
    found = {}
    for name in system.states:
        if name.startswith("neutrophil") or name.startswith("granulopoiesis__transit"):
            found[name] = stage
        elif name == "platelets__blood":
            found[name] = pool
        elif name.startswith("platelet") and not name.endswith("transfused"):
            place = system.parameters.index("platelets__loss_ratio")
            found[name] = pool * system.defaults[place]
        elif name == "granulopoiesis__blood":
            found[name] = count * volume
    return found


def day_of(times: Days, counts: np.ndarray, level: float) -> float:
    """The last day on which a count rises through a level."""
    below = np.flatnonzero(counts < level)
    return float(times[below[-1] + 1])


def test_marrow_and_blood_stay_at_rest_for_typical_and_odd_patients() -> None:
    """For 200 days no count moves by more than a millionth, whatever the patient's parameters."""
    system = blood()
    odd = {
        "granulopoiesis__baseline_count": 9e9,
        "granulopoiesis__mean_transit_time": 9.0,
        "platelets__baseline_count": 1.2e11,
        "platelets__mean_transit_time": 2.2,
        "platelets__feedback_exponent": 0.5,
        "platelets__loss_ratio": 0.14,
    }
    show = ("neutrophils", "platelets", "gcsf", "neutrophil_progenitors", "platelet_progenitors")
    for parameters in ({}, odd):
        _, shown, records = follow(system, show, 200, parameters=parameters)
        for values in shown.values():
            assert np.ptp(values) <= 1e-6 * values[0]
        assert not records.name


@pytest.mark.parametrize(
    ("name", "port"), [("granulopoiesis", "neutrophils"), ("platelets", "platelets")]
)
def test_no_cell_is_made_or_lost_on_its_way(name: str, port: str) -> None:
    """Progenitors that cannot divide: all cells of marrow and blood pass, and none besides.

    The area under the count is then the count at rest times mean transit and mean life in blood,
    however G-CSF hurries them.
    """
    level = [("stem_support", "level", "factor", "", "out")]
    supply = module("supply", "level has unity; level = 0;", level, {})
    values = {f"{name}__reliance": "1 1"}
    transit = ours_value(name, "mean_transit_time") / 24
    if name == "platelets":
        values["platelets__transfusion_threshold"] = "0 1e9 cell/L"
        life = transit / 4 / ours_value(name, "loss_ratio")
    else:
        life = 1 / 24 / ours_value(name, "circulation_loss")
    times, shown, _ = follow(built([ours(name), supply], values), [port], 80)
    assert shown[port][-1] < 1e-4 * shown[port][0]
    area = np.trapezoid(shown[port], times) / shown[port][0]
    assert area == pytest.approx(transit + life, rel=1e-3)


def docetaxel(of: str) -> Module:
    """The docetaxel of the test library, acting on the progenitors of `of`."""
    module = read_module(DOCETAXEL)
    if of == "neutrophil":
        return module
    ports = tuple(
        dataclasses.replace(
            port,
            name=port.name.replace("neutrophil", of),
            symbol=port.symbol.replace("neutrophil", of),
        )
        for port in module.ports
    )
    return dataclasses.replace(module, text=module.text.replace("neutrophil", of), ports=ports)


def one_hour(system: System, amount: float) -> list[Jump]:
    """An infusion of docetaxel (mg) over the first hour."""
    target = find_port(system, "docetaxel").symbol
    return [Jump(0.0, target, amount * 24), Jump(1 / 24, target, -amount * 24)]


def test_the_platelet_chain_with_neutrophil_numbers_is_friberg_s() -> None:
    """Docetaxel 100 mg/m2 (180 mg): nadir 0.896e9/L on day 7.56; 80 mg/m2: 1.245 on day 7.3."""
    system = built([ours("platelets"), docetaxel("platelet")], FRIBERG)
    for amount, nadir, day in ((180.0, 0.896, 7.56), (144.0, 1.245, 7.3)):
        times, shown, _ = follow(system, ["platelets"], 21, one_hour(system, amount))
        lowest = int(shown["platelets"].argmin())
        assert shown["platelets"][lowest] / 1e9 == pytest.approx(nadir, rel=0.02)
        assert times[lowest] == pytest.approx(day, abs=0.1)


def test_without_a_ceiling_the_neutrophil_chain_is_quartino_s() -> None:
    """Docetaxel 80 mg/m2: nadir 0.534e9/L on day 8.7, own G-CSF up to 138 ng/L."""
    modules = [ours("granulopoiesis"), docetaxel("neutrophil")]
    system = built(modules, {"granulopoiesis__maximum_ratio": "99 1"})
    show = ["neutrophils", "gcsf"]
    times, shown, _ = follow(system, show, 21, one_hour(system, 144.0))
    lowest = int(shown["neutrophils"].argmin())
    assert shown["neutrophils"][lowest] / 1e9 == pytest.approx(0.534, rel=0.02)
    assert times[lowest] == pytest.approx(8.7, abs=0.1)
    assert shown["gcsf"].max() * 1e6 == pytest.approx(138, rel=0.03)


@pytest.mark.parametrize(("cd34", "half", "one"), [(4.1e6, 10.8, 12.2), (6e6, 10.2, 11.6)])
def test_a_graft_in_an_empty_marrow_brings_neutrophils_back(
    cd34: float, half: float, one: float
) -> None:
    """Days to 0.5 and 1.0e9/L as in an independent integration of the same equations."""
    system = blood(**EARLIER)
    times, shown, _ = follow(system, ["neutrophils"], 40, grafted(system, cd34, homing=0.15))
    assert day_of(times, shown["neutrophils"][:2000], 0.5e9) == pytest.approx(half, abs=0.1)
    assert day_of(times, shown["neutrophils"][:2000], 1e9) == pytest.approx(one, abs=0.1)


@pytest.mark.parametrize(("cd34", "day"), [(1e6, 12.9), (2e6, 11.9), (5e6, 10.4), (10e6, 9.3)])
def test_a_graft_in_an_empty_marrow_brings_platelets_back(cd34: float, day: float) -> None:
    """Days to 20e9/L without transfusion as in an independent integration."""
    system = blood(**EARLIER)
    jumps = grafted(system, cd34, seed=2.26e-4)
    times, shown, records = follow(system, ["platelets"], 30, jumps)
    assert day_of(times, shown["platelets"], 20e9) == pytest.approx(day, abs=0.1)
    assert not records.name


def test_without_a_ceiling_a_graft_recovers_within_five_days() -> None:
    """Why there is a ceiling of the cytokine ratio at all."""
    system = blood(granulopoiesis__maximum_ratio="99 1")
    times, shown, _ = follow(system, ["neutrophils"], 8, grafted(system, 4.1e6))
    assert day_of(times, shown["neutrophils"], 0.5e9) < 5


def test_low_platelets_are_transfused_and_recovery_is_not_slowed() -> None:
    """Each dose raises a 70 kg patient by 24e9/L; the patient's own platelets do not notice."""
    with_, without = blood(), blood(platelets__transfusion_threshold="0 1e9 cell/L")
    show = ["platelets", "platelet_progenitors"]
    _, transfused, records = follow(with_, show, 30, grafted(with_, 5e6, day=1.0))
    _, bare, none = follow(without, show, 30, grafted(without, 5e6, day=1.0))
    assert set(records.name) == {"platelet_transfusion"} and not none.name
    assert 2 <= len(records.name) <= 8
    rise = 0.4 * 300e9 / (0.07 * WEIGHT)
    second = float(records.time[1])  # the first finds nothing in the blood, the second 10e9/L
    after = int(second / 0.01) + 1
    assert transfused["platelets"][after] == pytest.approx(10e9 + rise, rel=0.02)
    assert np.all(transfused["platelets"] >= bare["platelets"] - 1e6)
    assert transfused["platelet_progenitors"] == pytest.approx(bare["platelet_progenitors"], 1e-4)


@pytest.mark.parametrize(("port", "burdened"), [("platelets", True), ("neutrophils", False)])
def test_a_marrow_that_had_leukaemia_rests_as_any_other_and_answers_less(
    port: str, burdened: bool
) -> None:
    """Platelets come back later after the same graft, neutrophils do not (Gunn 2003)."""
    system = blood(platelets__transfusion_threshold="0 1e9 cell/L")
    _, rest, _ = follow(system, [port], 100, covariates={"leukaemic_marrow": 1.0})
    assert np.ptp(rest[port]) <= 1e-6 * rest[port][0]
    days = []
    for had in (0.0, 1.0):
        times, shown, _ = follow(
            system, [port], 60, grafted(system, 5e6), covariates={"leukaemic_marrow": had}
        )
        days.append(day_of(times, shown[port][:4000], 0.05 * rest[port][0]))
    assert days[1] > days[0] + 5 if burdened else days[1] == days[0]


def test_blood_is_as_much_in_every_module() -> None:
    """The three modules that count cells per litre use one blood volume."""
    names = (*BLOOD, "mobilisation")
    assert len({ours_value(name, "blood_volume_per_weight") for name in names}) == 1


def test_high_dose_melphalan_gives_the_published_window() -> None:
    """Melphalan 200 mg/m2 (360 mg): neutrophils under 0.5e9/L from day 6.7 to 11.4 (Cho 2018).

    The platelet chain with Cho's numbers of neutrophils, the three compartments of the test drug
    with his two (the third is closed), and his slope of 11.3 L/mg. Nothing of ours is in it.
    """
    values = {
        "platelets__baseline_count": "5.69e9 cell/L",
        "platelets__mean_transit_time": "106 h",
        "platelets__feedback_exponent": "0.221 1",
        "platelets__feedback_floor": "0 cell/L",
        "platelets__transfusion_threshold": "0 cell/L",
        "platelets__loss_ratio": f"{np.log(2) / 7 * 106 / 4} 1",  # half-life of 7 h in blood
        "docetaxel__central_volume": "17.7 L",
        "docetaxel__elimination": f"{26.5 / 17.7} 1/h",
        "docetaxel__to_shallow": f"{28.3 / 17.7} 1/h",
        "docetaxel__from_shallow": f"{28.3 / 18.3} 1/h",
        "docetaxel__to_deep": "0 1/h",
        "docetaxel__molar_mass": "1 mg/umol",
        "docetaxel__slope": "11.3 L/umol",
    }
    system = built([ours("platelets"), docetaxel("platelet")], values)
    times, shown, _ = follow(system, ["platelets"], 21, one_hour(system, 360.0))
    low = times[shown["platelets"] < 0.5e9]
    assert low[0] == pytest.approx(6.7, abs=0.3)
    assert low[-1] == pytest.approx(11.4, abs=0.3)
