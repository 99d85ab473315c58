"""The reference: patient after patient with SciPy's solvers; it judges the compiled engine."""

from reseed.engine.reference.solve import solve_by_reference

__all__ = ["solve_by_reference"]
