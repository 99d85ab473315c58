"""Floor 3: the conductor: arms x blocks under a pool of processes, nothing clever."""

from reseed.trial.conductor import run_trial
from reseed.trial.export import Export, export_patient
from reseed.trial.replay import replay
from reseed.trial.result import TrialResult

__all__ = ["Export", "TrialResult", "export_patient", "replay", "run_trial"]
