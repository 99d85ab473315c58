"""What the figures were measured on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import Any

from reseed.engine.kernel.machine import _target, lane_width

PACKAGES = ("llvmlite", "numpy", "libroadrunner", "scikit-sundae", "scipy", "numba", "diffrax")


def machine() -> dict[str, Any]:
    """Processor, what it can do, and versions; None where a package is not installed."""
    _, processor, features = _target()
    wide = [name for name in ("avx2", "fma", "avx512f", "avx512dq") if f"+{name}" in features]
    return {
        "processor": processor,
        "features": wide,
        "lane_width": lane_width(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
