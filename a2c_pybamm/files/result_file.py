"""``result.nc``: what propagation found, as netCDF."""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from a2c_pybamm.files.result_groups import from_groups, to_groups
from a2c_pybamm.files.result_layout import RESULT_LIMITS, check_groups, check_result
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


def netcdf(groups: Mapping[str, xr.Dataset]) -> bytes:
    """The content of a netCDF file."""
    import h5netcdf

    buffer = io.BytesIO()
    with h5netcdf.File(buffer, "w") as file:
        for name, dataset in sorted(groups.items()):  # those above first
            group = file if name == "/" else file.create_group(name)
            dataset.dump_to_store(xr.backends.H5NetCDFStore(group))
    return buffer.getvalue()


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
        groups = _read_groups(path, _check_contents(path))
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


def _read_groups(path: Path, names: Collection[str]) -> dict[str, xr.Dataset]:
    """Datasets of a file's groups, in memory."""
    import h5netcdf

    groups = {}
    with h5netcdf.File(path, "r", decode_vlen_strings=True) as file:
        for name in ("/", *names):
            store = xr.backends.H5NetCDFStore(file if name == "/" else file[name])
            # values as they were written: a unit "hours" makes no date of them
            groups[name] = xr.open_dataset(store, decode_times=False).load()
    return groups


def _check_contents(path: Path) -> list[str]:
    """Paths of the groups of a file; ``ValueError`` where it declares more than fits, or data that lie in another file."""
    import h5py

    total, n, groups = 0.0, 0, []
    with h5py.File(path, "r") as file:
        waiting: list[Any] = [file]
        while waiting:
            group = waiting.pop()
            for name in group:
                n += 1
                if n > RESULT_LIMITS.n_variable:
                    raise ValueError(f"more than {RESULT_LIMITS.n_variable} variables")
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError(f"{name!r} is a link to elsewhere")
                item = group[name]
                if isinstance(item, h5py.Group):
                    groups.append(str(item.name).strip("/"))
                    waiting.append(item)
                elif isinstance(item, h5py.Dataset):
                    total += _declared_bytes(name, item)
                if total > RESULT_LIMITS.n_byte:
                    raise ValueError(
                        f"{total / 2**20:.3g} MB declared, more than the {RESULT_LIMITS.n_byte // 2**20} MB that are read"
                    )
    return sorted(groups)


def _declared_bytes(name: str, item: Any) -> float:
    """Size of a variable in memory [B] by its shape and type."""
    import h5py

    if item.external or item.is_virtual:
        raise ValueError(f"{name!r} lies in another file")
    text = h5py.check_string_dtype(item.dtype) is not None
    if not text and item.dtype.kind not in "iufb":
        raise ValueError(f"{name!r} holds {item.dtype}, neither numbers nor text")
    return math.prod(map(float, item.shape or ())) * max(item.dtype.itemsize, RESULT_LIMITS.text_bytes if text else 1)
