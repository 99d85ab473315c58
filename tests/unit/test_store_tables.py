"""Tables of a trial folder: what is read is what was written, and the bytes depend on it alone."""

import os
from pathlib import Path

import numpy as np
import pytest

from reseed import store
from reseed.base.errors import InvalidInput
from reseed.nouns.cohort import Cohort, Covariate
from reseed.nouns.estimate import Estimate
from reseed.nouns.outcomes import Outcomes
from reseed.nouns.records import Records
from reseed.nouns.trajectories import Trajectories
from reseed.store.files import write_bytes


def cohort(start: int = 0) -> Cohort:
    """Two patients with a sex, a weight and a clearance."""
    return Cohort(
        ids=np.array([start, start + 1]),
        columns=(Covariate("sex", "", ("female", "male")), Covariate("weight", "kg")),
        covariates={"sex": np.array([1.0, 0.0]), "weight": np.array([81.5, np.nan])},
        parameters={"melphalan__CL": np.array([500.0, 610.25])},
    )


def records(order: int = 1) -> Records:
    """An infection and a death; `order` -1 swaps the rows."""
    rows = [(1, 12.25, "hazard", "infection", 1.0, ""), (4, 30.5, "end", "death", 1.0, "")][::order]
    patient, time, source, name, value, unit = zip(*rows, strict=True)
    return Records(np.array(patient), np.array(time), source, name, np.array(value), unit)


def outcomes() -> Outcomes:
    """One event and one undefined measurement."""
    return Outcomes(
        np.array([0, 0]),
        ("engraftment", "cells"),
        np.array([11.0, np.nan]),
        np.array([1, 0]),
        np.array([np.nan, np.nan]),
        ("", "cell/kg"),
        np.array([10.0, np.nan]),
    )


def solutions() -> Trajectories:
    """One patient who went well and one who failed."""
    return Trajectories(
        ids=np.array([0, 1]),
        variables=(),
        units=(),
        times=np.array([]),
        values=np.empty((2, 0, 0)),
        end_time=np.array([149.0, 20.0]),
        end_reason=("", ""),
        status=np.array([0, 3]),
        status_time=np.array([np.nan, 20.0]),
        status_state=("", "body__x"),
        rung=np.array([0, 2]),
        steps=np.array([210, 99]),
    )


def estimates() -> list[Estimate]:
    """A curve and a distribution, not in alphabetical order."""
    empty = np.array([])
    curve = Estimate(
        "b-arm", "engraftment", "cumulative_incidence", np.array([0.0, 1.0]), np.array([0.0, 0.5]),
        np.array([0.0, 0.1]), np.array([0.0, np.nan]), np.array([20, 19]), 1.0, 1.0, np.nan, "day",
        20, 1,
    )  # fmt: skip
    spread = Estimate(
        "a-arm", "cells", "distribution", empty, empty, empty, empty, empty.astype(np.int64),
        5e6, 4e6, 7e6, "cell/kg", 19, 2,
    )  # fmt: skip
    return [curve, spread]


def test_patients_come_back_over_blocks_in_order(tmp_path: Path) -> None:
    """Levels are text, blocks follow each other whatever the order of writing."""
    store.write_patients(tmp_path, "cy-atg", 1, cohort(1000))
    store.write_patients(tmp_path, "cy-atg", 0, cohort())
    frame = store.read_patients(tmp_path, "cy-atg")
    assert list(frame.columns) == ["patient", "sex", "weight", "melphalan__CL"]
    assert list(frame["patient"]) == [0, 1, 1000, 1001]
    assert list(frame["sex"]) == ["male", "female"] * 2
    assert np.array_equal(frame["weight"], [81.5, np.nan] * 2, equal_nan=True)


def test_records_and_solutions_come_back(tmp_path: Path) -> None:
    """Every column, with its type."""
    store.write_records(tmp_path, "a", 0, records())
    frame = store.read_records(tmp_path, "a")
    assert frame.iloc[1].tolist() == [4, 30.5, "end", "death", 1.0, ""]
    store.write_solutions(tmp_path, "a", 0, solutions())
    frame = store.read_solutions(tmp_path, "a")
    assert frame["status_state"].tolist() == ["", "body__x"]
    assert frame["steps"].tolist() == [210, 99]


def test_outcomes_come_back_as_the_noun(tmp_path: Path) -> None:
    """What `stats` gets after a restart is what adjudication gave."""
    store.write_outcomes(tmp_path, "a", 0, outcomes())
    again = store.outcomes_of(store.read_outcomes(tmp_path, "a"))
    for name in Outcomes.__slots__:
        mine, theirs = getattr(outcomes(), name), getattr(again, name)
        assert type(mine) is type(theirs)
        assert np.array_equal(mine, theirs, equal_nan=not isinstance(mine, tuple))


def test_tables_without_rows_keep_their_columns(tmp_path: Path) -> None:
    """No block, and a block in which nothing happened, look alike."""
    nothing = np.array([])
    store.write_records(tmp_path, "a", 0, Records(nothing, nothing, (), (), nothing, ()))
    written, absent = store.read_records(tmp_path, "a"), store.read_records(tmp_path, "b")
    assert len(written) == len(absent) == 0
    assert list(written.columns) == list(absent.columns)
    assert list(written.dtypes) == list(absent.dtypes)


