"""Floor 2: the text of models (Antimony, SBML) to the mathematics of a System."""

from reseed.model.compile import compile_model
from reseed.model.foreign import load_antimony, load_sbml

__all__ = ["compile_model", "load_antimony", "load_sbml"]
