"""Where each file of a trial folder lies; every part of a path is checked before it is used."""

from __future__ import annotations

import re
from pathlib import Path

from reseed.base.errors import Fault, InvalidInput

TABLES = ("patients", "records", "outcomes", "solutions")
TRAJECTORIES = "trajectories.zarr"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}", re.ASCII)
_BLOCK_FILE = re.compile(r"[0-9]{6}\.parquet", re.ASCII)
_MOST_BLOCKS = 1_000_000


def name_part(name: str, place: str) -> str:
    """The name itself if it may be one part of a path: `[a-z0-9][a-z0-9-]*`; else InvalidInput."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        expected = "lower-case letters, digits and hyphens, not starting with a hyphen"
        raise InvalidInput([Fault("trial folder", place, repr(name), expected)])
    return name


def block_part(block: int) -> str:
    """A block's number as six digits; InvalidInput if it is no integer from 0 to 999999."""
    if isinstance(block, bool) or not hasattr(block, "__index__"):
        raise InvalidInput([Fault("trial folder", "block", repr(block), "an integer")])
    number = block.__index__()
    if not 0 <= number < _MOST_BLOCKS:
        raise InvalidInput([Fault("trial folder", "block", str(number), "0 to 999999")])
    return f"{number:06d}"


def table_file(folder: Path | str, table: str, arm: str, block: int) -> Path:
    """The Parquet file of one block of one arm; `table` is one of `TABLES`."""
    return table_folder(folder, table, arm) / f"{block_part(block)}.parquet"


def table_folder(folder: Path | str, table: str, arm: str) -> Path:
    """The folder that holds an arm's blocks of a table."""
    return Path(folder) / table / name_part(arm, "arm")


def block_files(folder: Path) -> list[Path]:
    """The block files in a folder in their order; side files of a killed write are passed over."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _BLOCK_FILE.fullmatch(path.name))


def marker_file(folder: Path | str, arm: str, block: int) -> Path:
    """The marker that says that a block is complete."""
    return Path(folder) / "done" / name_part(arm, "arm") / f"{block_part(block)}.json"


def shard_file(folder: Path | str, arm: str, block: int) -> Path:
    """The Zarr shard that holds a block's trajectories; absent if all of them are NaN."""
    number = str(int(block_part(block)))
    return Path(folder) / TRAJECTORIES / name_part(arm, "arm") / "c" / number / "0" / "0"
