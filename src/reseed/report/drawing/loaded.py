"""Imported by processes that draw many figures: matplotlib, once, before it is needed."""

import matplotlib.backends.backend_svg
import matplotlib.figure

__all__ = ["matplotlib"]
