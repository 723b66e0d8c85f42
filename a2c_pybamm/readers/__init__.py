"""Files in, data records out; the only home of ase and of foreign units."""

from a2c_pybamm.readers.drive_cycle import read_drive_cycle
from a2c_pybamm.readers.energies import read_energies
from a2c_pybamm.readers.neb import read_hop_frequencies, read_image_energies, read_neb
from a2c_pybamm.readers.trajectory import read_trajectory
from a2c_pybamm.readers.units import parse_quantity

__all__ = [
    "parse_quantity",
    "read_drive_cycle",
    "read_energies",
    "read_hop_frequencies",
    "read_image_energies",
    "read_neb",
    "read_trajectory",
]
