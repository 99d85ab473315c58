"""A graft that comes into a marrow: how many of its stem cells find a niche."""

from __future__ import annotations

import math

import pytest

from reseed.course.procedures.infuse import Infuse
from reseed.nouns.graft import Graft
from reseed.nouns.key import Key
from reseed.nouns.schedule import Moment, Turn

POOLS = ("neutrophil_progenitors", "host_stem_cells", "donor_stem_cells", "corrected_stem_cells")
NICHES = ("empty_niches", "half_empty_niches")
FREQUENCY = 1e-5
SHARES = (
    "homing platelet_seed red_seed short_term_seed naive_cd4_share memory_cd4_share naive_cd8_share"
    " memory_cd8_share regulatory_share naive_b_share memory_b_share"
).split()


def infused(empty: float | None, patient: int = 0, **graft: object) -> Turn:
    """5e6 cells/kg in 70 kg, 3500 stem cells on average, into so many niches (None: no module)."""
    ports = POOLS if empty is None else (*POOLS, *NICHES)
    values = {**dict.fromkeys(SHARES, 0.1), "stem_cell_frequency": FREQUENCY}
    moment = Moment(
        time=7.0,
        patient=patient,
        ordinal=0,
        occurrence=0,
        values={} if empty is None else {"empty_niches": empty, "half_empty_niches": 200.0},
        covariates={"weight": 70.0},
        parameters={f"infuse__{name}": value for name, value in values.items()},
        carried={"graft": Graft(5e6, 1e8, 1.0, 1, 12.0, **graft)},  # type: ignore[arg-type]
        key=Key(1),
    )
    return Infuse(dict.fromkeys(values, 1.0), 1.0, {port: port for port in ports})(moment)


def added(turn: Turn, port: str) -> float:
    """What the infusion adds to a port."""
    return sum(jump.value for jump in turn.jumps if jump.target == port)


def told(turn: Turn) -> dict[str, float]:
    """The records, by name."""
    return {entry.name: entry.value for entry in turn.entries}


def test_all_settle_in_an_empty_marrow_and_where_no_niches_are_modelled() -> None:
    """In 1e5 empty niches 97 in 100 settle or more: A = S - h ln(E0/E1), h = 200."""
    turn = infused(1e5)
    records = told(turn)
    assert records["stem_cells_infused"] == pytest.approx(3500, abs=5 * math.sqrt(3500))
    lost = records["stem_cells_infused"] - records["stem_cells_settled"]
    assert 0 <= lost <= 0.03 * records["stem_cells_infused"]
    assert added(turn, "host_stem_cells") == records["stem_cells_settled"]
    without = infused(None)
    assert added(without, "host_stem_cells") == told(without)["stem_cells_infused"]
    assert "stem_cells_settled" not in told(without)


def test_a_full_marrow_takes_as_many_as_have_room() -> None:
    """Of 3500 cells fewer than the 1000 empty niches settle, and none where none is empty."""
    settled = told(infused(1000.0))["stem_cells_settled"]
    assert 900 <= settled <= 1000
    full = infused(0.0)
    assert told(full)["stem_cells_settled"] == 0 == added(full, "host_stem_cells")
    assert told(full)["stem_cells_infused"] > 3000


def test_corrected_and_other_cells_have_the_same_chance() -> None:
    """A fifth of the graft is corrected, and so is a fifth of what settles, in whole numbers."""
    turns = [infused(1000.0, patient, corrected=0.2) for patient in range(50)]
    corrected = sum(added(turn, "corrected_stem_cells") for turn in turns)
    others = sum(added(turn, "host_stem_cells") for turn in turns)
    assert corrected / (corrected + others) == pytest.approx(0.2, abs=0.01)
    assert all(added(t, "corrected_stem_cells") % 1 == 0 for t in turns)
    assert all(
        added(t, "corrected_stem_cells") + added(t, "host_stem_cells")
        == told(t)["stem_cells_settled"]
        for t in turns
    )


def test_a_donors_cells_settle_as_the_donors() -> None:
    """They compete for the same niches."""
    turn = infused(1000.0, origin="donor")
    assert added(turn, "host_stem_cells") == 0
    assert added(turn, "donor_stem_cells") == told(turn)["stem_cells_settled"] > 0
