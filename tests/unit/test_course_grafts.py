"""Grafts on their way: what each procedure does to the cells, and where they go in the end."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from examples import module
from scipy.special import expit

from reseed.base.errors import InvalidInput
from reseed.base.keys import normals
from reseed.course.procedures import PROCEDURES, RECORDS
from reseed.course.procedures.correct import Correct
from reseed.course.procedures.harvest import Harvest
from reseed.course.procedures.infuse import Infuse
from reseed.course.procedures.process import Process
from reseed.course.procedures.supply import Supply
from reseed.course.procedures.thaw import Thaw
from reseed.engine import solve
from reseed.model import compile_model
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.course import OF_A_DRUG
from reseed.nouns.graft import Graft
from reseed.nouns.key import Key
from reseed.nouns.module import ChannelRow, Port
from reseed.nouns.probe import Probe
from reseed.nouns.schedule import Boundary, Moment, Schedule, Turn
from reseed.spec import find_library, read_module, read_scenario
from reseed.trial.course_faults import faults_of_courses
from reseed.trial.setup import set_up

BAG = Graft(5e6, 2.5e8, 1.0, 2, 24.0, cd19_per_kg=6e7, nk_per_kg=4e7)
WEIGHT = 70.0


@cache
def library(name: str) -> dict[str, float]:
    """A procedure's typical values, as they stand in the library."""
    rows = read_module(find_library().path("models", name)).parameters
    return {row.id: row.value for row in rows}


def moment(name: str, graft: Graft | None, patient: int = 0, **changes: float) -> Moment:
    """What a procedure sees: typical values, some of them changed, and what is in hand."""
    values = {f"{name}__{key}": value for key, value in (library(name) | changes).items()}
    ports = {"platelet_progenitor_baseline": 1e12, "short_term_baseline": 1e6, "nk_rest": 1e10}
    return Moment(
        time=0.0,
        patient=patient,
        ordinal=0,
        occurrence=0,
        values=ports,
        covariates={"weight": WEIGHT},
        parameters=values,
        carried={"graft": graft} if graft else None,
        key=Key(1),
    )


def scales(name: str) -> dict[str, float]:
    """The procedure reads its values as they are written."""
    return dict.fromkeys(library(name), 1.0)


def in_hand(turn: Turn) -> Graft:
    """The graft that a procedure hands on."""
    return turn.carried["graft"]


def noted(turn: Turn) -> dict[str, float]:
    """What it leaves in the records."""
    return {entry.name: entry.value for entry in turn.entries}


def test_every_procedure_has_its_values_in_the_library() -> None:
    """And says what it records."""
    assert {*PROCEDURES, *OF_A_DRUG} == set(RECORDS)
    for name in RECORDS:
        assert library(name)


# --- processing ----------------------------------------------------------------------------------


def test_selection_recovers_as_47_selections_did() -> None:
    """Mean 0.638, SD 0.178, 8 of 47 below a half (Mayo Clinic Florida, AABB 2024)."""
    typical = library("process")["cd34_recovery"]
    spread = normals(Key(1, "test"), np.arange(20_000))
    drawn = expit(np.log(typical / (1 - typical)) + 0.8816 * spread)
    process = Process(scales("process"))
    kept = np.array(
        [
            in_hand(process(moment("process", BAG, cd34_recovery=value))).cd34_per_kg
            for value in drawn[:2000]
        ]
    )
    share = kept / BAG.cd34_per_kg
    assert share.mean() == pytest.approx(0.638, abs=0.015)
    assert share.std() == pytest.approx(0.178, abs=0.015)
    assert (share < 0.5).mean() == pytest.approx(8 / 47, abs=0.1)


def test_selected_grafts_hold_ten_thousand_t_cells() -> None:
    """8.0e6 CD34+ and 1.3e4 CD3+ per kg after selection (Ringhoffer 2004), at most 2e4."""
    before = replace(BAG, cd34_per_kg=8e6 / 0.6593, cd3_per_kg=50 * 8e6 / 0.6593)
    turn = Process(scales("process"))(moment("process", before))
    graft = in_hand(turn)
    assert graft.cd34_per_kg == pytest.approx(8e6)
    assert 1e4 <= graft.cd3_per_kg <= 2e4
    assert noted(turn)["cd3_processed"] == graft.cd3_per_kg
    assert graft.cd19_per_kg / BAG.cd19_per_kg == pytest.approx(10**-3.25)
    assert graft.nk_per_kg / BAG.nk_per_kg == pytest.approx(10**-3.5)


