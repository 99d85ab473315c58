"""Brain volume: closed forms, and the published numbers that its constants were taken from."""

from __future__ import annotations

import numpy as np
import pytest
from examples import module, schedule

from bench.arms import arm_of, typical_patient
from reseed.engine import Solver, solve
from reseed.model import compile_model
from reseed.nouns.cohort import Cohort
from reseed.nouns.jump import Jump
from reseed.nouns.key import Key
from reseed.nouns.probe import Probe
from reseed.spec import find_library, read_module

YEAR = 365.25
SOLVER = Solver(rtol=1e-8)


def percent(course: str, days: float) -> float:
    """Change of the volume since entry, a typical patient without lesions, infusion on day 49."""
    arm, patient = arm_of(course, ("brain_volume",)), typical_patient()
    times = np.array([0.0, 49.0 + days])
    plan = arm.schedule(patient, 49.0, times[-1])
    found, _ = solve(
        arm.system, patient, plan, Probe(("brain_volume",), times), key=Key(1), solver=SOLVER
    )
    first, last = found.values[0, 0]
    return float(100 * (last / first - 1))


def test_loss_after_beam_is_that_of_patients_without_enhancing_lesions() -> None:
    """HALT-MS: -0.81 % in year 1, -0.22 % (SE 0.10) in each later one."""
    first = percent("beam-atg", YEAR)
    assert first == pytest.approx(-0.81, abs=0.1)
    assert percent("beam-atg", 4 * YEAR) - first == pytest.approx(-3 * 0.22, abs=0.05)


def test_cyclophosphamide_leaves_age_alone() -> None:
    """An assumption, told in the README."""
    assert percent("cyclophosphamide-atg", YEAR) == pytest.approx(-0.22 * (1 + 49 / YEAR), abs=0.01)


def test_lesions_that_stop_take_their_oedema_along() -> None:
    """7.5 a year, then none: 0.57 % of oedema goes, half in 42 days; before, loss is steady."""
    lesions = module(
        "lesions",
        "rate = 0; rate has per_day; rate' = none; none has per_day2; none = 0;"
        "unit per_day2 = 1/(86400 second)^2;",
        [
            ("lesion", "rate", "rate", "1/day", "out"),
            ("lesion_dose", "rate", "dose", "1/day", "dose"),
        ],
    )
    brain = read_module(find_library().path("models", "brain_volume"))
    model = compile_model((lesions, brain), "test")
    each = 7.5 / YEAR
    target = "lesions__rate"
    jumps = [Jump(0.0, target, each, "on"), Jump(YEAR, target, -each, "off")]
    half = YEAR + np.log(2) / 0.0167
    times = np.array([1.0, 300.0, YEAR, half, 2 * YEAR])
    names = ("brain_oedema", "brain_loss")
    nobody = Cohort(np.zeros(1, dtype=np.int64), (), {}, {})
    found, _ = solve(
        model, nobody, schedule(1, 2 * YEAR, jumps), Probe(names, times), key=Key(1), solver=SOLVER
    )
    oedema, lost = 100 * found.values[0]
    assert oedema[2] == pytest.approx(0.46 * each / 0.0167, rel=0.01)
    assert oedema[2] == pytest.approx(0.56, abs=0.02)
    assert oedema[3] == pytest.approx(oedema[2] / 2, rel=1e-4) and oedema[4] < 0.01
    assert lost[2] == pytest.approx(0.22 + 7.5 * 0.07, rel=1e-4)
    assert lost[4] - lost[2] == pytest.approx(0.22, rel=1e-4)
