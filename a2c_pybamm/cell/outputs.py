"""What a discharge is asked for, on axes that every sample has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy.interpolate import PchipInterpolator

from a2c_pybamm.estimate import Array

SCALARS = {
    "capacity": ("A.h", "discharge capacity"),
    "energy": ("W.h", "discharge energy"),
    "mean_voltage": ("V", "discharge energy over capacity"),
    "end_time": ("s", "time of the cut-off"),
}
CURVES = {
    "voltage": ("V", "terminal voltage against time", "time"),
    "voltage_of_capacity": ("V", "terminal voltage against discharged capacity", "discharged_capacity"),
    "voltage_of_share": ("V", "terminal voltage against the discharged share of the sample's own capacity", "discharged_share"),
}


@dataclass(frozen=True, eq=False)
class Axes:
    """The grids of the curves."""

    time: Array
    """[s] (n_time,); its last point is beyond any cell's end."""
    capacity: Array
    """[A.h] (n_time,)."""
    share: Array
    """Discharged share of the sample's own capacity (n_share,)."""

    @property
    def coordinates(self) -> dict[str, Any]:
        return {
            "time": ("time", self.time, {"units": "s", "long_name": "time"}),
            "discharged_capacity": ("discharged_capacity", self.capacity, {"units": "A.h", "long_name": "discharged capacity"}),
            "discharged_share": (
                "discharged_share",
                self.share,
                {"units": "1", "long_name": "discharged share of own capacity"},
            ),
        }

    def dataset(self, rows: dict[str, Array], dimension: str) -> xr.Dataset:
        """A Dataset of rows (n, …) of each output along a first dimension."""
        variables: dict[str, Any] = {}
        for name, (units, text) in SCALARS.items():
            variables[name] = ((dimension,), rows[name], {"units": units, "long_name": text})
        for name, (units, text, axis) in CURVES.items():
            variables[name] = ((dimension, axis), rows[name], {"units": units, "long_name": text})
        return xr.Dataset(variables, coords=self.coordinates)

    def empty(self, n: int) -> dict[str, Array]:
        """Rows of NaN for n samples."""
        lengths = {"time": len(self.time), "discharged_capacity": len(self.capacity), "discharged_share": len(self.share)}
        curves = {name: np.full((n, lengths[axis]), np.nan) for name, (_, _, axis) in CURVES.items()}
        return {**{name: np.full(n, np.nan) for name in SCALARS}, **curves}


def between(t: Array, values: Array, moments: Array) -> Array:
    """Rows (…, n_time) at other times, shape-preserving cubic: voltage falls steeply before a cut-off."""
    return np.asarray(PchipInterpolator(t, values, axis=-1)(moments))


def integral(t: Array, values: Array) -> Array:
    """Integral over time of rows (…, n_time), shape-preserving cubic between the points."""
    return np.asarray(PchipInterpolator(t, values, axis=-1).integrate(t[0], t[-1]))


def write_row(rows: dict[str, Array], k: int, axes: Axes, current: float, t: Array, voltage: Array) -> None:
    """Put one solved discharge (times ending at the cut-off) into row k; points after the cut-off stay NaN."""
    charge = t * current / 3600
    energy = float(integral(t, voltage)) * current / 3600
    running = axes.time <= t[-1]
    rows["voltage"][k, running] = np.interp(axes.time[running], t, voltage)
    rows["voltage_of_capacity"][k, running] = np.interp(axes.capacity[running], charge, voltage)
    rows["voltage_of_share"][k] = between(t, voltage, axes.share * t[-1])
    rows["capacity"][k], rows["end_time"][k] = charge[-1], t[-1]
    rows["energy"][k], rows["mean_voltage"][k] = energy, energy / charge[-1]