def test_depletion_of_alpha_beta_cells_spares_the_others() -> None:
    """One procedure, other settings: gamma-delta and NK cells stay, nine tenths of CD34+ too."""
    settings = {
        "cd34_recovery": 0.9,
        "cd3_log_depletion": 4.0,
        "cd3_spared": 0.05,
        "nk_log_depletion": 0.15,
    }
    graft = in_hand(Process(scales("process"))(moment("process", BAG, **settings)))
    assert graft.cd34_per_kg == pytest.approx(0.9 * BAG.cd34_per_kg)
    assert graft.cd3_per_kg == pytest.approx(BAG.cd3_per_kg * (0.05 + 0.95e-4))
    assert graft.nk_per_kg > 0.7 * BAG.nk_per_kg


@pytest.mark.parametrize("logs", [0.0, 4.5])
def test_no_method_makes_t_cells(logs: float) -> None:
    """A method that spares all of them takes none out, and adds none."""
    settings = {"cd3_log_depletion": logs, "cd3_spared": 1.0}
    graft = in_hand(Process(scales("process"))(moment("process", BAG, **settings)))
    assert graft.cd3_per_kg == BAG.cd3_per_kg


def test_a_poor_thaw_leaves_half_of_the_patients_with_enough() -> None:
    """3.6e6 viable cells/kg fall to 2.0e6: 92 % with at least 2e6 before, 52 % after (Allan 2002).

    Doses before follow a lognormal law with that median and that share.
    """
    spread = np.log(3.6 / 2.0) / 1.405
    doses = 3.6e6 * np.exp(spread * normals(Key(2, "test"), np.arange(4000)))
    thaw = Thaw(scales("thaw"))
    after = []
    for dose in doses:
        graft = replace(BAG, cd34_per_kg=float(dose), frozen=True)
        turn = thaw(moment("thaw", graft, recovery=0.56))
        assert not in_hand(turn).frozen
        after.append(noted(turn)["cd34_viable"])
    assert (doses >= 2e6).mean() == pytest.approx(0.92, abs=0.015)
    assert (np.array(after) >= 2e6).mean() == pytest.approx(0.52, abs=0.04)


# --- correction ----------------------------------------------------------------------------------


def test_culture_costs_cells_and_more_stem_cells() -> None:
    """Typical values: 70 % of the cells, half of the long-term ones among them, 60 % corrected."""
    turn = Correct(scales("correct"))(moment("correct", BAG))
    graft = in_hand(turn)
    assert graft.cd34_per_kg == pytest.approx(0.7 * BAG.cd34_per_kg)
    assert (graft.stem_cells_kept, graft.corrected) == (0.5, 0.6)
    again = in_hand(Correct(scales("correct"))(moment("correct", graft)))
    assert again.corrected == pytest.approx(1 - 0.4**2) and again.stem_cells_kept == 0.25
    with pytest.raises(ValueError, match="frozen"):
        Correct(scales("correct"))(moment("correct", replace(BAG, frozen=True)))


# --- grafts from elsewhere -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "cd34", "ratio"),
    [("donate_blood", 6e6, 40), ("donate_marrow", 3e6, 10), ("donate_cord", 1.7e5, 40)],
)
def test_donors_give_what_their_source_holds(name: str, cd34: float, ratio: float) -> None:
    """CD34+ cells per kg, and T cells in proportion; marrow has fewest of these."""
    supply = Supply(name, True, scales(name))
    graft = in_hand(supply(moment(name, None, ccr5_deleted=2.0, hla=9.0)))
    assert graft.cd34_per_kg == cd34
    assert graft.cd3_per_kg / cd34 == pytest.approx(ratio, rel=0.3)
    assert (graft.origin, graft.hla, graft.genotype) == ("donor", 9, "CCR5 d32/d32")
    with pytest.raises(ValueError, match="in hand"):
        supply(moment(name, graft))


def test_a_stored_graft_is_the_patient_s_own() -> None:
    """As many cells as the scenario says."""
    supply = Supply("take_stored", False, scales("take_stored"))
    graft = in_hand(supply(moment("take_stored", None, cd34_per_kg=1e6)))
    assert (graft.origin, graft.cd34_per_kg, graft.genotype) == ("self", 1e6, "")


# --- infusion ------------------------------------------------------------------------------------

