"""Tables as Parquet, with the same bytes for the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reseed.store.files import write_bytes

if TYPE_CHECKING:
    import pandas as pd

Schema = Mapping[str, str]
"""Column name to `int`, `float` or `text`, in the order of the columns."""

_DTYPES = {"int": "int64", "float": "float64", "text": "object"}


def write_table(path: Path, schema: Schema, columns: Mapping[str, Sequence[Any] | NDArray]) -> None:
    """Write columns of equal length; a missing number is NaN, a missing text "".

    Nothing goes into the file but the rows and their types: no time, no host, no index of
    pandas. Each NaN is the same NaN and zero has no sign, since their bits would differ.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [pa.field(name, _arrow_type(kind), nullable=False) for name, kind in schema.items()]
    arrays = [
        pa.array(_plain(columns[name], kind), type=_arrow_type(kind), from_pandas=False)
        for name, kind in schema.items()
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.Table.from_arrays(arrays, schema=pa.schema(fields)),
        sink,
        version="2.6",
        compression="zstd",
        compression_level=3,
        store_schema=False,
        row_group_size=1 << 20,
    )
    write_bytes(path, sink.getvalue().to_pybytes())


def read_tables(paths: Sequence[Path], schema: Schema | None) -> pd.DataFrame:
    """The rows of several files with the same columns, in the order of the files.

    Without files, an empty frame with the columns of `schema` (none if it is None).
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not paths:
        kinds = schema or {}
        return pd.DataFrame({name: pd.Series(dtype=_DTYPES[k]) for name, k in kinds.items()})
    # one file at a time, so that no folder name is taken for a column
    tables = [pq.ParquetFile(path).read() for path in paths]
    return pa.concat_tables(tables).to_pandas()


def _arrow_type(kind: str) -> Any:
    import pyarrow as pa

    return {"int": pa.int64(), "float": pa.float64(), "text": pa.string()}[kind]


def _plain(values: Sequence[Any] | NDArray, kind: str) -> Any:
    if kind == "text":
        return [str(value) for value in values]
    if kind == "int":
        return np.asarray(values).astype(np.int64, casting="safe" if len(values) else "unsafe")
    numbers = np.asarray(values, dtype=np.float64) + 0.0
    return np.where(np.isnan(numbers), np.nan, numbers)
