"""Floor 2: observe patients as a clinic would, then adjudicate outcomes by their definitions."""

from reseed.readout.adjudicate import adjudicate
from reseed.readout.observations import Observations
from reseed.readout.observe import DROP_OUT, follow_up, observe, visit_days
from reseed.readout.read_out import read_out

__all__ = [
    "DROP_OUT",
    "Observations",
    "adjudicate",
    "follow_up",
    "observe",
    "read_out",
    "visit_days",
]
