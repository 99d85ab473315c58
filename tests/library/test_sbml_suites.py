"""SBML Test Suite, curated models, broken documents: a part of what `bench` runs in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.biomodels import agreement, runner_of
from bench.sbml_mutants import MUTANTS, run
from bench.sbml_suite import PASSED, REFUSED, judge

SEMANTIC = """
00001 00039 00071 00173 00405 00431 00437 00531 00553 00575 00623 00673 00731 00757 00777 00849
00931 00937 00957 00959 00963 00983 00993 01049 01083 01117 01165 01177 01187 01213 01235 01241
01269 01287 01325 01349 01359 01377 01397 01459 01479 01483 01499 01505 01507 01511 01515 01533
01563 01577 01589 01601 01657 01673 01709 01755 01779 01787 01793 01821
""".split()
"""Cases that between them use every construct of the suite, and those hard to get right."""
UNSUPPORTED = {
    "00937": "delay",
    "00983": "delay",
    "01165": "other files",
    "01187": "flux",
    "01397": "fast",
}
STOCHASTIC = {
    "00001": 2000,
    "00019": 1000,
    "00029": 2000,
    "00039": 1000,
    "00073": 500,
    "00065": 500,
}
MODELS = ("0000000289", "0000000535", "0000000573", "0000000824", "0000000967", "0000001056")


@pytest.mark.parametrize("number", SEMANTIC)
def test_semantic_cases(shared: Path, number: str) -> None:
    """Passed, or refused by name; never wrong."""
    verdict = judge(shared / "suites/sbml/semantic" / number, 1e-8, 0, ())
    if number in UNSUPPORTED:
        assert verdict.outcome == REFUSED
        assert UNSUPPORTED[number] in verdict.told
    else:
        assert verdict.outcome == PASSED, verdict.told


@pytest.mark.parametrize("number", sorted(STOCHASTIC))
def test_stochastic_cases(shared: Path, number: str) -> None:
    """Means and standard deviations within the suite's ranges, but for three points a seed."""
    folder = shared / "suites/sbml/stochastic" / number
    verdict = judge(folder, 1e-6, STOCHASTIC[number], (1, 2))
    assert verdict.outcome == PASSED, verdict.told


@pytest.mark.parametrize("number", MODELS)
def test_curated_models_agree_with_libroadrunner(shared: Path, number: str) -> None:
    """At 51 points from 0 to 100, within 1e-4 of each variable's largest value."""
    import reseed

    path = shared / "suites/biomodels" / f"BIOMD{number}.xml"
    model = reseed.load_model(path)
    gap, variable = agreement(model, runner_of(path), 1e-9)
    assert gap < 1e-4, variable


def test_broken_documents_are_refused_with_a_reason(shared: Path) -> None:
    """Three of each kind; `python -m bench.sbml_mutants` breaks a thousand."""
    count = 3 * len(MUTANTS)
    tally, lines = run(shared / "suites/sbml/semantic", count, seed=7)
    assert tally["refused"] == count, lines
