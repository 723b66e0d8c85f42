"""``result.nc``: what propagation found, as netCDF."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from a2c_pybamm.files.writing import write_with
from a2c_pybamm.readers.source_file import existing

NEEDED = ("approach", "source", "quantile", "coefficient", "n_solves", "failure_reason")
"""Variables that every result of a propagation has."""


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
    if not path.exists():
        raise ValueError(f"{path}: no such file; make it with 'a2c propagate'")
    existing(path)
    try:
        with xr.open_dataset(path, engine="h5netcdf") as data:
            result = data.load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ValueError(f"{path}: not a netCDF file ({error}); is it cut off? make it again with 'a2c propagate'") from error
    if missing := [name for name in NEEDED if name not in result.variables]:
        raise ValueError(f"{path}: no variable {missing[0]!r}, so no result of a propagation; make it with 'a2c propagate'")
    return result