def test_estimates_come_back_in_order(tmp_path: Path) -> None:
    """Curves, and distributions that have none."""
    store.write_estimates(tmp_path, estimates())
    for mine, theirs in zip(estimates(), store.read_estimates(tmp_path), strict=True):
        for name in Estimate.__slots__:
            a, b = getattr(mine, name), getattr(theirs, name)
            same = a == b if isinstance(a, str) else np.array_equal(a, b, equal_nan=True)
            assert same, name


def test_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    """In another folder, from differently laid out arrays, with another NaN and a minus zero."""
    first, second = Records(**_columns(0.0, np.nan)), Records(**_columns(-0.0, -np.nan))
    store.write_records(tmp_path / "1", "a", 0, first)
    store.write_records(tmp_path / "2", "b", 7, second)
    one = (tmp_path / "1/records/a/000000.parquet").read_bytes()
    assert one == (tmp_path / "2/records/b/000007.parquet").read_bytes()
    store.write_records(tmp_path / "1", "a", 1, Records(**_columns(0.0, 1.0)))
    assert one != (tmp_path / "1/records/a/000001.parquet").read_bytes()


def _columns(time: float, value: float) -> dict:
    wide = np.array([[time, 9.0], [1.0, 9.0]])
    return {
        "patient": np.array([3, 4]),
        "time": wide[:, 0],
        "source": ("end", "end"),
        "name": ["death", "death"],
        "value": np.array([value, 2.0]),
        "unit": ("", ""),
    }


def test_parquet_holds_no_trace_of_its_writer(tmp_path: Path) -> None:
    """No pandas index, no Arrow schema: only types and rows."""
    import pyarrow.parquet as pq

    store.write_records(tmp_path, "a", 0, records())
    file = pq.ParquetFile(tmp_path / "records/a/000000.parquet")
    assert file.metadata.metadata is None
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_broken_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither half a file nor a side file stays when the last step fails."""
    path = tmp_path / "x" / "table.parquet"
    write_bytes(path, b"old")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(path, b"new")
    assert [entry.name for entry in path.parent.iterdir()] == ["table.parquet"]
    assert path.read_bytes() == b"old"


def test_side_file_of_a_killed_write_is_passed_over(tmp_path: Path) -> None:
    """A process that died before the rename leaves the block absent."""
    folder = tmp_path / "records" / "a"
    folder.mkdir(parents=True)
    (folder / ".000000.parquet.0f.tmp").write_bytes(b"half")
    assert len(store.read_records(tmp_path, "a")) == 0
    assert store.digest_tree(tmp_path) == {}


@pytest.mark.parametrize("arm", ["..", "../a", "a/b", "", "A", "-a", "a.b", "a\n", "a\x00", "/"])
def test_arm_cannot_lead_out_of_the_folder(tmp_path: Path, arm: str) -> None:
    """Names come from files of strangers."""
    for verb in (store.read_records, store.read_patients, store.read_trajectories):
        with pytest.raises(InvalidInput):
            verb(tmp_path, arm)
    with pytest.raises(InvalidInput):
        store.write_records(tmp_path, arm, 0, records())
    with pytest.raises(InvalidInput):
        store.create_trajectories(tmp_path, arm, 1, ["x"], [""], [0.0])
    assert not (tmp_path / "records").exists()


@pytest.mark.parametrize("block", [-1, 1_000_000, "000000", "../0", 1.5, True])
def test_block_is_a_number(tmp_path: Path, block: int) -> None:
    """Six digits, no sign, no text."""
    with pytest.raises(InvalidInput):
        store.write_records(tmp_path, "a", block, records())


def test_marker_knows_its_files(tmp_path: Path) -> None:
    """A block is done while its files are those that were marked, and not before."""
    store.write_records(tmp_path, "a", 0, records())
    assert not store.block_done(tmp_path, "a", 0)
    store.mark_done(tmp_path, "a", 0)
    assert store.block_done(tmp_path, "a", 0)
    assert not store.block_done(tmp_path, "a", 1)
    store.write_records(tmp_path, "a", 0, records(-1))
    assert not store.block_done(tmp_path, "a", 0)
    store.write_records(tmp_path, "a", 0, records())
    assert store.block_done(tmp_path, "a", 0)
    (tmp_path / "done/a/000000.json").write_text("{")
    assert not store.block_done(tmp_path, "a", 0)


def test_digest_holds_blocks_and_nothing_else(tmp_path: Path) -> None:
    """Logs and pages may differ between two equal runs."""
    store.write_records(tmp_path, "a", 0, records())
    before = store.digest_tree(tmp_path)
    store.append_log(tmp_path, {"host": "x"})
    store.write_run(tmp_path, {})
    assert store.digest_tree(tmp_path) == before
    assert list(before) == ["records/a/000000.parquet"]
    store.write_records(tmp_path, "a", 0, records(-1))
    assert store.digest_tree(tmp_path) != before
