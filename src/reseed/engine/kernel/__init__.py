"""The compiled engine: one patient per lane of a vector, from a System to machine code."""

from reseed.engine.kernel.build import Kernel, build
from reseed.engine.kernel.machine import lane_width

__all__ = ["Kernel", "build", "lane_width"]
