"""Floor 2: the text of models (Antimony, SBML) to the mathematics of a System."""

from reseed.model.compile import compile_model

__all__ = ["compile_model"]
