"""Groups of netCDF files: made in memory, and read within bounds."""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from a2c_pybamm.files.result_layout import RESULT_LIMITS


def netcdf(groups: Mapping[str, xr.Dataset]) -> bytes:
    """The content of a netCDF file."""
    import h5netcdf

    buffer = io.BytesIO()
    with h5netcdf.File(buffer, "w") as file:
        for name, dataset in sorted(groups.items()):  # those above first
            group = file if name == "/" else file.create_group(name)
            dataset.dump_to_store(xr.backends.H5NetCDFStore(group))
    return buffer.getvalue()


def read_groups(path: Path, names: Collection[str]) -> dict[str, xr.Dataset]:
    """Datasets of a file's groups, in memory."""
    import h5netcdf

    groups = {}
    with h5netcdf.File(path, "r", decode_vlen_strings=True) as file:
        for name in ("/", *names):
            store = xr.backends.H5NetCDFStore(file if name == "/" else file[name])
            # values as they were written: a unit "hours" makes no date of them
            groups[name] = xr.open_dataset(store, decode_times=False).load()
    return groups


def declared_groups(path: Path) -> list[str]:
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
