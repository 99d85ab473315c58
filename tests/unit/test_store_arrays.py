"""Trajectories and the manifest of a trial folder."""

import json
from pathlib import Path

import numpy as np
import pytest

from reseed import store
from reseed.base.errors import InvalidInput

TIMES = np.arange(12.0)


def make(folder: Path, patients: int = 1500, **extra: int) -> None:
    """An arm with two variables."""
    names, units = ["neutrophils", "platelets"], ["cell/L", "cell/L"]
    store.create_trajectories(folder, "arm", patients, names, units, TIMES, **extra)


def values(patients: int) -> np.ndarray:
    """Counts over eight orders of magnitude, with some missing."""
    rng = np.random.Generator(np.random.Philox(key=5))
    counts = 10.0 ** rng.uniform(2, 10, (patients, 2, len(TIMES)))
    counts[::7, :, 5:] = np.nan
    return counts


def test_rounding_keeps_twelve_bits() -> None:
    """The error is at most half a unit in the twelfth place; rounding again changes nothing."""
    exact = values(50)
    rounded = store.round_mantissa(exact)
    known = ~np.isnan(exact)
    assert np.array_equal(np.isnan(rounded), ~known)
    assert np.max(np.abs(rounded[known] / exact[known] - 1)) <= 2.0**-13 * 1.001
    assert np.array_equal(store.round_mantissa(rounded), rounded, equal_nan=True)
    assert not np.any(rounded[known].view(np.uint32) & 0x7FF)


def test_rounding_takes_ties_to_even_and_keeps_infinity() -> None:
    """So the mean is not shifted, and an overflow stays visible."""
    last = 2.0**-12
    given = [1 + 0.5 * last, 1 + 1.5 * last, -(1 + 1.5 * last), 0.0, np.inf, 1e300]
    expected = [1.0, 1 + 2 * last, -(1 + 2 * last), 0.0, np.inf, np.inf]
    assert store.round_mantissa(given).tolist() == expected


def test_trajectories_come_back(tmp_path: Path) -> None:
    """A full block and a shorter last one, with ids, names and days."""
    make(tmp_path, ids_start=10_000_000)
    full = values(1500)
    store.write_trajectories(tmp_path, "arm", 1, full[1000:])
    store.write_trajectories(tmp_path, "arm", 0, full[:1000])
    array = store.read_trajectories(tmp_path, "arm")
    assert array.dims == ("patient", "variable", "time")
    assert np.array_equal(array.values, store.round_mantissa(full), equal_nan=True)
    assert array.patient.values[[0, -1]].tolist() == [10_000_000, 10_001_499]
    assert array.sel(variable="platelets").time.values.tolist() == TIMES.tolist()
    assert array.attrs["units"]["platelets"] == "cell/L"


def test_one_variable_can_be_read_alone(tmp_path: Path) -> None:
    """And an unknown one is refused by name."""
    make(tmp_path, 300)
    full = values(300)
    store.write_trajectories(tmp_path, "arm", 0, full)
    array = store.read_trajectories(tmp_path, "arm", variables=["platelets"])
    assert np.array_equal(array.values[:, 0], store.round_mantissa(full)[:, 1], equal_nan=True)
    with pytest.raises(InvalidInput, match="cortisol"):
        store.read_trajectories(tmp_path, "arm", variables=["cortisol"])


def test_blocks_not_written_are_missing(tmp_path: Path) -> None:
    """NaN, not zero."""
    make(tmp_path)
    store.write_trajectories(tmp_path, "arm", 0, values(1000))
    array = store.read_trajectories(tmp_path, "arm")
    assert np.isnan(array.values[1000:]).all()
    assert not np.isnan(array.values[:1000]).all()


def test_array_of_a_resumed_run_stays(tmp_path: Path) -> None:
    """The same description is taken up, another one is refused with what differs."""
    make(tmp_path)
    store.write_trajectories(tmp_path, "arm", 0, values(1000))
    make(tmp_path)
    assert not np.isnan(store.read_trajectories(tmp_path, "arm").values[1]).any()
    with pytest.raises(InvalidInput, match="shape"):
        make(tmp_path, 1600)
    with pytest.raises(InvalidInput, match="ids_start"):
        make(tmp_path, ids_start=7)


def test_block_of_the_wrong_shape_is_refused(tmp_path: Path) -> None:
    """A shard has one writer, which writes all of it."""
    make(tmp_path)
    with pytest.raises(InvalidInput, match="1000"):
        store.write_trajectories(tmp_path, "arm", 0, values(999))
    with pytest.raises(InvalidInput):
        store.write_trajectories(tmp_path, "arm", 2, values(1000))


def test_arm_without_trajectories_is_a_missing_file(tmp_path: Path) -> None:
    """Both when nothing was kept and when another arm was."""
    with pytest.raises(FileNotFoundError):
        store.read_trajectories(tmp_path, "arm")
    make(tmp_path)
    with pytest.raises(KeyError):
        store.read_trajectories(tmp_path, "other")


def test_shard_is_one_file_with_the_same_bytes(tmp_path: Path) -> None:
    """The marker of a block covers its shard."""
    for name in ("1", "2"):
        make(tmp_path / name, 1000)
        store.write_trajectories(tmp_path / name, "arm", 0, values(1000))
        store.mark_done(tmp_path / name, "arm", 0)
    first, second = ((tmp_path / n / "done/arm/000000.json").read_text() for n in ("1", "2"))
    assert first == second
    assert list(json.loads(first)) == ["trajectories.zarr/arm/c/0/0/0"]


def test_run_is_canonical(tmp_path: Path) -> None:
    """The order in which a run was put together does not show, nor do numpy's numbers."""
    store.write_run(tmp_path, {"b": np.int64(1), "a": np.array([0.1, 2.0]), "ü": "é"})
    first = (tmp_path / "run.json").read_bytes()
    store.write_run(tmp_path, {"ü": "é", "a": [0.1, 2.0], "b": 1})
    assert (tmp_path / "run.json").read_bytes() == first
    assert store.read_run(tmp_path) == {"a": [0.1, 2.0], "b": 1, "ü": "é"}
    with pytest.raises(ValueError, match="JSON"):
        store.write_run(tmp_path, {"a": float("nan")})
    assert (tmp_path / "run.json").read_bytes() == first


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_folder_without_a_readable_run_is_refused(tmp_path: Path, text: str | None) -> None:
    """Any folder may be named on the command line."""
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(InvalidInput, match="run.json"):
        store.read_run(tmp_path)


def test_scenario_is_kept_verbatim(tmp_path: Path) -> None:
    """Line ends and umlauts included."""
    text = 'title = "Übung"\r\n\n# end'
    store.write_scenario_text(tmp_path, text)
    assert store.read_scenario_text(tmp_path) == text


def test_log_grows_by_lines(tmp_path: Path) -> None:
    """One JSON document per line."""
    store.append_log(tmp_path, {"event": "start"})
    store.append_log(tmp_path, {"event": "end"})
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["start", "end"]
