"""Floor 2: the text of models (Antimony, SBML) to the mathematics of a System."""

from reseed.model.compile import compile_model
from reseed.model.export import export_sbml
from reseed.model.foreign import Foreign, load_antimony, load_sbml, open_antimony, open_sbml

__all__ = [
    "Foreign",
    "compile_model",
    "export_sbml",
    "load_antimony",
    "load_sbml",
    "open_antimony",
    "open_sbml",
]
