"""The command line's promises: speed of help, streams, exit codes, words for the library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

NUMERICAL = ("numpy", "scipy", "pandas", "pydantic", "pint", "matplotlib", "xarray", "pyarrow")


def reseed(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m reseed` as a user calls it, from anywhere."""
    return subprocess.run(
        [sys.executable, "-m", "reseed", *words],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        timeout=120,
    )


def processor_time(words: list[str]) -> float:
    """Seconds that a Python process of these words takes."""
    before = os.times()
    subprocess.run([sys.executable, *words], capture_output=True, check=True)
    after = os.times()
    used = after.children_user - before.children_user
    return used + after.children_system - before.children_system


def test_help_comes_at_once() -> None:
    """Within twice the processor time of importing typer, best of several each.

    As seconds it would measure how busy the machine is: it is 0.1 s on an idle one.
    """
    calls = (["-m", "reseed", "--help"], ["-c", "import typer"])
    helped, imported = np.min([[processor_time(call) for call in calls] for _ in range(5)], axis=0)
    assert helped < 2.0 * imported + 0.03  # os.times counts in steps of 0.01 s


def test_help_imports_no_numerical_library() -> None:
    """Nor does any other part of reseed wait behind the command line's own imports."""
    code = f"import sys, reseed.cli.main; print([m for m in {NUMERICAL} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version_and_python_face() -> None:
    """The same number on the command line and in Python."""
    import reseed as package

    assert reseed("--version").stdout == f"reseed {package.__version__}\n"
    with pytest.raises(AttributeError):
        _ = package.nothing


def test_list_names_every_kind_with_titles() -> None:
    """What there is to choose from."""
    done = reseed("list")
    assert done.returncode == 0 and done.stderr == ""
    for word in ("scenarios", "courses", "cohorts", "endpoints", "models", "autologous-recovery"):
        assert word in done.stdout
    assert "(cannot be read)" not in done.stdout and "(no title)" not in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["autologous-recovery"], ["cy-atg", "beam-atg", "Conditioning", "neutrophil_engraftment"]),
        (["cyclophosphamide-atg"], ["50 mg/kg", "sources"]),
        (["autoimmune-adults"], ["age", "year", "rank correlations"]),
        (["neutrophil_engraftment"], ["sustained", "infusion"]),
        (["granulopoiesis"], ["neutrophils", "cell/L", "status", "source"]),
        (["models/infection"], ["hazard", "recurrent"]),
    ],
)
def test_show_puts_items_into_words(words: list[str], expected: list[str]) -> None:
    """Each kind of item."""
    done = reseed("show", *words)
    assert done.returncode == 0, done.stderr
    for word in expected:
        assert word in done.stdout


def test_show_says_which_layer_won() -> None:
    """A course's own target stands before the module's."""
    told = reseed("show", "harvest", "--scenario", "autologous-recovery").stdout
    assert "layer" in told and "course cyclophosphamide-atg" in told and " module " in told


def test_show_tells_the_spread_about_a_replaced_value() -> None:
    """As patients are drawn."""
    told = reseed("show", "erythropoiesis", "--scenario", "cd34-dose").stdout
    (row,) = [line for line in told.splitlines() if line.startswith("relative_haemoglobin")]
    assert "lognormal, median 0.78" in row and "scenario" in row


def test_unknown_name_is_invalid_input_with_a_suggestion() -> None:
    """On standard error, with code 3."""
    done = reseed("show", "granulopoesis")
    assert (done.returncode, done.stdout) == (3, "")
    assert 'did you mean "granulopoiesis"' in done.stderr
    trial = reseed("trial", "autologous-recovry")
    assert trial.returncode == 3
    assert 'no scenario "autologous-recovry"; did you mean "autologous-recovery"?' in trial.stderr
    arm = reseed("show", "cy-atg")
    assert arm.returncode == 3
    assert "arm of the scenario autologous-recovery" in arm.stderr
    assert "cyclophosphamide-atg" in arm.stderr


def test_library_option_before_and_after_the_command(tmp_path: Path) -> None:
    """Both places work, and together."""
    for name in ("one", "two"):
        folder = tmp_path / name / "courses"
        folder.mkdir(parents=True)
        (folder / f"my-{name}.toml").write_text(f'title = "Mine {name}"\n')
    done = reseed("--library", str(tmp_path / "one"), "list", "--library", str(tmp_path / "two"))
    assert "Mine one" in done.stdout and "Mine two" in done.stdout
    missing = reseed("list", "--library", str(tmp_path / "three"))
    assert missing.returncode == 3 and "three" in missing.stderr


def test_lint_tells_all_faults_on_standard_output(tmp_path: Path) -> None:
    """One line each, and code 3."""
    file = tmp_path / "courses" / "mine.toml"
    file.parent.mkdir()
    file.write_text('titel = "x"\n[[stage]]\nname = "A"\n')
    done = reseed("lint", str(file))
    assert done.returncode == 3
    assert len(done.stdout.splitlines()) >= 4
    assert 'did you mean "title"' in done.stdout
    assert "faults in" in done.stderr


def test_usage_errors() -> None:
    """Code 2, and a word about what was wrong."""
    for words in (["nonsense"], ["trial"], ["simulate", "x"], ["list", "--wrong"]):
        done = reseed(*words)
        assert done.returncode == 2 and done.stderr and not done.stdout


def test_no_colour_codes_where_nobody_looks() -> None:
    """Output that goes to a file or with NO_COLOR is plain."""
    for words in (["--help"], ["list"], ["trial", "nothing-of-the-kind"]):
        done = reseed(*words, NO_COLOR="1", FORCE_COLOR="")
        assert "\x1b" not in done.stdout + done.stderr


def test_simulate_prints_a_table_of_one_patient() -> None:
    """CSV on standard output, a row per day."""
    words = ["simulate", "autologous-recovery", "--arm", "cy-atg", "--patient", "0", "--days", "1"]
    done = reseed(*words)
    assert done.returncode == 0, done.stderr
    head, first, *_ = done.stdout.splitlines()
    assert "neutrophils" in head and first.count(",") == head.count(",")
