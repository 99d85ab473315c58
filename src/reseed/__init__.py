"""reseed: how transplanted stem cells rebuild an immune system, simulated as a clinical trial.

import reseed
run = reseed.load("autologous-recovery").run(patients=200)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reseed.api import load
    from reseed.simulate import load_model

    __version__: str

__all__ = ["__version__", "load", "load_model"]


def __getattr__(name: str) -> Any:
    # Both on demand, by name: `reseed --help` must not wait for numerical libraries, and the
    # package's own door is on the top floor.
    from importlib import import_module

    if name == "load":
        return import_module("reseed.api").load
    if name == "load_model":
        return import_module("reseed.simulate").load_model
    if name == "__version__":
        return import_module("reseed.base.version").VERSION
    raise AttributeError(f"module 'reseed' has no attribute {name!r}")
