"""The scenario as given, what was run (`run.json`), and the unhashed log of how it was run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reseed.base.errors import Fault, InvalidInput
from reseed.store.files import write_bytes, write_text


def canonical_json(value: Any) -> str:
    """JSON text that is the same for equal values: sorted keys, two-space indent, UTF-8.

    ValueError if a number is not finite, TypeError if something is no JSON value.
    """
    text = json.dumps(
        value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False, default=_plain
    )
    return text + "\n"


def write_run(folder: Path | str, run: Mapping[str, Any]) -> None:
    """Write `run.json`: what a run was, without host, times or paths."""
    write_text(Path(folder) / "run.json", canonical_json(run))


def read_run(folder: Path | str) -> dict[str, Any]:
    """The contents of `run.json`; InvalidInput if the folder holds none that can be read."""
    path = Path(folder) / "run.json"
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fault = Fault(str(folder), "run.json", str(error), "a finished or resumable trial folder")
        raise InvalidInput([fault]) from error
    if not isinstance(run, dict):
        raise InvalidInput([Fault(str(folder), "run.json", type(run).__name__, "an object")])
    return run


def write_scenario_text(folder: Path | str, text: str) -> None:
    """Write `scenario.toml` exactly as the user gave it."""
    write_bytes(Path(folder) / "scenario.toml", text.encode("utf-8"))


def read_scenario_text(folder: Path | str) -> str:
    """The scenario file of a trial, line ends included."""
    return (Path(folder) / "scenario.toml").read_bytes().decode("utf-8")


def append_log(folder: Path | str, entry: Mapping[str, Any]) -> None:
    """Add one line to `log.jsonl`: host, times, workers, command line; never hashed."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    with open(Path(folder) / "log.jsonl", "a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(entry, sort_keys=True, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    """numpy's scalars and arrays as Python's; the path of a log entry as text."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"not a JSON value: {type(value).__name__}")
