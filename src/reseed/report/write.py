"""`write_report`: a trial folder to one page."""

from __future__ import annotations

from pathlib import Path

from reseed.report.data import read_trial
from reseed.report.page import HandOut, at_once, page_of


def write_report(folder: Path, hand_out: HandOut = at_once) -> Path:
    """Write `report.html` into a trial folder and return its path; nothing else is read.

    The page stands alone: no script, nothing loaded from elsewhere; the same folder gives the
    same bytes, whoever draws its figures. `hand_out` takes a function with its arguments and
    returns a promise of its result: other processes may do it. Raises InvalidInput if the folder
    has no readable `run.json`.
    """
    from reseed.store import write_text

    folder = Path(folder)
    target = folder / "report.html"
    write_text(target, page_of(read_trial(folder), hand_out))
    return target
