"""Floor 3: a model of anybody's, SBML or Antimony, and what it does in time."""

from reseed.simulate.load import load_model
from reseed.simulate.model import Model

__all__ = ["Model", "load_model"]
