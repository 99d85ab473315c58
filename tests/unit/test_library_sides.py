"""Which side of an endpoint of the library is the better one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ENDPOINTS = Path(__file__).parents[2] / "library" / "endpoints"
GOOD = {"neutrophil_recovery_from_entry", "platelet_recovery_from_entry"}
"""Times that are better short: until something good."""


@pytest.mark.parametrize("file", sorted(ENDPOINTS.glob("*.toml")), ids=lambda file: file.stem)
def test_harm_is_not_better_early(file):
    """`better = "less"` of a time means that sooner is better: true of recovery, never of harm."""
    endpoint = tomllib.loads(file.read_text(encoding="utf-8"))
    timed = endpoint["kind"] in ("first", "confirmed", "composite", "sustained", "not_by")
    if timed and endpoint.get("better") == "less":
        assert file.stem in GOOD
