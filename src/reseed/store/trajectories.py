"""Trajectories as Zarr v3: one array (patient, variable, time) per arm, one shard per block.

The values are for figures and a second look; outcomes are made from the unrounded ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.base.errors import Fault, InvalidInput
from reseed.store.blocks import BLOCK_PATIENTS
from reseed.store.paths import TRAJECTORIES, block_part, name_part

if TYPE_CHECKING:
    import xarray

CHUNK_PATIENTS = 100
_DROPPED_BITS = 11  # float32 has 23 bits of mantissa; 12 are kept: 1 part in 8,000


def create_trajectories(
    folder: Path | str,
    arm: str,
    patients: int,
    variables: Sequence[str],
    units: Sequence[str],
    times: ArrayLike,
    *,
    ids_start: int = 0,
) -> None:
    """Make an arm's empty array, `times` in days on the study clock, before any block is written.

    An array that is there with the same shape and description stays, so that a run can
    resume; a different one is refused with InvalidInput.
    """
    days = np.asarray(times, dtype=np.float64)
    attributes = {
        "variables": list(variables),
        "units": list(units),
        "times": days.tolist(),
        "ids_start": int(ids_start),
    }
    shape = (int(patients), len(attributes["variables"]), len(days))
    name = name_part(arm, "arm")
    group = _group(folder, "a")
    if name in group:
        _check_same(group[name], shape, attributes, name)
        return
    from zarr.codecs import BloscCodec

    group.create_array(
        name,
        shape=shape,
        dtype="float32",
        chunks=(CHUNK_PATIENTS, 1, max(shape[2], 1)),
        shards=(BLOCK_PATIENTS, max(shape[1], 1), max(shape[2], 1)),
        compressors=BloscCodec(typesize=4, cname="zstd", clevel=1, shuffle="bitshuffle"),
        fill_value=float("nan"),
        dimension_names=("patient", "variable", "time"),
        attributes=attributes,
    )


def write_trajectories(folder: Path | str, arm: str, block: int, values: ArrayLike) -> None:
    """Write a block's values, shape (patient, variable, time), as one shard."""
    name = name_part(arm, "arm")
    array = _group(folder, "r+")[name]
    rounded = round_mantissa(values)
    start = int(block_part(block)) * BLOCK_PATIENTS
    expected = (min(BLOCK_PATIENTS, array.shape[0] - start), *array.shape[1:])
    if rounded.shape != expected:
        place = f"{TRAJECTORIES}, arm {arm}, block {block}"
        raise InvalidInput([Fault("trial folder", place, str(rounded.shape), str(expected))])
    array[start : start + len(rounded)] = rounded


def read_trajectories(
    folder: Path | str, arm: str, *, variables: Sequence[str] | None = None
) -> xarray.DataArray:
    """Values (patient, variable, time) with ids, names and days as coordinates.

    `variables` picks some by name; only their chunks are read. Units are in `attrs["units"]`,
    by variable. NaN stands after a patient's end, and for blocks that are not written yet.
    FileNotFoundError if the folder holds no trajectories, KeyError if not those of this arm.
    """
    import xarray

    place = name_part(arm, "arm")
    array = _group(folder, "r")[place]
    names = list(array.attrs["variables"])
    wanted = names if variables is None else list(variables)
    missing = [name for name in wanted if name not in names]
    if missing:
        expected = ", ".join(names)
        raise InvalidInput([Fault(TRAJECTORIES, f"arm {arm}", name, expected) for name in missing])
    if variables is None:
        values = array[:]
    else:
        values = np.empty((array.shape[0], len(wanted), array.shape[2]), dtype=np.float32)
        for column, name in enumerate(wanted):
            values[:, column] = array[:, names.index(name)]
    units = dict(zip(names, array.attrs["units"], strict=True))
    ids = int(array.attrs["ids_start"]) + np.arange(array.shape[0])
    return xarray.DataArray(
        values,
        dims=("patient", "variable", "time"),
        coords={"patient": ids, "variable": wanted, "time": np.asarray(array.attrs["times"])},
        attrs={"units": {name: units[name] for name in wanted}},
        name=arm,
    )


def round_mantissa(values: ArrayLike) -> NDArray[np.float32]:
    """Values as float32 with 12 bits of mantissa, ties to even; NaN and infinity are kept."""
    with np.errstate(over="ignore"):  # beyond float32 is infinite, and stays visible as such
        single = np.array(values, dtype=np.float32, order="C")
    bits = single.view(np.uint32)
    keep = np.uint32(0xFFFFFFFF) << np.uint32(_DROPPED_BITS)
    odd = (bits >> np.uint32(_DROPPED_BITS)) & np.uint32(1)
    half = np.uint32((1 << (_DROPPED_BITS - 1)) - 1)
    finite = np.isfinite(single)
    bits[finite] = (bits[finite] + half + odd[finite]) & keep
    single[np.isnan(single)] = np.nan
    return single


def _group(folder: Path | str, mode: Any) -> Any:
    import zarr

    return zarr.open_group(str(Path(folder) / TRAJECTORIES), mode=mode, zarr_format=3)


def _check_same(array: Any, shape: tuple, attributes: dict[str, Any], arm: str) -> None:
    faults = []
    if array.shape != shape:
        faults.append(Fault(TRAJECTORIES, f"arm {arm}, shape", str(array.shape), str(shape)))
    for name, value in attributes.items():
        if array.attrs.get(name) != value:
            place = f"arm {arm}, {name}"
            faults.append(Fault(TRAJECTORIES, place, "those of another run", "the same as now"))
    if faults:
        raise InvalidInput(faults)