STATES = {
    name: name
    for name in (
        *("neutrophil_progenitors", "platelet_progenitors", "platelet_progenitor_baseline"),
        *("host_stem_cells", "donor_stem_cells", "corrected_stem_cells", "short_term_cells"),
        *("donor_short_term_cells", "short_term_baseline", "naive_b_body", "memory_b_body"),
        *("nk_ratio", "nk_rest"),
    )
}


def infused(graft: Graft, patient: int = 0, **changes: float) -> tuple[dict[str, float], Turn]:
    """What is added to each state of a model that has them all."""
    turn = Infuse(scales("infuse"), 1.0, STATES)(moment("infuse", graft, patient, **changes))
    return {jump.target: jump.value for jump in turn.jumps}, turn


def test_stem_cells_are_whole_numbers_by_poisson_s_law() -> None:
    """Mean and variance are 5e6 x 70 x frequency; a share of them is corrected.

    The typical number lies within the active clones of 53 people, 770 to 35,000 (Calabria 2024).
    """
    graft = replace(BAG, corrected=0.3, stem_cells_kept=0.5)
    rows = [infused(graft, patient, stem_cell_frequency=1e-6)[0] for patient in range(3000)]
    mean = 5e6 * WEIGHT * 1e-6 * 0.5
    for name, share in (("host_stem_cells", 0.7), ("corrected_stem_cells", 0.3)):
        drawn = np.array([row[name] for row in rows])
        assert np.all(drawn == np.round(drawn))
        assert drawn.mean() == pytest.approx(mean * share, rel=0.01)
        assert drawn.var() == pytest.approx(mean * share, rel=0.1)
    one, other = (np.array([row[name] for row in rows])
                  for name in ("host_stem_cells", "corrected_stem_cells"))  # fmt: skip
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.06
    added, turn = infused(BAG)
    assert 770 <= added["host_stem_cells"] <= 35_000
    given = turn.carried["infused"].stem_cells
    assert given == added["host_stem_cells"] == noted(turn)["stem_cells_infused"]
    assert added["corrected_stem_cells"] == 0.0 and "corrected_infused" not in noted(turn)


def test_fewer_living_cells_bring_fewer_of_everything() -> None:
    """All that is infused goes with the living share, seeds per 1e6 CD34+ cells per kg."""
    values = library("infuse")
    homing, seed = values["homing"], values["platelet_seed"]
    added, turn = infused(replace(BAG, viable=0.5))
    assert added["neutrophil_progenitors"] == pytest.approx(2.5e6 * WEIGHT * homing)
    assert added["platelet_progenitors"] == pytest.approx(2.5 * seed * 1e12)
    assert added["short_term_cells"] == pytest.approx(2.5 * 0.02 * 1e6)
    assert added["naive_b_body"] + added["memory_b_body"] == pytest.approx(3e7 * WEIGHT)
    assert added["nk_ratio"] == pytest.approx(2e7 * WEIGHT / 1e10)
    assert noted(turn)["cd19_infused"] == 3e7 and noted(turn)["nk_infused"] == 2e7


def test_a_donor_s_cells_have_their_own_places() -> None:
    """Stem cells and short-term cells are not the host's."""
    added, _ = infused(replace(BAG, origin="donor"))
    assert added["donor_stem_cells"] > 0 and "host_stem_cells" not in added
    assert added["donor_short_term_cells"] > 0 and "short_term_cells" not in added


def test_a_graft_is_infused_once() -> None:
    """The bag is empty then: no second infusion, and room for a graft from elsewhere."""
    _, turn = infused(BAG)
    after = replace(moment("infuse", None), carried=turn.carried)
    with pytest.raises(ValueError, match="no graft in hand"):
        Infuse(scales("infuse"), 1.0, STATES)(after)
    supply = Supply("donate_blood", True, scales("donate_blood"))
    later = replace(moment("donate_blood", None), carried=turn.carried)
    assert in_hand(supply(later)).origin == "donor"


@pytest.mark.parametrize("procedures", [("infuse",), ("take_stored", "infuse", "infuse")])
def test_a_course_without_a_graft_to_infuse_is_refused(procedures: tuple[str, ...]) -> None:
    """None was harvested or supplied, or it is in the patient: said before anybody is solved."""
    scenario = read_scenario("lymphoma-beam-rescue", find_library())
    arm = scenario.arms[0]
    (place,) = [i for i, one in enumerate(arm.course.stages) if one.procedures]
    (take, infuse) = arm.course.stages[place].procedures
    known = {"take_stored": take, "infuse": infuse}
    stages = list(arm.course.stages)
    stages[place] = replace(stages[place], procedures=tuple(known[name] for name in procedures))
    arm = replace(arm, course=replace(arm.course, stages=tuple(stages)))
    with pytest.raises(
        InvalidInput, match=r"do: found infuse; expected a graft in hand: before it"
    ):
        set_up(replace(scenario, arms=(arm,)))


