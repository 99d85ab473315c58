#!/usr/bin/env python3
"""Builds the environment in the checkout and runs one command in it.

    python3 go demo [WORDS]   the main job: reseed trial ms-autologous
    python3 go test [WORDS]   all checks and tests; with words, pytest alone with these words
    python3 go bench [WORDS]  the benchmarks, with what they compare against

Needs Python 3.11 or newer and pip, nothing else. The environment is .venv; while the files that
decide it stay as they are, a second call starts at once and never touches the network.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
if sys.version_info < OLDEST:
    sys.exit("go: needs Python 3.11 or newer, this is " + sys.version.split()[0])

LAYERS = ("runtime", "test", "bench")  # each lock file contains the one before
ROOT = Path(__file__).resolve().parent
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("lint-imports",),
    ("mypy",),
    ("pytest", "-n", "2"),
)


class Trouble(Exception):
    """Ends the program with one line, and the tail of a failed command's output if there is one."""


def scripts(venv: Path) -> Path:
    return venv / ("Scripts" if os.name == "nt" else "bin")


def tool(venv: Path, name: str) -> str:
    return str(scripts(venv) / (name + (".exe" if os.name == "nt" else "")))


def say(line: str) -> None:
    print(f"go: {line}", file=sys.stderr, flush=True)


# --- the stamp: which layers the environment holds, and for which files -------------------------


def fingerprint(root: Path) -> str:
    """A digest of all that decides the environment: package, locks, Python's build, folder."""
    digest = hashlib.sha256(f"{sys.version}\n{root}\n".encode())
    for file in [root / "pyproject.toml", *sorted((root / "requirements").glob("*.txt"))]:
        digest.update(b"\0" + file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def stamped(root: Path) -> str | None:
    """The layer that .venv holds for the present files, or None if it has to be made anew."""
    try:
        digest, layer = (root / ".venv" / "go.stamp").read_text().split()
    except (OSError, ValueError):
        return None
    whole = layer in LAYERS and Path(tool(root / ".venv", "python")).exists()
    return layer if whole and digest == fingerprint(root) else None


def stamp(root: Path, layer: str) -> None:
    (root / ".venv" / "go.stamp").write_text(f"{fingerprint(root)} {layer}\n")


# --- the environment -----------------------------------------------------------------------------


def quietly(*command: object) -> None:
    """Runs a command and keeps its output for the case that it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise Trouble(
            f"failed with {done.returncode}: {' '.join(map(str, command[:6]))} ...\n{tail}"
        )


def host_pip(venv: Path) -> list[str]:
    """The words that start a pip which installs into venv: the host's, or a copy put inside."""
    ask = [sys.executable, "-m", "pip", "--version"]
    answer = subprocess.run(ask, capture_output=True, text=True)
    if answer.returncode:
        raise Trouble("this Python has no pip; install it (Debian: apt install python3-pip)")
    python = tool(venv, "python")
    major, minor = (int(part) for part in answer.stdout.split()[1].split(".")[:2])
    if (major, minor) >= (22, 3):
        return [sys.executable, "-m", "pip", "--python", python]
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True)
    quietly(*ask[:3], "install", "--upgrade", "--target", site.stdout.strip(), "pip")
    return [python, "-m", "pip"]


def install(venv: Path, layer: str) -> None:
    """Installs a locked layer and the checkout itself, with uv, or with pip where uv fails."""
    lock = f"requirements/{layer}.txt"
    python, uv = tool(venv, "python"), tool(venv, "uv")
    if not Path(uv).exists():
        pip = host_pip(venv)
        say("putting uv into .venv")
        try:
            quietly(*pip, "install", "--quiet", "--require-hashes", "-r", "requirements/uv.txt")
        except Trouble:
            say("uv cannot be had here")
    if Path(uv).exists():
        say(f"installing {lock} with uv")
        into = ("install", "--quiet", "--python", python)
        try:
            quietly(uv, "pip", *into, "--require-hashes", "-r", lock)
            quietly(uv, "pip", *into, "--no-deps", "--no-build-isolation", "-e", ROOT)
            return
        except Trouble as trouble:
            say(f"uv could not do it ({str(trouble).splitlines()[-1].strip()})")
    pip = host_pip(venv)
    say(f"installing {lock} with pip")
    quietly(*pip, "install", "--quiet", "--require-hashes", "-r", lock)
    quietly(*pip, "install", "--quiet", "--no-deps", "--no-build-isolation", "-e", ROOT)


def usable(venv: Path) -> bool:
    """Whether the environment starts, and with the Python that runs this file."""
    ask = [tool(venv, "python"), "-c", "import sys; print(sys.version)"]
    try:
        return subprocess.run(ask, capture_output=True, text=True).stdout.strip() == sys.version
    except OSError:
        return False


def prepare(root: Path, layer: str) -> Path:
    """The environment with at least this layer, made or mended only if its stamp is out of date."""
    venv = root / ".venv"
    present = stamped(root)
    if present and LAYERS.index(present) >= LAYERS.index(layer):
        return venv
    if not usable(venv):
        import venv as builder  # here, for the sake of the quick start

        say("making .venv")
        builder.create(venv, with_pip=False, clear=True, symlinks=os.name != "nt")
    (venv / "go.stamp").unlink(missing_ok=True)
    install(venv, layer)
    stamp(root, layer)
    say("ready")
    return venv


# --- the three commands --------------------------------------------------------------------------


def run(*command: str) -> int:
    """Runs a command to its end with our own input and output; an interrupt is its own affair."""
    child = subprocess.Popen(command)
    while True:
        try:
            code = child.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:
            continue


def keep_bytecode(venv: Path) -> None:
    """Let Python keep what it compiles inside .venv, also where it is told to keep nothing.

    Without that each start compiles some two thousand files again, in every process: seconds.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(venv / "bytecode")


def demo(words: list[str]) -> int:
    venv = prepare(ROOT, "runtime")
    keep_bytecode(venv)
    command = [tool(venv, "reseed"), "trial", "ms-autologous", *words]
    if os.name == "nt":
        return run(*command)
    sys.stdout.flush()
    os.execv(command[0], command)


def test(words: list[str]) -> int:
    venv = prepare(ROOT, "test")
    os.chdir(ROOT)
    if words:
        return run(tool(venv, "pytest"), *words)
    failed = {}
    for check in CHECKS:
        say(" ".join(check))
        code = run(tool(venv, check[0]), *check[1:])
        if code:
            failed[" ".join(check)] = code
    if failed:
        say("failed: " + "; ".join(failed))
    return max(failed.values(), default=0)


def bench(words: list[str]) -> int:
    venv = prepare(ROOT, "bench")
    os.chdir(ROOT)
    files = (file for file in Path("bench").glob("*.py") if "__main__" in file.read_text("utf-8"))
    known = sorted(file.stem for file in files)
    if not words:
        say("name one: " + (", ".join(known) or "there are no benchmarks yet"))
        return 0
    if words[0] not in known:
        raise Trouble(f"no benchmark {words[0]!r}; there are: {', '.join(known) or 'none'}")
    return run(tool(venv, "python"), "-m", f"bench.{words[0]}", *words[1:])


def main(words: list[str]) -> int:
    commands = {"demo": demo, "test": test, "bench": bench}
    if not words or words[0] not in commands:
        print(__doc__.strip())
        return 0 if words and words[0] in ("-h", "--help") else 2
    os.environ["PATH"] = f"{scripts(ROOT / '.venv')}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        return commands[words[0]](words[1:])
    except Trouble as trouble:
        print(f"go: {trouble}", file=sys.stderr)
    except KeyboardInterrupt:
        print("go: interrupted", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
