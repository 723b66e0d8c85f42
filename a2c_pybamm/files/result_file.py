"""``result.nc``: what propagation found, as netCDF."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import xarray as xr

from a2c_pybamm.files.netcdf_groups import declared_groups, netcdf, read_groups
from a2c_pybamm.files.result_groups import from_groups, to_groups
from a2c_pybamm.files.result_layout import check_groups, check_result
from a2c_pybamm.files.writing import writable, write_bytes
from a2c_pybamm.readers.source_file import existing
from a2c_pybamm.result import Result


def write_result(path: str | Path, result: xr.DataTree) -> Path:
    """Write a result to netCDF, beside an older one first and then in its place.

    It is made in memory and written in one go: HDF5 itself may crash when the disk is full. The groups of the file are those
    of `result_groups`; `read_result` gives the tree again.

    Raises
    ------
    ValueError
        If the file cannot be written there, or the result holds something that netCDF has no form for.
    """
    path = writable(path)
    try:
        content = netcdf(to_groups(result))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path}: not written, netCDF has no form for it ({reason}); leave it out of the result") from error
    return write_bytes(path, content)


def read_result(path: str | Path, *, attributes: Collection[str] = ()) -> Result:
    """The result of `propagate` or `sweep` in a netCDF file, in memory, with all that tables and reports read from it.

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
        groups = read_groups(path, declared_groups(path))
    except Exception as error:  # h5py, h5netcdf and xarray raise whatever comes up in a damaged file
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{path}: not a netCDF file ({reason}); is it cut off? make it again with 'a2c propagate'") from error
    try:
        result = _checked(groups)
        for name in attributes:
            if not isinstance(result.attrs.get(name), str):
                raise ValueError(f"no text as attribute {name!r}")
    except ValueError as error:
        raise ValueError(f"{path}: {error}, so no result of a propagation; make it with 'a2c propagate'") from error
    return result


def _checked(groups: Mapping[str, xr.Dataset]) -> Result:
    """The result of a file's groups; ``ValueError`` where they are not those of a result."""
    check_groups(groups)
    try:
        result = from_groups(groups)
    except Exception as error:  # whatever xarray raises for groups that do not go together
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"its groups do not go together ({reason})") from error
    check_result(result)
    return result
