"""Floor 1: integrate the patients of a System; knows no medicine."""

from reseed.engine.failure import FAILURES
from reseed.engine.solve import solve
from reseed.engine.solver import Solver

__all__ = ["FAILURES", "Solver", "solve"]
