"""The machinery keeps its promises: `go`, the locks, the floors, the wheel."""

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

LOCKS = ("uv", "runtime", "test", "bench")
DECIDING = ("pyproject.toml", *(f"requirements/{lock}.txt" for lock in LOCKS))
LONGEST_FILE = 600


@pytest.fixture
def go(root: Path) -> ModuleType:
    """The file `go`, as a module."""
    loader = SourceFileLoader("go", str(root / "go"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("go", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def checkout(go: ModuleType, root: Path, tmp_path: Path) -> Path:
    """A copy of what decides the environment, with an environment that only looks like one."""
    for name in ("go", "pyproject.toml"):
        shutil.copy(root / name, tmp_path / name)
    shutil.copytree(root / "requirements", tmp_path / "requirements")
    python = Path(go.tool(tmp_path / ".venv", "python"))
    python.parent.mkdir(parents=True)
    python.touch()
    return tmp_path


def test_go_needs_the_standard_library_alone(root: Path) -> None:
    """Nothing is installed yet when it starts."""
    tree = ast.parse((root / "go").read_text())
    named = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert named <= sys.stdlib_module_names


def test_stamp_names_the_layer_that_is_there(go: ModuleType, checkout: Path) -> None:
    """No stamp, no layer; afterwards the one that was written."""
    assert go.stamped(checkout) is None
    go.stamp(checkout, "test")
    assert go.stamped(checkout) == "test"


@pytest.mark.parametrize(
    "file", ["pyproject.toml", *(f"requirements/{lock}.txt" for lock in LOCKS)]
)
def test_stamp_is_void_when_a_deciding_file_changes(
    go: ModuleType, checkout: Path, file: str
) -> None:
    """One more byte is enough."""
    go.stamp(checkout, "test")
    with open(checkout / file, "a") as out:
        out.write("#")
    assert go.stamped(checkout) is None


def test_stamp_is_void_when_folder_python_or_text_is_wrong(
    go: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory
) -> None:
    """An environment cannot be moved, loses its Python now and then, and may be half written."""
    go.stamp(checkout, "test")
    moved = tmp_path_factory.mktemp("moved") / "checkout"
    shutil.copytree(checkout, moved)
    assert go.stamped(moved) is None
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version", "3.99")
        assert go.stamped(checkout) is None
    assert go.stamped(checkout) == "test"
    (moved / ".venv" / "go.stamp").write_text("half")
    assert go.stamped(moved) is None
    Path(go.tool(checkout / ".venv", "python")).unlink()
    assert go.stamped(checkout) is None


def test_environment_is_left_alone_when_it_holds_enough(
    go: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A larger layer serves a smaller need; a larger need installs, and is then remembered."""
    installed = []
    monkeypatch.setattr(go, "install", lambda venv, layer: installed.append(layer))
    monkeypatch.setattr(go, "usable", lambda venv: True)
    go.stamp(checkout, "test")
    go.prepare(checkout, "runtime")
    go.prepare(checkout, "test")
    assert installed == []
    go.prepare(checkout, "bench")
    assert installed == ["bench"]
    assert go.stamped(checkout) == "bench"


def test_failed_installation_leaves_no_stamp(
    go: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next call has to try again."""

    def fail(venv: Path, layer: str) -> None:
        raise go.Trouble("no network")

    monkeypatch.setattr(go, "install", fail)
    monkeypatch.setattr(go, "usable", lambda venv: True)
    go.stamp(checkout, "runtime")
    with pytest.raises(go.Trouble):
        go.prepare(checkout, "test")
    assert go.stamped(checkout) is None


def test_second_call_starts_at_once(go: ModuleType, checkout: Path) -> None:
    """With a valid stamp no installer is started: there is none that could be found here."""
    go.stamp(checkout, "bench")
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, checkout / "go", "bench"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "installing" not in done.stdout
    assert time.perf_counter() - start < 3  # 0.1 s on an idle machine


def test_the_demo_keeps_its_bytecode_in_its_own_environment(
    go: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for who told Python to write none: nothing outside of .venv is written."""
    venv = checkout / ".venv"
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "elsewhere")
    go.keep_bytecode(venv)
    (checkout / "quick.py").write_text("import slow\n")
    (checkout / "slow.py").write_text("")
    done = subprocess.run([sys.executable, checkout / "quick.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list((venv / "bytecode").rglob("slow*.pyc"))
    assert not list(checkout.glob("__pycache__"))


def test_go_explains_itself(root: Path) -> None:
    """A word it does not know gets the three it does."""
    done = subprocess.run([sys.executable, root / "go", "away"], capture_output=True, text=True)
    assert done.returncode == 2
    assert all(f"go {word}" in done.stdout for word in ("demo", "test", "bench"))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_has_hashes_and_no_address(root: Path, lock: str) -> None:
    """Every line is a pinned requirement or a hash of one."""
    text = (root / "requirements" / f"{lock}.txt").read_text()
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    for entry in entries:
        first, *rest = (line.strip(" \\") for line in entry.splitlines())
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+( ; .+)?", first), first
        assert rest, f"{first} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in rest), first
    assert "://" not in text


def test_locks_agree(root: Path) -> None:
    """Each layer contains the one before, to the version."""
    pinned = {
        lock: set(re.findall(r"^\S+==.*?(?= \\$)", text, flags=re.MULTILINE))
        for lock in LOCKS
        for text in [(root / "requirements" / f"{lock}.txt").read_text()]
    }
    assert pinned["runtime"] < pinned["test"] < pinned["bench"]


def test_imports_keep_to_the_floors(root: Path, tmp_path: Path) -> None:
    """Rooms know only the floors below; libSBML, Antimony and matplotlib have one room each."""
    tool = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    if tool is None:
        pytest.skip("import-linter is not installed")
    done = subprocess.run([tool, "--cache-dir", tmp_path], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_source_file_is_long(root: Path) -> None:
    """A file that needs more is two files."""
    lines = {
        str(file.relative_to(root)): len(file.read_text(encoding="utf-8").splitlines())
        for file in (root / "src").rglob("*.py")
    }
    assert lines
    assert {file: n for file, n in lines.items() if n > LONGEST_FILE} == {}


def test_no_file_names_a_machine(root: Path) -> None:
    """No path of the machine it was written on, and no address of a package index."""
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    )
    machine = re.compile(
        r"(?<![\w.}>-])/(?:work|tmp|root|home)/"  # an absolute path
        r"|https?://\S*/simple\b|pythonhosted\.org|(?:index-url|find-links)[ =\"']+\S*://"
    )
    found = []
    for name in listed.stdout.decode().split("\0"):
        file = root / name
        if name and file.is_file():
            text = file.read_text(encoding="utf-8", errors="ignore")
            found += [f"{name}: {hit.group()}" for hit in machine.finditer(text)]
    assert found == []


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel in it, built and installed without a network."""
    if importlib.util.find_spec("hatchling") is None or importlib.util.find_spec("pip") is None:
        pytest.skip("the build tools are not installed")
    folder = tmp_path_factory.mktemp("wheel")
    calm = {**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"}
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-build-isolation", "--no-deps", "-w", folder, root]
    subprocess.run(build, env=calm, check=True)
    (wheel,) = folder.glob("reseed-*.whl")
    target = folder / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", target, wheel], env=calm, check=True)
    return target


def outside(installed: Path, *words: str) -> subprocess.CompletedProcess:
    """Python, run with the installed wheel from a folder that is not the checkout."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )


def test_wheel_carries_the_library(root: Path, installed: Path) -> None:
    """Every data file of the checkout is in the package, and Python finds the installed one."""
    where = outside(installed, "-c", "import reseed; print(reseed.__file__)").stdout.strip()
    assert Path(where).is_relative_to(installed)
    ours, shipped = (
        {file.relative_to(folder) for file in folder.rglob("*") if file.is_file()}
        for folder in (root / "library", installed / "reseed" / "library")
    )
    assert shipped
    assert shipped == {file for file in ours if not file.name.startswith(".")}


def test_wheel_runs_outside_the_checkout(installed: Path) -> None:
    """The list of what can be simulated comes from the library inside the wheel."""
    done = outside(installed, "-m", "reseed", "list")
    assert done.returncode == 0, done.stderr
    assert "autologous-recovery" in done.stdout