def test_a_frozen_graft_is_thawed_before_it_is_infused() -> None:
    """Else no cell would be lost in thawing, in silence."""
    scenario = read_scenario("autologous-recovery", find_library())
    arm = scenario.arms[0]
    assert not faults_of_courses(replace(scenario, arms=(arm,)))
    stages = tuple(
        replace(one, procedures=tuple(do for do in one.procedures if do.procedure != "thaw"))
        for one in arm.course.stages
    )
    arm = replace(arm, course=replace(arm.course, stages=stages))
    (fault,) = faults_of_courses(replace(scenario, arms=(arm,)))
    assert fault.found == "infuse" and fault.expected == "thaw before it: the graft is frozen"


@pytest.mark.parametrize("bag", [{"frozen": True}, {"origin": "donor"}, {"corrected": 0.5}])
def test_a_harvest_is_not_mixed_with_another_graft(bag: dict[str, object]) -> None:
    """One that is frozen, a donor's or corrected: what such a mixture is, nobody has said."""
    harvest = Harvest(scales("harvest"), 1.0, 0.0, ())
    now = moment("harvest", replace(BAG, **bag))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="graft is in hand"):
        harvest(replace(now, values={"blood_cd34": 5e7}))


class Hand:
    """A procedure that infuses a graft which it brings along."""

    def __init__(self, infuse: Infuse, graft: Graft) -> None:
        self.infuse, self.graft = infuse, graft

    def __call__(self, now: Moment) -> Turn:
        own = {f"infuse__{key}": value for key, value in library("infuse").items()}
        return self.infuse(replace(now, parameters=own, carried={"graft": self.graft}))


def test_stem_cells_arrive_in_the_discrete_states_of_a_model() -> None:
    """A small niche in which they only die: whole numbers in, and whole numbers ever after."""
    names = ("host_stem_cells", "corrected_stem_cells")
    pools = ("neutrophil_progenitors", "platelet_progenitors")
    body = "unit one_item = item;"
    body += "".join(f"substanceOnly species {name} in body; {name} = 0;" for name in names)
    body += "".join(f"substanceOnly species {name} in body; {name} = 10;" for name in pools)
    body += "rest has one_item; weight has kg; lost has per_day; "
    body += "one has one_item; one = 1; going := lost*host_stem_cells/one; going has per_day;"
    ports = [
        *((name, name, "amount", "cell", "out") for name in (*names, *pools)),
        ("platelet_progenitor_baseline", "rest", "amount", "cell", "out"),
        Port("weight", "weight", "covariate", "kg", "in"),
    ]
    made = module("small", body, ports, {"lost": (0.1, "1/day"), "rest": (1000.0, "cell")})
    made = replace(made, channels=(ChannelRow("going", "going", (("host_stem_cells", -1.0),)),))
    system = compile_model([made], "small")
    states = {port.name: port.symbol for port in system.ports}
    graft = replace(BAG, corrected=0.4)
    cohort = Cohort(
        np.arange(20), (Covariate("weight", "kg"),), {"weight": np.full(20, WEIGHT)}, {}
    )
    hand = Hand(Infuse(scales("infuse"), 1.0, states), graft)
    schedule = Schedule(
        np.empty((20, 0)), np.empty((20, 0)), (), (),
        (Boundary("infuse", np.full(20, 1.0), hand),), np.ones(20), 5.0,
    )  # fmt: skip
    found, records = solve(
        system, cohort, schedule, Probe(names, np.array([0.0, 1.5, 5.0])), key=Key(1)
    )
    assert not found.status.any()
    assert np.all(found.values == np.round(found.values))
    total = [v for n, v in zip(records.name, records.value, strict=True) if n.startswith("stem")]
    first = found.values[:, :, 1].sum(axis=1)
    assert first == pytest.approx(np.array(total), rel=0.1)
    assert np.all(found.values[:, 0, 2] < found.values[:, 0, 1])
    assert np.all(found.values[:, 1, 2] == found.values[:, 1, 1])
    assert np.all(found.values[:, 1, 2] > 0)
