"""Floor 1: integrate the patients of a System; knows no medicine."""

from reseed.engine.failure import FAILURES
from reseed.engine.merge import merge
from reseed.engine.solve import solve
from reseed.engine.solver import Solver
from reseed.engine.summarise import summarise

__all__ = ["FAILURES", "Solver", "merge", "solve", "summarise"]
