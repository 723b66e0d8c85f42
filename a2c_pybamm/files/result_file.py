"""``result.nc``: what propagation found, as netCDF."""

from __future__ import annotations

import io
import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

import xarray as xr

from a2c_pybamm.files.result_layout import check_result
from a2c_pybamm.files.writing import writable, write_bytes
from a2c_pybamm.readers.source_file import existing

MOST_BYTES = 512 * 2**20
"""Largest result [B], in memory: ten thousand draws of a hundred curves of a hundred points; a file may declare any size."""
MOST_VARIABLES = 10_000
"""Variables of a result: some thirty for each output, and no cell has more than some hundred."""
TEXT_BYTES = 64
"""What a text counts for [B] before it is read."""


def write_result(path: str | Path, result: xr.Dataset) -> Path:
    """Write a result to netCDF, beside an older one first and then in its place.

    It is made in memory and written in one go: HDF5 itself may crash when the disk is full.

    Raises
    ------
    ValueError
        If the file cannot be written there, or the result holds something that netCDF has no form for.
    """
    path = writable(path)
    try:
        content = _netcdf(result)
    except (TypeError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path}: not written, netCDF has no form for it ({reason}); leave it out of the result") from error
    return write_bytes(path, content)


def _netcdf(result: xr.Dataset) -> bytes:
    """The content of a netCDF file."""
    import h5netcdf

    buffer = io.BytesIO()
    with h5netcdf.File(buffer, "w") as file:
        result.dump_to_store(xr.backends.H5NetCDFStore(file))
    return buffer.getvalue()


def read_result(path: str | Path, *, attributes: Collection[str] = ()) -> xr.Dataset:
    """The result in a netCDF file, in memory, with all that tables and reports read from it (`result_layout`).

    Parameters
    ----------
    attributes
        Attributes that the caller needs, each a text.

    Raises
    ------
    ValueError
        If the file is not there, cannot be read, is no result, or lacks one of the attributes.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"{path}: no such file; make it with 'a2c propagate'")
    existing(path)
    try:
        _check_contents(path)
        # values as they were written: a unit "hours" makes no date of them
        with xr.open_dataset(path, engine="h5netcdf", decode_times=False) as data:
            result = data.load()
    except Exception as error:  # h5py, h5netcdf and xarray raise whatever comes up in a damaged file
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: not a netCDF file ({reason}); is it cut off? make it again with 'a2c propagate'") from error
    try:
        check_result(result)
        for name in attributes:
            if not isinstance(result.attrs.get(name), str):
                raise ValueError(f"no text as attribute {name!r}")
    except ValueError as error:
        raise ValueError(f"{path}: {error}, so no result of a propagation; make it with 'a2c propagate'") from error
    return result


def _check_contents(path: Path) -> None:
    """Raise ``ValueError`` where a file declares more than fits, or data that lie in another file; nothing is read yet."""
    import h5py

    total, n = 0.0, 0
    with h5py.File(path, "r") as file:
        waiting: list[Any] = [file]
        while waiting:
            group = waiting.pop()
            for name in group:
                n += 1
                if n > MOST_VARIABLES:
                    raise ValueError(f"more than {MOST_VARIABLES} variables")
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError(f"{name!r} is a link to elsewhere")
                item = group[name]
                if isinstance(item, h5py.Group):
                    waiting.append(item)
                elif isinstance(item, h5py.Dataset):
                    total += _declared_bytes(name, item)
                if total > MOST_BYTES:
                    raise ValueError(f"{total / 2**20:.3g} MB declared, more than the {MOST_BYTES // 2**20} MB that are read")


def _declared_bytes(name: str, item: Any) -> float:
    """Size of a variable in memory [B] by its shape and type."""
    import h5py

    if item.external or item.is_virtual:
        raise ValueError(f"{name!r} lies in another file")
    text = h5py.check_string_dtype(item.dtype) is not None
    if not text and item.dtype.kind not in "iufb":
        raise ValueError(f"{name!r} holds {item.dtype}, neither numbers nor text")
    return math.prod(map(float, item.shape or ())) * max(item.dtype.itemsize, TEXT_BYTES if text else 1)
