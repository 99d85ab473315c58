"""What the README promises: its commands run, its Python runs, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the checkout for a user who types the commands there, with its own runs."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "library").symlink_to(ROOT / "library")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_readme_work(command: str, place: Path) -> None:
    """Every line of the shell blocks ends with exit code 0."""
    words = shlex.split(command)
    assert words[0] == "reseed"
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=place,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout or "--out" in words


def test_python_of_the_readme_works(place: Path) -> None:
    """The Python block runs as it stands."""
    (code,) = blocks("python")
    done = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "beam-atg" in done.stdout and "9.0" in done.stdout


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/library.md"])
def test_links_and_paths_exist(page: str) -> None:
    """Relative links point at files of the repository; so do paths written as code."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / page).parent.joinpath(target).exists(), target
    for path in re.findall(r"`((?:library|tests|docs|design|requirements)/[\w./-]+)`", text):
        assert (ROOT / path.rstrip("/")).exists(), path
    for path in re.findall(r"`(\w+/\w+\.py)`", text):
        assert (ROOT / "src/reseed" / path).exists(), path


def test_one_version() -> None:
    """The version is the same in the package, its metadata and the citation."""
    from reseed.base.version import VERSION

    for name in ("pyproject.toml", "CITATION.cff"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert re.search(rf'(?m)^version\s*[=:]\s*"?{re.escape(VERSION)}"?$', text), name


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_pages_have_no_gaps(page: str) -> None:
    """No line that is one word in capitals: a place where something was still to come."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert not re.search(r"^[A-Z]{3,}$", text, re.MULTILINE)
