"""reseed: how transplanted stem cells rebuild an immune system, simulated as a clinical trial.

import reseed
run = reseed.load("autologous-recovery").run(patients=200)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reseed.api import load

    __version__: str

__all__ = ["__version__", "load"]


def __getattr__(name: str) -> Any:
    # Both on demand: `reseed --help` must not wait for numerical libraries.
    if name == "load":
        from reseed.api import load

        return load
    if name == "__version__":
        from importlib.metadata import version

        return version("reseed")
    raise AttributeError(f"module 'reseed' has no attribute {name!r}")
