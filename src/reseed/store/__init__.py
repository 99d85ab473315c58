"""Floor 1: the trial folder on disk: tables, arrays, manifest, markers. Same rows, same bytes."""

from reseed.store.blocks import (
    BLOCK_PATIENTS,
    outcomes_of,
    read_outcomes,
    read_patients,
    read_records,
    read_solutions,
    write_outcomes,
    write_patients,
    write_records,
    write_solutions,
)
from reseed.store.done import block_done, digest_tree, mark_done
from reseed.store.estimates import read_estimates, write_estimates
from reseed.store.files import write_text
from reseed.store.manifest import (
    append_log,
    canonical_json,
    read_run,
    read_scenario_text,
    write_run,
    write_scenario_text,
)
from reseed.store.trajectories import (
    create_trajectories,
    read_trajectories,
    round_mantissa,
    write_trajectories,
)

__all__ = [
    "BLOCK_PATIENTS",
    "append_log",
    "block_done",
    "canonical_json",
    "create_trajectories",
    "digest_tree",
    "mark_done",
    "outcomes_of",
    "read_estimates",
    "read_outcomes",
    "read_patients",
    "read_records",
    "read_run",
    "read_scenario_text",
    "read_solutions",
    "read_trajectories",
    "round_mantissa",
    "write_estimates",
    "write_outcomes",
    "write_patients",
    "write_records",
    "write_run",
    "write_scenario_text",
    "write_solutions",
    "write_text",
    "write_trajectories",
]
