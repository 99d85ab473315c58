"""The same bytes, however the work is cut up; and a run that was stopped goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import reseed
from reseed import store
from reseed.api import Study
from reseed.base.errors import InvalidInput

SMALL = {"patients": 40, "days": 30.0}


@pytest.fixture(scope="module")
def study() -> Study:
    """The shipped scenario."""
    return reseed.load("autologous-recovery")


@pytest.fixture(scope="module")
def trial(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 patients per arm in batches of 37 on one worker."""
    out = tmp_path_factory.mktemp("trial") / "one"
    return study.run(**SMALL, batch=37, workers=1, out=out).folder


def test_batches_and_workers_change_no_byte(study: Study, trial: Path, tmp_path: Path) -> None:
    """Batches of 37 on one worker and of 500 on two give the same files."""
    other = study.run(**SMALL, batch=500, workers=2, out=tmp_path / "two").folder
    assert store.digest_tree(trial) == store.digest_tree(other)
    assert len(store.digest_tree(trial)) == 8  # patients, records, outcomes, solutions x 2 arms
    for name in ("run.json", "estimates.parquet", "summaries.parquet", "report.html"):
        assert (trial / name).read_bytes() == (other / name).read_bytes()


@pytest.mark.parametrize(("arm", "index"), [("cy-atg", 3), ("beam-atg", 39)])
def test_a_replayed_patient_is_the_same_patient(
    study: Study, trial: Path, arm: str, index: int
) -> None:
    """Outcomes and records of a patient solved alone equal the trial's, bit for bit."""
    patient = int(store.read_patients(trial, arm)["patient"].iloc[index])
    alone = study.replay(arm, patient, days=30.0)
    assert repr(alone).startswith(f"<Replay of patient {patient}: neutrophils, ")
    outcomes = store.read_outcomes(trial, arm)
    own = outcomes[outcomes["patient"] == patient]
    np.testing.assert_array_equal(own["time"], alone.outcomes.time)
    np.testing.assert_array_equal(own["value"], alone.outcomes.value)
    records = store.read_records(trial, arm)
    own = records[records["patient"] == patient]
    np.testing.assert_array_equal(own["time"], alone.records.time)
    np.testing.assert_array_equal(own["value"], alone.records.value)
    kept = store.read_trajectories(trial, arm).sel(patient=patient).to_numpy()
    np.testing.assert_array_equal(kept, store.round_mantissa(alone.trajectories.values[0]))


def test_another_seed_is_another_trial(study: Study, trial: Path, tmp_path: Path) -> None:
    """The seed changes the patients, and a folder of one trial is not overwritten by another."""
    other = study.run(patients=3, days=5.0, seed=2, out=tmp_path / "seed").folder
    first, second = (store.read_patients(path, "cy-atg")["weight"][:3] for path in (trial, other))
    assert not np.array_equal(first, second)
    with pytest.raises(InvalidInput, match="another trial"):
        study.run(patients=4, days=5.0, seed=2, out=other)


@pytest.fixture
def library(root: Path) -> Path:
    """A small library with a quick model whose arm spans two blocks."""
    return root / "tests/trial/data/tiny-library"


def test_an_interrupted_trial_goes_on_to_the_same_bytes(library: Path, tmp_path: Path) -> None:
    """SIGINT ends with 130 and a way to go on; the same command then finishes the trial."""
    command = [sys.executable, "-m", "reseed", "trial", "tiny", "--library", str(library)]
    command += ["--workers", "2", "--batch", "20", "--out", str(tmp_path / "stopped")]
    command += ["--patients", "2900"]  # the process that writes may lag far behind its workers
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    marker = tmp_path / "stopped" / "done" / "one" / "000000.json"
    deadline = time.time() + 60
    while not marker.exists() and process.poll() is None and time.time() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "--out" in errors and str(tmp_path / "stopped") in errors
    assert not (tmp_path / "stopped" / "report.html").exists()
    first = marker.stat().st_mtime_ns
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert marker.stat().st_mtime_ns == first  # the finished block was not done again
    tiny = reseed.load("tiny", library=[library])
    whole = tiny.run(patients=2900, out=tmp_path / "whole", workers=1).folder
    assert store.digest_tree(whole) == store.digest_tree(tmp_path / "stopped")


def test_a_trial_stopped_before_its_report_only_writes_the_report(
    library: Path, tmp_path: Path
) -> None:
    """All patients are on disk and nothing else: no worker has anything to do."""
    scenario = reseed.load("tiny", library=[library])
    folder = scenario.run(out=tmp_path / "one", workers=1).folder
    whole = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    again = scenario.run(out=folder, workers=2).folder
    assert (again / "report.html").read_bytes() == whole


@pytest.mark.parametrize("after", [0.0, 0.3])  # seconds: as the workers start, and at work
def test_a_killed_worker_costs_time_and_nothing_else(
    library: Path, tmp_path: Path, after: float
) -> None:
    """SIGKILL of a worker process: the trial finishes with the same bytes."""
    command = [sys.executable, "-m", "reseed", "trial", "tiny", "--library", str(library)]
    command += ["--workers", "2", "--batch", "10", "--out", str(tmp_path / "killed")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    killed = False
    deadline = time.time() + 60
    while not killed and process.poll() is None and time.time() < deadline:
        workers = [pid for pid in descendants(process.pid) if is_worker(pid)]
        if workers and (tmp_path / "killed" / "run.json").exists():
            time.sleep(after)
            os.kill(workers[-1], signal.SIGKILL)
            killed = True
        time.sleep(0.02)
    _, errors = process.communicate(timeout=120)
    assert killed and process.returncode == 0, errors
    whole = reseed.load("tiny", library=[library]).run(out=tmp_path / "whole", workers=1).folder
    assert store.digest_tree(whole) == store.digest_tree(tmp_path / "killed")


def descendants(pid: int) -> list[int]:
    """Processes below one, deepest last (Linux)."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(path.parent.name)
            found += [child, *descendants(child)]
    return found


def is_worker(pid: int) -> bool:
    """A child of the fork server: two levels below the conductor."""
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        command = Path(f"/proc/{parent}/cmdline").read_bytes().decode()
    except OSError:
        return False
    return "forkserver" in command
