"""Fields in netCDF: the record again, with units that other programs read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from a2c_pybamm.data import BlockMeans, Configurations
from a2c_pybamm.estimators import Gaussian, density_at, density_field, field_profile, field_slice, momentum_field
from a2c_pybamm.files import read_field, write_field


def fields() -> dict[str, BlockMeans]:
    rng = np.random.default_rng(1)
    data = Configurations.of_arrays(
        rng.random((4, 6, 3)) * 1e-9,
        np.diag([1e-9, 1.1e-9, 0.9e-9]),
        species=("Li",) * 6,
        masses=np.full(6, 1e-26),
        interval=1e-15,
        temperature=300.0,
        velocities=rng.standard_normal((4, 6, 3)),
    )
    kernel = Gaussian(2e-10)
    grid = density_field(data, kernel, grid=(6, 6, 6), n_block=2)
    return {
        "grid": grid,
        "vector": momentum_field(data, kernel, grid=(6, 6, 6), n_block=1),
        "profile": field_profile(grid, 2),
        "slice": field_slice(grid, 0, 0.5),
        "points": density_at(data, kernel, np.zeros((5, 3)), n_block=4),
        "point": density_at(data, kernel, np.zeros(3), n_block=2),
    }


FIELDS = fields()


@pytest.mark.parametrize("name", FIELDS)
def test_record_comes_back(name: str, tmp_path: Path) -> None:
    field = FIELDS[name]
    again = read_field(write_field(tmp_path / "field.nc", field))
    assert type(again) is type(field)
    for entry, value in vars(field).items():
        back = getattr(again, entry)
        assert np.array_equal(back, value) if isinstance(value, np.ndarray) else back == value, entry


def test_units_and_coordinates_are_there_for_other_programs(tmp_path: Path) -> None:
    field = FIELDS["vector"]
    data = xr.load_dataset(write_field(tmp_path / "field.nc", field), engine="h5netcdf")
    assert data["mean"].dims == ("component", "a", "b", "c")
    assert data["mean"].attrs["units"] == "kg m-2 s-1"
    assert data["cell"].attrs["units"] == "m"
    assert data["b"].values == pytest.approx(np.arange(6) / 6)
    assert "standard_error" not in data  # of one block
    grid = xr.load_dataset(write_field(tmp_path / "field.nc", FIELDS["grid"]), engine="h5netcdf")
    assert grid["standard_error"].attrs["units"] == "m-3"
    assert [path.name for path in tmp_path.iterdir()] == ["field.nc"]


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = write_field(tmp_path / "field.nc", FIELDS["profile"])
    content = path.read_bytes()
    for size in (0, 10, len(content) // 2):
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match=r"field\.nc: .*"):
            read_field(path)
    xr.Dataset({"mean": ("x", np.zeros(3))}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(ValueError, match=r"field\.nc: holds no field"):
        read_field(path)
    with pytest.raises(ValueError, match=r"nothing\.nc"):
        read_field(tmp_path / "nothing.nc")


def test_values_that_are_no_field_are_refused(tmp_path: Path) -> None:
    path = write_field(tmp_path / "field.nc", FIELDS["profile"])
    data = xr.load_dataset(path, engine="h5netcdf")
    for name, value in (("blocks", np.nan), ("shares", 3.0)):
        data.assign({name: data[name] * value}).to_netcdf(path, engine="h5netcdf")
        with pytest.raises(ValueError, match=r"field\.nc: holds no field"):
            read_field(path)
    with pytest.raises(ValueError, match="a float is no field"):
        write_field(path, 3.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["blocks", "shares", "position", "effective_blocks"])
def test_arrays_that_do_not_belong_together_are_refused(name: str, tmp_path: Path) -> None:
    path = write_field(tmp_path / "field.nc", FIELDS["profile"])
    data = xr.load_dataset(path, engine="h5netcdf").drop_vars(name)
    data[name] = ("other", np.zeros(7))
    data.to_netcdf(path, engine="h5netcdf")
    with pytest.raises(ValueError, match=r"field\.nc: holds no field"):
        read_field(path)
