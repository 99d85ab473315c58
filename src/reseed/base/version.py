"""The version, also in pyproject.toml and CITATION.cff; a test holds them together."""

from __future__ import annotations

VERSION = "0.1.0"
