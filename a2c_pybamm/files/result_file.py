"""``result.nc``: what propagation found, as netCDF."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from a2c_pybamm.files.writing import write_with


def write_result(path: str | Path, result: xr.Dataset) -> Path:
    """Write a result to netCDF, beside an older one first and then in its place."""
    return write_with(Path(path), lambda beside: result.to_netcdf(beside, engine="h5netcdf"))


def read_result(path: str | Path) -> xr.Dataset:
    """The result in a netCDF file, in memory.

    Raises
    ------
    ValueError
        If the file is not there or cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file; make it with 'a2c propagate'")
    try:
        with xr.open_dataset(path, engine="h5netcdf") as data:
            return data.load()
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path}: not a result of a2c ({error}); is it cut off? make it again with 'a2c propagate'") from error
