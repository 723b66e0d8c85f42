"""Barriers of charge transfer at several potentials, from a CSV table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from a2c_pybamm.constants import FARADAY
from a2c_pybamm.data import Array, ChargeTransferBarriers, PotentialScale
from a2c_pybamm.readers.csv_table import Rows, read_column, read_header, read_rows, read_temperatures
from a2c_pybamm.readers.source_file import existing, file_errors, fingerprint, unpacked_name
from a2c_pybamm.readers.units import column_unit, parse_quantity

Scale = Literal["lithium", "hydrogen", "vacuum", "overpotential"]


@dataclass(frozen=True)
class ReferenceElectrodes:
    """Potentials of reference electrodes, by which other scales become volts against lithium.

    References
    ----------
    Trasatti, Pure Appl. Chem. 58, 955 (1986): 4.44 ± 0.02 V; calculations with implicit solvents find 4.2 to 4.6 V. The
    lithium electrode is that of aqueous tables; in organic solvents it differs by some 0.1 V.
    """

    hydrogen_above_vacuum: float = 4.44
    """Work function of the standard hydrogen electrode [V]."""
    lithium_against_hydrogen: float = -3.04
    """Lithium metal against the standard hydrogen electrode [V]."""

    def zero(self, scale: Scale) -> float:
        """Lithium metal on a scale [V]."""
        if scale == "hydrogen":
            return self.lithium_against_hydrogen
        return self.hydrogen_above_vacuum + self.lithium_against_hydrogen if scale == "vacuum" else 0.0


@file_errors
def read_charge_transfer_barriers(
    path: str | Path,
    *,
    label: str | None = None,
    scale: Scale = "lithium",
    potential_column: str | None = None,
    reduction_column: str = "reduction_eV",
    oxidation_column: str | None = None,
    temperature_column: str = "T_K",
    temperature: str | None = None,
    std_column: str | None = None,
    std: str | None = None,
    saddle_std: str | None = None,
    quantity: Literal["free energy", "energy"] = "free energy",
    composition: float = 0.5,
    scale_std: str | None = None,
    scale_source: str = "",
    references: ReferenceElectrodes = ReferenceElectrodes(),
) -> ChargeTransferBarriers:
    r"""Barriers of reduction, and of oxidation where the table has them, one potential and temperature a row.

    Columns end in their unit (``potential_V``, ``reduction_eV``, ``T_K``). Potentials are positive for oxidation. Those against
    hydrogen or vacuum become volts against lithium, :math:`E_\mathrm{Li} = E_\mathrm{SHE} + 3.04\,\mathrm V` and
    :math:`E_\mathrm{Li} = \Phi/e - 4.44\,\mathrm V + 3.04\,\mathrm V`; their zero then has an error, which has to be given. A
    slab at constant charge has its potential by its work function.

    Parameters
    ----------
    scale
        ``"lithium"``, ``"hydrogen"``, ``"vacuum"`` (work functions, ``work_function_eV``) or ``"overpotential"``.
    potential_column
        Its name; ``potential_V``, ``work_function_eV`` or ``overpotential_V`` by the scale if not given.
    oxidation_column
        Column of barriers of oxidation; ``oxidation_eV`` where the table has one.
    temperature_column, temperature
        Where temperatures stand, or the one of the whole table (``"300 K"``).
    std_column, std
        Where standard deviations of the barriers stand, or the one of all (``"20 meV"``).
    saddle_std
        Part of the standard deviations that both directions share (``"15 meV"``): the error of the saddle, where both barriers
        are read from one path. Without it they count as two independent numbers.
    quantity
        ``"free energy"`` at the row's temperature, or ``"energy"`` of a static path.
    composition
        Occupied fraction of the host's sites in the calculation.
    scale_std, scale_source
        Standard deviation of the zero of the potentials (``"0.1 V"``) and the name of its source.

    Raises
    ------
    ValueError
        Naming file and line: a column is missing or in another unit, or a number is not one or not positive. Naming the file:
        arguments contradict each other, or an error is not given.
    """
    path = existing(path)
    if scale not in ("lithium", "hydrogen", "vacuum", "overpotential"):
        raise ValueError(f"{path}: scale is {scale!r}; write 'lithium', 'hydrogen', 'vacuum' or 'overpotential'")
    if quantity not in ("free energy", "energy"):
        raise ValueError(f"{path}: quantity is {quantity!r}; write 'free energy' or 'energy'")
    if (std is None) == (std_column is None):
        raise ValueError(f"{path}: barriers need their standard deviation; give std = '20 meV', or std_column")
    if scale in ("hydrogen", "vacuum") and scale_std is None:
        raise ValueError(f"{path}: potentials against {scale} have an error against lithium; give scale_std and scale_source")
    column = potential_column or {"vacuum": "work_function_eV", "overpotential": "overpotential_V"}.get(scale, "potential_V")
    oxidation = oxidation_column or ("oxidation_eV" if "oxidation_eV" in read_header(path) else None)
    optional = [name for name in (oxidation, std_column, temperature_column if temperature is None else None) if name]
    remedy = "name it with potential_column, reduction_column, temperature_column or std_column, or give temperature = '300 K'"
    rows = read_rows(path, [column, reduction_column, *optional], remedy)
    if temperature is not None and temperature_column in rows[0][1]:
        raise ValueError(f"{path}: temperature is {temperature!r}, and there is a column {temperature_column!r}; leave one out")
    kelvin = read_temperatures(path, rows, temperature_column, temperature)
    volts = _potentials(path, rows, column, scale) - references.zero(scale)
    spread = _energies(path, rows, std_column) if std_column else _same(path, rows, std)
    directions = [(reduction_column, True), *([(oxidation, False)] if oxidation else [])]
    n, m = len(rows), len(directions)
    return ChargeTransferBarriers(
        label or unpacked_name(path).stem,
        np.tile(volts, m),
        np.tile(kelvin, m),
        np.concatenate([_energies(path, rows, name) for name, _ in directions]),
        np.repeat([reduction for _, reduction in directions], n),
        np.tile(spread, m),
        PotentialScale.OVERPOTENTIAL if scale == "overpotential" else PotentialScale.LITHIUM,
        quantity == "free energy",
        composition,
        parse_quantity(scale_std, "voltage", f"{path}: scale_std") if scale_std else 0.0,
        scale_source,
        None if saddle_std is None else np.full(n * m, parse_quantity(saddle_std, "energy", f"{path}: saddle_std")),
        {**fingerprint(path), "scale": scale, "quantity": quantity},
    )


def _potentials(path: Path, rows: Rows, column: str, scale: Scale) -> Array:
    """Potentials on their own scale [V] (n_row,)."""
    if scale == "vacuum":
        return column_unit(column, "energy", str(path)) * read_column(path, rows, column, positive=True) / FARADAY
    return column_unit(column, "voltage", str(path)) * read_column(path, rows, column)


def _energies(path: Path, rows: Rows, column: str) -> Array:
    """Positive energies of a column [J.mol-1] (n_row,)."""
    return column_unit(column, "energy", str(path)) * read_column(path, rows, column, positive=True)


def _same(path: Path, rows: Rows, std: str | None) -> Array:
    """One standard deviation for all rows [J.mol-1] (n_row,)."""
    return np.full(len(rows), parse_quantity(std or "", "energy", f"{path}: std"))
